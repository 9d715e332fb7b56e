"""Reads and checks AAF files that link to their media, by pyaaf2, of the extra ``aaf``.

An AAF file has no lines; findings name the track and the clip. Each clip leads through mobs: master, file, and what
that was imported from, which has the timecode.

Source: AAF Object Specification and AAF Edit Protocol (Advanced Media Workflow Association).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

from autohighlight.errors import DependencyError, InputError
from autohighlight.export.verify.contents import DeclaredMedia, ReadClip, ReadMarker, ReadSequence, Said
from autohighlight.export.verify.findings import Place
from autohighlight.export.verify.inspection import Inspection, in_words
from autohighlight.export.verify.urls import path_of_url
from autohighlight.timecode import Timecode, TimecodeFormat

BEGINNING = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""Of every compound file, which AAF files are."""

_LONGEST_WAY = 8  # mobs that a clip may lead through
_NO_LINE = 0


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
            reader = _Reader(inspection, library)
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
        hint = "pip install autohighlight[aaf]"
        raise DependencyError(f"AAF files are read by pyaaf2, which is not here: {error}", hint) from None
    module: ModuleType = aaf2
    return module


@dataclass(frozen=True)
class _Origin:
    """Where a slot of a master mob leads.

    Args:
        media: the file.
        number: of the track in the file, among those of its kind.
        first: seconds from the file's first frame to the first of the slot.
    """

    media: DeclaredMedia
    number: int
    first: Fraction


