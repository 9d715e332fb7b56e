"""The command line of GIFs: names, places, what is said; that the files are right is tested in tests/media."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from PIL import Image

from autohighlight.config import ExportOptions
from autohighlight.documents import schema_text
from autohighlight.export import animation
from autohighlight.export.animation import Animation, animation_paths
from autohighlight.timeline.model import Timeline
from autohighlight.types import Progress
from tests.cli.conftest import FakePipeline, Outcome
from tests.media_factory import make_video, read_number
from tests.whole_runs import QUICKLY, files_in, use_small_backbone

Command = Callable[..., Outcome]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ExportOptions]]:
    """What was asked for: the form and the options; files of the right names stand in for the results."""
    calls: list[tuple[str, ExportOptions]] = []

    def write(
        timeline: Timeline, path: Path, form: str, options: ExportOptions, progress: Callable[[Progress], None]
    ) -> list[Animation]:
        calls.append((form, options))
        progress(Progress("export", 60, 60))
        made = []
        for place in animation_paths(path, len(timeline.parts)):
            place.write_bytes(b"x" * 4000)
            size, rate = ((320, 180), Fraction(10)) if options.max_bytes else ((480, 270), Fraction(25, 2))
            made.append(Animation(place, size, rate, 25, 4000, ((480, 270), Fraction(25, 2))))
        return made

    monkeypatch.setattr(animation, "write_animations", write)
    return calls


Written = list[tuple[str, ExportOptions]]


@pytest.mark.parametrize(
    ("words", "form"),
    [
        (["gif"], "gif"), (["webp"], "webp"), (["gif", "--format", "webp"], "webp"),
        (["webp", "--format", "avif"], "avif"), (["webp", "--format", "gif"], "gif"),
    ],
)  # fmt: skip
def test_one_file_a_highlight_beside_the_video(
    command: Command, fake_pipeline: FakePipeline, written: Written, video: Path, words: list[str], form: str
) -> None:
    outcome = command(*words, video)
    assert (outcome.code, outcome.err) == (0, "")
    names = [f"video.highlight-1.{form}", f"video.highlight-2.{form}"]
    assert files_in(video.parent) == {"video.mp4", *names}
    assert [form for form, _ in written] == [form]
    for name in names:
        assert f"wrote {video.with_name(name)} (480x270, 12.5 frames/s, 2.0 s, 4 kB)" in outcome.out
    assert "2 highlights, 4.0 s of 0:12.0 (33%), scored by fusion on test" in outcome.out


def test_highlights_are_fewer_and_shorter_than_those_of_a_reel_unless_told_otherwise(
    command: Command, fake_pipeline: FakePipeline, written: Written, video: Path, tmp_path: Path
) -> None:
    assert command("gif", video).code == 0
    file = tmp_path / "own.toml"
    file.write_text('count = 7\nduration = "40s"\nfps = 12.5\nmax-bytes = "2MiB"\n')
    assert command("gif", video, "--overwrite", "--config", file, "--max-length", "3s").code == 0
    assert command("reel", video).code == 0
    chosen = [
        (o.select.count, str(o.select.max_length), o.select.duration and str(o.select.duration))
        for o in fake_pipeline.options
    ]
    assert chosen == [(3, "6s", "50%"), (7, "3s", "40s"), (None, "20s", None)]
    assert (written[1][1].fps, written[1][1].max_bytes) == (Fraction(25, 2), 2 * 1024**2)


def test_options_reach_the_writer(command: Command, fake_pipeline: FakePipeline, written: Written, video: Path) -> None:
    words = ["--width", "320", "--fps", "30000/1001", "--dither", "none", "--max-bytes", "500k", "--loop", "2"]
    outcome = command("gif", video, *words)
    options = written[0][1]
    assert (options.width, options.fps, options.dither) == (320, Fraction(30000, 1001), "none")
    assert (options.max_bytes, options.loop) == (500_000, 2)
    assert "320x180, 10 frames/s, 2.5 s, 4 kB; without --max-bytes 480x270, 12.5 frames/s)" in outcome.out


@pytest.mark.parametrize("words", [[], ["--count", "1"]])
def test_a_file_is_the_best_alone_in_the_form_of_its_suffix(
    command: Command, fake_pipeline: FakePipeline, written: Written, video: Path, words: list[str]
) -> None:
    fake_pipeline.select = lambda analysis, *_, **__: FakePipeline.select(fake_pipeline, analysis)  # type: ignore[method-assign]
    outcome = command("gif", video, "-o", video.with_name("best.webp"), *words)
    assert outcome.code == 0
    assert written[0][0] == "webp"
    assert fake_pipeline.options[0].select.count == 1


def test_a_folder_takes_them_all(
    command: Command, fake_pipeline: FakePipeline, written: Written, video: Path, tmp_path: Path
) -> None:
    (tmp_path / "gifs.d").mkdir()
    assert command("gif", video, "-o", tmp_path / "gifs.d").code == 0
    assert files_in(tmp_path / "gifs.d") == {"video.highlight-1.gif", "video.highlight-2.gif"}


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["-o", "best.gif", "--count", "2"], "2 highlights cannot be one file"),
        (["-o", "best.mp4"], "its suffix does not say what to write"),
        (["-o", "nowhere"], "nowhere is no folder that is there"),
        (["-o", "best.gif", "--format", "webp"], "--format webp is not what best.gif says"),
        (["--contact-sheet", "sheet.jpg"], "a contact sheet cannot be written as sheet.jpg"),
        (["--width", "0"], "--width is at least 1, not 0"),
        (["--fps", "0"], "--fps is at least 1, not 0"),
        (["--fps", "60"], "--fps is at most 50, not 60"),
        (["--fps", "1/0"], "--fps: cannot read '1/0' as a rate"),
        (["--fps", "1e9"], "--fps: cannot read '1e9' as a rate"),
        (["--max-bytes", "big"], "--max-bytes: cannot read 'big' as a size"),
        (["--max-bytes", "0"], "--max-bytes is at least 1, not 0"),
        (["--dither", "some"], "--dither is one of"),
        (["--loop", "-1"], "--loop"),
        (["--format", "apng"], "--format"),
    ],
)
def test_what_cannot_be_meant_stops_the_run(
    command: Command, fake_pipeline: FakePipeline, written: Written, video: Path, words: list[str], problem: str
) -> None:
    outcome = command("gif", video, *words)
    assert outcome.code == 2
    assert problem in outcome.err
    assert not fake_pipeline.options
    assert files_in(video.parent) == {"video.mp4"}


@pytest.mark.parametrize("name", ["video.highlight-1.gif", "video.highlight-3.gif", "sheet.png"])
def test_what_is_there_is_only_replaced_with_overwrite(
    command: Command, fake_pipeline: FakePipeline, written: Written, video: Path, name: str
) -> None:
    video.with_name(name).write_bytes(b"mine")
    words = ["gif", video, "--contact-sheet", video.with_name("sheet.png")]
    outcome = command(*words)
    assert outcome.code == 3
    assert f"{name}: is there already" in outcome.err
    assert not fake_pipeline.options
    assert video.with_name(name).read_bytes() == b"mine"


def test_the_video_is_never_replaced(command: Command, fake_pipeline: FakePipeline, tmp_path: Path) -> None:
    video = tmp_path / "x.gif"
    video.write_bytes(b"video")
    outcome = command("gif", video, "-o", video, "--overwrite")
    assert outcome.code == 3
    assert "is the video itself" in outcome.err
    assert video.read_bytes() == b"video"


def test_dry_run_writes_nothing(command: Command, fake_pipeline: FakePipeline, written: Written, video: Path) -> None:
    outcome = command("gif", video, "--dry-run", "--contact-sheet", video.with_name("sheet.png"))
    assert outcome.code == 0
    assert "nothing written (--dry-run)" in outcome.out
    assert not written
    assert files_in(video.parent) == {"video.mp4"}


def test_json_is_the_published_schema_and_what_was_written(
    command: Command, fake_pipeline: FakePipeline, written: Written, video: Path
) -> None:
    document = json.loads(command("gif", video, "--json").out)
    jsonschema.validate(document, json.loads(schema_text()))
    assert document["animations"] == [
        {
            "path": str(video.with_name(f"video.highlight-{number}.gif")),
            "width": 480, "height": 270, "frame_rate": "25/2", "num_frames": 25, "duration": 2.0, "bytes": 4000,
        }
        for number in (1, 2)
    ]  # fmt: skip
    assert (document["output"], document["contact_sheet"]) == (None, None)
    assert json.loads(command("gif", video, "--json", "--dry-run").out)["animations"] == []


def test_a_whole_run_with_a_contact_sheet(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_small_backbone(monkeypatch)
    video = make_video(tmp_path / "made.mp4", 250, 25)
    sheet = tmp_path / "sheet.png"
    words = ["--count", "2", "--max-length", "2s", "--contact-sheet", sheet, "--max-bytes", "20k", "--json"]
    outcome = command("gif", video, *words, *QUICKLY[:2])
    assert outcome.code == 0, outcome.err
    assert files_in(tmp_path) == {"made.mp4", "sheet.png", "made.highlight-1.gif", "made.highlight-2.gif"}
    document = json.loads(outcome.out)
    for highlight, made in zip(document["highlights"], document["animations"], strict=True):
        assert Path(made["path"]).stat().st_size == made["bytes"] <= 20_000
        with Image.open(made["path"]) as image:
            assert (image.size, image.n_frames) == ((made["width"], made["height"]), made["num_frames"])
            assert read_number(np.asarray(image.convert("L"))) == round(highlight["start"] * 25)
    assert document["contact_sheet"] == str(sheet)
    with Image.open(sheet) as image:
        assert image.size[0] == 1600


def test_gifs_are_exporters_too(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_small_backbone(monkeypatch)
    rows = [line.split() for line in command("plugins", "list").out.splitlines()]
    assert all(["exporter", name, "built", "in"] in rows for name in ("gif", "webp", "avif"))
    video = make_video(tmp_path / "made.mp4", 250, 25)
    outcome = command("export", video, "--to", "gif,webp", "--count", "1", "--width", "48", *QUICKLY[:2])
    assert outcome.code == 0, outcome.err
    assert files_in(tmp_path) == {"made.mp4", "made.highlights.gif", "made.highlights.webp"}
