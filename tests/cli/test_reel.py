from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from autohighlight.documents import schema_text
from autohighlight.errors import UndecodableError
from tests.cli.conftest import FakePipeline, Outcome

Command = Callable[..., Outcome]
ODD_NAMES = [
    "-name.mp4",
    "a\nb.mp4",
    'it\'s "it".mp4',
    "[bold]x[b].mp4",
    "100%.mp4",
    "été 東京.mp4",
    "\x1b[31mred.mp4",
]


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_writes_the_reel_beside_the_video_and_says_so(
    command: Command, fake_pipeline: FakePipeline, video: Path
) -> None:
    outcome = command("reel", video)
    assert (outcome.code, outcome.err) == (0, "")
    assert video.with_name("video.highlights.mp4").read_bytes() == b"reel"
    lines = [line.split() for line in outcome.out.splitlines()]
    assert lines[0] == ["#", "start", "end", "length", "score", "why"]
    assert lines[2][:6] == ["1", "0:02.0", "0:04.0", "2.0", "s", "0.85"]
    assert lines[3][:3] == ["2", "0:08.0", "0:10.0"]
    assert "2 highlights, 4.0 s of 0:12.0 (33%), scored by fusion on test" in outcome.out
    assert f"wrote {video.with_name('video.highlights.mp4')}" in outcome.out


def test_options_on_the_command_line_reach_the_pipeline(
    command: Command, fake_pipeline: FakePipeline, video: Path
) -> None:
    words = ["--duration", "10%", "--no-cache", "--count", "3", "--clip-length", "100f", "--speed", "fast"]
    assert command("reel", video, "--dry-run", *words).code == 0
    options = fake_pipeline.options[0]
    assert str(options.select.duration) == "10%"
    assert options.extract.cache is False
    assert options.select.count == 3
    assert str(options.sample.clip_length) == "100f"
    assert options.extract.speed == "fast"
    assert options.extract.device == "auto"


def test_dry_run_writes_nothing_and_minds_no_output(command: Command, fake_pipeline: FakePipeline, video: Path) -> None:
    video.with_name("video.highlights.mp4").write_bytes(b"mine")
    outcome = command("reel", video, "--dry-run")
    assert outcome.code == 0
    assert "nothing written" in outcome.out
    assert video.with_name("video.highlights.mp4").read_bytes() == b"mine"


@pytest.mark.parametrize("words", [[], ["--dry-run"], ["-q"], ["-v"]])
def test_json_is_the_published_schema_and_nothing_else(
    command: Command, fake_pipeline: FakePipeline, video: Path, words: list[str]
) -> None:
    outcome = command("reel", video, "--json", *words)
    document = json.loads(outcome.out)
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema)
    assert document["video"] == str(video)
    assert document["duration"] == 12.0
    assert document["clips"][1] == {"start": 2.0, "end": 4.0, "score": 0.9, "parts": {"movement": 0.5}}
    assert document["highlights"][0] == {"start": 2.0, "end": 4.0, "score": 0.85, "reason": fake_pipeline.reason}
    output = video.with_name("video.highlights.mp4")
    assert document["output"] == (None if words == ["--dry-run"] else str(output))
    assert set(document) == set(schema["properties"]) == set(schema["required"])


def test_schema_command_prints_the_schema(command: Command) -> None:
    assert json.loads(command("schema").out) == json.loads(schema_text())


def test_quiet_prints_nothing(command: Command, fake_pipeline: FakePipeline, video: Path) -> None:
    fake_pipeline.num_frames_lost = 3
    assert command("reel", video, "-q") == Outcome(0, "", "")


def test_quiet_still_prints_errors(command: Command, fake_pipeline: FakePipeline, video: Path) -> None:
    fake_pipeline.failure = UndecodableError(video, "holds no frame that can be decoded", "copy it again")
    outcome = command("reel", video, "-q")
    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.err == f"error: {video}: holds no frame that can be decoded\n       copy it again\n"


def test_verbose_prints_timings(command: Command, fake_pipeline: FakePipeline, video: Path) -> None:
    assert "Analysing: 150 frames in " in command("reel", video, "-v").err


def test_lost_frames_are_said(command: Command, fake_pipeline: FakePipeline, video: Path) -> None:
    fake_pipeline.num_frames_lost = 3
    assert "warning: video.mp4: 3 frames are damaged or missing" in command("reel", video).err


