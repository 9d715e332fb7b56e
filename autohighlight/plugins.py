"""What a plugin may give, and what was given; nothing here is global, nothing imports torch.

How plugins are found is in `autohighlight.discovery`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

import pluggy

from autohighlight.errors import AutohighlightError, OptionError, PluginError, printable

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

BUILT_IN = "autohighlight.default_plugins"
"""The plugin of this package itself: its names cannot be taken."""

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


class TimelineDuration(Protocol):
    """Tells for how many seconds what is written of a timeline is shown; not longer than the timeline is."""

    def __call__(self, timeline: Timeline, options: ExportOptions, /) -> Fraction: ...


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
        duration: how long what is written is shown; None: as long as its timeline. Where it is less, as with
            crossfades, more highlights are chosen.
        defaults: of options of `autohighlight.config.SelectOptions`, where this form has others than a reel: name ->
            value, as on the command line. They hold wherever this form is written and the user says nothing else.
        options: names of the fields of `autohighlight.config.ExportOptions` that `write` reads, but for ``overwrite``;
            None: not known.
    """

    write: TimelineWriter
    suffixes: tuple[str, ...]
    summary: str
    renders: bool = False
    verify: TimelineVerifier | None = None
    duration: TimelineDuration | None = None
    defaults: Mapping[str, str] = field(default_factory=dict)
    options: frozenset[str] | None = None

    def reads(self, name: str) -> bool:
        """Whether the field `name` of `autohighlight.config.ExportOptions` changes what is written, or may do so."""
        if name == "handles":
            return not self.renders
        if name == "verify":
            return self.verify is not None
        return self.options is None or name in self.options


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


OUR_PLUGINS: Mapping[str, Mapping[str, str]] = {
    "backbone": {name: f"autohighlight-{name}" for name in ("onnx", "timm", "torchvision")},
    "command": {
        **{name: f"autohighlight-{name}" for name in ("onnx", "timm", "torchvision")},
        **dict.fromkeys(("analyse", "benchmark"), "autohighlight-research"),
    },
    "executor": {"ray": "autohighlight-ray"},
    "scorer": {"audio": "autohighlight-audio"},
}
"""Kind -> name or family -> which of our plugins brings it."""


def plugin_with(kind: str, name: str) -> str | None:
    """How to get a thing that one of our plugins brings; None: none of them does."""
    plugin = OUR_PLUGINS.get(kind, {}).get(name.partition(":")[0])
    return plugin and f"install the plugin {plugin}, which brings it"


@dataclass
class Registry(Generic[T], Mapping[str, T]):
    """Things of one kind by name; a thing may also be there for a family of names, see `FAMILY`.

    Args:
        kind: what they are called in messages.
        left_out: names of plugins that could not be loaded, and may be what brings a name that is not there.
    """

    kind: str
    left_out: list[str] = field(default_factory=list)
    _things: dict[str, T] = field(default_factory=dict)
    _owners: dict[str, str] = field(default_factory=dict)
    _contested: dict[str, PluginError] = field(default_factory=dict)

    def add(self, name: str, thing: T, owner: str) -> None:
        """Keeps `thing` under `name`; a plugin may register names of its own family beside it, which then go first.

        Raises:
            PluginError: the name is none, or is taken, or lies in the family of another plugin; the message names both
                plugins. A name of two plugins is then nobody's; one that is built in stays.
        """
        if not isinstance(name, str) or not name or any(c in ", \t" or not c.isprintable() for c in name):
            raise PluginError(f"the plugin {owner} registers a {self.kind} as {name!r}, which is no name", CURE)
        if name in self._contested:
            raise self._contested[name]
        taken = [name] if name in self._things else self._other_owners(name, owner)
        if taken:
            first = self._owners[taken[0]]
            error = PluginError(
                f"the {self.kind} {name!r} is registered by both {first} and {owner}",
                "uninstall one of the two plugins",
            )
            if first != BUILT_IN:
                for nobodys in (name, taken[0]):
                    self._contested[nobodys] = error
                    self._things.pop(nobodys, None)
                    self._owners.pop(nobodys, None)
            raise error
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
            for nobodys in (name, _family_of(name)):
                if nobodys in self._contested:
                    raise self._contested[nobodys] from None
            hint = plugin_with(self.kind, name) or f"there are: {', '.join(sorted(self._things))}"
            if self.left_out:
                others = ", ".join(self.left_out)
                hint += "; or it is of a plugin that was left out, of which 'autohighlight plugins list' says why: "
                hint += others
            raise OptionError(f"no {self.kind} is called {printable(name)!r}", hint) from None

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._registered(name) in self._things

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._things))

    def __len__(self) -> int:
        return len(self._things)


