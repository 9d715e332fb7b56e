"""Videos in which a fifth of the clips says which video it is, and the rest is of kinds that all videos share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def planted(
    seed: int, num_videos: int = 32, d_in: int = 32
) -> tuple[list[NDArray[np.float32]], list[NDArray[np.bool_]]]:
    """Features of each video, float32 (N, d_in), N from 15 to 25, and which of its clips identify it."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(3, d_in))
    features, identifying = [], []
    for _ in range(num_videos):
        num_clips = int(rng.integers(15, 26))
        own = np.zeros(num_clips, bool)
        own[rng.choice(num_clips, num_clips // 5, replace=False)] = True
        kind = np.where(own[:, None], rng.normal(size=d_in), shared[rng.integers(3, size=num_clips)])
        features.append((kind + 0.3 * rng.normal(size=(num_clips, d_in))).astype(np.float32))
        identifying.append(own)
    return features, identifying
