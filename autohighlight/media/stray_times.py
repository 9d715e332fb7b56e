"""Mends single wrong times of frames whose order is known, as of MPEG-1 and MPEG-2.

A program stream has a time for some frames only, and FFmpeg works out the others. At the beginning of a recording that
was cut out of a stream, and after damage, a few of them come out twice, or between two frames.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LEAST_EVEN = 0.9  # of the steps from frame to frame; film with pulldown has less
_ROUNDING = 1  # ticks


def mended(times: NDArray[np.int64]) -> NDArray[np.int64]:
    """The times with those that are off the even grid of the others moved onto it.

    Frames are moved only where as many as there are fit between those that stay.

    Args:
        times: int64 (N,), of the frames in the order in which they are shown, in ticks.

    Returns:
        int64 (N,); `times` itself where most are not evenly spaced.
    """
    steps = np.diff(times)
    step = float(np.median(steps)) if len(steps) else 0.0
    is_even = np.abs(steps - step) <= _ROUNDING
    if step <= 0 or is_even.all() or is_even.mean() < _LEAST_EVEN:
        return times
    is_right = np.append(is_even, False) | np.append(False, is_even)
    right, numbers = np.flatnonzero(is_right), np.arange(len(times))
    result = times.astype(np.float64)
    for before, after in zip(right[:-1].tolist(), right[1:].tolist(), strict=True):
        count = after - before
        if count > 1 and abs(times[after] - times[before] - count * step) <= _ROUNDING * count:
            result[before:after] = np.linspace(times[before], times[after], count, endpoint=False)
    first, last = int(right[0]), int(right[-1])
    result[:first] = times[first] - (first - numbers[:first]) * step
    result[last + 1 :] = times[last] + (numbers[last + 1 :] - last) * step
    return np.rint(result).astype(np.int64)