def test_a_clock_that_does_not_begin_at_0_is_said(command: Command, fake_pipeline: FakePipeline, video: Path) -> None:
    fake_pipeline.start = 10
    outcome = command("reel", video)
    assert "0:12.0" in outcome.out
    assert "begins at 10.000 s" in outcome.err


def test_names_and_reasons_are_never_markup(command: Command, fake_pipeline: FakePipeline, video: Path) -> None:
    fake_pipeline.reason = "[red]loud[/red] \x1b[31m:smile:"
    out = command("reel", video).out
    assert r"[red]loud[/red] \x1b[31m:smile:" in out
    assert "\x1b" not in out


@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_name_is_only_a_name(command: Command, fake_pipeline: FakePipeline, in_folder: Path, name: str) -> None:
    (in_folder / name).write_bytes(b"video")
    outcome = command("reel", "--json", "--", name)
    assert outcome.code == 0, outcome.err
    assert json.loads(outcome.out)["video"] == name
    assert (in_folder / f"{Path(name).stem}.highlights.mp4").exists()
    outcome = command("reel", "--overwrite", f"./{name}")
    assert outcome.code == 0
    assert "\x1b" not in outcome.out
    assert outcome.out.count("wrote ") == 1
    fake_pipeline.failure = UndecodableError(name, "is broken")
    outcome = command("reel", "--overwrite", f"./{name}")
    assert outcome.code == 3
    assert outcome.err.count("\n") == 1
    assert "\x1b" not in outcome.err


def test_an_output_that_is_there_stops_the_run_before_any_work(
    command: Command, fake_pipeline: FakePipeline, video: Path
) -> None:
    output = video.with_name("best.mp4")
    output.write_bytes(b"mine")
    outcome = command("reel", video, "-o", output)
    assert outcome.code == 3
    assert outcome.err.startswith(f"error: {output}: is there already\n")
    assert "--overwrite" in outcome.err
    assert output.read_bytes() == b"mine"
    assert not fake_pipeline.options
    assert command("reel", video, "-o", output, "--overwrite").code == 0
    assert output.read_bytes() == b"reel"


@pytest.mark.parametrize("how", ["same", "symbolic link", "hard link", "link in a folder"])
def test_the_input_is_never_the_output(
    command: Command, fake_pipeline: FakePipeline, video: Path, tmp_path: Path, how: str
) -> None:
    output = tmp_path / "other.mp4"
    if how == "same":
        output = tmp_path / "." / "video.mp4"
    elif how == "symbolic link":
        output.symlink_to(video)
    elif how == "hard link":
        os.link(video, output)
    else:
        (tmp_path / "folder").symlink_to(tmp_path)
        output = tmp_path / "folder" / "video.mp4"
    outcome = command("reel", video, "-o", output, "--overwrite")
    assert outcome.code == 3
    assert "is the video itself" in outcome.err
    assert video.read_bytes() == b"video"
    assert not fake_pipeline.options


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("no/such/x.mp4", "is not there"),
        ("folder.mp4", "is a folder"),
        ("fifo.mp4", "no ordinary file"),
        ("x" * 300 + ".mp4", "too long"),
    ],
)
def test_an_output_that_cannot_be_written_stops_the_run(
    command: Command, fake_pipeline: FakePipeline, video: Path, tmp_path: Path, name: str, problem: str
) -> None:
    (tmp_path / "folder.mp4").mkdir()
    os.mkfifo(tmp_path / "fifo.mp4")
    outcome = command("reel", video, "--overwrite", "-o", tmp_path / name)
    assert outcome.code == 3
    assert problem in outcome.err
    assert not fake_pipeline.options


@pytest.mark.parametrize("name", ["x.avi", "x", "x.txt"])
def test_a_container_that_no_reel_is_written_as_stops_the_run(
    command: Command, fake_pipeline: FakePipeline, video: Path, name: str
) -> None:
    outcome = command("reel", video, "-o", name)
    assert outcome.code == 2
    assert f"cannot be written as {name}" in outcome.err
    assert not fake_pipeline.options


def test_a_folder_that_cannot_be_written_to_stops_the_run(
    command: Command, fake_pipeline: FakePipeline, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # a superuser may write everywhere
    outcome = command("reel", video)
    assert outcome.code == 3
    assert "cannot be written to" in outcome.err
    assert not fake_pipeline.options


def test_a_folder_is_no_video_whatever_it_is_called(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    for name in (".", "..", "../inner"):
        outcome = command("reel", name)
        assert outcome.code == 3
        assert f"error: {name}: is a folder, not a video" in outcome.err
