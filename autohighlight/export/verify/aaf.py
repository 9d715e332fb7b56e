"""Reads and checks AAF files that link to their media, by pyaaf2, of the extra ``aaf``.

Source: AAF Object Specification and AAF Edit Protocol (Advanced Media Workflow Association).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

from autohighlight.errors import DependencyError, InputError
from autohighlight.export.verify.aaf_media import NO_LINE, Files, kind_of, number_of, rate_of
from autohighlight.export.verify.aaf_segments import Placed, Segments, values
from autohighlight.export.verify.contents import ReadClip, ReadMarker, ReadSequence, Said
from autohighlight.export.verify.findings import Place
from autohighlight.export.verify.inspection import Inspection, in_words

BEGINNING = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""Of every compound file, which AAF files are."""


def read_aaf(inspection: Inspection) -> list[ReadSequence]:
    """The sequences of a file; what the format itself forbids is reported.

    Raises:
        DependencyError: pyaaf2 is not installed.
        InputError: the file is damaged, or no AAF file.
    """
    library = _library()
    try:
        with _opened(library, inspection.path) as file:
            mobs = list(file.content.compositionmobs())
            top = [mob for mob in mobs if mob.usage == "Usage_TopLevel"] or mobs
            reader = _Reader(inspection, library, Files(inspection, library, file.content))
            return [sequence for mob in top if (sequence := reader.sequence(mob)) is not None]
    except InputError:
        raise
    except Exception as error:
        name = type(error).__name__
        raise InputError(inspection.path, f"cannot be read as AAF: {name}: {error}", "it may be damaged") from error


@contextlib.contextmanager
def _opened(library: ModuleType, path: Path) -> Iterator[Any]:
    """The file, open; the library's own function leaves one that is damaged open."""
    kind = library.file.AAFFile
    file = kind.__new__(kind)
    try:
        kind.__init__(file, str(path), "r")
        yield file
    finally:
        if handle := getattr(file, "f", None):
            handle.close()


def _library() -> ModuleType:
    try:
        import aaf2  # noqa: PLC0415 -- an extra
    except ImportError as error:
        hint = 'pip install "autohighlight[aaf]"'
        raise DependencyError(f"AAF files are read by pyaaf2, which is not here: {error}", hint) from None
    module: ModuleType = aaf2
    return module


class _Reader:
    """One file.

    Args:
        inspection: where to report.
        library: pyaaf2.
        files: the media.
    """

    def __init__(self, inspection: Inspection, library: ModuleType, files: Files) -> None:
        self._inspection = inspection
        self._kinds = library
        self._files = files
        self._segments = Segments(library)

    def sequence(self, mob: Any) -> ReadSequence | None:
        """A composition; None where it has no track."""
        place = Place(NO_LINE, f"sequence {mob.name!r}")
        slots = [slot for slot in values(mob, "Slots") if slot.segment is not None]
        tracks = [slot for slot in slots if kind_of(slot) in ("Picture", "Sound") and rate_of(slot)]
        if not tracks:
            self._inspection.error(place, "it has no track", "write the timeline again")
            return None
        rate = self._rate(mob, tracks)
        names = [str(slot.name or f"{kind_of(slot)} {number_of(slot) or slot.slot_id}") for slot in tracks]
        read = [
            _Track(self._inspection, self._files, self._segments, slot, rate, name=_own(name, slot, names))
            for slot, name in zip(tracks, names, strict=True)
        ]
        self._check_ends(read)
        return ReadSequence(
            place=place,
            rate=Said(rate, place),
            clips=tuple(clip for track in read for clip in track.clips),
            start=self._files.label(mob, rate, place),
            markers=tuple(marker for slot in slots for marker in self._markers(slot)),
            fillers=() if self._inspection.timeline else tuple(span for track in read for span in track.fillers),
            unread=tuple(span for track in read for span in track.unread),
        )

    def _rate(self, mob: Any, tracks: list[Any]) -> Fraction:
        """Frames a second: those of the picture, else of the timecode; sound may be cut finer than frames."""
        pictures = [slot for slot in tracks if kind_of(slot) == "Picture"]
        rate = rate_of((pictures or tracks)[0])
        return (not pictures and self._files.rate_of_timecode(mob)) or rate or Fraction(0)

    def _check_ends(self, tracks: list[_Track]) -> None:
        """In a file that was made from a timeline all tracks end with it, and count its frames."""
        if (timeline := self._inspection.timeline) is None:
            return
        for track in tracks:
            if track.rate != timeline.frame_rate:
                problem = f"it is edited at {in_words(track.rate)} frames/s, the timeline at {timeline.frame_rate}"
                self._inspection.error(track.place, problem, "one rate")
            if track.length != timeline.num_frames:
                problem = f"it is {track.length} frames long, the timeline {timeline.num_frames}"
                self._inspection.error(track.place, problem, "end all tracks together")

    def _markers(self, slot: Any) -> Iterator[ReadMarker]:
        """Those of a slot of events; Avid puts some that have a length on a track of their own."""
        rate = rate_of(slot)
        if kind_of(slot) in ("Picture", "Sound") or rate is None:
            return
        is_sequence = isinstance(slot.segment, self._kinds.components.Sequence)
        at = 0
        for number, event in enumerate(values(slot.segment, "Components") if is_sequence else [slot.segment], start=1):
            length = event["Length"].value
            position = event["Position"].value if "Position" in event else None
            if isinstance(event, self._kinds.components.CommentMarker):
                place = Place(NO_LINE, f"marker {number}")
                start = (at if position is None else position) / rate
                yield ReadMarker(Said(start, place), Said(start + length / rate, place) if length else None, "sequence")
            at += length or 0


