"""Short videos of the kind that `autohighlight_research.planted` makes, as plain lists."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from autohighlight_research import planted as maker


def planted(
    seed: int, num_videos: int = 32, d_in: int = 32
) -> tuple[list[NDArray[np.float32]], list[NDArray[np.bool_]]]:
    """Features of each video, float32 (N, d_in), N from 15 to 25, and which of its clips identify it."""
    videos = maker.planted(seed, num_videos, d_in, (15, 25))
    return list(videos.features), list(videos.identifying)
