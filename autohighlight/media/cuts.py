"""Finds the frames at which the picture cuts from one shot to another, while small grey pictures go by."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

LEAST_STEP = 8.0
"""Levels of 255: two pictures of one shot, 80 ms apart, rarely differ by more on average."""

MOST_ALIKE = 0.8
"""Correlation of the two pictures: above it they show the same place, however much moves in it."""

STANDS_OUT = 2.5
"""A cut differs by this many times the second largest step around it; fast action differs at every step. The second
largest, so that two cuts near each other do not hide each other."""

NUM_AROUND = 4
"""Steps on either side that a cut is compared with."""


@dataclass(frozen=True)
class _Candidate:
    step: int
    pts: int
    before: NDArray[np.uint8]
    after: NDArray[np.uint8]


class CutWatch:
    """Looks at grey pictures one after another.

    A flash, or anything else after which the picture is at once what it was before, is no cut.

    Args:
        grey: makes a small grey picture of a frame.
    """

    def __init__(self, grey: Callable[[VideoFrame], NDArray[np.uint8]]) -> None:
        self._grey = grey
        self._last: NDArray[np.uint8] | None = None
        self._passed: list[VideoFrame] = []
        self._steps: list[float] = []
        self._candidates: list[_Candidate] = []

    def see(self, frame: VideoFrame, *, is_near: bool) -> NDArray[np.uint8]:
        """The frame's grey picture, uint8 (H, W), which is compared with the last one if that is near in time."""
        new = self._grey(frame)
        if self._last is not None and is_near:
            step = difference(self._last, new)
            if step > LEAST_STEP and correlation(self._last, new) < MOST_ALIKE:
                self._candidates.append(_Candidate(len(self._steps), self._first_of_shot(frame), self._last, new))
            self._steps.append(step)
        self._last, self._passed = new, []
        return new

    def pass_by(self, frame: VideoFrame) -> None:
        """A frame of which no grey picture is wanted, unless the picture cuts there."""
        self._passed.append(frame)

    @property
    def is_in_doubt(self) -> bool:
        """Whether the last pictures may be on two sides of a cut: a few more have to be seen."""
        return bool(self._candidates)

    def confirmed(self, *, at_end: bool = False) -> list[int]:
        """Ticks of the cuts that have become certain since the last call."""
        cuts = []
        while self._candidates and (at_end or len(self._steps) > self._candidates[0].step + NUM_AROUND):
            candidate = self._candidates.pop(0)
            if self._is_flash(candidate):
                continue
            if stands_out(self._steps, candidate.step):
                cuts.append(candidate.pts)
        if not self._candidates and len(self._steps) > 64 * NUM_AROUND:
            del self._steps[: -2 * NUM_AROUND]  # what no later candidate is compared with
        return cuts

    def _is_flash(self, begin: _Candidate) -> bool:
        """Whether the picture is soon what it was before; the candidates up to there are none then either."""
        for number, end in enumerate(self._candidates):
            if end.step <= begin.step + NUM_AROUND and not _differ(begin.before, end.after):
                del self._candidates[: number + 1]
                return True
        return False

    def _first_of_shot(self, frame: VideoFrame) -> int:
        """Which of the frames since the last grey picture differs most from its predecessor: the shot's first."""
        frames = [*self._passed, frame]
        greys = [self._grey(passed) for passed in self._passed]
        assert self._last is not None  # noqa: S101 -- for the type checker; see() has looked
        steps = [difference(a, b) for a, b in itertools.pairwise([self._last, *greys, self._grey(frame)])]
        return frames[int(np.argmax(steps))].pts or 0


def _differ(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    """Whether two pictures may be of two shots."""
    return difference(one, other) > LEAST_STEP and correlation(one, other) < MOST_ALIKE


def stands_out(steps: list[float], number: int) -> bool:
    """Whether one step is much larger than those around it."""
    around = sorted(steps[max(0, number - NUM_AROUND) : number] + steps[number + 1 : number + 1 + NUM_AROUND])
    return len(around) < 2 or steps[number] > STANDS_OUT * around[-2]


def difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Mean absolute difference of two pictures (H, W), in levels."""
    return float(np.abs(one.astype(np.int16) - other).mean())


def correlation(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Pearson's, of the pixels of two pictures (H, W); 0 where one of them is flat."""
    a, b = one.astype(np.float64) - one.mean(), other.astype(np.float64) - other.mean()
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale > 0 else 0.0
