from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import opentimelineio as otio
import pytest

from autohighlight.config import ExportOptions
from autohighlight.errors import OptionError
from autohighlight.export.fcp7xml import write_fcp7xml
from autohighlight.timecode import Timecode
from autohighlight.timeline.model import Marker, Part, Source, Timeline
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

INSIDE_SEQUENCE = {
    "outputs": Shape("group*"),
    "group": Shape("index numchannels downmix channel"),
    "channel": Shape("index"),
    "index": Shape(),
    "rate": Shape("timebase ntsc"),
    "timecode": Shape("rate string frame displayformat reel?"),
    "reel": Shape("name"),
    "sourcetrack": Shape("mediatype trackindex"),
    "link": Shape("linkclipref mediatype trackindex clipindex groupindex?"),
    "logginginfo": Shape("lognote"),
    "comments": Shape("mastercomment1"),
    "marker": Shape("name comment in out"),
    **dict.fromkeys(["name", "timebase", "ntsc", "string", "frame", "displayformat", "in", "out", "comment"], Shape()),
    **dict.fromkeys(["numchannels", "downmix", "mediatype", "trackindex", "linkclipref"], Shape()),
    **dict.fromkeys(["clipindex", "groupindex"], Shape()),
    **dict.fromkeys(("lognote", "mastercomment1"), Shape()),
}
"""Elements of the Elements Catalog that look the same wherever they stand."""


def write(timeline: Timeline, path: Path, **options: Any) -> Any:
    """The sequence that was written; its elements and references are checked."""
    assert write_fcp7xml(timeline, path, ExportOptions(overwrite=True, **options), lambda _: None) == [path]
    root = read_xml(path, "xmeml")
    assert root.get("version") == "5"
    (sequence,) = root
    for clip in root.iter("clipitem"):
        assert [child.tag for child in clip if child.tag != "link"] == [
            *("masterclipid", "name", "enabled", "duration", "rate", "start", "end", "in", "out"),
            *(() if "premiereChannelType" in clip.attrib else ("anamorphic", "pixelaspectratio")),
            *("file", "sourcetrack", "logginginfo", "comments"),
        ]
    for tag in ("rate", "timecode", "outputs", "marker", "link", "sourcetrack", "logginginfo", "comments"):
        for element in root.iter(tag):
            check_shape(element, INSIDE_SEQUENCE)
    check_files(root)
    check_links(sequence)
    return sequence


def check_files(root: Any) -> None:
    """A file is described where it is first named, and named by its id alone after that."""
    described = set[str]()
    for file in root.iter("file"):
        assert (len(file) > 0) == (file.get("id") not in described)
        described.add(file.get("id"))


def check_links(sequence: Any) -> None:
    """Each item is linked to all that start with it and show the same file, itself among them."""
    places = {}
    for kind in ("video", "audio"):
        for number, track in enumerate(sequence.findall(f"media/{kind}/track"), start=1):
            for index, clip in enumerate(track.findall("clipitem"), start=1):
                places[clip.get("id")] = (kind, str(number), str(index), clip)
    assert len(places) == len(list(sequence.iter("clipitem"))), "an id that is there twice"
    for _, _, _, clip in places.values():
        together = {i for i, place in places.items() if place[3].findtext("start") == clip.findtext("start")}
        links = {
            link.findtext("linkclipref"): tuple(link.findtext(t) for t in ("mediatype", "trackindex", "clipindex"))
            for link in clip.iter("link")
        }
        assert links == ({i: places[i][:3] for i in together} if len(together) > 1 else {})


def rate_of(element: Any) -> Fraction:
    timebase = Fraction(int(element.findtext("rate/timebase")))
    return timebase * Fraction(1000, 1001) if element.findtext("rate/ntsc") == "TRUE" else timebase


def read(sequence: Any, track: Any) -> list[ReadClip]:
    """The items of a track, as Premiere and Resolve take them: all counts at the rate of the sequence."""
    files = {file.get("id"): file for file in sequence.iter("file") if len(file)}
    clips = []
    for clip in track.findall("clipitem"):
        start, end, first, last, length = (int(clip.findtext(t)) for t in ("start", "end", "in", "out", "duration"))
        url = urlsplit(files[clip.find("file").get("id")].findtext("pathurl"))
        assert (url.scheme, url.netloc, url.query, url.fragment) == ("file", "localhost", "", "")
        assert rate_of(clip) == rate_of(sequence)
        assert end - start == last - first
        assert 0 <= first < last <= length
        clips.append(ReadClip(Path(unquote(url.path)), start, end - start, first / rate_of(sequence)))
    return clips


