"""Finds how large a moving picture may be and still weigh no more than a number of bytes.

What is given up is laid out as a ladder before anything is encoded: rung 0 gives up nothing, each further rung is meant
to weigh a fifteenth less than the one above it. Encoding a rung shows what it really weighs, and that tells which one
to try next. A handful of encodes finds the highest rung that fits; the same input gives the same answer.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

_STEP = 14 / 15
_SHORTEST_SIDE = 64  # pixels; nobody can see what happens in less
_LOWEST_RATE = 5  # frames/s; below it is a row of stills
_FIRST_SCALE = 0.7  # how small the sides become before frames are left out
_MOST_TRIES = 9
_MARGIN = 0.97  # of the limit that a rung is expected to weigh, since what is expected is not what comes


@dataclass(frozen=True)
class Rung:
    """One way to show a moving picture.

    Args:
        size: width and height in pixels.
        frame_rate: frames/s.
        weight: what it is expected to weigh, as a part of what the first rung weighs.
    """

    size: tuple[int, int]
    frame_rate: Fraction
    weight: float


def frame_rates(rate: Fraction) -> tuple[Fraction, ...]:
    """The rates that are tried, highest first: the given one, two thirds of it, and half, as long as it moves."""
    return (rate, *(r for r in (rate * 2 / 3, rate / 2) if r >= _LOWEST_RATE))


def ladder(size: tuple[int, int], rate: Fraction) -> tuple[Rung, ...]:
    """The ways to show a moving picture, from all of it down to the least that still shows something.

    The picture becomes smaller until its sides are at 0.7, then frames are left out and it may be larger again. So
    neither gives way alone.

    Args:
        size: width and height in pixels.
        rate: frames/s.
    """
    paces = [r / rate for r in frame_rates(rate)]
    smallest = min(1.0, _SHORTEST_SIDE / min(size))
    slack = math.sqrt(_STEP)  # sides of one rung to those of the next
    rungs, weight = [Rung(size, rate, 1.0)], 1.0
    while True:
        weight *= _STEP
        scales = [math.sqrt(weight / float(pace)) for pace in paces]
        number = next((i for i, s in enumerate(scales) if s >= slack * max(_FIRST_SCALE, smallest)), len(paces) - 1)
        scale = scales[number]
        if scale < slack * smallest:
            return tuple(rungs)
        scale = max(scale, smallest)
        sides = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
        if scale <= 1 and (sides, rate * paces[number]) != (rungs[-1].size, rungs[-1].frame_rate):
            rungs.append(Rung(sides, rate * paces[number], weight))


def highest_that_fits(rungs: Sequence[Rung], limit: int, weigh: Callable[[Rung], int]) -> tuple[Rung, int]:
    """The highest rung found to weigh no more than `limit` bytes, and what it weighs.

    Args:
        rungs: from the first down, as `ladder` gives them.
        limit: bytes.
        weigh: encodes a rung and gives its bytes; it is called at most once for each rung.

    Returns:
        The rung and its bytes; if even the last weighs more than `limit`, that one.
    """
    high, low = -1, len(rungs)  # the lowest known to be too heavy, and the highest known to fit
    weights: dict[int, int] = {}
    number = 0
    for _ in range(_MOST_TRIES):
        weights[number] = weigh(rungs[number])
        if weights[number] <= limit:
            low = number
        else:
            high = number
        if low - high == 1:
            break
        number = _next(rungs, limit, weights, high, low)
    if low == len(rungs):
        low -= 1
        weights[low] = weights[low] if low in weights else weigh(rungs[low])
    return rungs[low], weights[low]


def _next(rungs: Sequence[Rung], limit: int, weights: Mapping[int, int], high: int, low: int) -> int:
    """The rung to try: where the limit is expected between `high`, which is too heavy, and `low`; neither of them."""
    heavy = weights[high]
    if low in weights:
        # Between two that are known, weight falls evenly on a logarithmic scale.
        number = high + round(math.log(heavy / limit) / math.log(heavy / weights[low]) * (low - high))
    else:
        wanted = rungs[high].weight * _MARGIN * limit / heavy
        number = bisect.bisect_left(rungs, -wanted, key=lambda rung: -rung.weight)
    return min(max(number, high + 1), low - 1)
