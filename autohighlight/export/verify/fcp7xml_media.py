"""What FCP7 XML says of rates, timecode, sizes and files."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

from autohighlight.errors import OptionError
from autohighlight.export.verify.contents import DeclaredMedia, Said
from autohighlight.export.verify.inspection import Inspection
from autohighlight.export.verify.urls import path_of_url
from autohighlight.export.verify.xml_elements import Element
from autohighlight.timecode import Timecode, TimecodeFormat
from autohighlight.types import FieldOrder, MediaInfo

_WHOLE = re.compile(r"-?\d{1,15}")
_ASPECTS = {
    "square": {Fraction(1)},
    "NTSC-601": {Fraction(8, 9), Fraction(10, 11), Fraction(32, 27), Fraction(40, 33)},
    "PAL-601": {Fraction(16, 15), Fraction(12, 11), Fraction(64, 45), Fraction(16, 11)},
    "DVCPROHD-720P": {Fraction(4, 3)},
    "DVCPROHD-1080i50": {Fraction(4, 3)},
    "DVCPROHD-1080i60": {Fraction(3, 2)},
    "HD-(960x720)": {Fraction(4, 3)},
    "HD-(1280x1080)": {Fraction(3, 2)},
    "HD-(1440x1080)": {Fraction(4, 3)},
}
"""Names of pixel aspects -> width of a pixel over its height, as files have it."""


def frames(inspection: Inspection, parent: Element, tag: str) -> Said[int] | None:
    """The whole number in a child; None where there is none, which is reported unless the child is absent or empty."""
    element = parent.find(tag)
    if element is None or not element.text:
        return None
    if not _WHOLE.fullmatch(element.text):
        inspection.error(element.place, f"{element.text[:40]!r} is no whole number", "count in frames")
        return None
    return Said(int(element.text), element.place)


def rate_of(inspection: Inspection, parent: Element) -> Said[Fraction] | None:
    """The rate of an element: ``timebase`` frames a second, or 1000/1001 of that."""
    element = parent.find("rate")
    timebase = frames(inspection, element, "timebase") if element else None
    if element is None or timebase is None:
        return None
    if timebase.value <= 0:
        inspection.error(timebase.place, f"a timebase is above 0, not {timebase.value}", "give whole frames a second")
        return None
    ntsc = element.find("ntsc")
    is_ntsc = ntsc is not None and ntsc.text.upper() == "TRUE"
    return Said(Fraction(timebase.value * 1000, 1001) if is_ntsc else Fraction(timebase.value), element.place)


def size_of(inspection: Inspection, characteristics: Element) -> Said[tuple[int, int]] | None:
    """Width and height."""
    width, height = (frames(inspection, characteristics, tag) for tag in ("width", "height"))
    return Said((width.value, height.value), width.place) if width and height else None


_FIRST_FIELDS: dict[str, FieldOrder] = {"none": "progressive", "upper": "top", "lower": "bottom"}


def field_order_of(inspection: Inspection, characteristics: Element) -> Said[FieldOrder] | None:
    """Which field comes first; a word that is not known is reported."""
    element = characteristics.find("fielddominance")
    if element is None or not element.text:
        return None
    if (word := element.text.lower()) not in _FIRST_FIELDS:
        inspection.odd(element.place, f"{word[:40]!r} is no order of fields", "write none, upper or lower")
        return None
    return Said(_FIRST_FIELDS[word], element.place)


def timecode_of(inspection: Inspection, element: Element) -> Said[Timecode] | None:
    """The label of the first frame; that its three forms (label, number and counting) say the same is checked."""
    rate = rate_of(inspection, element)
    string, number = element.find("string"), frames(inspection, element, "frame")
    shown = element.find("displayformat")
    if rate is None or (string is None and number is None):
        return None
    is_drop_frame = shown is not None and shown.text == "DF"
    if shown is None and string is not None:
        is_drop_frame = ";" in string.text
    if is_drop_frame and not TimecodeFormat.has_drop_frame(rate.value):
        inspection.error((shown or element).place, "there is no drop-frame counting at this rate", "write NDF")
        is_drop_frame = False
    format_ = TimecodeFormat(rate.value, is_drop_frame)
    label = None if string is None else _label(inspection, string, format_)
    if label is None:
        return None if number is None else Said(Timecode(format_, number.value % format_.frames_per_day), number.place)
    if number is not None and number.value != label.value.frame:
        problem = f"frame {number.value} has not the label {label.value}, whose number is {label.value.frame}"
        inspection.error(number.place, problem, "count from 00:00:00:00")
    return label


def _label(inspection: Inspection, element: Element, format_: TimecodeFormat) -> Said[Timecode] | None:
    words = "drop-frame" if format_.is_drop_frame else "non-drop-frame"
    if (";" in element.text) != format_.is_drop_frame:
        problem = f"{element.text[:20]} is not written as <displayformat> says, {words}"
        inspection.error(element.place, problem, "drop-frame labels have semicolons")
    separator = ";" if format_.is_drop_frame else ":"
    try:
        label = Timecode.parse(re.sub(r"[:;.,](?=\d+$)", separator, element.text), format_.rate)
    except OptionError as error:
        inspection.error(element.place, error.problem, error.hint)
        return None
    return Said(label, element.place)


def _id_of(file: Element) -> str:
    """The id of a file; one without is known by its line."""
    return file.attributes.get("id") or f"that on line {file.line}"


class Files:
    """The media files of a document, each described once and named by its id after that.

    Args:
        inspection: where to report.
        root: of the document.
    """

    def __init__(self, inspection: Inspection, root: Element) -> None:
        self._inspection = inspection
        self._described = dict[str, DeclaredMedia]()
        for element in root.iter("file"):
            if element.children:
                id_ = _id_of(element)
                if id_ in self._described:
                    problem = f"the id {id_!r} is taken by line {self._described[id_].place.line}"
                    inspection.error(element.place, problem, "describe a file once, and name it by its id after that")
                else:
                    self._described[id_] = self._describe(element)

    def media(self, file: Element) -> DeclaredMedia:
        """The file that an element names."""
        id_ = _id_of(file)
        if id_ not in self._described:
            self._inspection.error(
                file.place, f"no file is described by the id {id_!r}", "describe it where it is first named"
            )
            self._described[id_] = DeclaredMedia(file.place, None)
        return self._described[id_]

    def _describe(self, element: Element) -> DeclaredMedia:
        inspection = self._inspection
        path = self._path(element)
        media = path and inspection.media(path, (element.find("pathurl") or element).place)
        rate, timecode = rate_of(inspection, element), element.find("timecode")
        if element.find("duration") is None:
            problem = "there is no <duration>, without which some editors do not read the file"
            inspection.odd(element.place, problem, "give it, empty if it is not known")
        start = timecode_of(inspection, timecode) if timecode else None
        if start is None and media and media.start_timecode and media.start_timecode.frame:
            problem = f"there is no <timecode>; that of {media.path.name} begins at {media.start_timecode}"
            inspection.error(element.place, problem, "give it, or editors do not find the clip")
        picture = element.find("media/video/samplecharacteristics")
        if picture and media:
            self._check_aspect(picture, media)
        length = frames(inspection, element, "duration")
        channels, sample_rates = self._sound(element)
        return DeclaredMedia(
            place=(element.find("pathurl") or element).place,
            path=path,
            rate=rate,
            num_frames=Said(Fraction(length.value), length.place) if length else None,
            start=Said(start.value.seconds, start.place) if start else None,
            is_drop_frame=Said(start.value.format.is_drop_frame, start.place) if start else None,
            size=size_of(inspection, picture) if picture else None,
            field_order=field_order_of(inspection, picture) if picture else None,
            channels=channels if element.find("media") else None,
            sample_rates=sample_rates,
        )

    def _path(self, element: Element) -> Path | None:
        url = element.find("pathurl")
        if url is None or not url.text:
            self._inspection.note(element.place, "no <pathurl> says where it is: it was not checked")
            return None
        return path_of_url(self._inspection, url.place, url.text, host="localhost")

    def _sound(self, element: Element) -> tuple[Said[tuple[int, ...]], tuple[Said[int], ...]]:
        """Channels of each sound track, and their sample rates."""
        numbers, rates = list[int](), list[Said[int]]()
        first = element.place
        for track in element.iter("audio"):
            if not numbers:
                first = track.place
            count = frames(self._inspection, track, "channelcount")
            numbers.append(count.value if count else 1)
            characteristics = track.find("samplecharacteristics")
            for tag in ("samplerate", "depth"):
                if characteristics is None or characteristics.find(tag) is None:
                    self._inspection.odd(track.place, f"its sound has no <{tag}>", "editors need it to read the sound")
            if characteristics and (rate := frames(self._inspection, characteristics, "samplerate")):
                rates.append(rate)
        return Said(tuple(numbers), first), tuple(rates)

    def _check_aspect(self, picture: Element, media: MediaInfo) -> None:
        aspect = 1 / media.sample_aspect_ratio if media.rotation % 180 else media.sample_aspect_ratio
        name = picture.find("pixelaspectratio")
        known = {value for values in _ASPECTS.values() for value in values}
        if name is not None and name.text in _ASPECTS and aspect in known - _ASPECTS[name.text]:
            problem = f"pixels of {media.path.name} are said to be {name.text!r}; their aspect is {aspect}"
            self._inspection.error(name.place, problem, "or the picture is stretched")
