"""Pieces that highlights can be put together from: the clips themselves wherever they can be."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np
from numpy.typing import NDArray

from autohighlight.selection.runs import Limits, start_windows
from autohighlight.types import ScoreTrack

_MOST_PARTS = 16  # of one clip; a score says nothing of what is inside its clip, so finer gains nothing


@dataclass(frozen=True, eq=False)
class Pieces:
    """The video in pieces, each with a score.

    Args:
        times: the N + 1 edges, in seconds, ascending.
        scores: float64 (N,) in [0, 1].
    """

    times: Sequence[Fraction]
    scores: NDArray[np.floating]


def pieces_of(track: ScoreTrack, limits: Limits) -> Pieces:
    """The clips of `track` as pieces, divided where not every one of them could be in a run that `limits` allow.

    A clip longer than the longest highlight, or clips of 2 s where a highlight is to be just 5 s, leave moments that
    no run of whole clips could show. Then long clips are cut into equal parts, each no longer than the shortest run
    nor than what a run may grow by between shortest and longest; where that would be too fine, the whole video is
    cut anew into parts of which a whole number makes the shortest run, each with the mean score over it.
    """
    times = [*(clip.time_range.start for clip in track.clips), track.clips[-1].time_range.end]
    if _all_usable(times, limits):
        return Pieces(times, track.values)
    longest_clip = max(end - start for start, end in itertools.pairwise(times))
    slack = min(limits.longest, limits.budget) - limits.shortest
    if slack * _MOST_PARTS >= longest_clip:
        return _divided(times, track.values, min(slack, max(limits.shortest, longest_clip / _MOST_PARTS)))
    return _cut_anew(times, track.values, limits.shortest)


def _all_usable(times: Sequence[Fraction], limits: Limits) -> bool:
    """Whether every piece is in some run of allowed length."""
    first, stop = start_windows(times, limits)
    ends = np.flatnonzero(first < stop)
    num_runs = np.zeros(len(times), np.int64)  # at p: the change in how many runs hold piece p
    np.add.at(num_runs, first[ends], 1)
    num_runs[ends] -= 1
    return bool((np.cumsum(num_runs)[:-1] > 0).all())


def _divided(times: Sequence[Fraction], scores: NDArray[np.floating], longest: Fraction) -> Pieces:
    """Each clip longer than `longest` in as few equal parts as are no longer."""
    edges, num_parts = list[Fraction](), list[int]()
    for start, end in itertools.pairwise(times):
        num = ceil((end - start) / longest)
        edges += [start + (end - start) * part / num for part in range(num)]
        num_parts.append(num)
    return Pieces([*edges, times[-1]], np.repeat(scores, num_parts))


def _cut_anew(times: Sequence[Fraction], scores: NDArray[np.floating], shortest: Fraction) -> Pieces:
    """Parts of about a clip of which a whole number makes `shortest`; the last may be shorter."""
    usual = statistics.median_low([end - start for start, end in itertools.pairwise(times)])
    length = shortest / ceil(shortest / usual)
    num = ceil((times[-1] - times[0]) / length)
    edges = [*(times[0] + n * length for n in range(num)), times[-1]]
    old, new = (np.array([float(time - times[0]) for time in those]) for those in (times, edges))
    area = np.interp(new, old, np.concatenate([[0.0], np.cumsum(scores * np.diff(old))]))
    means = np.round(np.diff(area) / np.diff(new), 12)  # so that equal scores stay equal
    return Pieces(edges, np.clip(means, 0, 1))
