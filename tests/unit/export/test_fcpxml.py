from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import opentimelineio as otio
import pytest

from autohighlight.config import ExportOptions
from autohighlight.errors import OutputError
from autohighlight.export.fcpxml import write_fcpxml
from autohighlight.timecode import Timecode
from autohighlight.timeline.model import Marker, Part, Source, Timeline
from autohighlight.types import ColourInfo
from tests.factories import make_audio, make_media
from tests.timeline_files import (
    CASES,
    REASON,
    ReadClip,
    assert_golden,
    assert_shows_the_highlights,
    case_names,
    case_timeline,
)
from tests.timeline_matrix import MATRIX, Matrix
from tests.xml_reading import Shape, check_shape, read_xml

VERSIONS = ("1.8", "1.9", "1.10", "1.11")
NTSC = Fraction(30000, 1001)

SHAPES = {
    "fcpxml": Shape("resources library", "version"),
    "resources": Shape("format* asset* format* asset* format* asset* format* asset* format* asset*"),
    "format": Shape("", "id frameDuration width height colorSpace", "name fieldOrder paspH paspV"),
    "asset": Shape(
        "media-rep",
        "id name start duration hasVideo format videoSources",
        "hasAudio audioSources audioChannels audioRate",
    ),
    "media-rep": Shape("", "kind src"),
    "library": Shape("event", "", "colorProcessing"),
    "event": Shape("project", "name"),
    "project": Shape("sequence", "name"),
    "sequence": Shape("spine", "format duration tcStart tcFormat audioLayout audioRate"),
    "spine": Shape("asset-clip*"),
    "asset-clip": Shape(
        "note conform-rate? marker*", "ref name offset start duration format tcFormat videoRole", "audioRole"
    ),
    "note": Shape(),
    "conform-rate": Shape("", "scaleEnabled", "srcFrameRate"),
    "marker": Shape("", "start duration value note"),
}
"""Of the document type definition 1.10, the elements that are written, with all that is always there required."""

OLD_SHAPES = SHAPES | {
    "asset": Shape("", "id name src start duration hasVideo format", "hasAudio audioSources audioChannels audioRate")
}
"""Those of 1.8, before assets had media representations."""


def write(timeline: Timeline, path: Path, **options: Any) -> Any:
    """The root of what was written, its shape checked."""
    assert write_fcpxml(timeline, path, ExportOptions(overwrite=True, **options), lambda _: None) == [path]
    root = read_xml(path, "fcpxml")
    version = options.get("fcpxml_version", "1.10")
    assert root.get("version") == version
    check_shape(root, OLD_SHAPES if version == "1.8" else SHAPES)
    ids = [element.get("id") for element in root.iter() if "id" in element.attrib]
    assert len(set(ids)) == len(ids)
    named = {element.get(key) for element in root.iter() for key in ("ref", "format") if key in element.attrib}
    assert named == set(ids), "an id that is named but missing, or there but never named"
    return root


def seconds(text: str) -> Fraction:
    match = re.fullmatch(r"(\d+)(?:/(\d+))?s", text)
    assert match, text
    assert int(match[2] or 1) < 2**31
    return Fraction(int(match[1]), int(match[2] or 1))


def read(root: Any) -> list[ReadClip]:
    """The clips, on the sequence's frame grid; each must begin where the one before ends."""
    sequence = root.find(".//sequence")
    frame = {f.get("id"): seconds(f.get("frameDuration")) for f in root.iter("format")}
    length = frame[sequence.get("format")]
    assets = {asset.get("id"): asset for asset in root.iter("asset")}
    clips = []
    for clip in root.iter("asset-clip"):
        asset = assets[clip.get("ref")]
        url = urlsplit(asset.get("src") or asset.find("media-rep").get("src"))
        assert (url.scheme, url.netloc, url.query, url.fragment) == ("file", "", "", "")
        record = (seconds(clip.get("offset")) - seconds(sequence.get("tcStart"))) / length
        num_frames = seconds(clip.get("duration")) / length
        assert record.denominator == num_frames.denominator == 1
        start = seconds(clip.get("start")) - seconds(asset.get("start"))
        assert (start / frame[asset.get("format")]).denominator == 1
        assert 0 <= start < start + seconds(clip.get("duration")) <= seconds(asset.get("duration"))
        clips.append(ReadClip(Path(unquote(url.path)), int(record), int(num_frames), start))
    assert sum(clip.num_frames for clip in clips) * length == seconds(sequence.get("duration"))
    return clips