def _own(name: str, slot: Any, names: list[str]) -> str:
    """A name that no other track has: some programs call all channels of a clip the same."""
    return name if names.count(name) == 1 else f"{name} (slot {slot.slot_id})"


class _Track:
    """A track of a sequence.

    Args:
        inspection: where to report.
        files: the media.
        segments: takes segments apart.
        slot: the track.
        rate: of the sequence, in whose frames all is given.
        name: of the track, which no other has.

    Attributes:
        place: of the track.
        rate: edit units a second of the track itself; those of sound may be samples.
        length: in edit units.
        clips: that lead to a file.
        fillers: frames that are empty, of a track of pictures.
        unread: frames of what was not read.
    """

    def __init__(
        self, inspection: Inspection, files: Files, segments: Segments, slot: Any, rate: Fraction, *, name: str
    ) -> None:
        self._inspection = inspection
        self._files = files
        self._sequence_rate = rate
        self._is_picture = kind_of(slot) == "Picture"
        self.place = Place(NO_LINE, name)
        self.rate = rate_of(slot) or rate
        self.length = segments.length(slot.segment)
        self.clips, self.fillers, self.unread = list[ReadClip](), list[tuple[int, int]](), list[tuple[int, int]]()
        for found in segments.on_track(slot.segment):
            if isinstance(found, Placed):
                self._take(found)
            elif found.severity == "error":
                inspection.error(self.place, found.problem, found.remedy)
            else:
                inspection.note(self.place, found.problem, found.remedy)

    def _frame(self, position: int) -> int:
        """The frame of the sequence that a position of the track is nearest to."""
        return round(position * self._sequence_rate / self.rate)

    def _take(self, placed: Placed) -> None:
        record = self._frame(placed.first), self._frame(placed.end)
        if not placed.is_read:
            self.unread.append(record)
        elif placed.clip is None:
            if self._is_picture:
                self.fillers.append(record)
        elif (clip := self._clip(placed, record)) is not None:
            self.clips.append(clip)
        else:
            self.unread.append(record)

    def _clip(self, placed: Placed, record: tuple[int, int]) -> ReadClip | None:
        name = self.place.element + placed.lane
        place = Place(NO_LINE, f"{name}, clip {len(self.clips) + 1} at frame {record[0]}")
        if placed.length and record[0] == record[1]:
            self._inspection.note(place, "it is shorter than a frame: it was not checked")
            return None
        origin = self._files.origin(placed.clip, self.rate, place)
        if origin is None:
            return None
        channels = frozenset[int]()
        if not self._is_picture and origin.number is not None:
            channels = frozenset([origin.number + (placed.channel or 0)])
        return ReadClip(
            place=place,
            media=origin.media,
            track=name,
            has_picture=self._is_picture,
            record_first=Said(record[0], place),
            record_end=Said(record[1], place),
            source_start=Said(origin.first, place),
            source_end=Said(origin.first + placed.length / self.rate, place),
            channels=channels,
            slack=1 / self._sequence_rate,
            overlap=self._frame(placed.first + placed.overlap) - record[0],
        )