@pytest.mark.parametrize("case", CASES)
def test_every_source_of_the_matrix(case: str, matrix: Matrix, tmp_path: Path) -> None:
    timeline = case_timeline(case, matrix)
    sequence = write(timeline, tmp_path / "x.xml", markers=True)
    assert_golden(tmp_path / "x.xml", f"fcp7xml/{case}.xml", matrix)
    (picture,) = sequence.findall("media/video/track")
    shown = read(sequence, picture)
    assert_shows_the_highlights(shown, timeline, case, matrix)
    tracks = sequence.findall("media/audio/track")
    heard = [clip for track in tracks for clip in read(sequence, track)]
    num_channels = {matrix.path(name): sum(MATRIX[name].channels) for name in case_names(case)}
    assert sorted(heard, key=str) == sorted((c for c in shown for _ in range(num_channels[c.path])), key=str)
    files = [file for file in sequence.iter("file") if len(file)]
    for file, name in zip(files, case_names(case), strict=True):
        made = MATRIX[name]
        label = Timecode.parse(made.timecode or "00:00:00:00", made.rate)
        assert rate_of(file) == rate_of(file.find("timecode")) == made.rate
        assert int(file.findtext("duration")) == 48
        assert file.findtext("timecode/string") == str(label)
        assert int(file.findtext("timecode/frame")) == label.frame
        assert file.findtext("timecode/displayformat") == ("DF" if made.is_drop_frame else "NDF")
        assert [int(audio.findtext("channelcount")) for audio in file.findall("media/audio")] == list(made.channels)


@pytest.mark.parametrize("case", [case for case in MATRIX if case != "past midnight"])
def test_opentimelineio_reads_the_same(case: str, matrix: Matrix, tmp_path: Path) -> None:
    timeline = case_timeline(case, matrix)
    write(timeline, tmp_path / "x.xml", markers=True)
    again = otio.adapters.read_from_file(str(tmp_path / "x.xml"), "fcp_xml")
    (picture,) = again.video_tracks()
    start = MATRIX[case].timecode or "00:00:00:00"
    label = Timecode.parse(start, MATRIX[case].rate)
    assert [
        (round(c.source_range.start_time.value) - label.frame, round(c.source_range.duration.value)) for c in picture
    ] == [(part.first_frame, part.num_frames) for part in timeline.parts]
    channels = MATRIX[case].channels  # it takes the halves of a stereo track for one
    assert len(again.audio_tracks()) == (1 if list(channels) == [2] else sum(channels))
    assert [round(marker.marked_range.start_time.value) for marker in again.tracks.markers] == [0, 12]


@pytest.mark.parametrize(
    ("layouts", "tracks", "source_channels", "outputs"),
    [
        ([], [], [], 2),
        ([1], ["Mono"], [[1]], 1),
        ([2], ["Stereo", "Stereo"], [[1, 2]], 2),
        ([1, 1, 1, 1], ["Mono"] * 4, [[1], [2], [3], [4]], 2),
        ([2, 1], ["Mono"] * 3, [[1, 2], [3]], 2),
        ([6], ["Mono"] * 6, [[1, 2, 3, 4, 5, 6]], 6),
    ],
)
def test_every_channel_has_its_track(
    layouts: list[int], tracks: list[str], source_channels: list[list[int]], outputs: int, tmp_path: Path
) -> None:
    audio = [make_audio(n, num_channels=count, bit_depth=24) for n, count in enumerate(layouts, start=1)]
    source = Source(make_media(audio=audio))
    timeline = Timeline("x", Fraction(25), (1280, 720), (Part(source, 0, 25, 0.5, ""),))
    sequence = write(timeline, tmp_path / "x.xml")
    written = sequence.findall("media/audio/track")
    assert [track.get("premiereTrackType") for track in written] == tracks
    assert [track.findtext("clipitem/sourcetrack/trackindex") for track in written] == [
        str(n + 1) for n in range(sum(layouts))
    ]
    assert [
        [int(c.text) for c in stream.findall("audiochannel/sourcechannel")]
        for stream in sequence.findall(".//file/media/audio")
    ] == source_channels
    is_pair = tracks[:1] == ["Stereo"]
    assert [track.get("currentExplodedTrackIndex") for track in written] == (
        ["0", "1"] if is_pair else ["0"] * len(tracks)
    )
    assert {track.get("totalExplodedTrackCount") for track in written} <= {"2" if is_pair else "1"}
    places = [track.findtext("outputchannelindex") for track in written]
    assert places == ([str(n + 1) for n in range(len(tracks))] if layouts in ([2], [6]) else [None] * len(tracks))
    assert int(sequence.findtext("media/audio/numOutputChannels")) == len(sequence.findall(".//group")) == outputs
    assert sequence.findtext("media/audio/format/samplecharacteristics/depth") == ("24" if layouts else "16")


def test_mono_and_stereo_files_do_not_share_tracks(tmp_path: Path) -> None:
    stereo = Source(make_media(audio=[make_audio()], path="a.mov"), "a")
    mono = Source(make_media(audio=[make_audio(num_channels=1)], path="b.mov"), "b")
    parts = tuple(Part(source, 0, 5, 0.5, "") for source in (mono, stereo, mono))
    sequence = write(Timeline("x", Fraction(25), (1280, 720), parts), tmp_path / "x.xml")
    assert [
        [clip.findtext("name") for clip in track.findall("clipitem")] for track in sequence.findall("media/audio/track")
    ] == [["a.mov"], ["a.mov"], ["b.mov", "b.mov"]]


