"""Puts highlights on whole frames, so that the reel is as long as its selection says."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Protocol

from autohighlight.selection.runs import Limits
from autohighlight.times import FrameGrid, TimeRange


class Timing(Protocol):
    """What choosing needs to know of a video: `MediaInfo` says it, and so does whatever keeps as much of one."""

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def time_range(self) -> TimeRange:
        """From the first frame's presentation to the end of the last, in seconds."""

    @property
    def frame_rate(self) -> Fraction:
        """Nominal frames/s."""

    @property
    def gaps(self) -> Sequence[TimeRange]:
        """Stretches in which nothing can be shown, in time order and apart."""

    @property
    def duration(self) -> Fraction:
        """How long the picture is shown, in seconds."""

    @property
    def grid(self) -> FrameGrid:
        """The instants of the frames at the nominal rate."""


def on_whole_frames(ranges: Sequence[TimeRange], media: Timing, limits: Limits) -> list[TimeRange]:
    """The time ranges with both ends on frames of the nominal rate.

    2 s at 30000/1001 frames/s are 59.94 frames. Thirty parts of 60 frames would be 0.06 s over a budget of 60 s, so
    every length is first rounded down; then frames that are left of the budget go, in time order, to those that need
    one to be as long as the shortest allowed, or to end at the frame nearest to their end. So the budget and the
    longest length are never passed, and none is more than a frame shorter than the shortest allowed.

    Args:
        ranges: in time order, apart from each other, within the limits.
        media: the video; its own range is returned where it is shorter than one frame.
        limits: of length and budget; the shortest is at least a frame.
    """
    rate, grid = media.frame_rate, media.grid
    num_frames = floor(media.duration * rate)
    if num_frames < 1:
        return list(ranges)
    lengths = [floor(span.duration * rate) for span in ranges]
    spare = floor(limits.budget * rate) - sum(lengths)
    shortest, longest = ceil(limits.shortest * rate), floor(limits.longest * rate)
    firsts = [grid.nearest(span.start) for span in ranges]
    result, free_from = list[TimeRange](), 0
    for span, length, first, free_until in zip(ranges, lengths, firsts, [*firsts[1:], num_frames], strict=True):
        until = min(free_until, num_frames)
        begin = max(free_from, min(first, until - length))
        end = max(begin + 1, min(begin + length, until))
        wanted = max(shortest, grid.nearest(span.end) - begin)
        if end - begin < min(wanted, longest) and spare > 0 and end < until:
            end, spare = end + 1, spare - 1
        result.append(TimeRange(grid.time(begin), grid.time(end)))
        free_from = end
    return result
