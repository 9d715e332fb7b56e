"""Timeline -> FCPXML: Final Cut Pro's interchange format, versions 1.8 to 1.11, as Final Cut Pro and Resolve read it.

All times are exact fractions of a second, as ``1001/30000s``. A clip's ``offset`` and ``duration`` lie on the
sequence's clock, which begins at the sequence's start timecode; its ``start`` and its markers lie on the file's clock,
which begins at the file's. A clip of another rate is conformed without change of speed.

Source: Apple, FCPXML Reference, and the document type definitions 1.8 to 1.11. A document that does not follow the
definition is refused as a whole, so the order of elements matters.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as ET

from autohighlight.config import ExportOptions
from autohighlight.errors import printable
from autohighlight.export.documents import add, one_line, upright_pixels, write_documents, xml_document
from autohighlight.timecode import TimecodeFormat
from autohighlight.timeline.events import Event, events, whole_sequence, whole_source
from autohighlight.timeline.model import USUAL_SAMPLE_RATE, Source, Timeline
from autohighlight.times import format_rate
from autohighlight.types import ColourInfo, FieldOrder, Progress, ProgressCallback

_LOG = logging.getLogger(__name__)

_NAMED_SIZES = {
    (1280, 720): "720p",
    (1920, 1080): "1080p",
    (3840, 2160): "3840x2160p",
    (4096, 2160): "4096x2160p",
}
_NAMED_RATES = {
    Fraction(24000, 1001): "2398",
    Fraction(24): "24",
    Fraction(25): "25",
    Fraction(30000, 1001): "2997",
    Fraction(30): "30",
    Fraction(50): "50",
    Fraction(60000, 1001): "5994",
    Fraction(60): "60",
}
"""Sizes and rates whose formats Final Cut Pro has names for, as ``FFVideoFormat1080p25``; others have none."""

_NAMED_INTERLACED = {
    ((1920, 1080), Fraction(25), "top"): "1080i50",
    ((1920, 1080), Fraction(30000, 1001), "top"): "1080i5994",
}
"""The same for interlaced formats of square pixels, which are named by fields a second."""

_FIELD_ORDERS: Mapping[FieldOrder, str | None] = {"progressive": None, "top": "upper first", "bottom": "lower first"}
"""In Final Cut Pro's words; what is said of no order is progressive."""

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
"""The only words that ``conform-rate`` has for a source's rate. Without one Final Cut Pro finds an unexpected value."""

_SAMPLE_RATES = {32_000: "32k", 44_100: "44.1k", 48_000: "48k", 88_200: "88.2k", 96_000: "96k", 176_400: "176.4k",
                 192_000: "192k"}  # fmt: skip
"""The only sample rates of a sequence."""

_COLOUR_SPACES = {
    "bt2020": "9-1-9 (Rec. 2020)",
    "smpte170m": "6-1-6 (Rec. 601 (NTSC))",
    "bt470bg": "5-1-6 (Rec. 601 (PAL))",
}
"""Primaries of a standard dynamic range -> colour space."""

_WIDE = ("9-1-9 (Rec. 2020)", "9-18-9 (Rec. 2020 HLG)", "9-16-9 (Rec. 2020 PQ)")
"""Colour spaces, by primaries, transfer and matrix of ITU-T H.273, that a library of standard gamut cannot show."""


