"""Runs from source too: where the plugin is not installed, its folder is added to where Python looks."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

if importlib.util.find_spec("autohighlight_audio") is None:
    sys.path.insert(0, str(Path(__file__).parents[1] / "src"))


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Features and settings of whoever runs the tests are neither read nor written."""
    monkeypatch.setenv("AUTOHIGHLIGHT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
