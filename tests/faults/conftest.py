from __future__ import annotations

import pytest

from tests.whole_runs import Command, command_of, use_small_backbone


@pytest.fixture(autouse=True)
def _small_backbone(monkeypatch: pytest.MonkeyPatch) -> None:
    use_small_backbone(monkeypatch)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command line in this process, with a backbone that costs next to nothing."""
    return command_of(capsys)
