"""Features that videos might have, in files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autohighlight.footage.measure import read_features
from autohighlight.footage.rows import Footage


def make_rows(seed: int, num_clips: int = 6, d_in: int = 5) -> NDArray[np.float32]:
    """float32 (N, d_in), above 0, of another video for every seed."""
    return np.random.default_rng(seed).random((num_clips, d_in)).astype(np.float32)


def write_features(folder: Path, num_videos: int = 4, **shape: int) -> list[Path]:
    """As many files, v0.npy and so on."""
    paths = [folder / f"v{number}.npy" for number in range(num_videos)]
    for number, path in enumerate(paths):
        np.save(path, make_rows(number, **shape))
    return paths


def read(paths: list[Path]) -> Footage:
    """The files as footage."""
    return read_features(paths, "mean", "test", paths[0].parent)
