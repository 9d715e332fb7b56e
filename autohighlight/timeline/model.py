"""A timeline: which stretches of which sources follow one another, on exact frames of one sequence."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from autohighlight.times import FrameGrid, TimeRange
from autohighlight.types import MediaInfo


@dataclass(frozen=True)
class Part:
    """One stretch of one source, a whole number of sequence frames long.

    Args:
        media: the source.
        start: presentation time in the source of the part's first frame, in seconds.
        num_frames: length in frames of the sequence.
        score: of the highlight, in [0, 1].
        reason: of the highlight, for people.
    """

    media: MediaInfo
    start: Fraction
    num_frames: int
    score: float
    reason: str

    def __post_init__(self) -> None:
        if self.num_frames < 1:
            raise ValueError("a part holds at least one frame")


@dataclass(frozen=True)
class Timeline:
    """Parts in the order in which they are shown, without gaps.

    Args:
        name: for people.
        frame_rate: of the sequence, frames/s, exact.
        size: width and height of the sequence in square pixels.
        parts: at least one.
    """

    name: str
    frame_rate: Fraction
    size: tuple[int, int]
    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("a timeline has at least one part")

    @property
    def num_frames(self) -> int:
        """Length of the sequence in frames, before transitions shorten it."""
        return sum(part.num_frames for part in self.parts)

    @property
    def duration(self) -> Fraction:
        """Length of the sequence in seconds."""
        return self.num_frames / self.frame_rate

    def source_range(self, part: Part) -> TimeRange:
        """The stretch of the source that `part` shows, in seconds on the source's clock."""
        return TimeRange(part.start, part.start + part.num_frames / self.frame_rate)

    @property
    def grid(self) -> FrameGrid:
        """The frames of the sequence, which begins at 0."""
        return FrameGrid(self.frame_rate)
