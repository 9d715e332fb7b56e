from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest

from autohighlight.config import ExportOptions
from autohighlight.errors import OptionError, OutputExistsError
from autohighlight.export.edl import reel_names, write_edl
from autohighlight.timecode import Timecode
from autohighlight.timeline.model import Marker, Part, Source, Timeline
from autohighlight.times import format_rate
from tests.factories import make_audio, make_media
from tests.timeline_files import (
    CASES,
    REASON,
    ReadClip,
    assert_golden,
    assert_shows_the_highlights,
    case_timeline,
)
from tests.timeline_matrix import MATRIX, Matrix

TOO_FAST = ("120",)
"""Cases that there is no SMPTE timecode for."""

EVENT = re.compile(
    r"(\d{3})  ([0-9A-Z]{1,8}) +(V|A|AA) +C {8}(\d\d:\d\d:\d\d[:;]\d\d) (\d\d:\d\d:\d\d[:;]\d\d)"
    r" (\d\d:\d\d:\d\d[:;]\d\d) (\d\d:\d\d:\d\d[:;]\d\d)"
)


def write(timeline: Timeline, path: Path, **options: object) -> list[Path]:
    return write_edl(timeline, path, ExportOptions(**options), lambda _: None)  # type: ignore[arg-type]


def lines_of(timeline: Timeline, folder: Path, **options: object) -> list[str]:
    (path,) = write(timeline, folder / "x.edl", overwrite=True, **options)
    content = path.read_bytes()
    assert content.count(b"\n") == content.count(b"\r\n")
    return content.decode().split("\r\n")


def one_source(num_parts: int = 1, **media: object) -> Timeline:
    source = Source(make_media(3600, **media))  # type: ignore[arg-type]
    parts = tuple(Part(source, 50 * n, 25, 0.5, "") for n in range(num_parts))
    return Timeline("x", source.rate, (1280, 720), parts)


def read(lines: list[str], case: str, matrix: Matrix, mode: str) -> list[ReadClip]:
    """The events of one mode, by labels alone: each source's start is what the matrix says it is."""
    made = {str(matrix.path(name)): MATRIX[name] for name in MATRIX if str(matrix.folder / name) in "\n".join(lines)}
    clips = []
    record_rate = next(iter(MATRIX[case].rate for case in [case] if case in MATRIX), Fraction(25))
    for number, line in enumerate(lines):
        if not (event := EVENT.fullmatch(line)) or event[3] != mode:
            continue
        path = next(line for line in lines[number:] if line.startswith("* SOURCE FILE: ")).removeprefix(
            "* SOURCE FILE: "
        )
        rate = made[path].rate
        first, end = (Timecode.parse(event[group], rate) for group in (4, 5))
        start = Timecode.parse(made[path].timecode or "00:00:00:00", rate)
        record_in, record_out = (Timecode.parse(event[group], record_rate) for group in (6, 7))
        hour = Timecode.parse("01:00:00" + event[6][8] + "00", record_rate)
        num_frames = record_out.frame - record_in.frame
        if rate == record_rate:
            assert (end.frame - first.frame) % first.format.frames_per_day == num_frames
        source_start = ((first.frame - start.frame) % first.format.frames_per_day) / rate
        clips.append(ReadClip(Path(path), record_in.frame - hour.frame, num_frames, source_start))
    return clips


@pytest.mark.parametrize("case", [case for case in CASES if case not in TOO_FAST])
def test_every_source_of_the_matrix(case: str, matrix: Matrix, tmp_path: Path) -> None:
    timeline = case_timeline(case, matrix)
    (path,) = write(timeline, tmp_path / "x.edl", markers=True)
    assert_golden(path, f"edl/{case}.edl", matrix)
    lines = path.read_text(encoding="utf-8").split("\n")
    for mode in ("V", "A", "AA"):
        if clips := read(lines, case, matrix, mode):
            if case != "several" or mode == "V":
                assert_shows_the_highlights(clips, timeline, case, matrix)
            record = [(clip.record_start, clip.num_frames) for clip in clips]
            assert record == [(c.record_start, c.num_frames) for c in read(lines, case, matrix, "V") if c in clips]


