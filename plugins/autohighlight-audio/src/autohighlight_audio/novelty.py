"""Where one sound gives way to another.

Foote, "Automatic audio segmentation using a measure of audio novelty", ICME 2000.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STEP_SECONDS = 0.5
"""Length of the spectra that are compared."""

_REACH = 8  # spectra on either side: 4 s
_LEAST = 2  # spectra that there must be on either side: 1 s


def novelty(spectra: NDArray[np.float32]) -> NDArray[np.float64]:
    """How much the 4 s after each moment differ from the 4 s before, and not each from itself.

    It is the correlation of the matrix of all distances with a checkerboard of which the corners fade (sections 2 and
    3), with Euclidean distances, as a difference of two means: that of the distances across the moment, and that on
    either side. So it is about 0 in the midst of a steady sound, however rough that is, and does not depend on how
    much there is at the ends. Only the diagonals near the main one are ever reckoned out.

    Args:
        spectra: float32 (K, bands), of one stretch.

    Returns:
        (K,): of the beginning of each; 0 where it is less, NaN where less than a second is known on one side.
    """
    number = len(spectra)
    sums, weights = np.zeros((2, number)), np.zeros((2, number))
    for lag in range(1, 2 * _REACH):
        distances = np.linalg.norm(spectra[lag:] - spectra[:-lag], axis=1)
        for first in range(-_REACH, _REACH - lag):
            second = first + lag  # spectra from the moment on; below 0 is before it
            start, stop = max(0, -first), number - max(0, second)  # moments for which there are both
            if start < stop:
                is_across, weight = int(first < 0 <= second), _fading(first) * _fading(second)
                sums[is_across, start:stop] += weight * distances[start + first : stop + first]
                weights[is_across, start:stop] += weight
    with np.errstate(invalid="ignore", divide="ignore"):
        within, across = sums / weights
    result = np.maximum(across - within, 0)
    result[:_LEAST] = np.nan
    result[max(0, number - _LEAST + 1) :] = np.nan
    return np.asarray(result)


def _fading(offset: int) -> float:
    """A Gaussian that has fallen to 0.14 at the ends (section 3.1)."""
    return float(np.exp(-2 * ((offset + 0.5) / _REACH) ** 2))
