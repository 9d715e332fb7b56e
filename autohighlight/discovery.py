"""Finds plugins: those of installed distributions, and single files in a folder.

A plugin that cannot be loaded is left out and named; whatever is wrong with one, the rest works.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import pluggy

from autohighlight import __version__, hookspecs
from autohighlight.config import PLUGINS_DIR_VARIABLE, user_plugins_dir
from autohighlight.errors import PluginError, printable
from autohighlight.plugins import BUILT_IN, CURE, PluginInfo, Plugins, collect

ENTRY_POINT_GROUP = "autohighlight"

_MODULES = "autohighlight_plugin_files"
"""Modules made of files are called this and the file's name, so that they are in nobody's way."""


@dataclass(frozen=True)
class PluginSources:
    """Where plugins are looked for beside the built-in ones; can be pickled, so that workers load the same.

    Args:
        installed: whether to load those of installed distributions (entry points of the group ``autohighlight``).
        folders: whose ``.py`` files are plugins, unless their names begin with ``_`` or ``.``.
    """

    installed: bool = True
    folders: tuple[Path, ...] = ()

    @classmethod
    def usual(cls) -> PluginSources:
        """Where nobody says otherwise: the installed ones, and the files in the user's folder."""
        return cls(folders=(user_plugins_dir(),))

    @classmethod
    def none(cls) -> PluginSources:
        """The built-in plugins alone."""
        return cls(installed=False)


def create_plugin_manager() -> pluggy.PluginManager:
    """A manager that knows the hooks, and no plugin."""
    manager = pluggy.PluginManager("autohighlight")
    manager.add_hookspecs(hookspecs)
    return manager


def find_plugins(sources: PluginSources, given: Sequence[object] = ()) -> Plugins:
    """Loads every plugin that is found, and collects what they give.

    Args:
        sources: where to look.
        given: plugins that need not be looked for: modules or objects with hook implementations.

    Returns:
        Everything that works; `Plugins.errors` says what does not.
    """
    manager, errors = create_plugin_manager(), list[PluginError]()
    candidates = [*map(_as_candidate, given), *_candidates(sources, errors)]
    infos = [_admit(candidate, manager, errors) for candidate in _distinct(candidates, errors)]
    return collect(manager, infos, errors)


@dataclass(frozen=True)
class _Candidate:
    """A plugin that was found, and how it is loaded."""

    info: PluginInfo
    load: Callable[[], object]

    def failure(self, what: str) -> PluginError:
        where = f"of {self.info.source}" if self.info.kind == "distribution" else f"in {printable(self.info.source)}"
        return PluginError(f"the plugin {self.info.name!r} {where} {what}", CURE)


def _as_candidate(plugin: object) -> _Candidate:
    name = str(getattr(plugin, "__name__", type(plugin).__name__))
    if name == BUILT_IN:
        return _Candidate(PluginInfo(name, "built in", "autohighlight", __version__), lambda: plugin)
    return _Candidate(PluginInfo(name, "distribution", name), lambda: plugin)


def _candidates(sources: PluginSources, errors: list[PluginError]) -> Iterator[_Candidate]:
    if sources.installed:
        for entry in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP):
            distribution = entry.dist
            source = distribution.name if distribution else entry.value
            version = distribution.version if distribution else ""
            yield _Candidate(PluginInfo(entry.name, "distribution", source, version), entry.load)
    for folder in sources.folders:
        try:
            files = _files_in(folder)
        except PluginError as error:
            errors.append(error)
            continue
        for file in files:
            info = PluginInfo(file.stem, "file", str(file))
            yield _Candidate(info, lambda file=file: _load_file(file))  # type: ignore[misc]


def _distinct(candidates: Sequence[_Candidate], errors: list[PluginError]) -> Iterator[_Candidate]:
    """Those whose name no other has."""
    sources: dict[str, list[str]] = {}
    for candidate in candidates:
        sources.setdefault(candidate.info.name, []).append(candidate.info.source)
    for name, claimed_by in sources.items():
        if len(claimed_by) > 1:
            both = " and ".join(printable(source) for source in claimed_by)
            errors.append(PluginError(f"{both} bring plugins of one name, {name!r}", "remove all but one"))
    yield from (candidate for candidate in candidates if len(sources[candidate.info.name]) == 1)


