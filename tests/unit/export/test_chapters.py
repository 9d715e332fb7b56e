from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import pytest

from autohighlight.config import ExportOptions
from autohighlight.errors import OptionError, OutputExistsError
from autohighlight.export.chapters import (
    Chapter,
    Chapters,
    write_chapters,
    write_ffmetadata,
    write_youtube,
    youtube_chapters,
)
from autohighlight.media.probe import probe
from autohighlight.timeline.model import Part, Source, Timeline
from tests.factories import make_media
from tests.media_factory import run_ffmpeg
from tests.timeline_files import CASES, CUTS, REASON, assert_golden, case_timeline
from tests.timeline_matrix import MATRIX, Matrix

DOCS = Path(__file__).parents[3] / "docs"
MAPS = ("-map", "0:v", "-map", "0:a?", "-map_chapters", "1")
"""What docs/formats.md copies: FFmpeg cannot copy the timecode track of an MP4 file, and writes it anew."""

Span = tuple[Fraction, Fraction]
WRITERS = {
    "chapters": (write_chapters, ".vtt"),
    "ffmetadata": (write_ffmetadata, ".ffmeta"),
    "youtube": (write_youtube, ".txt"),
}


def write(form: str, timeline: Timeline, folder: Path, **options: object) -> Path:
    writer, suffix = WRITERS[form]
    (path,) = writer(timeline, folder / f"x{suffix}", ExportOptions(**options), lambda _: None)  # type: ignore[arg-type]
    return path


def read_chapters(path: Path) -> list[tuple[Span, str]]:
    """What FFmpeg reads."""
    with av.open(str(path)) as container:
        return [
            ((c["start"] * c["time_base"], c["end"] * c["time_base"]), c["metadata"]["title"])
            for c in container.chapters()
        ]


def read_cues(path: Path) -> list[tuple[Span, str]]:
    """What FFmpeg reads of WebVTT."""
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(subtitles=0) if packet.size]
        return [
            ((p.pts * p.time_base, (p.pts + p.duration) * p.time_base), bytes(p).decode())
            for p in packets
            if p.pts is not None and p.duration is not None
        ]


def expected_spans(case: str, timeline: Timeline) -> list[Span]:
    """The start and the cuts in the time of the source; of several sources, the parts in that of the reel."""
    if case != "several":
        rate = MATRIX[case].rate
        return [(first / rate, end / rate) for first, end in ((0, CUTS[0][0]), *CUTS)]
    bounds = [sum(part.num_frames for part in timeline.parts[:n]) for n in range(len(timeline.parts) + 1)]
    return [(first / timeline.frame_rate, end / timeline.frame_rate) for first, end in itertools.pairwise(bounds)]


@pytest.mark.parametrize("case", CASES)
def test_ffmpeg_reads_the_very_frames(case: str, matrix: Matrix, tmp_path: Path) -> None:
    timeline = case_timeline(case, matrix)
    path = write("ffmetadata", timeline, tmp_path)
    assert_golden(path, f"ffmetadata/{case}.ffmeta", matrix)
    chapters = read_chapters(path)
    assert [span for span, _ in chapters] == expected_spans(case, timeline)
    titles = [f"Highlight {n}: {REASON}" for n in range(1, len(timeline.parts) + 1)]
    assert [title for _, title in chapters] == (titles if case == "several" else ["Start", *titles])


@pytest.mark.parametrize("case", CASES)
def test_ffmpeg_reads_the_cues(case: str, matrix: Matrix, tmp_path: Path) -> None:
    timeline = case_timeline(case, matrix)
    path = write("chapters", timeline, tmp_path)
    assert_golden(path, f"chapters/{case}.vtt", matrix)
    cues = read_cues(path)
    for (start, end), (exact_start, exact_end) in zip(
        [c[0] for c in cues], expected_spans(case, timeline), strict=True
    ):
        assert abs(start - exact_start) <= Fraction(1, 2000)
        assert abs(end - exact_end) <= Fraction(1, 2000)
    assert cues[0 if case == "several" else 1][1] == "Highlight 1: loud &amp; &lt;clear&gt; — żółć"


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "mov"])
@pytest.mark.parametrize("case", ["no timecode", "29.97 DF", "silent", "four mono tracks"])
def test_ffmpeg_puts_the_chapters_into_the_file(case: str, suffix: str, matrix: Matrix, tmp_path: Path) -> None:
    """The command of docs/formats.md: the chapters begin on the frames that they name."""
    timeline = case_timeline(case, matrix)
    metadata = write("ffmetadata", timeline, tmp_path)
    film = tmp_path / f"film.{suffix}"
    run_ffmpeg("-i", matrix.path(case), "-i", metadata, *MAPS, "-c", "copy", film)
    chapters = read_chapters(film)
    assert [title for _, title in chapters] == ["Start", *(f"Highlight {n}: {REASON}" for n in (1, 2))]
    rate = MATRIX[case].rate
    for ((start, _), _), first in zip(chapters, (0, *(first for first, _ in CUTS)), strict=True):
        assert abs(start - first / rate) <= Fraction(1, 1000)
    assert probe(film).start_timecode == timeline.sources[0].media.start_timecode
    assert len(probe(film).audio) == len(MATRIX[case].channels)


