"""The stretches of a video that can be shown, each to be chosen from as if it were a video of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from autohighlight.selection.frames import Timing
from autohighlight.times import FrameGrid, TimeRange
from autohighlight.types import Clip, ScoreTrack


@dataclass(frozen=True)
class Stretch:
    """A part of a video in which there are no gaps; a `Timing` of its own.

    Args:
        video: the video.
        time_range: the part, on frames of the video's grid, in seconds.
    """

    video: Timing
    time_range: TimeRange

    @property
    def path(self) -> Path:
        """The file."""
        return self.video.path

    @property
    def frame_rate(self) -> Fraction:
        """Nominal frames/s."""
        return self.video.frame_rate

    @property
    def gaps(self) -> Sequence[TimeRange]:
        """None."""
        return ()

    @property
    def duration(self) -> Fraction:
        """How long it is, in seconds."""
        return self.time_range.duration

    @property
    def grid(self) -> FrameGrid:
        """The instants of its frames: those of the video."""
        return FrameGrid(self.frame_rate, self.time_range.start)


def stretches(video: Timing) -> list[Timing]:
    """What lies between the gaps of a video, in time order; the video itself where it has none, or nothing else."""
    grid, found, free_from = video.grid, list[Timing](), video.time_range.start
    if not video.gaps:
        return [video]
    for begin, end in [*((gap.start, gap.end) for gap in video.gaps), (video.time_range.end, video.time_range.end)]:
        first, stop = grid.nearest(free_from), grid.nearest(min(begin, video.time_range.end))
        if stop > first:
            found.append(Stretch(video, TimeRange(grid.time(first), grid.time(stop))))
        free_from = max(free_from, end)
    return found or [video]


def scores_within(track: ScoreTrack, time_range: TimeRange) -> ScoreTrack:
    """The clips that lie in a time range, each cut off at its ends, with their scores."""
    inside = [
        (number, TimeRange(max(clip.time_range.start, time_range.start), min(clip.time_range.end, time_range.end)))
        for number, clip in enumerate(track.clips)
        if clip.time_range.overlap(time_range) > 0
    ]
    clips = tuple(Clip(place, span) for place, (_, span) in enumerate(inside))
    return ScoreTrack(clips, track.values[[number for number, _ in inside]], track.scorer)
