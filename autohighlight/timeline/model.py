"""A timeline: which stretches of which sources follow one another, on exact frames of one sequence.

Two clocks count frames. A source's counts from its first frame shown, at the source's rate; the sequence's counts from
its own beginning, at the sequence's. All else (labels, seconds, file times) is worked out from these in `events`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path, PureWindowsPath
from typing import Literal

from autohighlight.errors import printable
from autohighlight.file_urls import plain_windows_path, url_of_file
from autohighlight.timecode import Timecode, TimecodeFormat
from autohighlight.times import STANDARD_FRAME_RATES, FrameGrid, TimeRange, format_rate
from autohighlight.types import AudioStream, FieldOrder, MediaInfo, ScoreTrack

START_HOUR = 1
"""Sequences begin at 01:00:00:00 by custom: what comes before the programme, as bars and a slate, has room there."""

USUAL_SAMPLE_RATE = 48_000
"""Samples/s of sound with picture (AES5), where the sources do not agree on another."""


@dataclass(frozen=True)
class AudioChannel:
    """One channel of one sound track of a file.

    Args:
        stream: the track.
        channel: its number in the track, from 0 on.
        number: its number in the file, from 1 on, tracks counted in their order: A1, A2, ... to editors.
    """

    stream: AudioStream
    channel: int
    number: int


@dataclass(frozen=True)
class Source:
    """One file that parts are cut from.

    Args:
        media: what is known of it.
        id: unique in its timeline; letters, digits and hyphens.
        scores: how much each clip of it matters, where that is known.
    """

    media: MediaInfo
    id: str = "source-1"
    scores: ScoreTrack | None = field(default=None, repr=False, compare=False)

    @property
    def path(self) -> Path:
        """The file, absolute, as other programs can be told of it.

        Symbolic links stay, unless ``..`` follows one, which no URL can say; the prefix of long paths of Windows goes.
        """
        path = self.media.path.absolute()
        path = path.resolve() if ".." in path.parts else path
        return plain_windows_path(path) if isinstance(path, PureWindowsPath) else path

    @property
    def url(self) -> str:
        """The file as a URL, percent-encoded: ``file:///...``, with a host only where Windows names a server."""
        return url_of_file(self.path)

    @property
    def name(self) -> str:
        """What editors call it: the file's name with its suffix."""
        return self.media.path.name

    @property
    def rate(self) -> Fraction:
        """Frames/s that its frames are counted at; of a variable rate the nearest standard one, as editors do it."""
        return self.media.frame_rate

    @property
    def num_frames(self) -> int:
        """Its length in frames at `rate`."""
        return self.media.grid_length

    @property
    def start_timecode(self) -> Timecode:
        """The label of its first frame; 00:00:00:00 where the file has none, as editors take it."""
        return self.media.start_timecode or Timecode(TimecodeFormat(self.rate))

    @property
    def channels(self) -> tuple[AudioChannel, ...]:
        """Every channel of every sound track."""
        pairs = [(stream, channel) for stream in self.media.audio for channel in range(stream.num_channels)]
        return tuple(AudioChannel(stream, channel, number) for number, (stream, channel) in enumerate(pairs, start=1))

    @property
    def warning(self) -> str:
        """What its owner should know of how it is laid out; empty where there is nothing."""
        name, rate = printable(self.name), format_rate(self.rate)
        if self.media.is_variable_rate:
            average = format_rate(self.media.num_frames / self.media.duration)
            return f"{name}: its frame rate varies ({average} frames/s on average); it is laid out at {rate} frames/s"
        if self.rate not in STANDARD_FRAME_RATES:
            return f"{name}: its frame rate, {rate} frames/s, is none that editors know"
        return ""


@dataclass(frozen=True)
class Marker:
    """A note on a part.

    Args:
        name: short.
        comment: one line.
        first_frame: where it begins, in frames of the sequence from the part's first on.
        num_frames: how long it is, in frames of the sequence; at least 1.
    """

    name: str
    comment: str
    first_frame: int
    num_frames: int