NOT_FOR_OTIO = ("30 DF", "past midnight")
"""OpenTimelineIO has no drop-frame labels at a true 30 frames/s, and no ranges past midnight."""


@pytest.mark.parametrize("case", [case for case in MATRIX if case not in TOO_FAST + NOT_FOR_OTIO])
def test_opentimelineio_reads_the_same(case: str, matrix: Matrix, tmp_path: Path) -> None:
    timeline = case_timeline(case, matrix)
    (path,) = write(timeline, tmp_path / "x.edl")
    rate = float(timeline.frame_rate)
    again = otio.adapters.read_from_file(str(path), "cmx_3600", rate=rate)
    (picture,) = [track for track in again.tracks if track.kind == "Video"]
    start = MATRIX[case].timecode or "00:00:00:00"
    first = otio.opentime.from_timecode(start, rate).to_frames()
    read_back = [
        (clip.source_range.start_time.to_frames() - first, clip.source_range.duration.to_frames()) for clip in picture
    ]
    assert read_back == [(part.first_frame, part.num_frames) for part in timeline.parts]
    expected = {0: ["V"], 1: ["V", "A1"]}.get(sum(MATRIX[case].channels), ["V", "A1", "A2"])
    assert [track.name for track in again.tracks] == expected


@pytest.mark.parametrize(
    ("layouts", "expected"),
    [
        ([], ["V"]),
        ([1], ["V", "A"]),
        ([2], ["V", "AA"]),
        ([1, 1], ["V", "AA"]),
        ([2, 1], ["V", "AA", "AUD   3"]),
        ([1, 1, 1, 1], ["V", "AA", "AUD   3   4"]),
        ([6], ["V", "AA", "AUD   3   4   5   6"]),
    ],
)
def test_no_sound_is_dropped(layouts: list[int], expected: list[str], tmp_path: Path) -> None:
    audio = [make_audio(n, num_channels=count) for n, count in enumerate(layouts, start=1)]
    lines = lines_of(one_source(audio=audio), tmp_path)
    events = [(EVENT.fullmatch(line) or [line] * 4)[3] for line in lines if EVENT.fullmatch(line) or line[:3] == "AUD"]
    assert events == expected


def test_drop_frame_is_said_of_the_record_and_shown_of_each_label(tmp_path: Path) -> None:
    ntsc = Fraction(30000, 1001)
    sources = [
        Source(make_media(60, ntsc, path="a.mov", start_timecode=Timecode.parse("00:00:59;20", ntsc)), "a"),
        Source(make_media(60, ntsc, path="b.mov", start_timecode=Timecode.parse("00:00:59:20", ntsc)), "b"),
    ]
    parts = tuple(Part(source, 0, 30, 0.5, "") for source in sources)
    lines = lines_of(Timeline("x", ntsc, (2, 2), parts, is_drop_frame=True), tmp_path)
    assert lines[1] == "FCM: DROP FRAME"
    assert [line for line in lines if EVENT.fullmatch(line)] == [
        "001  A        V     C        00:00:59;20 00:01:00;22 01:00:00;00 01:00:01;00",
        "002  B        V     C        00:00:59:20 00:01:00:20 01:00:01;00 01:00:02;00",
    ]
    assert lines_of(Timeline("x", ntsc, (2, 2), parts), tmp_path)[1] == "FCM: NON-DROP FRAME"


def test_reels_have_eight_letters_and_digits_and_are_unique() -> None:
    medias = [
        make_media(path="Tape 1 of the wedding.mov"),
        make_media(path="tape 1 of it.mov"),
        make_media(path="映画.mov"),
        make_media(path="żółć.mov"),
        make_media(path="bl.mov"),
        make_media(path="other.mov", reel_name="A001C003_190627"),
        make_media(path="again.mov", reel_name="A001C003"),
        make_media(path="映.mov"),
    ]
    names = reel_names([Source(media, f"s{n}") for n, media in enumerate(medias)])
    assert list(names.values()) == [
        "TAPE1OFT", "TAPE1OFI", "REEL", "ZOC", "BL2", "A001C003", "A001C002", "REEL2",
    ]  # fmt: skip


def test_many_sources_of_one_name_stay_apart() -> None:
    sources = [Source(make_media(path=f"{n}/clip name.mov"), f"s{n}") for n in range(120)]
    names = reel_names(sources).values()
    assert len(set(names)) == 120
    assert max(map(len, names)) == 8


