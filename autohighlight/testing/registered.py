"""Plugins as if they were installed, for tests that run from source."""

from __future__ import annotations

from types import ModuleType
from unittest.mock import patch

from autohighlight import default_plugins
from autohighlight.cli import session
from autohighlight.cli.main import run
from autohighlight.discovery import PluginSources, find_plugins
from autohighlight.plugins import Plugins


def registered(*plugins: ModuleType) -> Plugins:
    """What the built-in plugins and these give; those that are installed are left out.

    Args:
        plugins: modules with hook implementations.

    Raises:
        PluginError: one fails, or two claim one name.
    """
    found = find_plugins(PluginSources.none(), [default_plugins, *plugins])
    if found.errors:
        raise found.errors[0]
    return found


def run_command(words: list[str], *plugins: ModuleType) -> int:
    """Runs a command line, without the program's name, in this process and with these plugins; gives the exit code.

    It prints to standard output and standard error, which pytest's ``capsys`` catches.
    """
    with patch.object(session, "load_plugins", lambda *_, **__: registered(*plugins)):
        return run(words)
