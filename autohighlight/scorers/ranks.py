"""What scorers are made of: ranks, z-scores, weighted means.

Every function takes one number a clip, float (N,), NaN where it was not measured, and gives float64 (N,). Nothing
looks beyond the one video, for scores of different videos are not to be compared (the paper, section 4.1).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

Values = NDArray[np.float64]

DECIMALS = 12
"""Means and sums are rounded to this many decimals, so that clips that tie in exact arithmetic tie as floats too."""


def ranks(values: ArrayLike) -> Values:
    """Rank within the video, from 0 (the lowest) to 1 (the highest).

    Equal values share the mean of their ranks. A value that is NaN gets 0.5 and does not count for the others: what
    was not measured speaks neither for a clip nor against it. So do all values where no two differ.
    """
    array = np.asarray(values, dtype=np.float64)
    result = np.full(array.shape, 0.5)
    known = np.isfinite(array)
    if np.count_nonzero(known) > 1:
        _, group, sizes = np.unique(array[known], return_inverse=True, return_counts=True)
        first = np.cumsum(sizes) - sizes
        result[known] = (first + (sizes - 1) / 2)[group] / (len(group) - 1)
    return result


def z_scores(values: ArrayLike) -> Values:
    """Distance from the video's mean in standard deviations; 0 where the value is NaN or no two differ."""
    array = np.asarray(values, dtype=np.float64)
    known = np.isfinite(array)
    result = np.zeros(array.shape)
    if known.any() and np.ptp(array[known]) > 0:
        distance = array[known] - array[known].mean()
        distance /= np.abs(distance).max()  # the square of a tiny number is 0
        result[known] = distance / distance.std()
    return result


def weighted_mean(parts: Mapping[str, ArrayLike], weights: Mapping[str, float] | None = None) -> Values:
    """Mean of several numbers a clip, as of ranks; in [0, 1] where every part is.

    Args:
        parts: name -> (N,), at least one, none with a NaN.
        weights: name -> weight, above 0; of equal weight if None. Names that are no part are passed over.
    """
    chosen = [1.0 if weights is None else weights[name] for name in parts]
    stacked = np.stack([np.asarray(part, dtype=np.float64) for part in parts.values()])
    return np.round(np.average(stacked, axis=0, weights=chosen), DECIMALS)


def scaled_to_unit(values: ArrayLike) -> Values:
    """Values moved and stretched so that the lowest is 0 and the highest 1; all 0.5 where no two differ.

    Keeps the order and the ratios of differences. Raises ValueError where a value is not finite.
    """
    array = np.asarray(values, dtype=np.float64)
    if not np.isfinite(array).all():
        raise ValueError("values to be scaled are finite")
    low, high = array.min(), array.max()
    return (array - low) / (high - low) if high > low else np.full(array.shape, 0.5)