@dataclass(frozen=True)
class Part:
    """One stretch of one source, played at its own speed, a whole number of sequence frames long.

    Args:
        source: what it is cut from.
        first_frame: its first frame, in frames of the source from the first one shown on.
        num_frames: length in frames of the sequence, handles included.
        score: of the highlight, in [0, 1].
        reason: of the highlight, for people.
        head_handle: how many of its frames at the beginning come before the highlight.
        tail_handle: how many of its frames at the end come after the highlight.
        markers: notes on it.
    """

    source: Source
    first_frame: int
    num_frames: int
    score: float
    reason: str
    head_handle: int = 0
    tail_handle: int = 0
    markers: tuple[Marker, ...] = ()

    def __post_init__(self) -> None:
        if min(self.first_frame, self.head_handle, self.tail_handle) < 0:
            raise ValueError("frames are counted from 0 on, and handles are not negative")
        if self.num_frames - self.head_handle - self.tail_handle < 1:
            raise ValueError("a part holds at least one frame of its highlight")
        if any(not 0 <= m.first_frame < m.first_frame + m.num_frames <= self.num_frames for m in self.markers):
            raise ValueError("a marker lies on its part")

    @property
    def media(self) -> MediaInfo:
        """The file that it is cut from."""
        return self.source.media

    @property
    def start(self) -> Fraction:
        """Presentation time in the file of its first frame, in seconds."""
        return self.media.grid.time(self.first_frame)


@dataclass(frozen=True)
class AudioLayout:
    """The sound of a sequence.

    Args:
        sample_rate: samples/s.
        num_channels: how many channels its tracks carry: as many as the source that has most; 0 where all is silent.
        output: what it is mixed to.
    """

    sample_rate: int
    num_channels: int
    output: Literal["mono", "stereo", "surround"]


@dataclass(frozen=True)
class Timeline:
    """Parts in the order in which they are shown, without gaps.

    Pixels of the sequence are square. Sources of other sizes and rates are fitted in and keep their speed.

    Args:
        name: for people.
        frame_rate: of the sequence, frames/s, exact.
        size: width and height of the sequence in square pixels.
        parts: at least one.
        is_drop_frame: whether the labels of the sequence are drop-frame.

    Raises:
        ValueError: there is no part, two sources share an id, or there is no drop-frame counting at that rate.
    """

    name: str
    frame_rate: Fraction
    size: tuple[int, int]
    parts: tuple[Part, ...]
    is_drop_frame: bool = False

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("a timeline has at least one part")
        if len({source.id for source in self.sources}) < len(self.sources):
            raise ValueError("two sources share an id")
        TimecodeFormat(self.frame_rate, self.is_drop_frame)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The files that parts are cut from, each once, in the order in which they are first shown."""
        return tuple(dict.fromkeys(part.source for part in self.parts))

    @property
    def field_order(self) -> FieldOrder:
        """That of the source shown first, where the sequence has its rate and its lines; else ``progressive``."""
        media = self.parts[0].media
        has_its_lines = (media.frame_rate, media.height) == (self.frame_rate, self.size[1])
        return media.shown_field_order if has_its_lines else "progressive"

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

    @property
    def start_timecode(self) -> Timecode:
        """The label of the sequence's first frame: one hour by custom, 0 where labels would not keep time."""
        format_ = TimecodeFormat(self.frame_rate, self.is_drop_frame)
        return Timecode(format_, format_.frame(START_HOUR, 0, 0, 0) if format_.keeps_time else 0)

    @property
    def audio(self) -> AudioLayout:
        """What the sources' sound needs: their sample rate where they agree, else the usual one."""
        streams = [stream for source in self.sources for stream in source.media.audio]
        rates = {stream.sample_rate for stream in streams}
        num_channels = max(len(source.channels) for source in self.sources)
        is_surround = any(stream.num_channels >= 6 for stream in streams)
        return AudioLayout(
            rates.pop() if len(rates) == 1 else USUAL_SAMPLE_RATE,
            num_channels,
            "surround" if is_surround else "mono" if num_channels == 1 else "stereo",
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What people should know of how their files are laid out, a line each."""
        return tuple(source.warning for source in self.sources if source.warning)
