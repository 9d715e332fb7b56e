from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from urllib.parse import unquote, urlsplit

import opentimelineio as otio
import pytest
from opentimelineio.schema import Clip, Gap
from opentimelineio.schema import Timeline as OtioTimeline

from autohighlight.config import ExportOptions
from autohighlight.errors import OutputExistsError
from autohighlight.export.otio import write_otio
from autohighlight.timecode import Timecode
from autohighlight.timeline.model import Part, Source, Timeline
from autohighlight.times import nearest_standard_rate
from tests.factories import make_audio, make_media, make_scores
from tests.media_factory import make_video
from tests.timeline_files import (
    CASES,
    REASON,
    ReadClip,
    assert_golden,
    assert_shows_the_highlights,
    case_names,
    case_timeline,
    timeline_of,
)
from tests.timeline_matrix import MATRIX, NUM_FRAMES, Matrix


def write(timeline: Timeline, path: Path, **options: object) -> Path:
    (written,) = write_otio(timeline, path, ExportOptions(**options), lambda _: None)  # type: ignore[arg-type]
    return written


def read(path: Path) -> OtioTimeline:
    timeline = otio.adapters.read_from_file(str(path))
    assert isinstance(timeline, OtioTimeline)
    return timeline


def seconds(time: otio.opentime.RationalTime) -> Fraction:
    """Exact: values are whole, and rates are those that editors know."""
    assert time.value == int(time.value)
    return int(time.value) / nearest_standard_rate(Fraction(time.rate))


def read_clips(track: otio.schema.Track, rate: Fraction) -> list[ReadClip]:
    clips = []
    for clip in track:
        if isinstance(clip, Gap):
            continue
        placed = clip.range_in_parent()
        url = urlsplit(clip.media_reference.target_url)
        assert (url.scheme, url.netloc) == ("file", "")
        start = seconds(clip.source_range.start_time) - seconds(clip.media_reference.available_range.start_time)
        record_start, num_frames = (seconds(t) * rate for t in (placed.start_time, placed.duration))
        assert record_start.denominator == num_frames.denominator == 1
        clips.append(ReadClip(Path(unquote(url.path)), int(record_start), int(num_frames), start))
    return clips


@pytest.mark.parametrize("case", CASES)
def test_every_source_of_the_matrix(case: str, matrix: Matrix, tmp_path: Path) -> None:
    timeline = case_timeline(case, matrix)
    path = write(timeline, tmp_path / "x.otio", markers=True)
    assert_golden(path, f"otio/{case}.otio", matrix)
    again, rate = read(path), timeline.frame_rate
    (picture,) = again.video_tracks()
    assert_shows_the_highlights(read_clips(picture, rate), timeline, case, matrix)
    made = [MATRIX[name] for name in case_names(case)]
    assert len(again.audio_tracks()) == max(len(source.channels) for source in made)
    for number, track in enumerate(again.audio_tracks()):
        heard = [
            clip for clip in read_clips(picture, rate) if len(timeline_source(timeline, clip.path).media.audio) > number
        ]
        assert read_clips(track, rate) == heard
        assert seconds(track.duration()) == timeline.duration
    assert seconds(again.duration()) == timeline.duration
    assert str(Timecode(timeline.start_timecode.format, int(again.global_start_time.value))) == str(
        timeline.start_timecode
    )


def timeline_source(timeline: Timeline, path: Path) -> Source:
    return next(source for source in timeline.sources if source.path == path)


@pytest.mark.parametrize("case", MATRIX)
def test_the_available_range_is_the_file_from_its_start_timecode_on(case: str, matrix: Matrix, tmp_path: Path) -> None:
    made = MATRIX[case]
    again = read(write(case_timeline(case, matrix), tmp_path / "x.otio"))
    start = Timecode.parse(made.timecode or "00:00:00:00", made.rate)
    for clip in again.find_clips():
        available, shown = clip.media_reference.available_range, clip.source_range
        assert (available.start_time.value, available.duration.value) == (start.frame, NUM_FRAMES)
        assert Fraction(available.start_time.rate).limit_denominator(1001) == made.rate
        assert available.contains(shown)


def test_markers_lie_on_their_highlights_in_the_time_of_the_media(matrix: Matrix, tmp_path: Path) -> None:
    timeline = case_timeline("29.97 DF", matrix, handles="2f")
    for clip in read(write(timeline, tmp_path / "x.otio", markers=True)).video_tracks()[0]:
        (marker,) = clip.markers
        assert marker.marked_range.start_time == clip.source_range.start_time + otio.opentime.RationalTime(
            2, clip.source_range.start_time.rate
        )
        assert marker.marked_range.duration.value == clip.source_range.duration.value - 4
        assert marker.name.startswith("Highlight ")
        assert marker.comment == f"score 0.88: {REASON}"
        assert dict(clip.metadata["autohighlight"]) == {
            "part": int(marker.name.split()[-1]), "score": 0.875, "reason": REASON, "head_handle": 2, "tail_handle": 2
        }  # fmt: skip


