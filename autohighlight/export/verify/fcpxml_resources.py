"""The resources of FCPXML: formats and files, each once, named by their ids."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from autohighlight.export.verify.contents import DeclaredMedia, Said
from autohighlight.export.verify.inspection import Inspection
from autohighlight.export.verify.urls import path_of_url
from autohighlight.export.verify.xml_elements import Element
from autohighlight.types import FieldOrder

_TIME = re.compile(r"(-?\d{1,18})(?:/([1-9]\d{0,17}))?s")
_INTERLACED = re.compile(r"\di\d")  # as in FFVideoFormat1080i50
_FIELD_ORDERS: dict[str, FieldOrder] = {"progressive": "progressive", "upper first": "top", "lower first": "bottom"}
_WHOLE = re.compile(r"\d{1,9}")
_SPACE = re.compile(r"(\d{1,3}-\d{1,3}-\d{1,3})(?: \((.*)\))?")
_SPACE_NAMES = {
    "6-1-6": "Rec. 601 (NTSC)",
    "5-1-6": "Rec. 601 (PAL)",
    "1-1-1": "Rec. 709",
    "9-1-9": "Rec. 2020",
    "9-16-9": "Rec. 2020 PQ",
    "9-18-9": "Rec. 2020 HLG",
}
"""The names that the document type definition has for colour spaces."""


def time_of(inspection: Inspection, element: Element, attribute: str) -> Said[Fraction] | None:
    """A time in seconds; None where there is none, which is reported unless the attribute is absent."""
    text = element.attributes.get(attribute)
    if text is None:
        return None
    match = _TIME.fullmatch(text)
    if match is None:
        problem = f"{attribute} is {text[:40]!r}, no fraction of a second"
        inspection.error(element.place, problem, "write 1001/30000s")
        return None
    return Said(Fraction(int(match[1]), int(match[2] or 1)), element.place)


@dataclass(frozen=True)
class Format:
    """What a sequence or file looks like; None is what the document does not say.

    Args:
        rate: frames/s.
        size: width and height.
        pixel_aspect: width of a pixel over its height.
        colour_space: its numbers of ITU-T H.273.
        field_order: ``progressive``, or the field that is shown first.
    """

    rate: Said[Fraction] | None
    size: Said[tuple[int, int]] | None
    pixel_aspect: Said[Fraction]
    colour_space: Said[str] | None
    field_order: Said[FieldOrder] | None


@dataclass(frozen=True)
class Asset:
    """A file among the resources.

    Args:
        media: what is said of it.
        start: seconds from the label 00:00:00:00 to that of its first frame.
        duration: its length in seconds.
    """

    media: DeclaredMedia
    start: Said[Fraction] | None
    duration: Said[Fraction] | None


class Resources:
    """Formats and files of a document, by id.

    Args:
        inspection: where to report.
        root: of the document.
        has_media_rep: whether, in this version, the place of a file stands in an element of its own.
    """

    def __init__(self, inspection: Inspection, root: Element, *, has_media_rep: bool) -> None:
        self._inspection = inspection
        self._has_media_rep = has_media_rep
        resources = root.find("resources")
        elements = dict[str, Element]()
        for element in resources.children if resources else ():
            id_ = element.attributes.get("id", "")
            if not id_:
                inspection.error(element.place, "it has no id", "give it one")
            elif id_ in elements:
                inspection.error(
                    element.place, f"the id {id_!r} is taken by line {elements[id_].line}", "give it its own"
                )
            else:
                elements[id_] = element
        self._formats = {id_: self._format(e) for id_, e in elements.items() if e.tag == "format"}
        self._assets = {id_: self._asset(e) for id_, e in elements.items() if e.tag == "asset"}
        sequences = {id_: e.find("sequence") for id_, e in elements.items() if e.tag == "media"}
        lengths = {id_: time_of(inspection, e, "duration") for id_, e in sequences.items() if e}
        self._durations = {id_: length for id_, length in lengths.items() if length}

    def format_of(self, element: Element) -> Format | None:
        """The format that an element names; one that is not there is reported."""
        id_ = element.attributes.get("format")
        if id_ is not None and id_ not in self._formats:
            self._inspection.error(element.place, f"no format has the id {id_!r}", "describe it among the resources")
        return None if id_ is None else self._formats.get(id_)

    def asset_of(self, element: Element) -> Asset | None:
        """The file that a clip shows; one that is not there is reported."""
        id_ = element.attributes.get("ref", "")
        if id_ not in self._assets:
            self._inspection.error(element.place, f"no asset has the id {id_!r}", "describe it among the resources")
            return None
        self.format_of(element)
        return self._assets[id_]

    def asset(self, element: Element) -> Asset | None:
        """The file that a clip shows; None where it is not there."""
        return self._assets.get(element.attributes.get("ref", ""))

    def duration_of(self, element: Element) -> Said[Fraction] | None:
        """How long the file or the sequence is that a clip shows; None where that is not said."""
        id_ = element.attributes.get("ref", "")
        asset = self._assets.get(id_)
        return asset.duration if asset else self._durations.get(id_)

    def assets(self) -> list[DeclaredMedia]:
        """What is said of each file."""
        return [asset.media for asset in self._assets.values()]

    def _format(self, element: Element) -> Format:
        place = element.place
        duration = time_of(self._inspection, element, "frameDuration")
        if duration is not None and duration.value <= 0:
            self._inspection.error(place, f"a frame lasts longer than {duration.value} s", "write 1001/30000s")
            duration = None
        width, height = (self._number(element, name) for name in ("width", "height"))
        across, down = (self._number(element, name) for name in ("paspH", "paspV"))
        space = _SPACE.fullmatch(element.attributes.get("colorSpace", ""))
        if space and space[2] is not None and space[2] != (name := _SPACE_NAMES.get(space[1], space[2])):
            self._inspection.odd(place, f"colorSpace {space[1]} is named {space[2][:40]!r}", f"write {name!r}")
        return Format(
            rate=Said(1 / duration.value, place) if duration else None,
            size=Said((width, height), place) if width and height else None,
            pixel_aspect=Said(Fraction(across, down) if across and down else Fraction(1), place),
            colour_space=Said(space[1], place) if space else None,
            field_order=self._field_order(element) if width and height else None,
        )

    def _field_order(self, element: Element) -> Said[FieldOrder] | None:
        """What is said of no order is progressive, unless its name is that of an interlaced format."""
        word = element.attributes.get("fieldOrder")
        if word is None:
            is_interlaced = _INTERLACED.search(element.attributes.get("name", ""))
            return None if is_interlaced else Said("progressive", element.place)
        if word not in _FIELD_ORDERS:
            remedy = 'write "progressive", "upper first" or "lower first"'
            self._inspection.odd(element.place, f"fieldOrder is {word[:40]!r}", remedy)
            return None
        return Said(_FIELD_ORDERS[word], element.place)

    def _number(self, element: Element, attribute: str) -> int | None:
        text = element.attributes.get(attribute)
        if text is not None and not _WHOLE.fullmatch(text):
            self._inspection.error(element.place, f"{attribute} is {text[:40]!r}, no whole number", "give a number")
            return None
        return None if text is None else int(text)

    def _asset(self, element: Element) -> Asset:
        inspection, place = self._inspection, element.place
        format_ = self.format_of(element)
        has_size = format_ is not None and format_.size is not None
        start, duration = (time_of(inspection, element, name) for name in ("start", "duration"))
        has_sound = element.attributes.get("hasAudio") == "1"
        tracks = (self._number(element, "audioSources") or 1) if has_sound else 0
        channels = (self._number(element, "audioChannels") or 2 * tracks) if has_sound else 0
        sample_rate = self._number(element, "audioRate")
        url = self._url(element)
        path = path_of_url(inspection, url.place, url.value) if url else None
        media = inspection.media(path, url.place) if path and url else None
        if media and format_ and format_.colour_space is None and media.colour.is_hdr:
            problem = f"its format has no colorSpace; {media.path.name} is {media.colour.dynamic_range.upper()}"
            inspection.error(place, problem, "without it the picture is taken for Rec. 709")
        length = duration.value * format_.rate.value if duration and format_ and format_.rate else None
        declared = DeclaredMedia(
            place=url.place if url else place,
            path=path,
            rate=format_.rate if format_ else None,
            num_frames=Said(length, place) if length is not None else None,
            start=start,
            size=format_.size if format_ else None,
            pixel_aspect=format_.pixel_aspect if format_ and has_size else None,
            num_channels=Said(channels, place),
            num_tracks=Said(tracks, place),
            sample_rates=(Said(sample_rate, place),) if sample_rate else (),
            colour_space=format_.colour_space if format_ else None,
            field_order=format_.field_order if format_ else None,
        )
        return Asset(declared, start, duration)

    def _url(self, element: Element) -> Said[str] | None:
        """The place of a file: an attribute, from version 1.9 on an element."""
        rep = element.find("media-rep")
        said = (rep.said("src") if rep else None) or element.said("src")
        if said is None:
            self._inspection.error(element.place, "no src says where the file is", "name it by a URL")
        elif (rep is None) == self._has_media_rep:
            remedy = "write <media-rep> from version 1.9 on, the attribute src before"
            self._inspection.odd(said.place, "its src stands where this version does not look for it", remedy)
        return said