def test_markers_stand_under_their_picture_at_record_timecode(tmp_path: Path) -> None:
    source = Source(make_media(60, 25))
    part = Part(source, 10, 50, 0.5, "", markers=(Marker("Highlight 1", f"score 0.50: {REASON}\nmore", 5, 40),))
    timeline = Timeline("My\ncut", Fraction(25), (2, 2), (part,))
    lines = lines_of(timeline, tmp_path, markers=True)
    assert lines[:2] == ["TITLE: My cut", "FCM: NON-DROP FRAME"]
    assert lines[3:7] == [
        "001  VIDEO    V     C        00:00:00:10 00:00:02:10 01:00:00:00 01:00:02:00",
        "* FROM CLIP NAME:  video.mp4",
        f"* SOURCE FILE: {Path.cwd() / 'video.mp4'}",
        f"* LOC: 01:00:00:05 GREEN   Highlight 1: score 0.50: {REASON} more",
    ]
    assert not any("LOC" in line for line in lines_of(timeline, tmp_path))


@pytest.mark.parametrize(
    ("num_parts", "with_sound", "expected"),
    [(999, False, [999]), (1000, False, [999, 1]), (499, True, [998]), (500, True, [998, 2])],
)
def test_a_list_of_more_than_999_events_is_divided(
    num_parts: int, with_sound: bool, expected: list[int], tmp_path: Path
) -> None:
    timeline = one_source(num_parts, audio=[make_audio()] if with_sound else [])
    paths = write(timeline, tmp_path / "long cut.edl")
    names = ["long cut-1.edl", "long cut-2.edl"] if len(expected) > 1 else ["long cut.edl"]
    assert [path.name for path in paths] == names
    lists = [path.read_text().splitlines() for path in paths]
    events = [[e for line in lines if (e := EVENT.fullmatch(line))] for lines in lists]
    assert [len(of_one) for of_one in events] == expected
    assert [e[1] for e in events[-1]] == [f"{n:03d}" for n in range(1, expected[-1] + 1)]
    if len(lists) > 1:
        assert [lines[0] for lines in lists] == ["TITLE: x 1 of 2", "TITLE: x 2 of 2"]
        assert events[0][-1][7] == events[1][0][6]


def test_all_lists_are_written_or_none(tmp_path: Path) -> None:
    (tmp_path / "x-2.edl").write_text("mine")
    with pytest.raises(OutputExistsError):
        write(one_source(1000), tmp_path / "x.edl")
    assert [path.name for path in tmp_path.iterdir()] == ["x-2.edl"]


@pytest.mark.parametrize("rate", ["12.5", "15", "72", "100", "120", "120000/1001"])
def test_a_rate_without_smpte_timecode_is_refused(rate: str, tmp_path: Path) -> None:
    words = f"no SMPTE timecode at {format_rate(Fraction(rate))} frames/s"
    with pytest.raises(OptionError, match=f"{words}, which the timeline has"):
        write(one_source(frame_rate=Fraction(rate)), tmp_path / "x.edl")
    usual, odd = Source(make_media(path="a.mov"), "a"), Source(make_media(60, rate, path="b.mov"), "b")
    both = Timeline("x", Fraction(25), (2, 2), (Part(usual, 0, 5, 0.5, ""), Part(odd, 0, 5, 0.5, "")))
    with pytest.raises(OptionError, match=rf"{words}, which b\.mov has"):
        write(both, tmp_path / "x.edl")
    assert not list(tmp_path.iterdir())


def test_what_an_edl_cannot_say_is_warned_of(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    loud = Source(make_media(audio=[make_audio(num_channels=6)], path="a.mov"), "a")
    other = Source(make_media(60, 24, path="b.mov"), "b")
    parts = (Part(loud, 0, 5, 0.5, ""), Part(other, 0, 5, 0.5, ""))
    write(Timeline("x", Fraction(25), (2, 2), parts), tmp_path / "x.edl")
    assert [record.getMessage().partition(";")[0] for record in caplog.records] == [
        "a.mov: an EDL has four sound channels",
        "b.mov: an EDL has one frame rate",
    ]