@pytest.mark.parametrize("case", CASES)
def test_every_source_of_the_matrix(case: str, matrix: Matrix, tmp_path: Path) -> None:
    timeline = case_timeline(case, matrix)
    root = write(timeline, tmp_path / "x.fcpxml", markers=True)
    assert_golden(tmp_path / "x.fcpxml", f"fcpxml/{case}.fcpxml", matrix)
    assert_shows_the_highlights(read(root), timeline, case, matrix)
    for asset, name in zip(root.iter("asset"), case_names(case), strict=True):
        made = MATRIX[name]
        start = Timecode.parse(made.timecode or "00:00:00:00", made.rate)
        assert seconds(asset.get("start")) == start.seconds
        assert seconds(asset.get("duration")) == 48 / made.rate
        assert asset.get("hasAudio") == ("1" if made.channels else None)
        assert asset.get("audioSources") == (str(len(made.channels)) if made.channels else None)
        assert asset.get("audioChannels") == (str(sum(made.channels)) if made.channels else None)
        clip = root.find(f".//asset-clip[@ref='{asset.get('id')}']")
        assert clip.get("tcFormat") == ("DF" if made.is_drop_frame else "NDF")
        assert (clip.find("conform-rate") is not None) == (made.rate != timeline.frame_rate)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version(version: str, matrix: Matrix, tmp_path: Path) -> None:
    timeline = case_timeline("several", matrix, handles="3f")
    root = write(timeline, tmp_path / "x.fcpxml", markers=True, fcpxml_version=version)
    assert_golden(tmp_path / "x.fcpxml", f"fcpxml/version {version}.fcpxml", matrix)
    assert [clip.num_frames for clip in read(root)] == [part.num_frames for part in timeline.parts]
    for clip in root.iter("asset-clip"):
        (marker,) = clip.iter("marker")
        start, end = seconds(clip.get("start")), seconds(clip.get("start")) + seconds(clip.get("duration"))
        first = seconds(marker.get("start"))
        assert start < first < first + seconds(marker.get("duration")) < end


NOT_FOR_OTIO = ("25", "past midnight")
"""OpenTimelineIO's adapter cuts floats to whole frames, and is one off at 09:59:59:13; its ranges pass no midnight."""

OTIO_READS = [case for case, made in MATRIX.items() if made.rate.denominator == 1 and case not in NOT_FOR_OTIO]
"""The adapter rescales NTSC rates."""


@pytest.mark.parametrize("case", OTIO_READS)
def test_opentimelineio_reads_the_same(case: str, matrix: Matrix, tmp_path: Path) -> None:
    timeline = case_timeline(case, matrix)
    write(timeline, tmp_path / "x.fcpxml")
    again = otio.adapters.read_from_file(str(tmp_path / "x.fcpxml"), "fcpx_xml")
    rate, start = float(timeline.frame_rate), timeline.parts[0].source.start_timecode.frame
    shown = [clip.source_range for clip in again[0].find_clips() if clip.parent().kind == "Video"]
    assert [
        (round(span.start_time.value_rescaled_to(rate)) - start, round(span.duration.value_rescaled_to(rate)))
        for span in shown
    ] == [(part.first_frame, part.num_frames) for part in timeline.parts]


def one_part(**media: Any) -> Timeline:
    source = Source(make_media(60, **media))
    return Timeline("x", source.rate, source.media.display_size, (Part(source, 0, 25, 0.5, ""),))