def test_the_pages_give_the_command_that_is_tested() -> None:
    for page in ("formats.md", "editors.md"):
        assert f".ffmeta {' '.join(MAPS)} -c copy" in (DOCS / page).read_text("utf-8").replace('"', "")


def test_what_ffmpeg_would_stumble_over_comes_back_as_it_was(tmp_path: Path) -> None:
    part = Part(Source(make_media(path="/a/b#1;\n.mov")), 0, 5, 0.5, "a=b; #1 \\ [CHAPTER]\nSTART=7 \udcff")
    timeline = Timeline("x", Fraction(25), (2, 2), (part,))
    ((_, title),) = read_chapters(write("ffmetadata", timeline, tmp_path))
    assert title == "Highlight 1: a=b; #1 \\ [CHAPTER] START=7 \N{REPLACEMENT CHARACTER}"


def test_nothing_in_a_name_ends_a_note_or_a_cue(tmp_path: Path) -> None:
    part = Part(Source(make_media(path="/a/1 --> 2.mov")), 0, 5, 0.5, "1 --> 2\n\nNOTE")
    path = write("chapters", Timeline("x", Fraction(25), (2, 2), (part,)), tmp_path)
    assert path.read_text().splitlines() == [
        "WEBVTT", "", "NOTE Chapters of 1 --&gt; 2.mov", "", "1", "00:00:00.000 --> 00:00:00.200",
        "Highlight 1: 1 --&gt; 2  NOTE",
    ]  # fmt: skip


HOUR = Source(make_media(3600, 25, path="talk.mov"))


def timeline_at(*seconds: int, length: int = 5, source: Source = HOUR) -> Timeline:
    """Highlights of `length` seconds that begin at these seconds."""
    parts = tuple(Part(source, 25 * at, 25 * length, 0.5, "why") for at in seconds)
    return Timeline("talk", Fraction(25), (2, 2), parts)


def starts(path: Path) -> list[float]:
    return [float(start) for (start, _), _ in read_chapters(path)]


def test_chapters_of_the_source_are_in_its_order_and_of_the_reel_in_its_own(tmp_path: Path) -> None:
    timeline = timeline_at(100, 50)
    assert read_chapters(write("ffmetadata", timeline, tmp_path)) == [
        ((0, 50), "Start"), ((50, 55), "Highlight 2: why"), ((100, 105), "Highlight 1: why")
    ]  # fmt: skip
    path = write("ffmetadata", timeline, tmp_path, chapters_of="reel", overwrite=True)
    assert read_chapters(path) == [((0, 5), "Highlight 1: why"), ((5, 10), "Highlight 2: why")]
    assert path.read_text().splitlines()[1] == "; Chapters of the reel talk"


def test_chapters_of_a_reel_with_crossfades_begin_where_a_part_fades_in(tmp_path: Path) -> None:
    path = write("ffmetadata", timeline_at(100, 50), tmp_path, chapters_of="reel", transition="crossfade")
    assert [span for span, _ in read_chapters(path)] == [(0, Fraction(115, 25)), (Fraction(115, 25), Fraction(240, 25))]


def test_several_sources_have_chapters_of_the_reel_alone(tmp_path: Path) -> None:
    other = Source(make_media(60, 25, path="b.mov"), "source-2")
    parts = (*timeline_at(100).parts, *timeline_at(20, source=other).parts)
    timeline = Timeline("both", Fraction(25), (2, 2), parts)
    assert starts(write("ffmetadata", timeline, tmp_path)) == [0, 5]
    with pytest.raises(OptionError, match="2 are in this timeline"):
        write("chapters", timeline, tmp_path, chapters_of="source")


