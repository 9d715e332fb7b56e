"""What a timeline file says, in words that all formats share; every statement keeps its place in the file.

Readers make these values from a file alone and from the media that it names. Nothing here comes from what a writer had
in hand, so that a file can be held against the media, and against the timeline that it was made from.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Generic, Literal, TypeVar

from autohighlight.export.verify.findings import Place
from autohighlight.timecode import Timecode
from autohighlight.types import FieldOrder

T = TypeVar("T")


@dataclass(frozen=True)
class Said(Generic[T]):
    """A statement and where it stands."""

    value: T
    place: Place


@dataclass(frozen=True)
class DeclaredMedia:
    """What a file says of one of its media files; None is what it does not say.

    Args:
        place: of the description.
        path: the media file; None where it cannot be told.
        rate: frames/s.
        num_frames: length, at `rate`; of a file that has another rate than it is said to have, nothing can be told.
        start: seconds from the label 00:00:00:00 to that of the first frame.
        is_drop_frame: how its frames are labelled.
        size: width and height in stored pixels, turned upright.
        pixel_aspect: width of a pixel over its height, upright.
        channels: how many sound channels each track has, in order.
        num_channels: of all tracks together.
        num_tracks: how many sound tracks.
        sample_rates: samples/s, of the tracks in order; fewer where only some are told.
        colour_space: the first numbers of ITU-T H.273 (primaries, transfer, matrix), as ``9-16-9``.
        field_order: ``progressive``, or the field that is shown first.
    """

    place: Place
    path: Path | None
    rate: Said[Fraction] | None = None
    num_frames: Said[Fraction] | None = None
    start: Said[Fraction] | None = None
    is_drop_frame: Said[bool] | None = None
    size: Said[tuple[int, int]] | None = None
    pixel_aspect: Said[Fraction] | None = None
    channels: Said[tuple[int, ...]] | None = None
    num_channels: Said[int] | None = None
    num_tracks: Said[int] | None = None
    sample_rates: tuple[Said[int], ...] = ()
    colour_space: Said[str] | None = None
    field_order: Said[FieldOrder] | None = None


@dataclass(frozen=True)
class ReadClip:
    """A stretch of a media file on a track.

    Args:
        place: of the clip.
        media: the file that it shows.
        track: the name of its track; clips of one track must not overlap.
        has_picture: whether it is seen.
        record_first: its first frame, counted from the sequence's first.
        record_end: the frame after its last.
        source_start: seconds from the file's first frame to what it shows first.
        source_end: seconds from the file's first frame to the end of what it shows.
        channels: numbers of the file's sound channels that it lets hear, from 1 on.
        slack: seconds that its end may lie after the file's: less than a frame, where a format counts a file in
            frames of the sequence and the last one has only begun.
        overlap: frames at its beginning during which the clip before it is still shown: a transition.
    """

    place: Place
    media: DeclaredMedia
    track: str
    has_picture: bool
    record_first: Said[int]
    record_end: Said[int]
    source_start: Said[Fraction]
    source_end: Said[Fraction]
    channels: frozenset[int] = frozenset()
    slack: Fraction = Fraction(0)
    overlap: int = 0

    @property
    def record(self) -> tuple[int, int]:
        """Its frames ``[first, end)`` in the sequence."""
        return self.record_first.value, self.record_end.value


@dataclass(frozen=True)
class ReadMarker:
    """A marker.

    Args:
        start: seconds on its clock: from the sequence's or from the file's first frame on.
        end: where it ends; None where it has no length, or the file does not say it.
        clock: which of the two.
        clip: the one that it stands on; None for those of the sequence.
    """

    start: Said[Fraction]
    end: Said[Fraction] | None
    clock: Literal["sequence", "source"]
    clip: ReadClip | None = None

    @property
    def place(self) -> Place:
        """Where it is written."""
        return self.start.place


@dataclass(frozen=True)
class ReadSequence:
    """A sequence as a file has it.

    Args:
        place: of the sequence.
        rate: frames/s.
        clips: all, in the order of the file; those of one track in the order in which they are shown.
        start: the label of its first frame.
        num_frames: its length, where the file says it.
        size: width and height, where the file says it.
        pixel_aspect: width of a pixel over its height, where the file says it.
        field_order: where the file says it.
        markers: of the sequence and of clips.
        fillers: frames ``[first, end)`` that are empty and that the file says are.
        unread: frames ``[first, end)`` where something is seen or heard that was not read, and was reported so.
        number: which of several files, and of how many, the sequence is divided into; None where it is whole.
    """

    place: Place
    rate: Said[Fraction]
    clips: tuple[ReadClip, ...]
    start: Said[Timecode] | None = None
    num_frames: Said[int] | None = None
    size: Said[tuple[int, int]] | None = None
    pixel_aspect: Said[Fraction] | None = None
    field_order: Said[FieldOrder] | None = None
    markers: tuple[ReadMarker, ...] = ()
    fillers: tuple[tuple[int, int], ...] = ()
    unread: tuple[tuple[int, int], ...] = ()
    number: tuple[int, int] | None = None

    @property
    def pictures(self) -> tuple[ReadClip, ...]:
        """The clips of the first track that has pictures, in order."""
        seen = [clip for clip in self.clips if clip.has_picture]
        return tuple(clip for clip in seen if clip.track == seen[0].track)