@pytest.mark.parametrize(
    ("size", "rate", "name"),
    [
        ((1920, 1080), Fraction(25), "FFVideoFormat1080p25"),
        ((1920, 1080), NTSC, "FFVideoFormat1080p2997"),
        ((1280, 720), Fraction(60), "FFVideoFormat720p60"),
        ((3840, 2160), Fraction(24000, 1001), "FFVideoFormat3840x2160p2398"),
        ((1080, 1920), Fraction(25), None),
        ((1920, 1080), Fraction(120), None),
        ((640, 480), Fraction(25), None),
    ],
)
def test_a_format_has_a_name_where_final_cut_has_one(
    size: tuple[int, int], rate: Fraction, name: str | None, tmp_path: Path
) -> None:
    root = write(one_part(frame_rate=rate, width=size[0], height=size[1]), tmp_path / "x.fcpxml")
    (format_,) = root.iter("format")
    assert format_.get("name") == name
    assert (int(format_.get("width")), int(format_.get("height"))) == size
    assert seconds(format_.get("frameDuration")) == 1 / rate


def test_a_format_without_square_pixels_says_so_and_has_no_name(tmp_path: Path) -> None:
    root = write(one_part(width=1440, height=1080, sample_aspect_ratio=Fraction(4, 3)), tmp_path / "x.fcpxml")
    sequence, source = root.iter("format")
    assert (sequence.get("name"), sequence.get("paspH")) == ("FFVideoFormat1080p25", None)
    assert [source.get(key) for key in ("name", "width", "height", "paspH", "paspV")] == [
        None,
        "1440",
        "1080",
        "4",
        "3",
    ]


@pytest.mark.parametrize(
    ("rotation", "expected"), [(0, ("1280", "720")), (90, ("720", "1280")), (270, ("720", "1280"))]
)
def test_a_portrait_file_stands_upright(rotation: int, expected: tuple[str, str], tmp_path: Path) -> None:
    root = write(one_part(rotation=rotation), tmp_path / "x.fcpxml")
    assert {(f.get("width"), f.get("height")) for f in root.iter("format")} == {expected}


@pytest.mark.parametrize(
    ("media", "order", "name"),
    [
        ({"field_order": "progressive"}, None, "FFVideoFormat1080p25"),
        ({"field_order": "top"}, "upper first", "FFVideoFormat1080i50"),
        ({"field_order": "top", "frame_rate": NTSC}, "upper first", "FFVideoFormat1080i5994"),
        ({"field_order": "bottom"}, "lower first", None),
        ({"field_order": "top", "height": 720}, "upper first", None),
        ({"field_order": "top", "rotation": 90}, None, None),
        ({"field_order": "top", "rotation": 180}, "upper first", "FFVideoFormat1080i50"),
    ],
)
def test_fields_are_the_files_own(media: dict[str, Any], order: str | None, name: str | None, tmp_path: Path) -> None:
    timeline = one_part(**{"width": 1920, "height": 1080, "frame_rate": 25, **media})
    (found,) = write(timeline, tmp_path / "x.fcpxml").iter("format")  # the sequence has that of its source
    assert (found.get("fieldOrder"), found.get("name")) == (order, name)


@pytest.mark.parametrize(
    ("colour", "space", "processing"),
    [
        (ColourInfo(), "1-1-1 (Rec. 709)", [None, None]),
        (ColourInfo("bt709", "bt709", "bt709"), "1-1-1 (Rec. 709)", [None, None]),
        (ColourInfo("smpte170m", "smpte170m", "smpte170m"), "6-1-6 (Rec. 601 (NTSC))", [None, None]),
        (ColourInfo("bt470bg", "bt470bg", "bt470bg"), "5-1-6 (Rec. 601 (PAL))", [None, None]),
        (ColourInfo("bt2020", "bt709", "bt2020nc"), "9-1-9 (Rec. 2020)", ["wide", "wide-hdr"]),
        (ColourInfo("bt2020", "arib-std-b67", "bt2020nc"), "9-18-9 (Rec. 2020 HLG)", ["wide", "wide-hdr"]),
        (ColourInfo("bt2020", "smpte2084", "bt2020nc"), "9-16-9 (Rec. 2020 PQ)", ["wide", "wide-hdr"]),
    ],
)
def test_colours_are_the_files_own(
    colour: ColourInfo, space: str, processing: list[str | None], tmp_path: Path
) -> None:
    roots = [write(one_part(colour=colour), tmp_path / "x.fcpxml", fcpxml_version=v) for v in ("1.9", "1.10")]
    assert [root.find("library").get("colorProcessing") for root in roots] == processing
    assert {f.get("colorSpace") for root in roots for f in root.iter("format")} == {space}


