"""The fixtures that the tests of the core have; tests of the commands need the plugin to be installed."""

from __future__ import annotations

from tests.cli.conftest import _plain_terminal, command
from tests.conftest import _own_user_folders, _random_numbers_restored, shared

__all__ = ["_own_user_folders", "_plain_terminal", "_random_numbers_restored", "command", "shared"]
