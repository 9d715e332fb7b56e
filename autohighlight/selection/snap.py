"""Moves the ends of highlights to the cuts of the picture, where one is near."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction
from statistics import median_low

from autohighlight.selection.runs import Limits
from autohighlight.times import TimeRange
from autohighlight.types import Clip

SNAP_SECONDS = Fraction(1)
"""No end moves farther than this: a second of another shot is a shot of its own, not a flash to be rid of."""

SNAP_SHARE = Fraction(1, 4)
"""Of a clip, that an end moves at most: with both ends moved, half of the clip that was chosen is still there."""


def snap_distance(clips: Sequence[Clip]) -> Fraction:
    """How near a cut has to be to draw an end to it, in seconds: a quarter of a clip, at most `SNAP_SECONDS`.

    With clips of 2 s that is half a second, less than which of another shot looks like a mistake.
    """
    return min(SNAP_SECONDS, median_low(clip.time_range.duration for clip in clips) * SNAP_SHARE)


def snapped(
    ranges: Sequence[TimeRange],
    shot_boundaries: Sequence[Fraction],
    within: TimeRange,
    distance: Fraction,
    limits: Limits,
) -> list[TimeRange]:
    """The time ranges with their ends at shot boundaries where one is no farther than `distance`.

    An end stays where its move would break a limit, leave `within`, or bring two highlights nearer to each other than
    `distance`. Where one end cannot move alone, as the highlight would get too short or the budget would be passed,
    the other goes along. Those that find no room in the budget are tried again when the rest have been.

    Args:
        ranges: in time order, apart from each other.
        shot_boundaries: in seconds.
        within: what the video covers.
        distance: see `snap_distance`.
        limits: of length and budget, that `ranges` keep to.
    """
    cuts = sorted({cut for cut in shot_boundaries if within.start < cut < within.end})
    result = list(ranges)
    spare = limits.budget - sum((span.duration for span in ranges), Fraction(0))
    for index in [*range(len(ranges))] * 2:
        home, now = ranges[index], result[index]
        earliest = max(within.start, result[index - 1].end + distance) if index else within.start
        latest = min(within.end, result[index + 1].start - distance) if index + 1 < len(result) else within.end
        longest = min(limits.longest, now.duration + spare)
        allowed = (
            span
            for span in _moves(home, cuts, distance)
            if limits.shortest <= span.duration <= longest and span.start >= earliest and span.end <= latest
        )
        result[index] = min([now, *allowed], key=lambda span: _cost(span, home, cuts, distance))
        spare -= result[index].duration - now.duration
    return result


def _moves(home: TimeRange, cuts: Sequence[Fraction], distance: Fraction) -> Iterator[TimeRange]:
    """Where a highlight could go: either end or both to the nearest cut on either side, or all of it along."""
    starts, ends = _near(home.start, cuts, distance), _near(home.end, cuts, distance)
    for start, end in itertools.product([home.start, *starts], [home.end, *ends]):
        if end > start:
            yield TimeRange(start, end)
    yield from (TimeRange(start, start + home.duration) for start in starts)
    yield from (TimeRange(end - home.duration, end) for end in ends)


def _near(time: Fraction, cuts: Sequence[Fraction], distance: Fraction) -> list[Fraction]:
    """The nearest cut before and after `time`, where no farther than `distance`."""
    place = bisect.bisect_left(cuts, time)
    return [cut for cut in cuts[max(0, place - 1) : place + 1] if abs(cut - time) <= distance]


def _cost(
    span: TimeRange, home: TimeRange, cuts: Sequence[Fraction], distance: Fraction
) -> tuple[int, Fraction, TimeRange]:
    """How much is left to wish: ends off a cut that is or was near, then how far they moved, then the earlier."""
    moves = [(span.start, home.start), (span.end, home.end)]
    num_off = 0
    for time, origin in moves:
        near = _near(time, cuts, distance)
        num_off += time not in near and bool(near or _near(origin, cuts, distance))
    return num_off, sum((abs(time - origin) for time, origin in moves), Fraction(0)), span
