"""The media files of an AAF file, and the way from a clip to one of them.

A clip leads through mobs: a master mob, a file mob, which says what its file is, and what that was imported from, which
has the timecode. Programs write one file mob for all of a file, or one for each of its tracks.

Source: AAF Object Specification and AAF Edit Protocol, "Mobs" (Advanced Media Workflow Association).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from types import ModuleType
from typing import Any

from autohighlight.export.verify.aaf_segments import Segments, values
from autohighlight.export.verify.contents import DeclaredMedia, Said
from autohighlight.export.verify.findings import Place
from autohighlight.export.verify.inspection import Inspection, in_words
from autohighlight.export.verify.urls import path_of_url
from autohighlight.timecode import Timecode, TimecodeFormat
from autohighlight.types import FieldOrder

NO_LINE = 0
"""An AAF file has no lines; findings name the track, the clip or the file."""

_LONGEST_WAY = 8  # mobs that a clip may lead through
_HALF_HEIGHT = ("SeparateFields", "OneField")
_INTERLACED = ("SeparateFields", "MixedFields")
_FIRST_FIELD: dict[object, FieldOrder] = {"FieldOne": "top", "FieldTwo": "bottom"}


@dataclass(frozen=True)
class Origin:
    """Where a clip leads.

    Args:
        media: the file.
        number: of the track in the file, among those of its kind, from 1 on; None where that is not said.
        first: seconds from the file's first frame to the first of the clip.
    """

    media: DeclaredMedia
    number: int | None
    first: Fraction


def rate_of(slot: Any) -> Fraction | None:
    """Edit units a second of a slot; None where it has no usable rate."""
    value = slot["EditRate"].value if "EditRate" in slot else None
    return Fraction(value) if value is not None and value.denominator and value > 0 else None


def kind_of(slot: Any) -> str:
    """``Picture``, ``Sound`` and others; what older programs call ``LegacyPicture`` is the same."""
    segment = slot.segment
    kind = segment.media_kind if segment is not None and "DataDefinition" in segment else None
    return str(kind or "").removeprefix("Legacy")


def number_of(slot: Any) -> int | None:
    """The number of a track among those of its kind; None where it is not said."""
    value = slot["PhysicalTrackNumber"].value if "PhysicalTrackNumber" in slot else None
    return None if value is None else int(value)


class Files:
    """The media files, and the mobs that lead to them.

    Args:
        inspection: where to report.
        library: pyaaf2.
        content: of the AAF file.
    """

    def __init__(self, inspection: Inspection, library: ModuleType, content: Any) -> None:
        self._inspection = inspection
        self._library = library
        self._segments = Segments(library)
        self._described = dict[str, DeclaredMedia]()
        self._mobs = defaultdict[str, list[Any]](list)
        for mob in content.sourcemobs():
            if _is_file(mob) and (url := _url(mob)):
                self._mobs[url].append(mob)

    def origin(self, clip: Any, rate: Fraction, place: Place) -> Origin | None:
        """Follows a clip, whose slot has `rate`, to the mob that describes a file; None, and reported, if none does."""
        first, length = Fraction(clip.start or 0) / rate, Fraction(self._segments.length(clip) or 0) / rate
        for _ in range(_LONGEST_WAY):
            mob, slot = self._target(clip, place)
            if slot is None:
                return None
            slot_rate = rate_of(slot)
            if slot_rate is None:
                break
            first += Fraction(slot["Origin"].value or 0) / slot_rate if "Origin" in slot else 0
            if isinstance(mob, self._library.mobs.SourceMob):
                media = self._media(mob)
                return Origin(media, number_of(slot), first) if media else None
            found = self._segments.clip_at(slot.segment, first * slot_rate, length * slot_rate)
            if found is None:
                break
            clip, offset = found
            first = (Fraction(clip.start or 0) + offset) / slot_rate
        self._inspection.note(place, "it leads to no file, or to several: it was not checked")
        return None

    def _target(self, clip: Any, place: Place) -> tuple[Any, Any]:
        """The mob and the slot that a clip is taken from; None, and reported, where they are not there."""
        mob = clip.mob
        if mob is None:
            self._inspection.error(place, "it leads to a mob that is not in the file", "write the timeline again")
            return None, None
        slot = next((slot for slot in values(mob, "Slots") if slot.slot_id == clip.slot_id), None)
        if slot is None or slot.segment is None:
            self._inspection.error(place, f"{mob.name!r} has no slot {clip.slot_id}", "write the timeline again")
            return mob, None
        return mob, slot

    def _media(self, mob: Any) -> DeclaredMedia | None:
        """What is said of the file of a mob."""
        url, place = _url(mob), Place(NO_LINE, f"file {mob.name!r}")
        if url is None or not _is_file(mob):
            what = "no locator says where it is" if _is_file(mob) else "it is a tape or the like"
            self._inspection.note(place, f"{what}: it was not checked")
            return None
        if url not in self._described:
            self._described[url] = self._describe(url, place)
        return self._described[url]

    def _describe(self, url: str, place: Place) -> DeclaredMedia:
        """What all mobs of a file say of it together."""
        path = path_of_url(self._inspection, place, url)
        described = [pair for mob in self._mobs[url] for pair in _descriptors(mob)]
        pictures = [(slot, each) for slot, each in described if "StoredWidth" in each]
        sound = sorted(
            ((number_of(slot) or 0 if slot else 0, each) for slot, each in described if "Channels" in each),
            key=lambda pair: pair[0],
        )
        # Other programs describe those tracks that they use, or each channel as a track.
        channels = tuple(int(each["Channels"].value) for _, each in sound) if self._inspection.timeline else None
        samples = tuple(Said(int(rate), place) for _, each in sound if (rate := _sample_rate(each)))
        slot, picture = pictures[0] if pictures else (None, None)
        rate = rate_of(slot) if slot is not None else None
        start = self._start(slot, rate, place) if slot is not None and rate else None
        length = self._segments.length(slot.segment) if slot is not None else None
        return DeclaredMedia(
            place=place,
            path=path,
            rate=Said(rate, place) if rate else None,
            num_frames=Said(Fraction(length), place) if length is not None else None,
            start=Said(start.seconds, place) if start else None,
            is_drop_frame=Said(start.format.is_drop_frame, place) if start else None,
            size=_size(picture, place),
            channels=Said(channels, place) if channels is not None else None,
            sample_rates=samples,
            field_order=_field_order(picture, place),
        )

    def _start(self, slot: Any, rate: Fraction, place: Place) -> Timecode | None:
        """The label of a file's first frame: that of the mob that it was imported from, where the clip of it begins."""
        found = self._segments.clip_at(slot.segment, Fraction(0), Fraction(1))
        if found is None:
            return None
        clip, offset = found
        label = self.label(clip.mob, rate, place) if clip.mob is not None else None
        return label.value + round((clip.start or 0) + offset) if label else None

    def label(self, mob: Any, rate: Fraction, place: Place) -> Said[Timecode] | None:
        """The label of a mob's first frame; of several timecodes that one which counts the frames that there are."""
        found = list(self._timecodes(mob))
        nominal = TimecodeFormat(rate).nominal_rate
        slot, timecode = next((pair for pair in found if pair[1]["FPS"].value == nominal), (None, None))
        if timecode is None and found:
            slot, timecode = found[0]
            problem = f"its timecode counts {timecode['FPS'].value} frames a second at {in_words(rate)} frames/s"
            if rate_of(slot) == rate:
                self._inspection.odd(place, problem, "count the frames that there are")
            else:
                self._inspection.note(place, f"{problem}: it was not checked")
                return None
        if timecode is None or timecode["Start"].value is None:
            return None
        is_drop_frame = bool(timecode["Drop"].value)
        if is_drop_frame and not TimecodeFormat.has_drop_frame(rate):
            problem = f"its timecode is drop-frame, which there is not at {in_words(rate)} frames/s"
            self._inspection.error(place, problem, "count the frames that there are")
            is_drop_frame = False
        format_ = TimecodeFormat(rate, is_drop_frame)
        return Said(Timecode(format_, timecode["Start"].value % format_.frames_per_day), place)

    def rate_of_timecode(self, mob: Any) -> Fraction | None:
        """Frames a second that the first timecode of a mob counts; None where it has none."""
        for slot, timecode in self._timecodes(mob):
            nominal, rate = timecode["FPS"].value, rate_of(slot)
            if nominal:
                return rate if rate and TimecodeFormat(rate).nominal_rate == nominal else Fraction(nominal)
        return None

    def _timecodes(self, mob: Any) -> Iterator[tuple[Any, Any]]:
        kinds = self._library.components
        for slot in values(mob, "Slots"):
            segment = slot.segment
            parts = values(segment, "Components") if isinstance(segment, kinds.Sequence) else [segment]
            if parts and isinstance(parts[0], kinds.Timecode):
                yield slot, parts[0]


