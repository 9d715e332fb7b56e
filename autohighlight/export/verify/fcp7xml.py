"""Reads and checks FCP7 XML, ``xmeml`` version 4 and 5, as Premiere, Resolve and Final Cut Pro 7 write it.

``in`` and ``out`` are taken as Premiere and Resolve take them: in frames of the sequence, from the file's first on.

Source: Apple, Final Cut Pro XML Interchange Format, Elements Catalog.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from autohighlight.export.verify.contents import DeclaredMedia, ReadClip, ReadMarker, ReadSequence, Said
from autohighlight.export.verify.fcp7xml_links import Item, check_links
from autohighlight.export.verify.fcp7xml_media import Files, field_order_of, frames, rate_of, size_of, timecode_of
from autohighlight.export.verify.inspection import Inspection, in_words
from autohighlight.export.verify.xml_elements import Element, XmlDocument

_KINDS = {"video": "V", "audio": "A"}
_BESIDE = {"transitionitem": "a transition", "generatoritem": "a generator"}
_VERSIONS = ("4", "5")
_UNKNOWN_PLACE = -1  # of a clip's end that a transition covers


def where_a_part_begins(first_frame: int, rate: Fraction, sequence_rate: Fraction) -> Fraction:
    """At the first frame of the sequence's grid that shows the source frame: no frame outside is seen."""
    return math.ceil(first_frame * sequence_rate / rate) / sequence_rate


def read_fcp7xml(inspection: Inspection, document: XmlDocument) -> Iterator[ReadSequence]:
    """The sequences of a document; what the format itself forbids is reported."""
    root = document.root
    if document.doctype != "xmeml":
        inspection.odd(root.place, "there is no <!DOCTYPE xmeml>", "Premiere and Final Cut Pro 7 look for it")
    if (version := root.attributes.get("version")) not in _VERSIONS:
        inspection.odd(root.place, f"the version is {version}", "editors read versions 4 and 5")
    files = Files(inspection, root)
    sequences = list(_sequences(root))
    if not sequences:
        inspection.error(root.place, "there is no sequence", "export a sequence, not a bin")
    for element in sequences:
        if (sequence := _Reader(inspection, files, element).sequence()) is not None:
            yield sequence


def _sequences(element: Element) -> Iterator[Element]:
    """Those that stand for themselves, not nested in another."""
    if element.tag == "sequence":
        yield element
    else:
        for child in element.children:
            yield from _sequences(child)


@dataclass(frozen=True)
class _Place:
    """Frames ``[first, end)`` of the sequence.

    Args:
        first: the first.
        end: the one after the last.
        overlap: how many at the beginning are those of a transition from the item before.
        is_exact: whether no transition is beside them.
    """

    first: Said[int]
    end: Said[int]
    overlap: int
    is_exact: bool