class _Reader:
    """One file.

    Args:
        inspection: where to report.
        library: pyaaf2.
    """

    def __init__(self, inspection: Inspection, library: ModuleType) -> None:
        self._inspection = inspection
        self._kinds = library
        self._origins = dict[tuple[str, int], _Origin | None]()
        self._media = dict[str, DeclaredMedia]()

    def sequence(self, mob: Any) -> ReadSequence | None:
        """A composition; None where it has no track."""
        place = Place(_NO_LINE, f"sequence {mob.name!r}")
        tracks = [slot for slot in mob.slots if slot.media_kind in ("Picture", "Sound") and hasattr(slot, "edit_rate")]
        if not tracks:
            self._inspection.error(place, "it has no track", "write the timeline again")
            return None
        rate = _rate(tracks[0])
        clips, fillers = list[ReadClip](), list[tuple[int, int]]()
        for slot in tracks:
            if _rate(slot) != rate:
                self._inspection.error(
                    _of(slot), f"it is edited at {_rate(slot)} frames/s, others at {rate}", "one rate"
                )
            for component, first, length in self._components(slot):
                if isinstance(component, self._kinds.components.SourceClip) and component.mob_id.int:
                    clips += self._clip(component, slot, first, len(clips) + 1)
                elif slot.media_kind == "Picture":
                    fillers.append((first, first + length))
        end = max(slot.segment.length for slot in tracks)
        for slot in tracks:
            if slot.segment.length != end:
                problem = f"it is {slot.segment.length} frames long, the longest track {end}"
                self._inspection.odd(_of(slot), problem, "end all tracks together")
        return ReadSequence(
            place=place,
            rate=Said(rate, place),
            clips=tuple(clips),
            start=self._label(mob, rate, place),
            num_frames=Said(end, place),
            markers=tuple(self._markers(mob, rate)),
            fillers=() if self._inspection.timeline else tuple(fillers),
        )

    def _components(self, slot: Any) -> Iterator[tuple[Any, int, int]]:
        """What stands on a track, with its first frame and its length."""
        segment = slot.segment
        is_sequence = isinstance(segment, self._kinds.components.Sequence)
        first = 0
        for component in segment.components if is_sequence else [segment]:
            kinds = (self._kinds.components.SourceClip, self._kinds.components.Filler)
            if not isinstance(component, kinds):
                name = type(component).__name__
                self._inspection.note(_of(slot), f"the {name} at frame {first} was not checked")
            yield component, first, component.length
            first += component.length
        if is_sequence and segment.length != first:
            self._inspection.error(
                _of(slot), f"it is said to be {segment.length} frames long; its parts are {first}", "add up"
            )

    def _clip(self, component: Any, slot: Any, first: int, number: int) -> Iterator[ReadClip]:
        rate = _rate(slot)
        place = Place(_NO_LINE, f"{_of(slot).element}, clip {number} at frame {first}")
        key = (str(component.mob_id), component.slot_id)
        if key not in self._origins:
            self._origins[key] = self._origin(component, place)
        origin = self._origins[key]
        if origin is None:
            return
        is_picture = slot.media_kind == "Picture"
        start = origin.first + component.start / rate
        yield ReadClip(
            place=place,
            media=origin.media,
            track=_of(slot).element,
            has_picture=is_picture,
            record_first=Said(first, place),
            record_end=Said(first + component.length, place),
            source_start=Said(start, place),
            source_end=Said(start + component.length / rate, place),
            channels=frozenset() if is_picture else frozenset([origin.number]),
            slack=1 / rate,
        )

    def _origin(self, component: Any, place: Place) -> _Origin | None:
        """Follows a clip to the mob that describes a file."""
        first, number, slot = Fraction(0), 1, None
        mob, slot_id = component.mob, component.slot_id
        for _ in range(_LONGEST_WAY):
            if mob is None:
                self._inspection.error(place, "it leads to a mob that is not in the file", "write the timeline again")
                return None
            slot = next((slot for slot in mob.slots if slot.slot_id == slot_id), None)
            if slot is None:
                self._inspection.error(place, f"{mob.name!r} has no slot {slot_id}", "write the timeline again")
                return None
            number = _number(slot)
            if isinstance(mob, self._kinds.mobs.SourceMob):
                media = self._media.setdefault(str(mob.mob_id), self._describe(mob, slot, place))
                return _Origin(media, number, first)
            clip = slot.segment
            if not isinstance(clip, self._kinds.components.SourceClip):
                break
            first += clip.start / _rate(slot)
            mob, slot_id = clip.mob, clip.slot_id
        self._inspection.note(place, "it leads to no file: it was not checked")
        return None

    def _describe(self, mob: Any, slot: Any, place: Place) -> DeclaredMedia:
        """What a file mob says of its file."""
        inspection, rate, descriptor = self._inspection, _rate(slot), mob.descriptor
        here = Place(_NO_LINE, f"file {mob.name!r}")
        urls = [locator["URLString"].value for locator in _values(descriptor, "Locator") if "URLString" in locator]
        if not urls:
            inspection.note(here, "no locator says where it is: it was not checked")
            return DeclaredMedia(here, None)
        described = [descriptor, *_values(descriptor, "FileDescriptors")]
        sound = [each for each in described if "Channels" in each]
        size = next(
            ((each["StoredWidth"].value, each["StoredHeight"].value) for each in described if "StoredWidth" in each),
            None,
        )
        start = self._start(slot, place)
        return DeclaredMedia(
            place=here,
            path=path_of_url(inspection, here, urls[0]),
            rate=Said(rate, here),
            num_frames=Said(Fraction(slot.segment.length), here),
            start=Said(start.seconds, here) if start else None,
            is_drop_frame=Said(start.format.is_drop_frame, here) if start else None,
            size=Said(size, here) if size else None,
            channels=Said(tuple(each["Channels"].value for each in sound), here),
            sample_rates=tuple(Said(int(Fraction(each["AudioSamplingRate"].value)), here) for each in sound),
        )

    def _start(self, slot: Any, place: Place) -> Timecode | None:
        """The label of a file's first frame: that of the mob that it was imported from, where the clip of it begins."""
        clip = slot.segment
        mob = clip.mob if isinstance(clip, self._kinds.components.SourceClip) and clip.mob_id.int else None
        label = self._label(mob, _rate(slot), place) if mob is not None else None
        return label.value + clip.start if label else None

    def _label(self, mob: Any, rate: Fraction, place: Place) -> Said[Timecode] | None:
        for slot in mob.slots:
            timecode = slot.segment
            if isinstance(timecode, self._kinds.components.Timecode):
                format_ = TimecodeFormat(rate, bool(timecode.drop) and TimecodeFormat.has_drop_frame(rate))
                if timecode.fps != format_.nominal_rate or bool(timecode.drop) != format_.is_drop_frame:
                    problem = f"its timecode counts {timecode.fps} frames a second at {in_words(rate)} frames/s"
                    self._inspection.error(place, problem, "count the frames that there are")
                return Said(Timecode(format_, timecode.start % format_.frames_per_day), place)
        return None

    def _markers(self, mob: Any, rate: Fraction) -> Iterator[ReadMarker]:
        for slot in mob.slots:
            if not isinstance(slot, self._kinds.mobslots.EventMobSlot):
                continue
            for number, marker in enumerate(getattr(slot.segment, "components", []), start=1):
                place = Place(_NO_LINE, f"marker {number}")
                if "Position" in marker:
                    start = marker["Position"].value / rate
                    end = None
                    with contextlib.suppress(AttributeError, KeyError):  # one without a length
                        end = Said(start + marker.length / rate, place)
                    yield ReadMarker(Said(start, place), end, "sequence")


def _rate(slot: Any) -> Fraction:
    return Fraction(slot.edit_rate)


def _number(slot: Any) -> int:
    return int(slot["PhysicalTrackNumber"].value) if "PhysicalTrackNumber" in slot else int(slot.slot_id)


def _of(slot: Any) -> Place:
    return Place(_NO_LINE, str(slot.name or f"{slot.media_kind} {_number(slot)}"))


def _values(descriptor: Any, name: str) -> list[Any]:
    return list(descriptor[name].value or []) if descriptor is not None and name in descriptor else []
