"""Finds plugins and keeps what they register; nothing here is global, nothing imports torch."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import pluggy

from autohighlight import hookspecs
from autohighlight.errors import OptionError, PluginError

if TYPE_CHECKING:
    from autohighlight.config import (
        BatchOptions,
        ExportOptions,
        ExtractOptions,
        SampleOptions,
        ScoreOptions,
        SelectOptions,
    )
    from autohighlight.executors.protocol import Executor
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

_CURE = "update or uninstall it"

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


class TimelineWriter(Protocol):
    """Writes a timeline as files, each whole or not at all, and returns their paths."""

    def __call__(
        self, timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback
    ) -> list[Path]: ...


class TimelineVerifier(Protocol):
    """Reads a written file again and says what is wrong with it; errors and warnings alone, a line each.

    The timeline is what it was made from; where that was written as several files, each holds a part of it.
    """

    def __call__(self, path: Path, timeline: Timeline) -> Faults: ...


@dataclass(frozen=True)
class Faults:
    """What is wrong with a written file, a line for each finding.

    Args:
        errors: for which it must not be handed on.
        warnings: that its user should know of.
    """

    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exporter:
    """A form in which a timeline can be written.

    Args:
        write: writes it.
        suffixes: endings of file names that ask for this form, lower case with the dot, the usual one first; two forms
            may share one, and are then told apart by name alone.
        summary: what it is and who reads it, a few words for ``--help``.
        renders: whether it shows pictures of its own, as a reel does, and does not point into the sources; then it has
            no use for handles.
        verify: reads what was written again, by a reader of its own; None: nothing can be checked.
    """

    write: TimelineWriter
    suffixes: tuple[str, ...]
    summary: str
    renders: bool = False
    verify: TimelineVerifier | None = None


class ExecutorFactory(Protocol):
    """Makes what runs the tasks of a batch; called once a batch, which closes it."""

    def __call__(self, options: BatchOptions) -> Executor: ...


class Register(Protocol[T_contra]):
    """What a plugin is handed to register with."""

    def __call__(self, name: str, thing: T_contra, /) -> None: ...


FAMILY = ":*"
"""Ends a registered name that stands for every name with the same beginning: ``timm:*`` for ``timm:resnet18``."""


def _family_of(name: str) -> str:
    """The family that a name would belong to; empty if it can belong to none, as a family itself."""
    prefix, colon, rest = name.partition(":")
    return prefix + FAMILY if prefix and colon and rest not in ("", "*") else ""


@dataclass
class Registry(Generic[T], Mapping[str, T]):
    """Things of one kind by name; a thing may also be there for a family of names, see `FAMILY`.

    Args:
        kind: what they are called in messages.
    """

    kind: str
    _things: dict[str, T] = field(default_factory=dict)
    _owners: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, thing: T, owner: str) -> None:
        """Keeps `thing` under `name`; a plugin may register names of its own family beside it, which then go first.

        Raises:
            PluginError: the name is taken, or lies in the family of another plugin; the message names both plugins.
        """
        taken = [name] if name in self._things else self._other_owners(name, owner)
        if taken:
            raise PluginError(
                f"the {self.kind} {name!r} is registered by both {self._owners[taken[0]]} and {owner}",
                "uninstall one of the two plugins",
            )
        self._things[name] = thing
        self._owners[name] = owner

    def _other_owners(self, name: str, owner: str) -> list[str]:
        """The names of other plugins that are of the family `name`, or whose family `name` is of."""
        return [
            other
            for other, its_owner in self._owners.items()
            if its_owner != owner and (_family_of(name) == other or _family_of(other) == name)
        ]

    def owner(self, name: str) -> str:
        """The plugin that registered `name`, or its family."""
        return self._owners[self._registered(name)]

    def _registered(self, name: str) -> str:
        """The name that was registered: `name` itself, or that of its family."""
        return name if name in self._things else _family_of(name)

    def __getitem__(self, name: str) -> T:
        try:
            return self._things[self._registered(name)]
        except KeyError:
            known = ", ".join(sorted(self._things))
            raise OptionError(f"no {self.kind} is called {name!r}", f"there are: {known}") from None

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._registered(name) in self._things

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
    executors: Registry[ExecutorFactory]


def create_plugin_manager(builtins: Sequence[object] = (), *, installed: bool = True) -> pluggy.PluginManager:
    """A manager that knows the hooks, with the given plugins and those of installed distributions.

    Args:
        builtins: plugins of this package itself.
        installed: whether to load the entry points of the group ``autohighlight``.

    Raises:
        PluginError: an installed plugin cannot be loaded, or implements a hook that is not there; the message names
            the plugin.
    """
    manager = pluggy.PluginManager("autohighlight")
    manager.add_hookspecs(hookspecs)
    for plugin in builtins:
        manager.register(plugin)
    if installed:
        _load_installed(manager)
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        owner = manager.get_name(error.plugin)
        raise PluginError(f"the plugin {owner} implements a hook that is not there: {error}", _CURE) from error
    return manager


def _load_installed(manager: pluggy.PluginManager) -> None:
    owners = dict[str, str]()
    for entry in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP):
        distribution = entry.dist.name if entry.dist else entry.value
        if entry.name in owners:
            raise PluginError(
                f"{owners[entry.name]} and {distribution} both bring a plugin called {entry.name!r}",
                "uninstall one of the two",
            )
        owners[entry.name] = distribution
        try:
            manager.load_setuptools_entrypoints(ENTRY_POINT_GROUP, entry.name)
        except Exception as error:
            raise PluginError(
                f"the plugin {entry.name!r} of {distribution} cannot be loaded: {error!r}", _CURE
            ) from error


def collect(manager: pluggy.PluginManager) -> Plugins:
    """Asks every plugin, in the order of its registration, for what it gives.

    Raises:
        PluginError: two plugins claim one name, or one fails; the message names them.
    """
    plugins = Plugins(
        manager,
        backbones=Registry("backbone"),
        clip_samplers=Registry("clip sampler"),
        scorers=Registry("scorer"),
        selection_policies=Registry("selection policy"),
        exporters=Registry("exporter"),
        executors=Registry("executor"),
    )
    registries: tuple[tuple[str, Registry[Any]], ...] = (
        ("autohighlight_register_backbones", plugins.backbones),
        ("autohighlight_register_clip_samplers", plugins.clip_samplers),
        ("autohighlight_register_scorers", plugins.scorers),
        ("autohighlight_register_selection_policies", plugins.selection_policies),
        ("autohighlight_register_exporters", plugins.exporters),
        ("autohighlight_register_executors", plugins.executors),
    )
    for hook_name, registry in registries:
        for implementation in getattr(manager.hook, hook_name).get_hookimpls():
            owner = str(implementation.plugin_name)
            try:
                implementation.function(_registrar(registry, owner))
            except PluginError:
                raise
            except Exception as error:
                raise PluginError(f"the plugin {owner} fails in {hook_name}: {error!r}", _CURE) from error
    return plugins


def _registrar(registry: Registry[T], owner: str) -> Callable[[str, T], None]:
    def register(name: str, thing: T, /) -> None:
        registry.add(name, thing, owner)

    return register
