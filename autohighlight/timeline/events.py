"""What a format's writer needs of each part, worked out once: frames, labels and seconds on both clocks.

No writer adds or rounds times of its own. Ends are exclusive: the frame after the last, as EDL and the XML formats have
it. Record is the place in the sequence, source the place in the file, as editors say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from autohighlight.timecode import Timecode
from autohighlight.timeline.model import Marker, Part, Source, Timeline
from autohighlight.times import TimeRange


@dataclass(frozen=True)
class FrameSpan:
    """Frames ``[first, end)`` of a sequence or a source.

    Args:
        first: number of the first, counted from the sequence's or the source's first frame on.
        end: number of the one after the last.
        origin: the label of frame 0; its format has the rate.
    """

    first: int
    end: int
    origin: Timecode

    def __post_init__(self) -> None:
        if not 0 <= self.first < self.end:
            raise ValueError(f"a span holds at least one frame: [{self.first}, {self.end})")

    @property
    def num_frames(self) -> int:
        """How many frames."""
        return self.end - self.first

    @property
    def rate(self) -> Fraction:
        """Frames/s that it is counted at."""
        return self.origin.format.rate

    @property
    def timecode_in(self) -> Timecode:
        """The label of its first frame."""
        return self.origin + self.first

    @property
    def timecode_out(self) -> Timecode:
        """The label of the frame after its last, past midnight where it must."""
        return self.origin + self.end

    @property
    def time_range(self) -> TimeRange:
        """In seconds from frame 0 on."""
        return TimeRange(self.first / self.rate, self.end / self.rate)

    @property
    def timecode_range(self) -> TimeRange:
        """In seconds from the label 00:00:00:00 on, as FCPXML and OpenTimelineIO count; midnight sets nothing back."""
        offset = self.origin.seconds
        return TimeRange(offset + self.first / self.rate, offset + self.end / self.rate)


@dataclass(frozen=True)
class PlacedMarker:
    """A marker on both clocks.

    Args:
        marker: its words.
        record: where it lies in the sequence.
        source: where it lies in the file.
    """

    marker: Marker
    record: FrameSpan
    source: FrameSpan


@dataclass(frozen=True)
class Event:
    """A part in its place.

    Args:
        number: from 1 on.
        part: what is shown.
        record: its frames in the sequence.
        source: its frames in the file: every one that is shown even in part, where the rates differ.
        source_length: how much of the file is shown, in frames of the source; whole where the rates are one.
        markers: those of the part.
    """

    number: int
    part: Part
    record: FrameSpan
    source: FrameSpan
    source_length: Fraction
    markers: tuple[PlacedMarker, ...]

    @property
    def source_at_record_rate(self) -> FrameSpan:
        """What is shown of the file, counted from its first frame on in frames of the sequence: as xmeml counts.

        It is as long as `record`, and each of its frames begins while a frame of `source` lasts. Where the rates differ
        it begins up to one frame later than `source`, and may end within the last, begun frame of the file.
        """
        pace = self.record.rate / self.source.rate
        first = math.ceil(self.source.first * pace)
        origin = self.source.origin.at_rate(self.record.rate)
        return FrameSpan(first, first + self.record.num_frames, origin)

    @property
    def num_before(self) -> int:
        """How many frames the file has before what is shown: how far an editor can pull its beginning."""
        return self.source.first

    @property
    def num_after(self) -> int:
        """How many frames the file has after what is shown: how far an editor can pull its end."""
        return max(0, self.part.source.num_frames - self.source.end)


def whole_source(source: Source) -> FrameSpan:
    """All frames of a source: what is available."""
    return FrameSpan(0, source.num_frames, source.start_timecode)


def whole_source_at(source: Source, rate: Fraction) -> FrameSpan:
    """All of a source in frames of another rate; the last one counts where it has begun."""
    num_frames = math.ceil(source.num_frames * rate / source.rate)
    return FrameSpan(0, num_frames, source.start_timecode.at_rate(rate))


def whole_sequence(timeline: Timeline) -> FrameSpan:
    """All frames of the sequence."""
    return FrameSpan(0, timeline.num_frames, timeline.start_timecode)


def events(timeline: Timeline) -> tuple[Event, ...]:
    """The parts of a timeline in their places, in the order in which they are shown."""
    placed, record_first = list[Event](), 0
    for number, part in enumerate(timeline.parts, start=1):
        placed.append(_event(timeline, number, part, record_first))
        record_first += part.num_frames
    return tuple(placed)


def _event(timeline: Timeline, number: int, part: Part, record_first: int) -> Event:
    def on_record(first: int, num_frames: int) -> FrameSpan:
        return FrameSpan(record_first + first, record_first + first + num_frames, timeline.start_timecode)

    def in_source(first: int, num_frames: int) -> FrameSpan:
        begin = part.first_frame + math.floor(first * pace)
        end = part.first_frame + math.ceil((first + num_frames) * pace)
        return FrameSpan(begin, end, part.source.start_timecode)

    pace = part.source.rate / timeline.frame_rate  # source frames in one of the sequence
    markers = tuple(
        PlacedMarker(m, on_record(m.first_frame, m.num_frames), in_source(m.first_frame, m.num_frames))
        for m in part.markers
    )
    whole = (0, part.num_frames)
    return Event(number, part, on_record(*whole), in_source(*whole), part.num_frames * pace, markers)