class _Reader:
    """One sequence.

    Args:
        inspection: where to report.
        files: the media files of the document.
        element: the sequence.
    """

    def __init__(self, inspection: Inspection, files: Files, element: Element) -> None:
        self._inspection = inspection
        self._files = files
        self._element = element
        self._rate = Fraction(0)
        self._unread = list[tuple[int, int]]()

    def sequence(self) -> ReadSequence | None:
        element, inspection = self._element, self._inspection
        rate = rate_of(inspection, element)
        if rate is None:
            inspection.error(element.place, "the sequence has no rate", "give <rate> with timebase and ntsc")
            return None
        self._rate = rate.value
        items = list(self._items())
        check_links(inspection, items)
        self._check_outputs()
        clips = tuple(item.clip for item in items if item.clip)
        timecode = element.find("timecode")
        characteristics = element.find("media/video/format/samplecharacteristics")
        if characteristics and (own := rate_of(inspection, characteristics)) and own.value != rate.value:
            problem = f"the picture's format has {in_words(own.value)} frames/s, the sequence {in_words(rate.value)}"
            inspection.error(own.place, problem, "give one rate")
        return ReadSequence(
            place=element.place,
            rate=rate,
            clips=clips,
            start=timecode_of(inspection, timecode) if timecode else None,
            num_frames=frames(inspection, element, "duration"),
            size=size_of(inspection, characteristics) if characteristics else None,
            field_order=field_order_of(inspection, characteristics) if characteristics else None,
            markers=tuple(self._markers(items)),
            unread=tuple(self._unread),
        )

    def _items(self) -> Iterator[Item]:
        for kind in _KINDS:
            media = self._element.find(f"media/{kind}")
            for number, track in enumerate(media.all("track") if media else (), start=1):
                beside = list(track.all("clipitem", *_BESIDE))
                index = 0
                for before, element, after in zip([None, *beside], beside, [*beside[1:], None], strict=False):
                    if element.tag != "clipitem":
                        self._pass_over(element, _BESIDE[element.tag], is_seen=element.tag == "generatoritem")
                        continue
                    index += 1
                    place = self._place(element, before, after)
                    clip = self._clip(element, kind, number, place) if place else None
                    yield Item(element, kind, number, index, clip)

    def _pass_over(self, element: Element, what: str, *, is_seen: bool = True) -> None:
        """Says that something was not checked, and keeps the frames that it fills."""
        self._inspection.note(element.place, f"{what}: it was not checked")
        first, end = (frames(self._inspection, element, tag) for tag in ("start", "end"))
        if is_seen and first and end and _UNKNOWN_PLACE not in (first.value, end.value):
            self._unread.append((first.value, end.value))

    def _place(self, element: Element, before: Element | None, after: Element | None) -> _Place | None:
        """Where an item lies; where it begins or ends in a transition, that one says it.

        Source: Apple, Elements Catalog, ``start`` and ``end``: they are -1 beside a transition.
        """
        first, end = (frames(self._inspection, element, tag) for tag in ("start", "end"))
        if first is None or end is None:
            self._inspection.error(element.place, "it lacks <start> or <end>", "write the timeline again")
            return None
        overlap, is_exact = 0, _UNKNOWN_PLACE not in (first.value, end.value)
        if first.value == _UNKNOWN_PLACE and before is not None and before.tag == "transitionitem":
            span = [frames(self._inspection, before, tag) for tag in ("start", "end")]
            if span[0] and span[1]:
                first, overlap = span[0], span[1].value - span[0].value
        if end.value == _UNKNOWN_PLACE and after is not None and after.tag == "transitionitem":
            end = frames(self._inspection, after, "end") or end
        if _UNKNOWN_PLACE in (first.value, end.value):
            self._inspection.note(element.place, "it begins or ends in a transition: it was not checked")
            return None
        return _Place(first, end, overlap, is_exact)

    def _clip(self, element: Element, kind: str, track: int, place: _Place) -> ReadClip | None:
        inspection = self._inspection
        file = element.find("file")
        if file is None:
            self._pass_over(element, f"it shows {'a nested sequence' if element.find('sequence') else 'no <file>'}")
            return None
        declared = self._files.media(file)
        source_first, source_end = (frames(inspection, element, tag) for tag in ("in", "out"))
        if source_first is None or source_end is None or _UNKNOWN_PLACE in (source_first.value, source_end.value):
            inspection.odd(element.place, "it lacks <in> or <out>", "write the timeline again")
            self._unread.append((place.first.value, place.end.value))
            return None
        is_on_the_grid = self._check_grid(element, declared)
        if any(word.text == "timeremap" for word in element.iter("effectid")):
            self._pass_over(element, "its speed is changed")
            return None
        if not is_on_the_grid and inspection.timeline is None:
            self._unread.append((place.first.value, place.end.value))
            return None
        length, shown = place.end.value - place.first.value, source_end.value - source_first.value
        if place.is_exact and shown != length:
            problem = f"it takes {shown} frames of the file for {length} of the sequence"
            inspection.error(source_end.place, problem, "in and out are frames of the sequence; out is exclusive")
        channel = self._channel(element, kind)
        return ReadClip(
            place=element.place,
            media=declared,
            track=f"{_KINDS[kind]}{track}",
            has_picture=kind == "video",
            record_first=place.first,
            record_end=place.end,
            source_start=Said(source_first.value / self._rate, source_first.place),
            source_end=Said(source_end.value / self._rate, source_end.place),
            channels=frozenset([channel]) if channel else frozenset(),
            slack=1 / self._rate,
            overlap=place.overlap,
        )

    def _channel(self, element: Element, kind: str) -> int | None:
        """The sound channel of the file that an item plays."""
        if kind == "video":
            return None
        track = element.find("sourcetrack")
        number = frames(self._inspection, track, "trackindex") if track else None
        if number is None:
            self._inspection.error(element.place, "no <sourcetrack> says which channel it plays", "name the channel")
            return None
        return number.value

    def _check_grid(self, element: Element, declared: DeclaredMedia) -> bool:
        """Whether its frames are those of the sequence; its media is as long as the file in these."""
        rate = rate_of(self._inspection, element)
        if rate and rate.value != self._rate:
            problem = (
                f"its in and out are counted at {in_words(rate.value)} frames/s, and read at {in_words(self._rate)}"
            )
            self._inspection.odd(rate.place, problem, "count them in frames of the sequence")
            if self._inspection.timeline is None:
                return False
        length = frames(self._inspection, element, "duration")
        media = declared.path and self._inspection.media(declared.path, declared.place)
        if length and media:
            expected = math.ceil(media.grid_length * self._rate / media.frame_rate)
            if length.value != expected and (self._inspection.timeline or abs(length.value - expected) > 1):
                problem = f"its media is said to be {length.value} frames long; {media.path.name} fills {expected}"
                self._inspection.error(length.place, problem, "in frames of the sequence")
        return True

    def _check_outputs(self) -> None:
        """A file of one channel is heard on both sides: its track is given to no single loudspeaker."""
        for track in self._element.iter("track"):
            output = track.find("outputchannelindex")
            if output is None or track.attributes.get("premiereTrackType") == "Stereo":
                continue
            for element in track.all("clipitem"):
                declared = self._files.media(file) if (file := element.find("file")) else None
                media = declared and declared.path and self._inspection.media(declared.path, declared.place)
                if media and sum(stream.num_channels for stream in media.audio) == 1:
                    problem = f"{media.path.name} is mono, and heard from loudspeaker {output.text} alone"
                    self._inspection.odd(output.place, problem, "leave <outputchannelindex> out")
                    break

    def _markers(self, items: list[Item]) -> Iterator[ReadMarker]:
        for element in self._element.all("marker"):
            yield from self._marker(element, None)
        for item in items:
            for element in item.element.all("marker") if item.clip else ():
                yield from self._marker(element, item.clip)

    def _marker(self, element: Element, clip: ReadClip | None) -> Iterator[ReadMarker]:
        """Those of the sequence are on its clock, those of an item on the file's."""
        start, end = (frames(self._inspection, element, tag) for tag in ("in", "out"))
        if start is None:
            self._inspection.error(element.place, "the marker has no <in>", "say where it lies")
            return
        yield ReadMarker(
            Said(start.value / self._rate, start.place),
            None if end is None or end.value == _UNKNOWN_PLACE else Said(end.value / self._rate, end.place),
            "source" if clip else "sequence",
            clip,
        )