def _is_file(mob: Any) -> bool:
    """Whether a source mob stands for a file: what others say of tapes and imports has no length."""
    descriptor = mob.descriptor
    return descriptor is not None and any("SampleRate" in each for each in (descriptor, *_inner(descriptor)))


def _inner(descriptor: Any) -> list[Any]:
    return values(descriptor, "FileDescriptors")


def _url(mob: Any) -> str | None:
    urls = (locator["URLString"].value for locator in values(mob.descriptor, "Locator") if "URLString" in locator)
    return next((url for url in urls if url), None)


def _descriptors(mob: Any) -> Iterator[tuple[Any, Any]]:
    """Each descriptor of a file mob with a slot that it describes, which may be missing."""
    slots = sorted(values(mob, "Slots"), key=lambda slot: slot.slot_id or 0)
    by_kind = {kind_of(slot): slot for slot in reversed(slots)}
    for each in (mob.descriptor, *_inner(mob.descriptor)):
        yield by_kind.get("Picture" if "StoredWidth" in each else "Sound"), each


def _sample_rate(descriptor: Any) -> Fraction | None:
    name = "AudioSamplingRate" if "AudioSamplingRate" in descriptor else "SampleRate"
    value = descriptor[name].value
    return Fraction(value) if value is not None and value.denominator and value > 0 else None


def _size(picture: Any, place: Place) -> Said[tuple[int, int]] | None:
    """Of what is to be seen; what is stored may be larger."""
    if picture is None:
        return None
    area = next(area for area in ("Display", "Sampled", "Stored") if area == "Stored" or f"{area}Width" in picture)
    width, height = picture[f"{area}Width"].value, picture[f"{area}Height"].value
    if not width or not height:
        return None
    return Said((width, height * 2 if picture["FrameLayout"].value in _HALF_HEIGHT else height), place)


def _field_order(picture: Any, place: Place) -> Said[FieldOrder] | None:
    layout = picture["FrameLayout"].value if picture is not None else None
    if layout == "FullFrame":
        return Said("progressive", place)
    first = picture["FieldDominance"].value if layout in _INTERLACED else None
    return Said(_FIRST_FIELD[first], place) if first in _FIRST_FIELD else None
