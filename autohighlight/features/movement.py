"""Small grey pictures -> how much moves between neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MEASURES = ("movement",)
"""What `measure_pairs` gives, in the order of its columns."""


def measure_pairs(greys: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How each grey picture differs from the one before it.

    Args:
        greys: uint8 (G, H, W), G at least 1, in time order.

    Returns:
        float32 (G - 1, len(MEASURES)): ``movement`` is the mean absolute difference, in levels of 255.
    """
    steps = np.abs(np.diff(greys.astype(np.int16), axis=0))
    movement: NDArray[np.float32] = steps.mean(axis=(1, 2), dtype=np.float32)
    return movement[:, None]
