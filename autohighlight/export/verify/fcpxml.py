"""Reads and checks FCPXML as Final Cut Pro, Resolve and other programs write it.

Source: Apple, FCPXML Reference, and the document type definitions 1.8 to 1.11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from autohighlight.export.verify.contents import DeclaredMedia, ReadClip, ReadMarker, ReadSequence, Said
from autohighlight.export.verify.fcpxml_resources import Resources, time_of
from autohighlight.export.verify.fcpxml_story import Placed, Story
from autohighlight.export.verify.inspection import Inspection, in_words
from autohighlight.export.verify.media import first_label
from autohighlight.export.verify.xml_elements import Element, XmlDocument
from autohighlight.timecode import Timecode, TimecodeFormat

NEWEST_VERSION = (1, 11)
"""The newest that is known here; Resolve 18 reads up to 1.10."""

MEDIA_REP_VERSION = (1, 9)
"""From here on the place of a file stands in an element of its own."""

_CONFORMED_RATES = {
    Fraction(24000, 1001): "23.98",
    Fraction(24): "24",
    Fraction(25): "25",
    Fraction(30000, 1001): "29.97",
    Fraction(30): "30",
    Fraction(48000, 1001): "47.95",
    Fraction(48): "48",
    Fraction(50): "50",
    Fraction(60000, 1001): "59.94",
    Fraction(60): "60",
}
_WIDE = ("9-1-9", "9-18-9", "9-16-9")
_SPINE = "spine"
_OFF_GRID = "every edit lies on a whole frame"


def read_fcpxml(inspection: Inspection, document: XmlDocument) -> Iterator[ReadSequence]:
    """The sequences of a document's projects; what the format itself forbids is reported."""
    root = document.root
    if document.doctype != "fcpxml":
        inspection.odd(root.place, "there is no <!DOCTYPE fcpxml>", "Final Cut Pro looks for it")
    version = _version(inspection, root)
    resources = Resources(inspection, root, has_media_rep=version >= MEDIA_REP_VERSION)
    projects = list(root.iter("project"))
    if not projects:
        inspection.error(root.place, "there is no project", "export a project, not an event")
    for project in projects:
        for element in project.all("sequence"):
            if (sequence := _Reader(inspection, resources, element).sequence()) is not None:
                yield sequence
    _check_assets_are_shown(inspection, root)
    _check_colour_processing(inspection, root, resources)


def _version(inspection: Inspection, root: Element) -> tuple[int, ...]:
    word = root.attributes.get("version", "")
    if not re.fullmatch(r"\d{1,3}\.\d{1,3}", word):
        inspection.error(root.place, f"the version is {word!r}", "write 1.10")
        return NEWEST_VERSION
    version = tuple(map(int, word.split(".")))
    if version > NEWEST_VERSION:
        problem = f"version {word} is newer than what editors are known to read"
        inspection.odd(root.place, problem, "write 1.10, which Resolve 18 and Final Cut Pro read")
    return version


def _check_assets_are_shown(inspection: Inspection, root: Element) -> None:
    shown = {element.attributes["ref"] for element in root.iter() if "ref" in element.attributes}
    for asset in root.iter("asset"):
        if asset.attributes.get("id") not in shown:
            inspection.odd(asset.place, "no clip shows the asset", "leave it out, or name it in a clip")


def _check_colour_processing(inspection: Inspection, root: Element, resources: Resources) -> None:
    library = root.find("library")
    if library is None or "colorProcessing" in library.attributes:
        return
    for sequence in root.iter("sequence"):
        format_ = resources.format_of(sequence)
        if format_ and format_.colour_space and format_.colour_space.value in _WIDE:
            problem = f"its library is not said to show {format_.colour_space.value}"
            inspection.odd(library.place, problem, 'write colorProcessing="wide-hdr"')


