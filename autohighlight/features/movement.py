"""Small grey pictures -> how much moves between neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MEASURES = ("difference", "movement")
"""What `measure_pairs` gives, in the order of its columns."""

_BLOCK = 8
_NUM_TOP_BLOCKS = 10


def measure_pairs(greys: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How each grey picture differs from the one before it, in levels of 255.

    Args:
        greys: uint8 (G, H, W), G at least 1, in time order; H and W are multiples of 8.

    Returns:
        float32 (G - 1, 2): ``difference`` is the mean absolute difference; ``movement`` is that of the ten blocks of
        8 x 8 pixels that differ most, about a tenth of the picture: what a person or a ball covers. A subject that
        moves counts in full there, however small it is, and a camera that shakes no more than it.
    """
    num_pairs, height, width = len(greys) - 1, *greys.shape[1:]
    steps = np.abs(np.diff(greys.astype(np.int16), axis=0)).astype(np.float32)
    shape = (num_pairs, height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK)
    blocks = steps.reshape(shape).mean(axis=(2, 4)).reshape(num_pairs, (height // _BLOCK) * (width // _BLOCK))
    top = np.partition(blocks, -_NUM_TOP_BLOCKS, axis=1)[:, -_NUM_TOP_BLOCKS:].mean(axis=1)
    return np.stack([blocks.mean(axis=1), top], axis=1)