@dataclass(frozen=True)
class PluginInfo:
    """What is known of one plugin, whether it works or not.

    Args:
        name: of its entry point, or of its file without the suffix.
        kind: where it is from.
        source: the distribution, or the file.
        version: of the distribution, or the file's ``__version__``; empty where there is none.
        summary: what it says of itself, one line; may be empty.
        hooks: names of the hooks that it implements.
        error: why it was left out; None: it was not.
    """

    name: str
    kind: Literal["built in", "distribution", "file"]
    source: str
    version: str = ""
    summary: str = ""
    hooks: tuple[str, ...] = ()
    error: PluginError | None = None


@dataclass(frozen=True)
class Plugins:
    """Everything that the built-in and other plugins gave.

    Args:
        manager: holds those that work, and calls their hooks.
        found: every plugin that was found, those that were left out as well.
        errors: what is wrong, each naming its plugin; the rest works.
    """

    manager: pluggy.PluginManager
    backbones: Registry[BackboneFactory]
    clip_samplers: Registry[ClipSampler]
    scorers: Registry[Scorer]
    selection_policies: Registry[SelectionPolicy]
    exporters: Registry[Exporter]
    executors: Registry[ExecutorFactory]
    found: tuple[PluginInfo, ...] = ()
    errors: tuple[PluginError, ...] = ()

    @property
    def registries(self) -> dict[str, Registry[Any]]:
        """What was registered, by the hook that it was registered through."""
        return {f"autohighlight_register_{name}": getattr(self, name) for name in _KINDS}


_KINDS = {
    "backbones": "backbone",
    "clip_samplers": "clip sampler",
    "scorers": "scorer",
    "selection_policies": "selection policy",
    "exporters": "exporter",
    "executors": "executor",
}

CURE = "update or remove it"


def collect(
    manager: pluggy.PluginManager, found: Sequence[PluginInfo] = (), errors: Sequence[PluginError] = ()
) -> Plugins:
    """Asks every plugin, in the order of its registration, for what it gives.

    A plugin that fails gives nothing, and is taken out of the manager. Of two that claim one name neither gets it; a
    name that is built in stays what it is.

    Args:
        manager: with the plugins.
        found: what is known of each.
        errors: what was found wrong before.
    """
    left_out = [info.name for info in found if info.error is not None]
    registries: dict[str, Any] = {name: Registry(kind, left_out) for name, kind in _KINDS.items()}
    failed = dict[str, PluginError]()
    clashes = list[PluginError]()
    for owner, plugin in manager.list_name_plugin():
        try:
            given = _given(manager, plugin, owner)
        except PluginError as error:
            failed[owner] = error
            left_out.append(owner)
            manager.unregister(plugin)
            continue
        for name_of_kind, name, thing in given:
            try:
                registries[name_of_kind].add(name, thing, owner)
            except PluginError as error:
                clashes.append(error)
    infos = tuple(replace(info, error=failed.get(info.name, info.error)) for info in found)
    return Plugins(manager, **registries, found=infos, errors=(*errors, *failed.values(), *clashes))


def _given(manager: pluggy.PluginManager, plugin: object, owner: str) -> list[tuple[str, str, Any]]:
    """What one plugin registers: kind, name, thing.

    Raises:
        PluginError: it fails, or gives something that is not of the kind.
    """
    given = list[tuple[str, str, Any]]()
    for name_of_kind, kind in _KINDS.items():
        hook = f"autohighlight_register_{name_of_kind}"

        def register(name: str, thing: object, /, *, to: str = name_of_kind, kind: str = kind) -> None:
            if not (isinstance(thing, Exporter) if to == "exporters" else callable(thing)):
                raise TypeError(f"{thing!r}, registered as {name!r}, is no {kind}")
            given.append((to, name, thing))

        for implementation in getattr(manager.hook, hook).get_hookimpls():
            if implementation.plugin is plugin:
                try:
                    implementation.function(*[register for _ in implementation.argnames])
                except Exception as error:
                    raise PluginError(f"the plugin {owner} fails in {hook}: {error!r}", CURE) from error
    return given


def timeline_built(plugins: Plugins, timeline: Timeline, selections: Sequence[Selection]) -> Timeline:
    """The timeline as plugins leave it, which are asked in the order of their registration.

    Args:
        plugins: those that may change it.
        timeline: as it was built.
        selections: what it was built of, one for each video.

    Raises:
        PluginError: a plugin fails, or gives something that is no timeline; the message names it.
    """
    hook = "autohighlight_timeline_built"
    for implementation in getattr(plugins.manager.hook, hook).get_hookimpls():
        values = {"timeline": timeline, "selections": tuple(selections)}
        try:
            changed = implementation.function(*[values[name] for name in implementation.argnames])
        except AutohighlightError:
            raise
        except Exception as error:
            raise PluginError(
                f"the plugin {implementation.plugin_name} fails in {hook}: {error!r}", "give --no-plugins, or update it"
            ) from error
        if changed is not None and not isinstance(changed, type(timeline)):
            raise PluginError(
                f"the plugin {implementation.plugin_name} gives {changed!r} in {hook}, which is no timeline",
                "give --no-plugins, or update it",
            )
        timeline = timeline if changed is None else changed
    return timeline