def test_no_markers_unless_asked_for(matrix: Matrix, tmp_path: Path) -> None:
    again = read(write(case_timeline("25", matrix), tmp_path / "x.otio"))
    assert not any(clip.markers for clip in again.find_clips())


def test_a_file_without_a_sound_track_leaves_a_gap(tmp_path: Path) -> None:
    talk = Source(make_media(60, 25, audio=[make_audio(1), make_audio(3)], path="talk.mov"), "source-1")
    silent = Source(make_media(60, 50, path="silent.mov"), "source-2")
    parts = (Part(silent, 10, 5, 0.5, ""), Part(talk, 50, 25, 0.5, ""))
    again = read(write(Timeline("x", Fraction(25), (2, 2), parts), tmp_path / "x.otio"))
    assert [[type(item) for item in track] for track in again.audio_tracks()] == [[Gap, Clip], [Gap, Clip]]
    streams = [track[1].metadata["autohighlight"]["stream"] for track in again.audio_tracks()]
    assert streams == [1, 3]
    assert again.audio_tracks()[0][0].duration() == otio.opentime.RationalTime(5, 25)


def test_the_whole_curve_stands_beside_the_timeline(tmp_path: Path) -> None:
    media = make_media(6, 25, start="0.5", path="a.mov")
    source = Source(media, scores=make_scores([0.25, 1, 0.5], 2, start="0.5", scorer="fusion"))
    timeline = Timeline("x", Fraction(25), (640, 360), (Part(source, 0, 5, 0.5, ""),))
    again = read(write(timeline, tmp_path / "x.otio"))
    words = again.metadata["autohighlight"]
    assert (words["frame_rate"], words["width"], words["height"], words["drop_frame"]) == ("25", 640, 360, False)
    (curve,) = words["sources"]
    assert curve["scorer"] == "fusion"
    assert list(curve["score_starts"]) == [0, 2, 4]
    assert list(curve["score_ends"]) == [2, 4, 6]
    assert list(curve["scores"]) == [0.25, 1, 0.5]


def test_names_that_are_no_text_are_written_all_the_same(tmp_path: Path) -> None:
    source = Source(make_media(6, 25, path="/a/\udcff\n.mov"))
    path = write(Timeline("\udcff", Fraction(25), (2, 2), (Part(source, 0, 5, 0.5, "a\nb"),)), tmp_path / "x.otio")
    (clip,) = read(path).find_clips()
    assert clip.media_reference.target_url == "file:///a/%FF%0A.mov"
    assert (clip.name, json.loads(path.read_bytes())["name"]) == (
        "\N{REPLACEMENT CHARACTER} .mov",
        "\N{REPLACEMENT CHARACTER}",
    )


def test_a_file_is_replaced_only_when_told_to(matrix: Matrix, tmp_path: Path) -> None:
    path = write(case_timeline("25", matrix), tmp_path / "x.otio")
    with pytest.raises(OutputExistsError):
        write(case_timeline("25", matrix), path)
    write(case_timeline("25", matrix), path, overwrite=True)


@pytest.mark.parametrize(
    ("suffix", "label", "is_warned"),
    [
        ("mov", "01:00:00:00", False),
        ("mp4", "01:00:00:00", False),
        ("mkv", "01:00:00:00", True),
        ("mkv", "00:00:00:00", False),
        ("mkv", "", False),
        ("mxf", "01:00:00:00", True),
    ],
)
def test_timecode_that_kdenlive_does_not_find_is_warned_of(
    suffix: str, label: str, is_warned: bool, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    encoder = {"encoder": ("-c:v", "mpeg2video"), "size": (720, 576)} if suffix == "mxf" else {}
    stamp = ("-timecode", label) if label else ()
    path = make_video(tmp_path / f"made.{suffix}", 10, options=stamp, **encoder)  # type: ignore[arg-type]
    write(timeline_of([path], [(2, 6)]), tmp_path / "x.otio")
    said = [record.getMessage() for record in caplog.records]
    begin = f"made.{suffix}: its timecode begins at {label}, which newer versions of Kdenlive do not find"
    assert [line.startswith(begin) for line in said] == [True] * is_warned
