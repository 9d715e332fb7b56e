"""Whole runs in this process, with a backbone and an executor that cost next to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autohighlight import default_plugins
from autohighlight.batch import perform
from autohighlight.config import BatchOptions
from tests.batches import InlineExecutor
from tests.whole_runs import Command, command_of, use_small_backbone


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Command]:
    """Runs a command line in a directory of its own."""

    def inline(options: BatchOptions) -> InlineExecutor:
        return InlineExecutor(options.jobs or 1)

    use_small_backbone(monkeypatch)
    monkeypatch.setattr(default_plugins, "_local", inline)
    monkeypatch.chdir(tmp_path)
    for name in ("COLUMNS", "FORCE_COLOR", "CLICOLOR_FORCE", "NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    perform.loaded_plugins.cache_clear()
    yield command_of(capsys)
    perform.loaded_plugins.cache_clear()