def _admit(candidate: _Candidate, manager: pluggy.PluginManager, errors: list[PluginError]) -> PluginInfo:
    """Loads a plugin and registers it with the manager; gives what is known of it."""
    info = candidate.info
    try:
        plugin = candidate.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever a plugin does wrong, the rest is to work
        failure = candidate.failure(f"cannot be loaded: {error!r}")
        failure.__cause__ = error
        errors.append(failure)
        return replace(info, error=failure)
    summary = (getattr(plugin, "__doc__", None) or "").strip().partition("\n")[0]
    info = replace(info, summary=summary, version=info.version or str(getattr(plugin, "__version__", "")))
    try:
        _check_version(candidate, getattr(plugin, "autohighlight_requires", None))
        hooks = _register(candidate, plugin, manager)
    except PluginError as error:
        errors.append(error)
        return replace(info, error=error)
    return replace(info, hooks=hooks)


def _check_version(candidate: _Candidate, required: object) -> None:
    """Refuses a plugin that needs hooks of another version; see `hookspecs.hookspec_version`."""
    if required is None:
        return
    match = re.fullmatch(r"(\d{1,6})(?:\.(\d{1,6}))?", str(required))
    if match is None:
        raise candidate.failure(f"has autohighlight_requires = {required!r}, which is no version such as '1.0'")
    wanted = (int(match[1]), int(match[2] or 0))
    major, minor = (int(number) for number in hookspecs.hookspec_version.split("."))
    if wanted[0] == major and wanted[1] <= minor:
        return
    problem = candidate.failure(
        f"needs version {required} of the hooks, and autohighlight {__version__} has {major}.{minor}"
    ).problem
    raise PluginError(problem, "update autohighlight" if wanted > (major, minor) else "update the plugin")


def _register(candidate: _Candidate, plugin: object, manager: pluggy.PluginManager) -> tuple[str, ...]:
    """Gives the names of the hooks that the plugin implements."""
    name = candidate.info.name
    try:
        manager.register(plugin, name)
    except Exception as error:
        _take_out(manager, name)
        raise candidate.failure(f"cannot be loaded: {error}") from error
    for caller in manager.get_hookcallers(plugin) or ():
        for implementation in caller.get_hookimpls():
            if implementation.plugin is plugin and caller.spec is None and not implementation.optionalhook:
                _take_out(manager, name)
                known = ", ".join(sorted(hook for hook in vars(hookspecs) if hook.startswith("autohighlight_")))
                problem = candidate.failure(f"implements a hook that is not there, {caller.name}").problem
                raise PluginError(problem, f"there are: {known}")
    return _hooks_of(name, manager)


def _take_out(manager: pluggy.PluginManager, name: str) -> None:
    if manager.has_plugin(name):
        manager.unregister(name=name)


def _hooks_of(name: str, manager: pluggy.PluginManager) -> tuple[str, ...]:
    plugin = manager.get_plugin(name)
    callers = manager.get_hookcallers(plugin) if plugin is not None else None
    return tuple(sorted(caller.name for caller in callers or () if caller.spec is not None))


def _files_in(folder: Path) -> list[Path]:
    """The plugins in a folder.

    Raises:
        PluginError: anybody may write into it, it cannot be read, or the environment names one that is not there.
    """
    try:
        if not folder.is_dir():
            if str(folder) == os.environ.get(PLUGINS_DIR_VARIABLE):
                raise PluginError(f"{PLUGINS_DIR_VARIABLE} names {printable(folder)}, which is no folder", "correct it")
            return []
        _refuse_writable(folder)
        files = sorted(file for file in folder.iterdir() if file.suffix == ".py" and file.name[0] not in "._")
    except OSError as error:
        raise PluginError(f"the plugins in {printable(folder)} cannot be read: {error.strerror}") from error
    return [file for file in files if file.is_file()]


def _refuse_writable(path: Path) -> None:
    """What anybody may change is not run with the rights of whoever uses it."""
    if os.name == "posix" and path.stat().st_mode & stat.S_IWOTH:
        what = "into the folder of plugins" if path.is_dir() else "to the plugin"
        raise PluginError(f"anybody may write {what} {printable(path)}, so it is not used", f"chmod o-w {path}")


def _load_file(file: Path) -> ModuleType:
    """The module made of a file; the same one again where the file has not changed since."""
    _refuse_writable(file)
    status = file.stat()
    state = (str(file.resolve()), status.st_mtime_ns, status.st_size)
    name = f"{_MODULES}_{re.sub(r'[^A-Za-z0-9_]', '_', file.stem)}"
    before = sys.modules.get(name)
    if before is not None and getattr(before, "__autohighlight_state__", None) == state:
        return before
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{printable(file)} is no Python file")
    module = importlib.util.module_from_spec(spec)
    module.__dict__["__autohighlight_state__"] = state
    sys.modules[name] = module  # so that what it defines can be pickled
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module