@pytest.mark.parametrize(
    ("rate", "first", "expected", "duration"),
    [(25, 10, (10, 20), 1500), (50, 11, (6, 16), 1500), (24, 10, (11, 21), 1500), (30, 7, (6, 16), 1500)],
)
def test_a_source_of_another_rate_is_counted_in_frames_of_the_sequence(
    rate: int, first: int, expected: tuple[int, int], duration: int, tmp_path: Path
) -> None:
    parts = (Part(Source(make_media(60, rate)), first, 10, 0.5, ""),)
    sequence = write(Timeline("x", Fraction(25), (1280, 720), parts), tmp_path / "x.xml")
    clip, file = sequence.find(".//clipitem"), sequence.find(".//file")
    assert (int(clip.findtext("in")), int(clip.findtext("out"))) == expected
    assert (int(clip.findtext("duration")), int(file.findtext("duration"))) == (duration, 60 * rate)


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        ({}, ("1280", "720", "square", "FALSE")),
        ({"rotation": 90}, ("720", "1280", "square", "FALSE")),
        ({"rotation": 180}, ("1280", "720", "square", "FALSE")),
        (
            {"width": 1440, "height": 1080, "sample_aspect_ratio": Fraction(4, 3)},
            ("1440", "1080", "HD-(1440x1080)", "FALSE"),
        ),
        ({"width": 720, "height": 576, "sample_aspect_ratio": Fraction(64, 45)}, ("720", "576", "PAL-601", "TRUE")),
    ],
)
def test_a_file_is_described_as_it_is(media: dict[str, Any], expected: tuple[str, ...], tmp_path: Path) -> None:
    source = Source(make_media(reel_name="A001C003", **media))
    timeline = Timeline("x", Fraction(25), source.media.display_size, (Part(source, 0, 25, 0.5, ""),))
    sequence = write(timeline, tmp_path / "x.xml")
    described = sequence.find(".//file/media/video/samplecharacteristics")
    assert tuple(described.findtext(t) for t in ("width", "height", "pixelaspectratio", "anamorphic")) == expected
    assert described.findtext("fielddominance") == "none"
    shape = sequence.find("media/video/format/samplecharacteristics")
    assert (int(shape.findtext("width")), int(shape.findtext("height"))) == timeline.size
    assert shape.findtext("pixelaspectratio") == "square"
    assert sequence.findtext(".//file/timecode/reel/name") == "A001C003"


def test_markers_count_from_the_beginning_of_the_sequence(tmp_path: Path) -> None:
    source = Source(make_media(60, start_timecode=Timecode.parse("10:00:00:00", Fraction(25))))
    marker = Marker("Highlight", f"score 0.50: {REASON}\n", 5, 15)
    parts = tuple(Part(source, first, 25, 0.5, REASON, markers=(marker,)) for first in (100, 300))
    timeline = Timeline("x", Fraction(25), (1280, 720), parts)
    sequence = write(timeline, tmp_path / "x.xml", markers=True)
    spans = [(int(m.findtext("in")), int(m.findtext("out"))) for m in sequence.findall("marker")]
    assert spans == [(5, 20), (30, 45)]
    assert {m.findtext("comment") for m in sequence.findall("marker")} == {f"score 0.50: {REASON} "}
    assert {clip.findtext("logginginfo/lognote") for clip in sequence.iter("clipitem")} == {REASON}
    assert {clip.findtext("comments/mastercomment1") for clip in sequence.iter("clipitem")} == {"score 0.50"}
    assert write(timeline, tmp_path / "x.xml").find("marker") is None


@pytest.mark.parametrize(("order", "word"), [("progressive", "none"), ("top", "upper"), ("bottom", "lower")])
def test_fields_are_said_of_the_file_and_the_sequence(order: str, word: str, tmp_path: Path) -> None:
    source = Source(make_media(field_order=order))
    timeline = Timeline("x", Fraction(25), source.media.display_size, (Part(source, 0, 25, 0.5, ""),))
    assert [e.text for e in write(timeline, tmp_path / "x.xml").iter("fielddominance")] == [word, word]


def test_a_rate_that_the_format_cannot_say_is_refused(tmp_path: Path) -> None:
    odd = Source(make_media(60, "29.5", path="odd.avi"), "odd")
    with pytest.raises(OptionError, match=r"no frame rate of 29\.5, which odd\.avi has"):
        write(Timeline("x", Fraction(25), (2, 2), (Part(odd, 0, 5, 0.5, ""),)), tmp_path / "x.xml")
    with pytest.raises(OptionError, match="which the timeline has"):
        write(Timeline("x", Fraction("12.5"), (2, 2), (Part(odd, 0, 5, 0.5, ""),)), tmp_path / "x.xml")
    assert not list(tmp_path.iterdir())
