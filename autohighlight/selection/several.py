"""The runs of pieces that are worth most in several videos under one budget.

The videos are laid one after the other for the dynamic programme of `selection.runs`, with a seam between two that no
run can hold. Where that would be too much, as for a thousand hours, most of it is decided by a price on each second
and on each run: what such a price leaves is the best there is for its cost (Everett, Operations Research 11(3), 1963).
The price is halved in on only until the videos in which it still matters fit the programme, and those are then solved
exactly with what the others leave of the budget.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from fractions import Fraction
from math import ceil

import numpy as np

from autohighlight.selection.priced import Choice, PricedVideos, Prices, Segment
from autohighlight.selection.runs import (
    NUM_PRICES,
    SCALE,
    Programme,
    Run,
    allowed_starts,
    best_runs,
    common_divisor,
    most_ticks,
    priced_runs,
)

MOST_PIECES = 20_000
"""In one programme: ten hours of clips of 2 s, which take about a second."""

_MOST_TICKS = 20_000  # finer ones than asked for by whole clips are for the odd lengths at the ends of videos

_NUM_SECOND_PRICES = 24


def best_runs_of_several(segments: Sequence[Segment], budget: Fraction, count: int | None) -> list[list[Run]]:
    """The runs of each segment whose total of score times seconds is greatest, in time order.

    At least one piece lies between two runs of one segment. Exact for up to `MOST_PIECES` pieces, where the lengths of
    all pieces have a common divisor that is not too small; else the last piece of each segment but the last is
    rounded up to a fraction of a piece, and a better choice may exist by as little. Of more pieces, what is decided by
    price is best for its cost, and the rest for what is left. The limits hold strictly.

    Args:
        segments: at least one.
        budget: of all runs together, in seconds.
        count: largest number of all runs; None: any.

    Returns:
        For each segment its runs; none where none is allowed or every score is 0.
    """
    if len(segments) == 1:
        limits = segments[0].limits
        limits = dataclasses.replace(limits, budget=budget, count=count)
        return [best_runs(segments[0].times, segments[0].scores, limits)]
    segments = [dataclasses.replace(s, limits=dataclasses.replace(s.limits, budget=budget)) for s in segments]
    if sum(len(segment.scores) for segment in segments) <= MOST_PIECES:
        return _joined(segments, budget, count)
    return _narrowed(segments, budget, count)


def _joined(segments: Sequence[Segment], budget: Fraction, count: int | None) -> list[list[Run]]:
    """By one programme over all segments."""
    seamed = _Seamed(segments)
    programme, _ = seamed.programme(budget, None)
    runs = programme.solve()
    if count is not None and len(runs) > count:
        budget = min(budget, count * max(segment.limits.longest for segment in segments))
        programme, is_exact = seamed.programme(budget, count)
        if is_exact:
            runs = programme.solve()
        else:
            runs = priced_runs(seamed.times, seamed.worth, seamed.starts, budget, count, programme.unit)
    return seamed.by_segment(runs)


def _divisor_of_all(edges: Sequence[Sequence[Fraction]], least: Fraction) -> Fraction | None:
    """The greatest length of which every piece of all videos is a whole number; None where it is below `least`."""
    divisors = list[Fraction]()
    for times in edges:
        divisor = common_divisor(times, least)
        if divisor is None:
            return None
        divisors.append(divisor)
    return common_divisor([*itertools.accumulate(divisors, initial=Fraction(0))], least)


def _narrowed(segments: Sequence[Segment], budget: Fraction, count: int | None) -> list[list[Run]]:
    """By prices, until what they do not settle fits one programme."""
    videos = PricedVideos(segments)
    too_much, kept = _bracket(videos, segments, budget, count)
    chosen = [kept.runs(number) for number in range(len(segments))]
    if too_much is None:
        return chosen
    unsettled, num_pieces = list[int](), 0
    for number in np.flatnonzero(kept.differs(too_much)).tolist():
        num_pieces += len(segments[number].scores)
        if num_pieces > MOST_PIECES and unsettled:
            break
        unsettled.append(number)
    settled = set(range(len(segments))) - set(unsettled)
    left = budget - sum((_length(segments[n], run) for n in settled for run in chosen[n]), Fraction(0))
    count_left = None if count is None else count - sum(len(chosen[n]) for n in settled)
    if unsettled and left > 0 and count_left != 0:
        again = best_runs_of_several([segments[n] for n in unsettled], left, count_left)
        if _worth(segments, unsettled, again) > _worth(segments, unsettled, [chosen[n] for n in unsettled]):
            for number, runs in zip(unsettled, again, strict=True):
                chosen[number] = runs
    return chosen


def _bracket(
    videos: PricedVideos, segments: Sequence[Segment], budget: Fraction, count: int | None
) -> tuple[Choice | None, Choice]:
    """What is chosen at prices too low for the limits, None where none is, and at prices that keep to them."""
    free = videos.choose(Prices(0.0))
    too_much, kept = _by_seconds(videos, segments, budget, 0.0, free)
    if count is None or kept.num_runs.sum() <= count:
        return too_much, kept
    over, low, high = kept, 0.0, float(max(segment.limits.longest for segment in segments))
    under = videos.choose(Prices(1.0, high))  # at which nothing is worth its price
    for _ in range(NUM_PRICES):
        price = (low + high) / 2
        _, kept = _by_seconds(videos, segments, budget, price, None)
        if kept.num_runs.sum() > count:
            over, low = kept, price
        else:
            under, high = kept, price
        if _num_unsettled(segments, over, under) <= MOST_PIECES:
            break
    return over, under


def _by_seconds(
    videos: PricedVideos, segments: Sequence[Segment], budget: Fraction, run_price: float, free: Choice | None
) -> tuple[Choice | None, Choice]:
    """The price of a second halved in on, for one price of a run: what passes the budget, and what keeps to it."""
    most = float(budget) * (1 - 1e-9)  # for floats that are a little below the sum that they stand for
    over = videos.choose(Prices(0.0, run_price)) if free is None else free
    if over.seconds.sum() <= most:
        return None, over
    low, high = 0.0, 1.0
    under = videos.choose(Prices(high, run_price))
    for _ in range(_NUM_SECOND_PRICES):
        price = (low + high) / 2
        found = videos.choose(Prices(price, run_price))
        if found.seconds.sum() > most:
            over, low = found, price
        else:
            under, high = found, price
        if _num_unsettled(segments, over, under) <= MOST_PIECES:
            break
    return over, under


def _num_unsettled(segments: Sequence[Segment], over: Choice, under: Choice) -> int:
    return sum(len(segments[number].scores) for number in np.flatnonzero(over.differs(under)).tolist())


def _length(segment: Segment, run: Run) -> Fraction:
    return segment.times[run[1]] - segment.times[run[0]]


def _worth(segments: Sequence[Segment], numbers: Sequence[int], runs: Sequence[Sequence[Run]]) -> float:
    return sum(
        float(segments[number].scores[piece] * float(segments[number].times[piece + 1] - segments[number].times[piece]))
        for number, those in zip(numbers, runs, strict=True)
        for run in those
        for piece in range(*run)
    )


class _Seamed:
    """Segments laid one after the other, with a seam between two: a piece of no worth that no run can hold."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.segments = segments
        starts_of = [allowed_starts(s.times, s.limits) for s in segments]
        self.firsts = [0, *itertools.accumulate(len(s.scores) + 1 for s in segments[:-1])]
        self.starts = [
            range(window.start + first, window.stop + first)
            for first, windows in zip(self.firsts, starts_of, strict=True)
            for window in windows
        ]
        total = sum((s.times[-1] - s.times[0] for s in segments), Fraction(0))
        lengths = [np.array([float((b - a) / total) for a, b in itertools.pairwise(s.times)]) for s in segments]
        worth = [
            np.rint(s.scores * length * SCALE).astype(np.int64) for s, length in zip(segments, lengths, strict=True)
        ]
        self.worth = np.concatenate([np.append(each, 0) for each in worth])[:-1]
        self.times = list[Fraction]()

    def unit(self, budget: Fraction, num_layers: int) -> tuple[Fraction, bool]:
        """The length of a tick, and whether whole clips are whole numbers of it."""
        most = most_ticks(self.starts, num_layers)
        least = budget / min(most, _MOST_TICKS)
        exact = _divisor_of_all([s.times for s in self.segments], least)
        if exact is not None:
            return exact, True
        whole = _divisor_of_all([s.times[:-1] if len(s.times) > 2 else s.times for s in self.segments], budget / most)
        return (least, False) if whole is None else (whole / max(1, whole // least), True)

    def programme(self, budget: Fraction, count: int | None) -> tuple[Programme, bool]:
        """The programme for a budget; each segment begins on a whole tick. And whether it is exact for whole clips."""
        unit, is_exact = self.unit(budget, count or 1)
        self._lay(unit)
        return Programme(self.times, self.worth, self.starts, budget, count, unit), is_exact

    def _lay(self, unit: Fraction) -> None:
        self.times, at = [], Fraction(0)
        for segment in self.segments:
            self.times += [at + time - segment.times[0] for time in segment.times]
            at = ceil(self.times[-1] / unit) * unit

    def by_segment(self, runs: Sequence[Run]) -> list[list[Run]]:
        """The runs of each segment, in its own numbers."""
        found: list[list[Run]] = [[] for _ in self.segments]
        edges = [*self.firsts[1:], len(self.times)]
        number = 0
        for first, end in runs:
            while first >= edges[number]:
                number += 1
            found[number].append((first - self.firsts[number], end - self.firsts[number]))
        return found