def write_fcpxml(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    """Writes the project, in an event of its own.

    Args:
        timeline: what to write.
        path: of the document.
        options: `fcpxml_version`, `markers` and `overwrite`.
        progress: is told when it is done.

    Returns:
        `path` alone.

    Raises:
        OutputError: it cannot be written there; nothing is left behind.
    """
    _warn_of_rates(timeline)
    root = ET.Element("fcpxml", version=options.fcpxml_version)
    version = tuple(map(int, options.fcpxml_version.split(".")))
    resources = _Resources(add(root, "resources"), version)
    sequence_format = resources.format_of(_Format.of_sequence(timeline))
    assets = {source.id: resources.asset_of(source) for source in timeline.sources}
    library = add(root, "library", colorProcessing=_colour_processing(timeline, version))
    project = add(add(library, "event", name=one_line(timeline.name)), "project", name=one_line(timeline.name))
    _add_sequence(project, timeline, sequence_format, assets, with_markers=options.markers)
    paths = write_documents(timeline, {path: xml_document(root)}, overwrite=options.overwrite)
    progress(Progress("export", len(timeline.parts), len(timeline.parts), "parts"))
    return paths


def _warn_of_rates(timeline: Timeline) -> None:
    """Final Cut Pro keeps the speed of a source unless its rate is one that it conforms; all of those have words."""
    for source in timeline.sources:
        if source.rate != timeline.frame_rate and source.rate not in _CONFORMED_RATES:
            _LOG.warning(
                "%s: FCPXML cannot say how to fit %s frames/s into a timeline of %s; check its speed in the editor",
                printable(source.name), format_rate(source.rate), format_rate(timeline.frame_rate),
            )  # fmt: skip


@dataclass(frozen=True)
class _Format:
    """What a sequence or file looks like.

    Args:
        size: width and height in its own pixels, upright.
        aspect: width of a pixel over its height.
        rate: frames/s.
        colour_space: in Final Cut Pro's words.
        fields: which field comes first.
    """

    size: tuple[int, int]
    aspect: Fraction
    rate: Fraction
    colour_space: str
    fields: FieldOrder

    @classmethod
    def of_sequence(cls, timeline: Timeline) -> _Format:
        """Size and rate are the sequence's; the colours are those of the source that is shown first."""
        colours = _colour_space(timeline.parts[0].media.colour)
        return cls(timeline.size, Fraction(1), timeline.frame_rate, colours, timeline.field_order)

    @classmethod
    def of_source(cls, source: Source) -> _Format:
        """The file's own."""
        media = source.media
        return cls(*upright_pixels(media), source.rate, _colour_space(media.colour), media.shown_field_order)

    @property
    def name(self) -> str | None:
        """The name that Final Cut Pro has for it; None where it has none."""
        if self.aspect != 1:
            return None
        if self.fields != "progressive":
            named = _NAMED_INTERLACED.get((self.size, self.rate, self.fields))
            return f"FFVideoFormat{named}" if named else None
        size, rate = _NAMED_SIZES.get(self.size), _NAMED_RATES.get(self.rate)
        return f"FFVideoFormat{size}{rate}" if size and rate else None


@dataclass(frozen=True)
class _Asset:
    """A file among the resources: its id, and that of its format."""

    id: str
    format_id: str


class _Resources:
    """The formats and files that a document names, each once."""

    def __init__(self, element: ET.Element, version: tuple[int, ...]) -> None:
        self._element = element
        self._version = version
        self._formats = dict[_Format, str]()
        self._num_ids = 0

    def format_of(self, format_: _Format) -> str:
        """The id of a format, which is described if it has not been yet."""
        if format_ not in self._formats:
            self._formats[format_] = self._new_id()
            is_square = format_.aspect == 1
            add(
                self._element,
                "format",
                id=self._formats[format_],
                name=format_.name,
                frameDuration=_time(1 / format_.rate),
                fieldOrder=_FIELD_ORDERS[format_.fields],
                width=format_.size[0],
                height=format_.size[1],
                paspH=None if is_square else format_.aspect.numerator,
                paspV=None if is_square else format_.aspect.denominator,
                colorSpace=format_.colour_space,
            )
        return self._formats[format_]

    def asset_of(self, source: Source) -> _Asset:
        """Describes a file; from version 1.9 on its place stands in an element of its own."""
        format_id = self.format_of(_Format.of_source(source))
        has_media_rep = self._version >= (1, 9)
        audio, whole = source.media.audio, whole_source(source).timecode_range
        asset = add(
            self._element,
            "asset",
            id=self._new_id(),
            name=one_line(source.name),
            src=None if has_media_rep else source.url,
            start=_time(whole.start),
            duration=_time(whole.duration),
            hasVideo=True,
            format=format_id,
            videoSources=1 if has_media_rep else None,
            hasAudio=True if audio else None,
            audioSources=len(audio) or None,
            audioChannels=len(source.channels) or None,
            audioRate=audio[0].sample_rate if audio else None,
        )
        if has_media_rep:
            add(asset, "media-rep", kind="original-media", src=source.url)
        return _Asset(asset.attrib["id"], format_id)

    def _new_id(self) -> str:
        self._num_ids += 1
        return f"r{self._num_ids}"


def _add_sequence(
    project: ET.Element, timeline: Timeline, format_id: str, assets: Mapping[str, _Asset], *, with_markers: bool
) -> None:
    whole, sound = whole_sequence(timeline).timecode_range, timeline.audio
    sequence = add(
        project,
        "sequence",
        format=format_id,
        duration=_time(whole.duration),
        tcStart=_time(whole.start),
        tcFormat=_tc_format(timeline.start_timecode.format),
        audioLayout=sound.output,
        audioRate=_SAMPLE_RATES.get(sound.sample_rate, _SAMPLE_RATES[USUAL_SAMPLE_RATE]),
    )
    spine = add(sequence, "spine")
    for event in events(timeline):
        _add_clip(spine, event, assets[event.part.source.id], with_markers=with_markers)


def _add_clip(spine: ET.Element, event: Event, asset: _Asset, *, with_markers: bool) -> None:
    source, record = event.part.source, event.record.timecode_range
    clip = add(
        spine,
        "asset-clip",
        ref=asset.id,
        name=one_line(source.name),
        offset=_time(record.start),
        start=_time(event.source.timecode_range.start),
        duration=_time(record.duration),
        format=asset.format_id,
        tcFormat=_tc_format(source.start_timecode.format),
        audioRole="dialogue" if source.channels else None,
        videoRole="video",
    )
    add(clip, "note", one_line(f"score {event.part.score:.2f}: {event.part.reason}".rstrip(": ")))
    if source.rate != event.record.rate and source.rate in _CONFORMED_RATES:
        add(clip, "conform-rate", scaleEnabled=False, srcFrameRate=_CONFORMED_RATES[source.rate])
    for placed in event.markers if with_markers else ():
        add(
            clip,
            "marker",
            start=_time(placed.source.timecode_range.start),
            duration=_time(placed.record.time_range.duration),
            value=one_line(placed.marker.name),
            note=one_line(placed.marker.comment),
        )


def _time(seconds: Fraction) -> str:
    """A time as FCPXML writes it: exact, in lowest terms, whole seconds without a denominator."""
    return f"{seconds}s"


def _tc_format(format_: TimecodeFormat) -> str:
    return "DF" if format_.is_drop_frame else "NDF"


def _colour_space(colour: ColourInfo) -> str:
    """In Final Cut Pro's words; files that say nothing are taken for Rec. 709, as players take them."""
    if colour.is_hdr:
        return {"hlg": "9-18-9 (Rec. 2020 HLG)", "pq": "9-16-9 (Rec. 2020 PQ)"}[colour.dynamic_range]
    return _COLOUR_SPACES.get(colour.primaries, "1-1-1 (Rec. 709)")


def _colour_processing(timeline: Timeline, version: tuple[int, ...]) -> str | None:
    """What the library must be able to show; None where the standard gamut is enough."""
    if _Format.of_sequence(timeline).colour_space not in _WIDE:
        return None
    return "wide-hdr" if version >= (1, 10) else "wide"
