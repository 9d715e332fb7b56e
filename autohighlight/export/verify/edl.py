"""Reads and checks edit decision lists of the CMX 3600.

A list does not say its rate. It is the timeline's where that is at hand; else that of the file that the first event is
cut from, as an editor's empty sequence takes it. Without either, frames cannot be counted, and that is said.

Sources: as `autohighlight.export.edl` has them; comments are those that Avid, Resolve and Premiere read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from autohighlight.errors import OptionError
from autohighlight.export.verify.contents import DeclaredMedia, ReadClip, ReadMarker, ReadSequence, Said
from autohighlight.export.verify.edl_lines import LABEL, Event, events_of, lines_of
from autohighlight.export.verify.findings import Place
from autohighlight.export.verify.inspection import Inspection, in_words
from autohighlight.export.verify.media import first_label
from autohighlight.timecode import RATES, Timecode, TimecodeFormat

_LOCATOR = re.compile(LABEL + r"(?:\s.*)?")
_DIVIDED = re.compile(r".* (\d{1,4}) of (\d{1,4})")
_REEL = re.compile(r"[0-9A-Za-z_.-]{1,8}")
_BLACK = ("BL", "AX")

MAX_EVENTS = 999
"""Events in one list: their numbers have three digits."""


def read_edl(inspection: Inspection, content: bytes) -> Iterator[ReadSequence]:
    """The list as a sequence; what the format itself forbids is reported."""
    lines = lines_of(inspection, content)
    events = events_of(inspection, lines)
    if not events:
        inspection.error(Place(0, "the list"), "has no event that can be read", "write the timeline again")
        return
    _check_numbers_and_reels(inspection, events)
    is_drop_frame = _counting(inspection, lines, events)
    rate = _rate(inspection, events)
    if rate is None:
        problem = "names no media whose frame rate could be read: frames were not counted"
        inspection.note(Place(0, "the list"), problem, "an EDL does not say its rate")
        return
    if rate not in RATES:
        problem = f"there is no SMPTE timecode at {in_words(rate)} frames/s, so editors may misplace every event"
        inspection.warn(Place(0, "the list"), problem, "export fcpxml, otio or mlt")
    if is_drop_frame and not TimecodeFormat.has_drop_frame(rate):
        inspection.error(Place(0, "the list"), f"is drop-frame, which there is not at {in_words(rate)} frames/s")
        is_drop_frame = False
    yield _Reader(inspection, TimecodeFormat(rate, is_drop_frame)).sequence(events, _number(lines))


def _number(lines: list[str]) -> tuple[int, int] | None:
    """Which of several lists this is; None where it is the only one."""
    title = next((line for line in lines if line.startswith("TITLE:")), "")
    match = _DIVIDED.fullmatch(title)
    return (int(match[1]), int(match[2])) if match and 1 <= int(match[1]) <= int(match[2]) else None


def _check_numbers_and_reels(inspection: Inspection, events: list[Event]) -> None:
    reels = dict[str, str]()
    expected, before = 1, None
    for event in events:
        if event.number not in (expected, before):  # lines of one number belong together
            inspection.odd(event.place, f"its number is {event.number}, and it is number {expected}", "count from 1 on")
        expected, before = expected + (event.number != before), event.number
        if " " in event.reel:
            inspection.error(event.place, f"the reel {event.reel!r} has a blank, where its name ends to readers",
                             "use letters and digits")  # fmt: skip
        elif not _REEL.fullmatch(event.reel):
            inspection.odd(event.place, f"the reel {event.reel!r} is not of up to eight letters and digits",
                           "readers cut it off")  # fmt: skip
        if event.source_file is not None:
            first = reels.setdefault(event.reel, event.source_file.value)
            if first != event.source_file.value:
                inspection.error(event.place, f"the reel {event.reel} stands for two files", "give each its own")
    if len(events) > MAX_EVENTS:
        problem = f"has {len(events)} events; event numbers have three digits"
        inspection.error(events[MAX_EVENTS].place, problem, "divide it into several lists")


def _counting(inspection: Inspection, lines: list[str], events: list[Event]) -> bool:
    """Whether record timecode is drop-frame: as the first line FCM says, or the first label where there is none."""
    said = [(number, line[4:].strip()) for number, line in enumerate(lines, start=1) if line.startswith("FCM:")]
    for number, words in said:
        if words not in ("DROP FRAME", "NON-DROP FRAME"):
            inspection.error(Place(number, "FCM"), f"is {words!r}", "write DROP FRAME or NON-DROP FRAME")
        elif words != said[0][1]:
            inspection.odd(Place(number, "FCM"), f"changes to {words}; events were counted as the first one says")
    if said and said[0][0] < events[0].place.line:
        return said[0][1] == "DROP FRAME"
    problem = "no line FCM before the first event says whether timecode is drop-frame"
    inspection.error(Place(1, "the list"), problem, "write FCM: DROP FRAME or FCM: NON-DROP FRAME")
    return _has_semicolon(events[0].labels[2])


def _has_semicolon(label: str) -> bool:
    return re.split(r"\d+", label)[3] != ":"


def _path(inspection: Inspection, event: Event) -> Path | None:
    said = event.source_file
    return inspection.path_on_one_line(said.value) if said is not None and said.value else None


def _rate(inspection: Inspection, events: list[Event]) -> Fraction | None:
    if inspection.timeline is not None:
        return inspection.timeline.frame_rate
    for event in events:
        path = _path(inspection, event)
        if path and path.is_absolute() and (media := inspection.media(path, (event.source_file or event).place)):
            return media.frame_rate
    return None


_Span = tuple[int, int]


def _is_origin_of_a_transition(event: Event, events: list[Event]) -> bool:
    """Whether it only says what the next event of its number comes from: the first of two lines of a dissolve."""
    return any(other.number == event.number and other.kind != "C" for other in events)


class _Reader:
    """Turns events into clips.

    Args:
        inspection: where to report.
        format_: of the record timecode.
    """

    def __init__(self, inspection: Inspection, format_: TimecodeFormat) -> None:
        self._inspection = inspection
        self._format = format_
        self._media = dict[str, DeclaredMedia]()

    def sequence(self, events: list[Event], number: tuple[int, int] | None) -> ReadSequence:
        place = Place(1, "the list")
        origin = self._origin(events)
        clips, markers, fillers, unread = list[ReadClip](), list[ReadMarker](), list[_Span](), list[_Span]()
        for event in events:
            if event.kind != "C" or event.is_retimed:
                words = "changes speed" if event.is_retimed else "is no plain cut"
                self._inspection.note(event.place, f"{words}: that was not checked")
            record = self._record_span(event, origin)
            if record is None or (record[0] == record[1] and _is_origin_of_a_transition(event, events)):
                continue
            if event.reel in _BLACK and event.source_file is None:
                (fillers if event.reel == _BLACK[0] else unread).append(record)
            elif not event.is_read:
                unread.append(record)
            elif clip := self._clip(event, record):
                clips.append(clip)
                markers += self._markers(event, clip, origin)
        return ReadSequence(
            place=place,
            rate=Said(self._format.rate, place),
            clips=tuple(clips),
            start=None
            if number is not None and number[0] > 1
            else Said(Timecode(self._format, origin), events[0].place),
            markers=tuple(markers),
            fillers=() if self._inspection.timeline else tuple(fillers),
            unread=tuple(unread),
            number=number,
        )

    def _origin(self, events: list[Event]) -> int:
        """The number of the sequence's first frame; a list that is not the first of several begins later."""
        if self._inspection.timeline is not None:
            return self._inspection.timeline.start_timecode.frame
        frames = [self._record(event, 2) for event in events]
        return min((frame for frame in frames if frame is not None), default=0)

    def _record(self, event: Event, index: int) -> int | None:
        """The number of the frame that the label of the record has."""
        label, is_drop_frame = event.labels[index], self._format.is_drop_frame
        if _has_semicolon(label) != is_drop_frame:
            fcm = "DROP FRAME" if is_drop_frame else "NON-DROP FRAME"
            remedy = "a semicolon before the frame means drop-frame"
            self._inspection.odd(event.place, f"{label} is not written as FCM: {fcm} says", remedy)
        return self._frame(event, label, self._format)

    def _frame(self, event: Event, label: str, format_: TimecodeFormat) -> int | None:
        written = re.sub(r"[:;.,](?=\d+$)", ";" if format_.is_drop_frame else ":", label)
        try:
            return Timecode.parse(written, format_.rate).frame
        except OptionError:
            counting = "drop-frame" if format_.is_drop_frame else "non-drop-frame"
            problem = f"there is no label {label} at {in_words(format_.rate)} frames/s, {counting}"
            self._inspection.error(event.place, problem, "set the rate of the sequence, or write the list again")
            return None

    def _record_span(self, event: Event, origin: int) -> _Span | None:
        """Its frames ``[first, end)`` of the sequence; None, and reported, where a label cannot be read."""
        first, end = (self._record(event, index) for index in (2, 3))
        if first is None or end is None:
            return None
        day = self._format.frames_per_day
        record_first = (first - origin) % day
        return record_first, record_first + (end - first) % day

    def _clip(self, event: Event, record: _Span) -> ReadClip | None:
        record_first, record_end = record
        source = self._source(event, record_end - record_first)
        if source is None:
            return None
        return ReadClip(
            place=event.place,
            media=self._declared(event),
            track=event.track,
            has_picture=event.has_picture,
            record_first=Said(record_first, event.place),
            record_end=Said(record_end, event.place),
            source_start=Said(source[0], event.place),
            source_end=Said(source[1], event.place),
            channels=event.channels,
        )

    def _declared(self, event: Event) -> DeclaredMedia:
        """The file of an event; all that a list says of it is its path, and how its labels are counted."""
        said, path = event.source_file, _path(self._inspection, event)
        key = said.value if said is not None else event.reel
        if key not in self._media:
            place = said.place if said is not None else event.place
            if path is None:
                self._inspection.note(place, f"no line * SOURCE FILE says where the reel {event.reel} is: not checked")
            elif not path.is_absolute():
                self._inspection.odd(place, f"{path} is no absolute path", "name the file by its whole path")
                beside = (self._inspection.path.parent / path).absolute()
                path = beside if self._inspection.timeline or beside.is_file() else None
            self._media[key] = DeclaredMedia(place, path)
        return self._media[key]

    def _source(self, event: Event, num_frames: int) -> tuple[Fraction, Fraction] | None:
        """Where it begins and ends in its file, in seconds from the file's first frame on."""
        declared = self._declared(event)
        media = None if declared.path is None else self._inspection.media(declared.path, declared.place)
        if media is None:  # the label of the first frame is not known
            return Fraction(0), num_frames / self._format.rate
        start = first_label(media)
        for label in event.labels[:2]:
            if _has_semicolon(label) != start.format.is_drop_frame:
                words = "drop-frame" if start.format.is_drop_frame else "non-drop-frame"
                problem = f"{label} is not written as the file's timecode, which is {words} from {start} on"
                self._inspection.error(event.place, problem, "a semicolon before the frame means drop-frame")
        first, end = (self._frame(event, label, start.format) for label in event.labels[:2])
        if first is None or end is None:
            return None
        day, rate = start.format.frames_per_day, start.format.rate
        source_first, length = (first - start.frame) % day, (end - first) % day
        expected = math.ceil(num_frames * rate / self._format.rate)
        if length != expected:
            problem = f"it takes {length} frames of the file for {num_frames} of the sequence; {expected} fill them"
            self._inspection.error(event.place, problem, "outs are exclusive: the frame after the last")
        return source_first / rate, (source_first + length) / rate

    def _markers(self, event: Event, clip: ReadClip, origin: int) -> Iterator[ReadMarker]:
        for said in event.locators:
            match = _LOCATOR.fullmatch(said.value)
            frame = None if match is None else self._frame(event, match[1], self._format)
            if frame is None:
                self._inspection.error(
                    said.place, f"{said.value[:40]!r} has no label that can be read", "write the record label"
                )
            else:
                record = ((frame - origin) % self._format.frames_per_day) / self._format.rate
                yield ReadMarker(Said(record, said.place), None, "sequence", clip)
