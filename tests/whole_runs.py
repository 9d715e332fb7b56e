"""Runs the whole main job in this process, with a backbone that costs next to nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from autohighlight import default_plugins
from autohighlight.cli.main import run

QUICKLY = ("--scorer", "movement", "--preset", "ultrafast")
"""Options for tests that are not about scores or looks."""


class SmallBackbone:
    """The mean colours of the quarters of a picture."""

    name = "small"
    dim = 12
    window_length = 1
    frame_rate: float | None = None
    resize: tuple[int, int] | int = (32, 32)
    input_size = (32, 32)
    fingerprint = "small-1"
    device = "cpu"

    def embed(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 (N, 1, 32, 32, 3) -> float32 (N, 12)."""
        quarters = frames.astype(np.float32).reshape(len(frames), 2, 16, 2, 16, 3)
        return quarters.mean(axis=(2, 4)).reshape(len(frames), self.dim) / 255


def use_small_backbone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts it in the place of the default one."""
    monkeypatch.setattr(default_plugins, "_efficientnet_lite0", lambda _options: SmallBackbone())


@dataclass(frozen=True)
class Outcome:
    """What one command line did."""

    code: int
    out: str
    err: str


Command = Callable[..., Outcome]


def command_of(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command line in this process."""

    def run_command(*words: object) -> Outcome:
        code = run([str(word) for word in words])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run_command


def files_in(folder: Path) -> set[str]:
    """The names in a folder, hidden ones too."""
    return {path.name for path in folder.iterdir()}
