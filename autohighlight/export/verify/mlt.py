"""Reads and checks MLT XML as this program, Shotcut, Kdenlive and melt write it.

All counts are frames of the profile, outs are inclusive, and at each position the nearest frame of a file is shown.

Source: MLT XML (mltframework.org/docs/mltxml) and its document type definition.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from autohighlight.errors import OptionError
from autohighlight.export.verify.contents import DeclaredMedia, ReadClip, ReadMarker, ReadSequence, Said
from autohighlight.export.verify.findings import Place
from autohighlight.export.verify.inspection import Inspection
from autohighlight.export.verify.streams import channels_of_stream
from autohighlight.export.verify.xml_elements import Element, XmlDocument
from autohighlight.timecode import Timecode

_WHOLE = re.compile(r"\d{1,12}")
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2}[.,]\d{1,6})")
_FILES = ("avformat", "avformat-novalidate", "xml", "qimage", "pixbuf", "timewarp")
_MEDIA = ("avformat", "avformat-novalidate")
_NO_STREAM = -1


def where_a_part_begins(first_frame: int, rate: Fraction, sequence_rate: Fraction) -> Fraction:
    """At the first position to which that frame or a later one is the nearest."""
    return max(0, math.ceil((first_frame - Fraction(1, 2)) * sequence_rate / rate)) / sequence_rate


def read_mlt(inspection: Inspection, document: XmlDocument) -> Iterator[ReadSequence]:
    """What the document plays, as a sequence; what the format itself forbids is reported."""
    sequence = _Reader(inspection, document.root).sequence()
    if sequence is not None:
        yield sequence


@dataclass(frozen=True)
class _Producer:
    """What an entry plays.

    Args:
        element: that describes it.
        media: the file; None for what is no media file, as a colour.
        first: its first position.
        last: its last.
        has_picture: whether its picture is played.
        channels: numbers of the sound channels that are played.
    """

    element: Element
    media: DeclaredMedia | None
    first: int
    last: int | None
    has_picture: bool
    channels: frozenset[int]


class _Reader:
    """One document.

    Args:
        inspection: where to report.
        root: of the document.
    """

    def __init__(self, inspection: Inspection, root: Element) -> None:
        self._inspection = inspection
        self._root = root
        self._rate = Fraction(0)
        self._by_id = dict[str, Element]()
        for element in root.iter("producer", "chain", "playlist", "tractor"):
            id_ = element.attributes.get("id", "")
            if id_ and id_ in self._by_id:
                inspection.error(
                    element.place, f"the id {id_!r} is taken by line {self._by_id[id_].line}", "give it its own"
                )
            self._by_id.setdefault(id_, element)
        self._producers = dict[str, _Producer]()
        self._is_known = True

    def sequence(self) -> ReadSequence | None:
        """What is played; None where the document does not say at which rate, or plays nothing."""
        inspection, profile = self._inspection, self._root.find("profile")
        tractors = [element for element in self._root.iter("tractor") if element.find("track")]
        if profile is None or not tractors:
            inspection.error(self._root.place, f"there is no {'tractor' if profile else 'profile'}", "write it again")
            return None
        size = [self._attribute(profile, name) for name in ("width", "height", "frame_rate_num", "frame_rate_den")]
        width, height, num, den = (said.value if said else 0 for said in size)
        if not num or not den:
            inspection.error(profile.place, "the profile has no frame rate", "give frame_rate_num and frame_rate_den")
            return None
        self._rate = Fraction(num, den)
        self._check_fields(profile)
        tractor = next((t for t in tractors if _property(t, "shotcut")), tractors[-1])
        clips = [clip for track in self._playlists(tractor, set()) for clip in self._clips(*track)]
        self._check_bin(tractor)
        last = self._attribute(tractor, "out")
        return ReadSequence(
            place=tractor.place,
            rate=Said(self._rate, profile.place),
            clips=tuple(clips),
            num_frames=Said(last.value + 1, last.place) if last and self._is_known else None,
            size=Said((width, height), profile.place) if width and height else None,
            markers=tuple(self._markers(tractor)),
        )

    def _check_fields(self, profile: Element) -> None:
        """A profile says whether there are fields, not which comes first."""
        timeline, is_progressive = self._inspection.timeline, profile.attributes.get("progressive") == "1"
        if timeline is not None and is_progressive != (timeline.field_order == "progressive"):
            words = "progressive" if is_progressive else "interlaced"
            self._inspection.error(profile.place, f"the profile is {words}; the timeline is not", "write it again")

    def _playlists(self, tractor: Element, seen: set[int]) -> Iterator[tuple[Element, bool]]:
        """The playlists of a tractor and whether they are seen; Kdenlive's tracks are tractors of playlists."""
        seen.add(id(tractor))
        for track in tractor.all("track"):
            target = self._by_id.get(track.attributes.get("producer", ""))
            if target is None:
                self._inspection.error(
                    track.place, f"nothing has the id {track.attributes.get('producer')!r}", "name a playlist"
                )
            elif target.tag == "playlist":
                yield target, track.attributes.get("hide") not in ("video", "both")
            elif target.tag == "tractor" and id(target) not in seen:
                yield from self._playlists(target, seen)
            elif target.tag != "tractor":
                self._pass_over(track, "the track plays a producer itself")

    def _clips(self, playlist: Element, is_seen: bool) -> Iterator[ReadClip]:
        """The entries of a playlist in their places."""
        position = 0
        for element in playlist.children:
            if element.tag == "blank":
                length = self._attribute(element, "length")
                position += length.value if length else 0
            elif element.tag == "entry" and (producer := self._producer(element)):
                first = self._attribute(element, "in") or Said(producer.first, element.place)
                last = self._attribute(element, "out") or Said(producer.last or 0, element.place)
                end = position + last.value - first.value + 1
                self._check_entry(producer, first, last)
                if producer.media is not None:
                    yield ReadClip(
                        place=element.place,
                        media=producer.media,
                        track=playlist.attributes.get("id", ""),
                        has_picture=producer.has_picture and is_seen,
                        record_first=Said(position, element.place),
                        record_end=Said(end, element.place),
                        source_start=Said(first.value / self._rate, first.place),
                        source_end=Said((last.value + 1) / self._rate, last.place),
                        channels=producer.channels,
                        slack=1 / self._rate,
                    )
                position = end
        self._check_track(playlist, position)

    def _check_track(self, playlist: Element, length: int) -> None:
        """In a file that was made from a timeline all tracks end together, the black below them as well."""
        if self._inspection.timeline is not None and length != self._inspection.timeline.num_frames:
            problem = f"its entries fill {length} frames; the timeline has {self._inspection.timeline.num_frames}"
            self._inspection.error(playlist.place, problem, "end all tracks together")

    def _check_entry(self, producer: _Producer, first: Said[int], last: Said[int]) -> None:
        if producer.last is not None and not producer.first <= first.value <= last.value <= producer.last:
            problem = f"it plays {first.value} to {last.value} of {producer.element.place.element}, which has "
            self._inspection.error(first.place, f"{problem}{producer.first} to {producer.last}", "play what is there")

    def _pass_over(self, element: Element, problem: str) -> None:
        """Something is played that is not known: how long all is cannot be told either."""
        self._is_known = False
        self._inspection.note(element.place, f"{problem}: it was not checked")

    def _check_bin(self, tractor: Element) -> None:
        """Entries of the bin play what their files have."""
        played = {track.attributes.get("producer") for track in tractor.all("track")}
        for playlist in self._root.all("playlist"):
            if playlist.attributes.get("id") not in played:
                for element in playlist.all("entry"):
                    if producer := self._producer(element):
                        first, last = (self._attribute(element, name) for name in ("in", "out"))
                        if first and last:
                            self._check_entry(producer, first, last)
                            if (first.value, last.value) != (producer.first, producer.last):
                                problem = f"it offers {first.value} to {last.value} of {producer.element.place.element}"
                                self._inspection.odd(element.place, problem, "offer the whole file")

    def _producer(self, entry: Element) -> _Producer | None:
        id_ = entry.attributes.get("producer", "")
        element = self._by_id.get(id_)
        if element is None:
            self._inspection.error(entry.place, f"nothing has the id {id_!r}", "name a producer")
            return None
        if element.tag not in ("producer", "chain"):
            self._pass_over(entry, "it plays another sequence")
        if id_ not in self._producers:
            self._producers[id_] = self._describe(element)
        return self._producers[id_]

    def _describe(self, element: Element) -> _Producer:
        inspection = self._inspection
        first, last = (self._attribute(element, name) for name in ("in", "out"))
        length = self._count(property_.text, property_.place) if (property_ := _property(element, "length")) else None
        if length and last and last.value != length.value - 1:
            inspection.odd(
                last.place,
                f"its last frame is {last.value}; of {length.value} that is {length.value - 1}",
                "outs are inclusive",
            )
        service, resource = _property(element, "mlt_service"), _property(element, "resource")
        name = service.text if service else "avformat"
        if name not in _MEDIA or resource is None:
            if name in _FILES:
                self._pass_over(element, f"it is played by {name}")
            return _Producer(
                element, None, first.value if first else 0, last.value if last else None, False, frozenset()
            )
        path = self._path(resource)
        declared = DeclaredMedia(resource.place, path)
        media = inspection.media(path, resource.place)
        channels = frozenset[int]()
        video = self._stream(element, "video_index")
        if media is not None:
            sound = self._stream(element, "audio_index")
            main = media.main_audio.index if media.main_audio else _NO_STREAM
            index = main if sound is None else sound.value
            channels = channels_of_stream(media, index)
            if sound and index != _NO_STREAM and not channels:
                inspection.error(sound.place, f"stream {index} of {path.name} is no sound", "name a sound stream")
            if video and video.value not in (_NO_STREAM, media.video_stream):
                problem = f"it shows stream {video.value} of {path.name}, whose picture is stream {media.video_stream}"
                inspection.error(video.place, problem, "name the stream of the picture")
            expected = math.ceil((media.grid_length - Fraction(1, 2)) * self._rate / media.frame_rate)
            if length and length.value != expected and (inspection.timeline or abs(length.value - expected) > 1):
                problem = f"{path.name} is said to be {length.value} frames long; {expected} are shown of it"
                inspection.error(length.place, problem, "in frames of the profile")
        has_picture = video is None or video.value != _NO_STREAM
        return _Producer(
            element, declared, first.value if first else 0, last.value if last else None, has_picture, channels
        )

    def _path(self, resource: Element) -> Path:
        """The file of a producer; one that is relative is looked for from the root, or beside the document."""
        text = resource.whole_text.removeprefix("avformat:")
        path = Path(text)
        if not path.is_absolute():
            problem = f"the resource {text} is no absolute path, and found only from one folder"
            self._inspection.odd(resource.place, problem, "write the whole path")
            path = Path(self._root.attributes.get("root") or self._inspection.path.parent.absolute()) / path
            return path.absolute()
        return path

    def _stream(self, element: Element, name: str) -> Said[int] | None:
        property_ = _property(element, name)
        if property_ is None or not re.fullmatch(r"-?\d{1,4}", property_.text):
            return None
        return Said(int(property_.text), property_.place)

    def _attribute(self, element: Element, name: str) -> Said[int] | None:
        text = element.attributes.get(name)
        return None if text is None else self._count(text, element.place)

    def _count(self, text: str, place: Place) -> Said[int] | None:
        """Frames, also where they are written as a clock or a timecode."""
        if _WHOLE.fullmatch(text):
            return Said(int(text), place)
        if clock := _CLOCK.fullmatch(text):
            seconds = int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + Fraction(clock[3].replace(",", "."))
            return Said(round(seconds * self._rate), place)
        try:
            return Said(Timecode.parse(text, self._rate).frame, place)
        except (OptionError, ValueError):
            self._inspection.error(place, f"{text[:40]!r} is no count of frames", "write a whole number")
            return None

    def _markers(self, tractor: Element) -> Iterator[ReadMarker]:
        """Shotcut's, whose ends are inclusive."""
        for markers in tractor.all("properties"):
            if markers.attributes.get("name") != "shotcut:markers":
                continue
            for words in markers.all("properties"):
                start, end = (_property(words, name) for name in ("start", "end"))
                first = self._count(start.text, start.place) if start else None
                last = self._count(end.text, end.place) if end else None
                if first is not None:
                    until = Said((last.value + 1) / self._rate, last.place) if last else None
                    yield ReadMarker(Said(first.value / self._rate, first.place), until, "sequence")


def _property(element: Element, name: str) -> Element | None:
    return next((child for child in element.all("property") if child.attributes.get("name") == name), None)
