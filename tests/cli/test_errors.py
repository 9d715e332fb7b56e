from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autohighlight.errors import (
    AutohighlightError,
    DependencyError,
    NoSpaceError,
    NotAVideoError,
    OptionError,
    PluginError,
    WeightsError,
)
from tests.cli.conftest import FakePipeline, Outcome

Command = Callable[..., Outcome]


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (OptionError("too short", "take more"), 2, "too short"),
        (NotAVideoError("a\x1b[1m.mp4", "is no video"), 3, r"a\x1b[1m.mp4: is no video"),
        (NoSpaceError("out.mp4", "no space left"), 3, "out.mp4: no space left"),
        (DependencyError("no ffmpeg"), 1, "no ffmpeg"),
        (WeightsError("wrong weights"), 1, "wrong weights"),
        (PluginError("it\nfails"), 1, r"it\nfails"),
        (AutohighlightError("[bold]x"), 1, "[bold]x"),
    ],
)
def test_every_error_is_one_line_and_its_exit_code(
    command: Command, fake_pipeline: FakePipeline, video: Path, error: AutohighlightError, code: int, line: str
) -> None:
    fake_pipeline.failure = error
    outcome = command("reel", video)
    assert (outcome.code, outcome.out) == (code, "")
    hint = f"       {error.hint}\n" if error.hint else ""
    assert outcome.err == f"error: {line}\n{hint}"


def test_a_long_error_is_not_broken(command: Command, fake_pipeline: FakePipeline, video: Path) -> None:
    fake_pipeline.failure = NotAVideoError("x" * 400, "is no video")
    assert command("reel", video).err.count("\n") == 1


def test_verbose_adds_the_traceback(command: Command, fake_pipeline: FakePipeline, video: Path) -> None:
    fake_pipeline.failure = NotAVideoError("a\x1b[1m.mp4", "is no video")
    err = command("reel", video, "-v").err
    assert "Traceback (most recent call last)" in err
    assert err.splitlines()[-1] == r"error: a\x1b[1m.mp4: is no video"
    assert "\x1b" not in err


def test_a_fault_says_that_it_is_one(command: Command, fake_pipeline: FakePipeline, video: Path) -> None:
    fake_pipeline.failure = KeyError("x")
    outcome = command("reel", video)
    assert (outcome.code, outcome.out) == (70, "")
    assert outcome.err.startswith("error: a fault in autohighlight or a plugin: KeyError: 'x'\n")
    assert "doctor --json" in outcome.err
    assert "Traceback" not in outcome.err


def test_an_interruption_says_that_nothing_was_written(
    command: Command, fake_pipeline: FakePipeline, video: Path
) -> None:
    fake_pipeline.failure = KeyboardInterrupt()
    assert command("reel", video) == Outcome(130, "", "error: interrupted; nothing was written\n")


def test_an_interruption_names_what_was_written(
    command: Command, fake_pipeline: FakePipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autohighlight.media import demo

    monkeypatch.setattr(demo, "write_demo_video", lambda path, _progress, **_options: path.write_bytes(b"demo"))
    fake_pipeline.failure = KeyboardInterrupt()
    outcome = command("demo", "-o", tmp_path)
    assert outcome.code == 130
    assert f"written before: {tmp_path / 'demo.mp4'}" in outcome.err


def test_termination_leaves_time_to_clean_up(
    command: Command, fake_pipeline: FakePipeline, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleaned = []

    def analyse(*_: object, **__: object) -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            raise AssertionError("not reached")
        finally:
            cleaned.append(True)

    monkeypatch.setattr("autohighlight.pipeline.analyse", analyse)
    assert command("reel", video).code == 143
    assert cleaned
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_reader_that_goes_away_ends_the_run_without_a_word() -> None:
    code = "import sys; from autohighlight.cli.main import run; sys.exit(run(['schema']))"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate()
    assert (process.returncode, err) == (141, b"")


def test_an_output_that_takes_nothing_is_said(tmp_path: Path) -> None:
    code = "import sys; from autohighlight.cli.main import run; sys.exit(run(['schema']))"
    (tmp_path / "x").touch()
    with (tmp_path / "x").open() as only_read:
        done = subprocess.run(
            [sys.executable, "-c", code], stdout=only_read, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr.splitlines()[0]) == (3, "error: Bad file descriptor")


def test_a_file_that_goes_away_is_said(command: Command, fake_pipeline: FakePipeline, video: Path) -> None:
    fake_pipeline.failure = FileNotFoundError(2, "No such file or directory", "x\n.tmp")
    outcome = command("reel", video)
    assert outcome.code == 3
    assert outcome.err.startswith(r"error: x\n.tmp: No such file or directory")


def test_output_in_ascii_holds_any_name(tmp_path: Path) -> None:
    name = "été \udcff.mp4"
    code = "import sys; from autohighlight.cli.main import run; sys.exit(run(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code, "reel", name],
        capture_output=True, cwd=tmp_path, env={**os.environ, "PYTHONIOENCODING": "ascii"}, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert b"mp4: there is no such file" in done.stderr


def test_a_command_of_a_plugin_that_is_not_installed_names_the_plugin(command: Callable[..., Outcome]) -> None:
    outcome = command("--no-plugins", "benchmark", "planted")
    assert outcome.code == 2
    assert "no command is called 'benchmark'" in outcome.err
    assert "install the plugin autohighlight-research, which brings it" in outcome.err


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("match.MP4",), "autohighlight reel match.MP4"),
        (("my clips/a b.mov", "-o", "x.mp4"), "autohighlight reel 'my clips/a b.mov'"),
        (("reel", "a.mp4", "--vertical"), "docs/how-to/vertical-video.md"),
        (("reel", "a.mp4", "--aspect", "9:16"), "docs/how-to/vertical-video.md"),
        (("reel", "a.mp4", "--resolution=1080p"), "docs/how-to/vertical-video.md"),
        (("gif", "a.mp4", "--music", "song.mp3"), "Music is not added"),
        (("reel", "a.mp4", "--top", "3"), "Use --count"),
    ],
)
def test_what_people_try_gets_an_answer(words: tuple[str, ...], answer: str, command: Callable[..., Outcome]) -> None:
    outcome = command(*words)
    assert outcome.code == 2
    assert answer in outcome.err
