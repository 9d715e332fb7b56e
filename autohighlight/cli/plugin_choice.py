"""Which plugins a command line asks for; read before it is parsed, as plugins add commands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autohighlight.cli.parser import NO_PLUGINS, PLUGINS_DIR
from autohighlight.discovery import PluginSources
from autohighlight.errors import OptionError, printable


def chosen_sources(words: Sequence[str]) -> PluginSources:
    """Where to look for plugins, by ``--no-plugins`` and ``--plugins-dir FOLDER``, wherever they stand.

    Raises:
        OptionError: both are given, or there is no such folder.
    """
    flags = list(words[: words.index("--")]) if "--" in words else list(words)
    folders = list[Path]()
    for position, word in enumerate(flags):
        name, equals, value = word.partition("=")
        if name == PLUGINS_DIR and (equals or position + 1 < len(flags)):
            folders.append(Path(value if equals else flags[position + 1]).absolute())
    if NO_PLUGINS in flags:
        if folders:
            raise OptionError(f"{NO_PLUGINS} and {PLUGINS_DIR} exclude each other", "give one of the two")
        return PluginSources.none()
    for folder in folders:
        if not folder.is_dir():
            raise OptionError(f"{PLUGINS_DIR} {printable(folder)} is no folder", "make it, or name another")
    return PluginSources(folders=tuple(dict.fromkeys(folders))) if folders else PluginSources.usual()
