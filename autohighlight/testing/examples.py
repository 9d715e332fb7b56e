"""Small things to try a plugin on; the same each time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def example_frames(num_windows: int, window_length: int = 1, size: tuple[int, int] = (64, 64)) -> NDArray[np.uint8]:
    """Windows of frames, each of a scene of its own in which something moves: uint8 (N, T, H, W, 3).

    Args:
        num_windows: N.
        window_length: T.
        size: H and W.
    """
    random, (height, width) = np.random.default_rng(7), size
    frames = np.empty((num_windows, window_length, height, width, 3), np.uint8)
    rows, columns = np.arange(height) * 6 // max(height, 1), np.arange(width) * 6 // max(width, 1)
    for scene in frames:
        colours = random.integers(0, 256, (6, 6, 3), np.uint8)
        picture = colours[rows][:, columns]
        for number, frame in enumerate(scene):
            noise = random.integers(0, 16, frame.shape, np.uint8)
            frame[:] = np.clip(np.roll(picture, 3 * number, axis=1).astype(np.int16) + noise, 0, 255)
    return frames
