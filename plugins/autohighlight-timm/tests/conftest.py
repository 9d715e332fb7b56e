"""Runs from source too: where the plugin is not installed, its folder is added to where Python looks."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import huggingface_hub.constants
import pytest

if importlib.util.find_spec("autohighlight_timm") is None:
    sys.path.insert(0, str(Path(__file__).parents[1] / "src"))


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights, features and settings of whoever runs the tests are neither read nor written."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    reach_hub_at("http://127.0.0.1:9", monkeypatch)  # where nobody answers
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("AUTOHIGHLIGHT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def reach_hub_at(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets another server than huggingface.co answer."""
    template = address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", address)
    monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)


@pytest.fixture
def hub_address(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Says where the hub is."""
    return lambda address: reach_hub_at(address, monkeypatch)