class _Reader:
    """One sequence.

    Args:
        inspection: where to report.
        resources: formats and files of the document.
        element: the sequence.
    """

    def __init__(self, inspection: Inspection, resources: Resources, element: Element) -> None:
        self._inspection = inspection
        self._resources = resources
        self._element = element
        self._rate = Fraction(0)
        self._spine_end: int | None = 0
        self._clips, self._markers = list[ReadClip](), list[ReadMarker]()
        self._fillers, self._unread = list[tuple[int, int]](), list[tuple[int, int]]()

    def sequence(self) -> ReadSequence | None:
        """The sequence; None where its rate is not said."""
        element, inspection = self._element, self._inspection
        format_ = self._resources.format_of(element)
        if format_ is None or format_.rate is None:
            inspection.note(element.place, "its format has no frameDuration: it was not checked")
            return None
        self._rate = format_.rate.value
        start = time_of(inspection, element, "tcStart")
        spine = element.find("spine")
        if spine is None:
            inspection.error(element.place, "there is no <spine>", "write the timeline again")
        else:
            for placed in Story(self._time, self._start_of, self._duration_of).of_spine(
                spine, start.value if start else Fraction(0)
            ):
                self._take(placed)
            for transition in spine.iter("transition"):
                inspection.note(transition.place, "transitions were not checked")
        return ReadSequence(
            place=element.place,
            rate=Said(self._rate, element.place),
            clips=tuple(sorted(self._clips, key=lambda clip: clip.track != _SPINE)),
            start=self._first_label(start),
            num_frames=self._length(),
            size=format_.size,
            pixel_aspect=format_.pixel_aspect,
            field_order=format_.field_order,
            markers=tuple(self._markers),
            fillers=tuple(self._fillers),
            unread=tuple(self._unread),
        )

    def _length(self) -> Said[int] | None:
        """The length that it is said to have; None where it cannot be held against its parts.

        Sound and titles that are connected may go on after the end of the spine, which alone it counts.
        """
        duration = time_of(self._inspection, self._element, "duration")
        ends = [clip.record_end.value for clip in self._clips] + [end for _, end in self._fillers + self._unread]
        is_known = self._spine_end is not None and max(ends, default=0) <= self._spine_end
        return self._record(duration) if duration and is_known else None

    def _time(self, element: Element, attribute: str) -> Said[Fraction] | None:
        return time_of(self._inspection, element, attribute)

    def _start_of(self, element: Element) -> Fraction:
        start = self._time(element, "start")
        if start is None and element.tag == "asset-clip" and (asset := self._resources.asset(element)):
            start = asset.start
        return start.value if start else Fraction(0)

    def _duration_of(self, element: Element) -> Said[Fraction] | None:
        return self._time(element, "duration") or self._resources.duration_of(element)

    def _take(self, placed: Placed) -> None:
        """A gap is empty, an asset clip is read, and of what else there is it is said that it was not."""
        element, inspection = placed.element, self._inspection
        if placed.duration is None or (inspection.timeline and "offset" not in element.attributes):
            inspection.error(element.place, "it lacks offset or duration", "write the timeline again")
            self._spine_end = None if placed.is_primary else self._spine_end
            return
        if not placed.is_primary and inspection.timeline:
            inspection.error(element.place, "it is connected to another clip", "write the timeline again")
        if placed.is_pick:
            inspection.note(element.place, "it is the pick of an audition: the others were not checked")
        first = self._record(placed.first, is_exact=placed.is_primary)
        end = self._record(
            Said(placed.first.value + placed.duration.value, placed.duration.place), is_exact=placed.is_primary
        )
        if placed.is_primary and self._spine_end is not None:
            self._spine_end = max(self._spine_end, end.value)
        if element.tag == "gap":
            self._fillers.append((first.value, end.value))
        elif element.tag == "asset-clip" and (clip := self._clip(placed, first, end)):
            self._clips.append(clip)
            self._markers += self._markers_of(element, clip)
        else:
            if element.tag != "asset-clip":
                inspection.note(element.place, "what it shows was not checked")
            self._unread.append((first.value, end.value))

    def _first_label(self, start: Said[Fraction] | None) -> Said[Timecode] | None:
        if start is None:
            return None
        is_drop_frame = self._element.attributes.get("tcFormat") == "DF"
        if is_drop_frame and not TimecodeFormat.has_drop_frame(self._rate):
            self._inspection.error(start.place, f"there is no drop-frame counting at {in_words(self._rate)} frames/s")
            is_drop_frame = False
        format_ = TimecodeFormat(self._rate, is_drop_frame)
        frame = self._record(start)
        return Said(Timecode(format_, frame.value % format_.frames_per_day), start.place)

    def _record(self, time: Said[Fraction], *, is_exact: bool = True) -> Said[int]:
        """A time in frames of the sequence; what is connected to a clip may lie between two, as sound does."""
        frame = time.value * self._rate
        if frame.denominator != 1 and (is_exact or self._inspection.timeline):
            problem = f"{time.value}s lies between two frames of the sequence, at {float(frame):.3f}"
            self._inspection.error(time.place, problem, _OFF_GRID)
        return Said(round(frame), time.place)

    def _clip(self, placed: Placed, first: Said[int], end: Said[int]) -> ReadClip | None:
        """What an asset clip shows; None, and reported, where that cannot be told."""
        element = placed.element
        asset = self._resources.asset_of(element)
        if asset is None or placed.duration is None:
            return None
        start = self._time(element, "start") or asset.start or Said(Fraction(0), element.place)
        origin = asset.start.value if asset.start else Fraction(0)
        self._check_counting(element, asset.media)
        if not self._keeps_its_speed(element, asset.media.rate, Said(start.value - origin, start.place)):
            return None
        enabled = element.attributes.get("srcEnable", "all")
        num_channels = asset.media.num_channels.value if asset.media.num_channels and enabled != "video" else 0
        name = _SPINE if placed.is_primary else f"connected clip {len(self._clips)}"
        return ReadClip(
            place=element.place,
            media=asset.media,
            track=name,
            has_picture=enabled != "audio"
            and (placed.is_primary or not element.attributes.get("lane", "").startswith("-")),
            record_first=first,
            record_end=end,
            source_start=Said(start.value - origin, start.place),
            source_end=Said(start.value - origin + placed.duration.value, placed.duration.place),
            channels=frozenset(range(1, 1 + num_channels)),
        )

    def _keeps_its_speed(self, element: Element, rate: Said[Fraction] | None, start: Said[Fraction]) -> bool:
        """Whether a clip shows its file as fast as it is, from the time `start` of it on.

        Of a file with the sequence's rate it begins on a frame. One of another rate is conformed: without a change of
        speed, or frame by frame, and then what it shows of the file is not judged here.
        """
        inspection, conformed = self._inspection, element.find("conform-rate")
        if element.find("timeMap") is not None:
            inspection.note(element.place, "its speed is changed: it was not checked")
            return False
        if rate is None:
            return True
        frame, is_other = start.value * rate.value, rate.value != self._rate
        if frame.denominator != 1 and not (is_other and inspection.timeline is None):
            problem = f"it begins between two frames of its file, at {float(frame):.3f}"
            inspection.error(start.place, problem, _OFF_GRID)
        if conformed is None:
            if is_other and rate.value in _CONFORMED_RATES:
                problem = f"its file has {in_words(rate.value)} frames/s, the sequence {in_words(self._rate)}"
                inspection.odd(element.place, problem, 'add <conform-rate scaleEnabled="0">')
            return True
        word = conformed.attributes.get("srcFrameRate")
        if word is not None and word != _CONFORMED_RATES.get(rate.value):
            problem = f"srcFrameRate is {word}; its file has {in_words(rate.value)} frames/s"
            inspection.error(conformed.place, problem, "give the file's rate")
        if conformed.attributes.get("scaleEnabled") == "0" or not is_other:
            return True
        if inspection.timeline is None:
            inspection.note(element.place, "its speed is changed to fit the rate: it was not checked")
        else:
            inspection.error(conformed.place, "its speed is changed to fit the rate", 'write scaleEnabled="0"')
        return False

    def _check_counting(self, element: Element, declared: DeclaredMedia) -> None:
        media = declared.path and self._inspection.media(declared.path, declared.place)
        counting = element.attributes.get("tcFormat")
        if media and counting is not None:
            expected = "DF" if first_label(media).format.is_drop_frame else "NDF"
            if counting != expected:
                problem = f"tcFormat is {counting}; the file's timecode is {expected}"
                self._inspection.error(element.place, problem, f"write {expected}")

    def _markers_of(self, element: Element, clip: ReadClip) -> Iterator[ReadMarker]:
        """They lie on the clock of the file, as the clip's start does."""
        begin = time_of(self._inspection, element, "start")
        offset = (begin.value if begin else Fraction(0)) - clip.source_start.value
        for marker in element.all("marker", "chapter-marker"):
            start = time_of(self._inspection, marker, "start")
            duration = time_of(self._inspection, marker, "duration")
            if start is not None:
                place = start.value - offset
                end = Said(place + duration.value, duration.place) if duration else None
                yield ReadMarker(Said(place, start.place), end, "source", clip)