def found(*seconds: float, duration: int = 3600) -> Chapters:
    frames = [round(25 * at) for at in seconds]
    chapters = [Chapter(n, f"Highlight {n}: why", first, first + 50, Fraction(25)) for n, first in enumerate(frames, 1)]
    return Chapters("x", tuple(chapters), Fraction(duration))


@pytest.mark.parametrize(
    ("chapters", "expected"),
    [
        (found(20, 60), [(0, "Start"), (20, "Highlight 1: why"), (60, "Highlight 2: why")]),
        (found(0, 20, 60), [(0, "Highlight 1: why"), (20, "Highlight 2: why"), (60, "Highlight 3: why")]),
        (found(9.96, 20), [(0, "Highlight 1: why"), (20, "Highlight 2: why")]),
        (found(10), [(0, "Start"), (10, "Highlight 1: why")]),
        (found(20, 29.9, 30.9), [(0, "Start"), (20, "Highlights 1 and 2"), (30, "Highlight 3: why")]),
        (found(1, 5, 9), [(0, "Highlights 1, 2 and 3")]),
        (found(20, 52, duration=61), [(0, "Start"), (20, "Highlights 1 and 2")]),
        (found(20, 51, duration=61), [(0, "Start"), (20, "Highlight 1: why"), (51, "Highlight 2: why")]),
        (found(12, duration=15), [(0, "Highlight 1: why")]),
    ],
)
def test_youtube_chapters_are_ten_seconds_long_and_begin_at_zero(
    chapters: Chapters, expected: list[tuple[int, str]]
) -> None:
    assert youtube_chapters(chapters) == expected


def warnings_of(write_it: Callable[[], object], caplog: pytest.LogCaptureFixture) -> Sequence[str]:
    caplog.clear()
    with caplog.at_level(logging.WARNING, logger="autohighlight"):
        write_it()
    return caplog.messages


def test_a_list_for_youtube(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    timeline = timeline_at(15, 3595, 70, 3500)
    said = warnings_of(lambda: write("youtube", timeline, tmp_path), caplog)
    assert said == []
    assert (tmp_path / "x.txt").read_text().splitlines() == [
        "0:00 Start", "0:15 Highlight 1: why", "1:10 Highlight 3: why", "58:20 Highlights 4 and 2"
    ]  # fmt: skip
    hours = Source(make_media(4000, 25))
    write("youtube", timeline_at(3661, source=hours), tmp_path, overwrite=True)
    assert (tmp_path / "x.txt").read_text().splitlines()[-1] == "1:01:01 Highlight 1: why"


def test_it_is_said_where_youtube_will_show_no_chapters(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    said = warnings_of(lambda: write("youtube", timeline_at(3, 60), tmp_path), caplog)
    assert said == [
        "x.txt: YouTube shows chapters where there are 3 of at least 10 seconds, not 2; these times will be links"
    ]
    assert (tmp_path / "x.txt").read_text().splitlines() == ["0:00 Highlight 1: why", "1:00 Highlight 2: why"]


def test_it_is_said_where_a_description_has_no_room(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    said = warnings_of(lambda: write("youtube", timeline_at(*range(0, 3590, 10)), tmp_path), caplog)
    assert [message.split(",")[0] for message in said] == ["x.txt: a description on YouTube holds 5000 bytes"]


@pytest.mark.parametrize("case", ["29.97 DF", "several"])
def test_youtube_of_the_matrix(case: str, matrix: Matrix, tmp_path: Path) -> None:
    path = write("youtube", case_timeline(case, matrix), tmp_path)
    assert_golden(path, f"youtube/{case}.txt", matrix)
    assert "<" not in path.read_text()


def test_youtube_takes_no_angle_brackets(tmp_path: Path) -> None:
    part = Part(HOUR, 0, 5, 0.5, "<b> & so on")
    path = write("youtube", Timeline("x", Fraction(25), (2, 2), (part,)), tmp_path)
    assert path.read_text() == "0:00 Highlight 1: ‹b› & so on\n"


@pytest.mark.parametrize("form", WRITERS)
def test_a_file_is_replaced_only_when_told_to(form: str, tmp_path: Path) -> None:
    write(form, timeline_at(10, 60, 90), tmp_path)
    with pytest.raises(OutputExistsError):
        write(form, timeline_at(10, 60, 90), tmp_path)
    write(form, timeline_at(10, 60, 90), tmp_path, overwrite=True)
