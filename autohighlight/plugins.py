"""Finds plugins and keeps what they register; nothing here is global, nothing imports torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import pluggy

from autohighlight import hookspecs
from autohighlight.errors import OptionError, PluginError

if TYPE_CHECKING:
    from autohighlight.config import ExportOptions, ExtractOptions, SampleOptions, ScoreOptions, SelectOptions
    from autohighlight.timeline.model import Timeline
    from autohighlight.types import (
        Backbone,
        Clip,
        FeatureTrack,
        MediaInfo,
        ProgressCallback,
        ScoreTrack,
        Selection,
    )

ENTRY_POINT_GROUP = "autohighlight"

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


class BackboneFactory(Protocol):
    """Makes a network; called once a run, may load weights."""

    def __call__(self, options: ExtractOptions) -> Backbone: ...


class ClipSampler(Protocol):
    """Divides a video into clips, in time order, that cover it."""

    def __call__(self, media: MediaInfo, options: SampleOptions) -> tuple[Clip, ...]: ...


class Scorer(Protocol):
    """Gives each clip of a video its score."""

    def __call__(self, features: FeatureTrack, options: ScoreOptions) -> ScoreTrack: ...


class SelectionPolicy(Protocol):
    """Chooses highlights by their scores."""

    def __call__(
        self,
        media: MediaInfo,
        scores: ScoreTrack,
        shot_boundaries: Sequence[Fraction],
        options: SelectOptions,
    ) -> Selection: ...


class Exporter(Protocol):
    """Writes a timeline as files, whole or not at all, and returns their paths."""

    def __call__(
        self, timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback
    ) -> list[Path]: ...


class Register(Protocol[T_contra]):
    """What a plugin is handed to register with."""

    def __call__(self, name: str, thing: T_contra, /) -> None: ...


@dataclass
class Registry(Generic[T], Mapping[str, T]):
    """Things of one kind by name.

    Args:
        kind: what they are called in messages.
    """

    kind: str
    _things: dict[str, T] = field(default_factory=dict)
    _owners: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, thing: T, owner: str) -> None:
        """Keeps `thing` under `name`.

        Raises:
            PluginError: the name is taken; the message names both plugins.
        """
        if name in self._things:
            raise PluginError(
                f"the {self.kind} {name!r} is registered by both {self._owners[name]} and {owner}",
                "uninstall one of the two plugins",
            )
        self._things[name] = thing
        self._owners[name] = owner

    def owner(self, name: str) -> str:
        """The plugin that registered `name`."""
        return self._owners[name]

    def __getitem__(self, name: str) -> T:
        try:
            return self._things[name]
        except KeyError:
            known = ", ".join(sorted(self._things))
            raise OptionError(f"no {self.kind} is called {name!r}", f"there are: {known}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._things

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._things))

    def __len__(self) -> int:
        return len(self._things)


@dataclass(frozen=True)
class Plugins:
    """Everything that the built-in and installed plugins gave."""

    manager: pluggy.PluginManager
    backbones: Registry[BackboneFactory]
    clip_samplers: Registry[ClipSampler]
    scorers: Registry[Scorer]
    selection_policies: Registry[SelectionPolicy]
    exporters: Registry[Exporter]


def create_plugin_manager(builtins: Sequence[object] = (), *, installed: bool = True) -> pluggy.PluginManager:
    """A manager that knows the hooks, with the given plugins and those of installed distributions.

    Args:
        builtins: plugins of this package itself.
        installed: whether to load the entry points of the group ``autohighlight``.

    Raises:
        PluginError: an installed plugin cannot be loaded.
    """
    manager = pluggy.PluginManager("autohighlight")
    manager.add_hookspecs(hookspecs)
    for plugin in builtins:
        manager.register(plugin)
    if installed:
        try:
            manager.load_setuptools_entrypoints(ENTRY_POINT_GROUP)
        except Exception as error:
            raise PluginError(f"a plugin cannot be loaded: {error!r}", "update or uninstall it") from error
    manager.check_pending()
    return manager


def collect(manager: pluggy.PluginManager) -> Plugins:
    """Asks every plugin, in the order of its registration, for what it gives.

    Raises:
        PluginError: two plugins claim one name.
    """
    plugins = Plugins(
        manager,
        backbones=Registry("backbone"),
        clip_samplers=Registry("clip sampler"),
        scorers=Registry("scorer"),
        selection_policies=Registry("selection policy"),
        exporters=Registry("exporter"),
    )
    for hook_name, registry in (
        ("autohighlight_register_backbones", plugins.backbones),
        ("autohighlight_register_clip_samplers", plugins.clip_samplers),
        ("autohighlight_register_scorers", plugins.scorers),
        ("autohighlight_register_selection_policies", plugins.selection_policies),
        ("autohighlight_register_exporters", plugins.exporters),
    ):
        for implementation in getattr(manager.hook, hook_name).get_hookimpls():
            implementation.function(_registrar(registry, str(implementation.plugin_name)))
    return plugins


def _registrar(registry: Registry[T], owner: str) -> Callable[[str, T], None]:
    def register(name: str, thing: T, /) -> None:
        registry.add(name, thing, owner)

    return register
