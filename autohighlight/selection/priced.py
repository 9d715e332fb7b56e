"""What is worth its price in many videos at once: the best runs of each where every second and every run costs.

With prices instead of a budget the videos have nothing to do with each other, and each is solved in one pass over its
pieces. Let V be the running total of worth less the price of the seconds; then

    best[i] = max( best[i - 1], max over j of  best[j - 1] + V[i] - V[j] - price of a run )

over the j for which the run's length is allowed. The passes go through videos of like lengths side by side in numpy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from autohighlight.selection.runs import Limits, Run, start_windows

_MARGIN = 1e-12  # a run that earns less than this above its price is not worth it


@dataclass(frozen=True, eq=False)
class Segment:
    """The pieces of one video.

    Args:
        times: the N + 1 edges, in seconds, ascending.
        scores: float (N,) in [0, 1], comparable from one segment to another.
        limits: of one run, and the budget, which no run is longer than; the count is not looked at.
    """

    times: Sequence[Fraction]
    scores: NDArray[np.floating]
    limits: Limits


@dataclass(frozen=True)
class Prices:
    """In units of score times seconds.

    Args:
        second: of each second.
        run: of each run.
    """

    second: float
    run: float = 0.0


@dataclass(frozen=True, eq=False)
class Choice:
    """The best runs at some prices, in V videos.

    Args:
        worth: float64 (V,): score times seconds of each video's runs, prices not taken off.
        seconds: float64 (V,): how long they are together.
        num_runs: int64 (V,): how many they are.
        starts: for each video int32 (N + 1,): the start of the last run where one ends at that edge, else -1.
    """

    worth: NDArray[np.float64]
    seconds: NDArray[np.float64]
    num_runs: NDArray[np.int64]
    starts: Sequence[NDArray[np.int32]]

    def runs(self, video: int) -> list[Run]:
        """The runs of one video, in time order."""
        starts, found = self.starts[video], list[Run]()
        edge = len(starts) - 1
        while edge > 0:
            start = int(starts[edge])
            if start < 0:
                edge -= 1
                continue
            found.append((start, edge))
            edge = start - 1
        return found[::-1]

    def differs(self, other: Choice) -> NDArray[np.bool_]:
        """bool (V,): in which videos the two are not worth, or not as long as, each other."""
        differs: NDArray[np.bool_] = (
            (self.num_runs != other.num_runs) | (self.seconds != other.seconds) | (self.worth != other.worth)
        )
        return differs


class PricedVideos:
    """Videos laid side by side, ready for any prices."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._num = len(segments)
        self._groups = [_Group([segments[n] for n in numbers], numbers) for numbers in _alike(segments)]

    def choose(self, prices: Prices) -> Choice:
        """The best runs of each video at these prices."""
        worth, seconds = np.zeros(self._num), np.zeros(self._num)
        num_runs = np.zeros(self._num, np.int64)
        starts: list[NDArray[np.int32]] = [np.empty(0, np.int32)] * self._num
        for group in self._groups:
            numbers = group.numbers
            worth[numbers], seconds[numbers], num_runs[numbers], table = group.choose(prices)
            for row, number in enumerate(numbers):
                starts[number] = table[row, : group.lengths[row] + 1]
        return Choice(worth, seconds, num_runs, starts)


def _alike(segments: Sequence[Segment]) -> Iterator[list[int]]:
    """Numbers of segments, longest first, in groups of which none is more than twice as long as another."""
    order = sorted(range(len(segments)), key=lambda number: -len(segments[number].scores))
    while order:
        longest = len(segments[order[0]].scores)
        size = sum(2 * len(segments[number].scores) >= longest for number in order)
        yield order[:size]
        order = order[size:]


class _Group:
    """Videos of like lengths, longest first, as rows of arrays."""

    def __init__(self, segments: Sequence[Segment], numbers: list[int]) -> None:
        self.numbers = numbers
        self.lengths = [len(segment.scores) for segment in segments]
        rows, columns = len(segments), self.lengths[0] + 1
        self.seconds, self.worth = np.zeros((rows, columns)), np.zeros((rows, columns))
        self.first, self.stop = np.zeros((rows, columns), np.int32), np.zeros((rows, columns), np.int32)
        for row, segment in enumerate(segments):
            edges = np.array([time.numerator / time.denominator for time in segment.times])
            edges -= edges[0]
            self.seconds[row, : len(edges)] = edges
            self.worth[row, 1 : len(edges)] = np.cumsum(segment.scores * np.diff(edges))
            windows = start_windows(segment.times, segment.limits)
            self.first[row, : len(edges)], self.stop[row, : len(edges)] = windows

    def choose(
        self, prices: Prices
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int32]]:
        """Worth, seconds and number of the runs of each row, and `Choice.starts` as one table."""
        rows, columns = self.seconds.shape
        value = self.worth - prices.second * self.seconds
        # Column c of these stands for edge c - 1, so that there is one before the first.
        best, worth, seconds = (np.zeros((rows, columns + 1)) for _ in range(3))
        num_runs, starts = np.zeros((rows, columns + 1), np.int64), np.full((rows, columns), -1, np.int32)
        ahead = np.zeros((rows, columns))  # at j: what is best before a run that starts there, less V[j]
        ahead[:, 0] = -value[:, 0]
        active, every = rows, np.arange(rows)
        for edge in range(1, columns):
            while self.lengths[active - 1] < edge:
                active -= 1
                for table in (best, worth, seconds, num_runs):
                    table[active, edge + 1 :] = table[active, edge]
            here = slice(0, active)
            for table in (best, worth, seconds, num_runs):
                table[here, edge + 1] = table[here, edge]
            found = self._best_starts(ahead, edge, active)
            if found is not None:
                start, most = found
                most = most + value[here, edge] - prices.run
                taken = every[here][most > best[here, edge] + _MARGIN]
                start = start[taken]
                best[taken, edge + 1] = most[taken]
                starts[taken, edge] = start
                worth[taken, edge + 1] = worth[taken, start] + self.worth[taken, edge] - self.worth[taken, start]
                length = self.seconds[taken, edge] - self.seconds[taken, start]
                seconds[taken, edge + 1] = seconds[taken, start] + length
                num_runs[taken, edge + 1] = num_runs[taken, start] + 1
            ahead[here, edge] = best[here, edge] - value[here, edge]
        return worth[:, -1], seconds[:, -1], num_runs[:, -1], starts

    def _best_starts(
        self, ahead: NDArray[np.float64], edge: int, active: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
        """Where the best run that ends at an edge starts in each row, and what is ahead there."""
        first, stop = self.first[:active, edge], self.stop[:active, edge]
        some = first < stop
        if not some.any():
            return None
        low, high = int(first[some].min()), int(stop[some].max())
        window = ahead[:active, low:high]
        if (first != low).any() or (stop != high).any():
            place = np.arange(low, high)
            window = np.where((place >= first[:, None]) & (place < stop[:, None]), window, -np.inf)
        start = window.argmax(axis=1)
        return start + low, window[np.arange(active), start]
