"""The runs of consecutive pieces that are worth most within a budget: an exact dynamic programme.

Let piece p last from ``times[p]`` to ``times[p + 1]``, and a run ``(j, i)`` hold the pieces j .. i - 1. With V the
running total of worth and C that of cost, in ticks of the budget axis,

    best[i][b] = max( best[i - 1][b],
                      max over j of  best[j - 1][b - (C[i] - C[j])] + V[i] - V[j] )

over the j for which the run's length is allowed; j - 1 rather than j keeps one piece between two runs. Inside the
inner maximum only ``V[i]`` depends on i once the budget is counted by what was *left out*, ``q = C[i] - b``, which a
run does not change. So the inner maximum is one over a sliding window of j for each q, and the whole takes
O(pieces x ticks) steps, all but the loop over pieces in numpy. Worth is whole numbers, so equal means equal.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, gcd, lcm

import numpy as np
from numpy.typing import NDArray

Run = tuple[int, int]
"""``(first, end)``: the pieces first .. end - 1."""

MAX_BYTES = 2**27
"""What the tables may take, in bytes; 20,000 clips with a budget of 2,000 clips take a third of it."""

NUM_PRICES = 10  # solutions tried where a count is met by a price; ten halvings leave a thousandth of the range

SCALE = 2**40  # worth of a whole video of score 1; a sum of a million rounded terms stays exact in an int64
_NOTHING = np.iinfo(np.int64).min // 2  # worth of what cannot be; far enough from the edge to be added to


@dataclass(frozen=True)
class Limits:
    """What a choice of runs must keep to.

    Args:
        shortest, longest: of one run, in seconds.
        budget: of all runs together, in seconds.
        count: largest number of runs; None: any.
    """

    shortest: Fraction
    longest: Fraction
    budget: Fraction
    count: int | None = None


def allowed_starts(times: Sequence[Fraction], limits: Limits) -> list[range]:
    """For each end 0 .. N, the starts of the runs that end there and whose length is allowed."""
    first, stop = start_windows(times, limits)
    return [range(*window) for window in zip(first.tolist(), stop.tolist(), strict=True)]


def start_windows(times: Sequence[Fraction], limits: Limits) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """As `allowed_starts`: the first of the starts for each end, and the one after the last; int64 (N + 1,) each."""
    shortest, longest = limits.shortest, min(limits.longest, limits.budget)
    denominator = lcm(shortest.denominator, longest.denominator, *{time.denominator for time in times})
    ticks = [time.numerator * (denominator // time.denominator) for time in times]
    most = max(abs(ticks[0]), abs(ticks[-1])) + int((shortest + longest) * denominator)
    edges = np.array(ticks, np.int64 if most < 2**62 else object)  # whole numbers compare as fast as they are exact
    first = np.searchsorted(edges, edges - int(longest * denominator), "left")
    stop = np.searchsorted(edges, edges - int(shortest * denominator), "right")
    return first, np.maximum(first, stop)


def best_runs(times: Sequence[Fraction], scores: NDArray[np.floating], limits: Limits) -> list[Run]:
    """The runs whose total of score times seconds is greatest, in time order, at least one piece between two.

    Of equal totals, the one that ends earlier, then the shorter. Exact where all pieces but the last have lengths
    whose common divisor divides the budget into ticks that fit `MAX_BYTES`, as for fixed clips; beyond that, a run's
    cost is rounded up to coarser ticks, and a `count` that does not fit is met by putting a price on each run. Then
    the limits hold as strictly, but a better choice may exist.

    Args:
        times: the N + 1 edges of the pieces, in seconds, ascending.
        scores: float (N,) in [0, 1], of each piece.
        limits: what the runs must keep to.

    Returns:
        No run where none is allowed or every score is 0.
    """
    total = times[-1] - times[0]
    shares = [float((end - start) / total) for start, end in itertools.pairwise(times)]
    worth = np.rint(scores * np.array(shares) * SCALE).astype(np.int64)
    starts = allowed_starts(times, limits)
    runs = Programme(times, worth, starts, limits.budget, None).solve()
    count = limits.count
    if count is None or len(runs) <= count:
        return runs
    budget = min(limits.budget, count * limits.longest)
    layered = Programme(times, worth, starts, budget, count)
    if not layered.is_coarse:
        return layered.solve()
    return priced_runs(times, worth, starts, budget, count)


def priced_runs(
    times: Sequence[Fraction],
    worth: NDArray[np.int64],
    starts: Sequence[range],
    budget: Fraction,
    count: int,
    unit: Fraction | None = None,
) -> list[Run]:
    """At most `count` runs, by a price on each run that is halved in on until so many are left.

    What a price leaves is the best for the number of runs that it has (Everett, Operations Research 11(3), 1963);
    where it leaves too many, the `count` of them that are worth most.
    """
    programme = Programme(times, worth, starts, budget, None, unit)
    total = programme.total
    low, high = 0, max(total[end] - total[window.start] for end, window in enumerate(starts) if window)
    found = list[Run]()
    for _ in range(NUM_PRICES):
        price = (low + high) // 2
        runs = programme.solve(price)
        kept = sorted(sorted(runs, key=lambda run: (total[run[0]] - total[run[1]], run))[:count])
        found = max(found, kept, key=lambda those: sum(total[end] - total[start] for start, end in those))
        if len(runs) == count:
            break
        low, high = (price, high) if len(runs) > count else (low, price)
    return found


class Programme:
    """The dynamic programme of the module's docstring, with or without a layer for each number of runs.

    Args:
        times: the N + 1 edges of the pieces, in seconds, ascending.
        worth: int64 (N,), of each piece.
        starts: as `allowed_starts` gives them.
        budget: of all runs together, in seconds.
        count: largest number of runs; None: any.
        unit: the length of a tick, in seconds, where another is wanted than the pieces ask for.
    """

    def __init__(
        self,
        times: Sequence[Fraction],
        worth: NDArray[np.int64],
        starts: Sequence[range],
        budget: Fraction,
        count: int | None,
        unit: Fraction | None = None,
    ) -> None:
        self.times, self.starts, self.budget = times, starts, budget
        self.count = count
        self.num_layers = count or 1
        self.total = [0, *np.cumsum(worth).tolist()]
        most = max((end - window.start for end, window in enumerate(starts) if window), default=0)
        self.choice_type = np.min_scalar_type(most)
        max_ticks = most_ticks(starts, self.num_layers)
        if unit is None:
            unit = common_divisor(times[:-1] if len(worth) > 1 else times, budget / max_ticks)
        self.is_coarse = unit is None
        self.unit = unit or budget / max_ticks
        self.num_ticks = floor(budget / self.unit)
        # A run costs its length rounded up to ticks; for exact ticks the two are the same.
        self.starts_at = [floor((time - times[0]) / self.unit) for time in times]
        self.ends_at = [ceil((time - times[0]) / self.unit) for time in times]
        spans = [self.ends_at[end] - self.starts_at[window.start] for end, window in enumerate(starts) if window]
        self.ring = self.num_ticks + 1 + max(spans, default=0)  # so that no two q of a window share a place

    def solve(self, price: int = 0) -> list[Run]:
        """The best runs, when each run costs `price` of its worth."""
        end = len(self.times) - 1  # the last piece may be no whole number of ticks, so it is not in the tables
        choices = np.zeros((end, self.num_layers, self.num_ticks + 1), self.choice_type)
        best = np.zeros((self.num_layers, self.num_ticks + 1), np.int64)
        before = {0: np.zeros_like(best)}  # start -> best of the pieces that leave a gap before it
        ring = np.arange(0, -2 * self.ring, -1) % self.ring
        budget_axis = np.arange(self.num_ticks + 1)
        window, next_start = _SlidingMaximum(), 0
        for i in range(1, end):
            before[i] = self._with_one_run_less(best)
            allowed = self.starts[i]
            if not allowed:
                continue
            while next_start < allowed.stop:
                row = np.full((self.num_layers, self.ring), _NOTHING)
                offset = -self.starts_at[next_start] % self.ring
                row[:, ring[offset + budget_axis]] = before[next_start] - self.total[next_start]
                window.push(next_start, row)
                if next_start < self.starts[end].start:
                    del before[next_start]  # the rest are needed once more, for the last piece
                next_start += 1
            window.drop_before(allowed.start)
            offset = -self.ends_at[i] % self.ring
            worth, start = window.greatest(ring[offset : offset + self.num_ticks + 1])
            worth += self.total[i] - price
            better = worth > best
            choices[i] = np.where(better, i - start, 0)
            best = np.where(better, worth, best)
        return self._trace(choices, int(best[-1, -1]), before, price)

    def _with_one_run_less(self, best: NDArray[np.int64]) -> NDArray[np.int64]:
        if self.count is None:
            return best
        return np.concatenate([np.zeros_like(best[:1]), best[:-1]])

    def _trace(
        self, choices: NDArray[np.integer], greatest: int, before: dict[int, NDArray[np.int64]], price: int
    ) -> list[Run]:
        """Reads the runs off the tables, last to first; a run with the last piece is tried at its exact length."""
        end = len(self.times) - 1
        i, layer, ticks, runs = end - 1, self.num_layers - 1, self.num_ticks, list[Run]()
        for start in self.starts[end]:
            left = floor((self.budget - (self.times[end] - self.times[start])) / self.unit)
            if left < 0:
                continue
            worth = int(before[start][-1, left]) + self.total[end] - self.total[start] - price
            if worth > greatest or (runs and worth == greatest):
                greatest, runs = worth, [(start, end)]
                i, ticks = start - 1, left
        layer -= len(runs) if self.count else 0
        while i > 0 and layer >= 0:
            length = int(choices[i, layer, ticks])
            if not length:
                i -= 1
                continue
            start = i - length
            runs.append((start, i))
            ticks -= self.ends_at[i] - self.starts_at[start]
            layer -= 1 if self.count else 0
            i = start - 1
        return runs[::-1]


def most_ticks(starts: Sequence[range], num_layers: int) -> int:
    """How many ticks the tables of a `Programme` may have, so that they fit `MAX_BYTES`; at least 64."""
    most = max((end - window.start for end, window in enumerate(starts) if window), default=0)
    bytes_a_tick = num_layers * ((len(starts) - 1) * np.min_scalar_type(most).itemsize + 48 * most)
    return max(64, MAX_BYTES // max(1, bytes_a_tick))


def common_divisor(times: Sequence[Fraction], least: Fraction) -> Fraction | None:
    """The greatest length of which every piece between these times is a whole number; None where below `least`."""
    divisor = Fraction(0)
    for start, end in itertools.pairwise(times):
        length = end - start
        if length == divisor:
            continue
        denominator = lcm(divisor.denominator, length.denominator)
        divisor = Fraction(gcd(int(divisor * denominator), int(length * denominator)), denominator)
        if divisor < least:
            return None
    return divisor


class _SlidingMaximum:
    """The elementwise maximum of the rows in a window that moves on, and the start that each comes from.

    Two stacks: rows come in on one, whose maximum is kept up to date; when the other is empty it takes them over,
    oldest on top, each with the maximum of all below it. So a row costs three comparisons in all, however long the
    window. Of equal rows the later start counts.
    """

    def __init__(self) -> None:
        self.newer: deque[tuple[int, NDArray[np.int64]]] = deque()
        self.older: list[tuple[int, NDArray[np.int64], NDArray[np.int32]]] = []
        self.maximum: NDArray[np.int64] | None = None
        self.start: NDArray[np.int32] | None = None

    def push(self, start: int, row: NDArray[np.int64]) -> None:
        self.newer.append((start, row))
        if self.maximum is None or self.start is None:
            self.maximum, self.start = row.copy(), np.full(row.shape, start, np.int32)
        else:
            np.copyto(self.start, np.int32(start), where=row >= self.maximum)
            np.maximum(self.maximum, row, out=self.maximum)

    def drop_before(self, first: int) -> None:
        while self.older and self.older[-1][0] < first:
            self.older.pop()
        if not self.older and self.newer and self.newer[0][0] < first:
            self._turn_over(first)

    def _turn_over(self, first: int) -> None:
        maximum: NDArray[np.int64] | None = None
        starts = np.empty(0, np.int32)
        while self.newer and self.newer[-1][0] >= first:
            start, row = self.newer.pop()
            if maximum is None:
                maximum, starts = row, np.full(row.shape, start, np.int32)
            else:
                starts = np.where(row > maximum, np.int32(start), starts)
                maximum = np.maximum(row, maximum)
            self.older.append((start, maximum, starts))
        self.newer.clear()
        self.maximum = self.start = None

    def greatest(self, places: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The maximum at `places` of each row, and the starts; the window holds at least one row."""
        if self.maximum is None or self.start is None:
            _, maximum, starts = self.older[-1]
            return maximum[:, places], starts[:, places]
        maximum, starts = self.maximum[:, places], self.start[:, places]
        if self.older:
            _, older, older_starts = self.older[-1]
            before = older[:, places] > maximum
            maximum = np.where(before, older[:, places], maximum)
            starts = np.where(before, older_starts[:, places], starts)
        return maximum, starts