@pytest.mark.parametrize(
    ("rate", "attributes"),
    [
        (25, None),
        (24, {"scaleEnabled": "0", "srcFrameRate": "24"}),
        ("30000/1001", {"scaleEnabled": "0", "srcFrameRate": "29.97"}),
        (120, None),
        ("12.5", None),
    ],
)
def test_a_source_of_another_rate_keeps_its_speed(
    rate: int | str, attributes: dict[str, str] | None, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    first, other = Source(make_media(path="a.mov"), "a"), Source(make_media(60, rate, path="b.mov"), "b")
    parts = (Part(first, 0, 5, 0.5, ""), Part(other, 7, 5, 0.5, ""))
    root = write(Timeline("x", Fraction(25), (1280, 720), parts), tmp_path / "x.fcpxml")
    _, clip = root.iter("asset-clip")
    conform = clip.find("conform-rate")
    assert (None if conform is None else dict(conform.attrib)) == attributes
    assert seconds(clip.get("start")) == 7 / Fraction(rate)
    unsaid = [f"b.mov: FCPXML cannot say how to fit {rate} frames/s into a timeline of 25"]
    said = [record.getMessage().partition(";")[0] for record in caplog.records]
    assert said == (unsaid if attributes is None and rate != 25 else [])


def test_sound_layout_and_rate_are_words_that_final_cut_knows(tmp_path: Path) -> None:
    def sequence_of(*layouts: int, sample_rate: int = 48000) -> tuple[str, str]:
        audio = [make_audio(n, num_channels=count, sample_rate=sample_rate) for n, count in enumerate(layouts, 1)]
        sequence = write(one_part(audio=audio), tmp_path / "x.fcpxml").find(".//sequence")
        return sequence.get("audioLayout"), sequence.get("audioRate")

    assert sequence_of() == ("stereo", "48k")
    assert sequence_of(1) == ("mono", "48k")
    assert sequence_of(6) == ("surround", "48k")
    assert sequence_of(2, sample_rate=44100) == ("stereo", "44.1k")
    assert sequence_of(2, sample_rate=22050) == ("stereo", "48k")


def test_words_of_people_are_kept_and_harm_nothing(tmp_path: Path) -> None:
    source = Source(make_media(path="a \"b\" <c> & 'd'.mov"))
    part = Part(source, 5, 25, 0.5, f"{REASON}\x00\n", markers=(Marker("One & only", "<&>\x1b", 0, 5),))
    timeline = Timeline("My <cut>\x07", Fraction(25), (1280, 720), (part,))
    root = write(timeline, tmp_path / "x.fcpxml", markers=True)
    assert root.find(".//project").get("name") == "My <cut> "
    assert root.find(".//note").text == f"score 0.50: {REASON}  "
    assert root.find(".//asset").get("name") == source.name
    assert (root.find(".//marker").get("value"), root.find(".//marker").get("note")) == ("One & only", "<&> ")
    assert write(timeline, tmp_path / "x.fcpxml").find(".//marker") is None


def test_a_source_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "video.fcpxml"
    path.write_bytes(b"film")
    with pytest.raises(OutputError, match="is the video itself"):
        write(one_part(path=path), path)
    assert path.read_bytes() == b"film"
