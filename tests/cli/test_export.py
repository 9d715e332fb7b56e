from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import FakePipeline, Outcome

Command = Callable[..., Outcome]


def test_writes_each_form_beside_the_video_and_says_so(
    command: Command, fake_pipeline: FakePipeline, video: Path
) -> None:
    outcome = command("export", video, "--to", "edl,fcpxml", "--to", "fcp7xml", "--no-verify")
    assert (outcome.code, outcome.err) == (0, "")
    for suffix in ("edl", "fcpxml", "xml"):
        path = video.with_name(f"video.highlights.{suffix}")
        assert path.stat().st_size > 100
        assert f"wrote {path}" in outcome.out
    assert "2 highlights, 4.0 s of 0:12.0" in outcome.out
    assert not video.with_name("video.highlights.mp4").exists()
    assert video.read_bytes() == b"video"


def test_the_suffix_of_the_output_says_which_form(command: Command, fake_pipeline: FakePipeline, video: Path) -> None:
    path = video.with_name("cut.FCPXML")
    assert command("export", video, "-o", path, "--no-verify").code == 0
    assert b"<!DOCTYPE fcpxml>" in path.read_bytes()


def test_a_folder_takes_any_number(command: Command, fake_pipeline: FakePipeline, video: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cuts"
    folder.mkdir()
    assert command("export", video, "--to", "edl,fcpxml", "-o", folder, "--no-verify").code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["video.highlights.edl", "video.highlights.fcpxml"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "which form to write was not said"),
        (["--to", "edll"], "no exporter is called 'edll'"),
        (["-o", "cut.doc"], "the suffix of cut.doc does not say which form to write"),
        (["-o", "cut.edl", "--to", "edl,fcpxml"], "2 forms cannot be one file"),
        (["-o", "nowhere/", "--to", "edl"], "nowhere has no suffix, and is no folder that is there"),
        (["-o", "cut.fcpxml", "--to", "edl"], "--to edl writes .edl, and cut.fcpxml names fcpxml"),
        (["-o", "other.mp4", "--to", "edl"], "--to edl writes .edl, and other.mp4 names reel"),
        (["-o", "cuts", "--to", "edl"], "cuts has no suffix, and is no folder that is there"),
        (["-o", "nowhere/cut.edl"], "the folder nowhere is not there"),
        (["--to", "edl", "--fcpxml-version", "2"], "--fcpxml-version is one of"),
    ],
)
def test_what_cannot_be_meant_is_said_before_any_work(
    words: list[str], said: str, command: Command, fake_pipeline: FakePipeline, video: Path
) -> None:
    outcome = command("export", video, *words)
    assert outcome.code in (2, 3)
    assert said in outcome.err
    assert not fake_pipeline.options


def test_an_output_that_is_there_is_kept_unless_told(
    command: Command, fake_pipeline: FakePipeline, video: Path
) -> None:
    there = video.with_name("video.highlights.edl")
    there.write_text("mine")
    outcome = command("export", video, "--to", "edl")
    assert outcome.code == 3
    assert there.read_text() == "mine"
    assert not fake_pipeline.options
    assert command("export", video, "--to", "edl", "--overwrite", "--no-verify").code == 0
    assert there.read_text() != "mine"


def test_several_videos_make_one_timeline(command: Command, fake_pipeline: FakePipeline, video: Path) -> None:
    other = video.with_name("other.mp4")
    other.write_bytes(b"other")
    assert command("export", video, other, "--to", "edl", "--no-verify").code == 0
    edl = video.with_name("video.highlights.edl").read_text("utf-8")
    assert "FROM CLIP NAME:  video.mp4" in edl
    assert "FROM CLIP NAME:  other.mp4" in edl
    assert edl.count("FROM CLIP NAME") == 4


def test_handles_and_markers_reach_the_timeline(command: Command, fake_pipeline: FakePipeline, video: Path) -> None:
    path = video.with_name("video.highlights.fcpxml")
    assert command("export", video, "--to", "fcpxml", "--no-verify").code == 0
    plain = path.read_text("utf-8")
    words = ["--to", "fcpxml", "--handles", "1s", "--markers", "--overwrite", "--no-verify"]
    assert command("export", video, *words).code == 0
    widened = path.read_text("utf-8")
    assert "<marker" not in plain
    assert widened.count("<marker") == 2
    assert 'duration="8s"' in widened  # two parts of 2 s, a second more at each end
    assert 'duration="8s"' not in plain


def test_reel_writes_timelines_too(command: Command, fake_pipeline: FakePipeline, video: Path) -> None:
    outcome = command("reel", video, "--export", "edl,fcpxml", "--no-verify")
    assert outcome.code == 0
    for suffix in ("mp4", "edl", "fcpxml"):
        assert video.with_name(f"video.highlights.{suffix}").exists()
        assert f"video.highlights.{suffix}" in outcome.out
    assert command("reel", video, "--export", "edll", "--overwrite").code == 2


def test_a_warning_is_said_once_whatever_a_library_logs(
    command: Command, fake_pipeline: FakePipeline, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("export", video, "--to", "youtube", "--no-verify", "--overwrite")
    with monkeypatch.context() as patched:
        patched.setattr(logging.root, "handlers", [])  # as in a process of its own
        assert command("plugins", "list").code == 0
        logging.debug("of a library")  # as pyaaf2 does
        assert command(*words).err.count("these times will be links") == 1
        assert command(*words, "-q").err == ""
