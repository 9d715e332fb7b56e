"""The main jobs, run as on Windows: they are done, leave nothing behind, and write what they write elsewhere."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.batches import make_footage
from tests.windows.machine import run_on_windows

pytestmark = pytest.mark.slow

NAME = "zażółć 映画"
"""Of a film, by half of which the code page of a western console knows nothing."""

QUICKLY = ("--scorer", "movement")

TIMELINES = ("aaf", "chapters", "csv", "fcp7xml", "fcpxml", "ffmetadata", "json", "mlt", "otio", "youtube")


@dataclass
class Desk:
    """A user's folder.

    Args:
        root: whose files are as on Windows.
    """

    root: Path

    @property
    def work(self) -> Path:
        return self.root / "work"

    def run(self, *words: object, code: int = 0, wants_errors: bool = False) -> str:
        """Runs the program as on Windows, and gives what it prints: the result, or else remarks and errors."""
        done = run_on_windows(["-m", "autohighlight", *words], self.root, cwd="work")
        said = done.stdout.decode("cp1252") + done.stderr.decode("cp1252")
        assert done.returncode == code, said
        assert "Traceback" not in said
        return (done.stderr if wants_errors else done.stdout).decode("cp1252").replace("\r\n", "\n")

    def files(self) -> set[str]:
        """All files and folders, hidden ones too."""
        return {path.relative_to(self.work).as_posix() for path in self.work.rglob("*")}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "work").mkdir()
    make_footage(tmp_path / "work", f"{NAME}.mp4")
    return Desk(tmp_path)


def test_a_reel_is_written_and_replaced(desk: Desk) -> None:
    words = ("reel", f"{NAME}.mp4", *QUICKLY, "--preset", "ultrafast")
    said = desk.run(*words)
    assert "wrote za\\u017có\\u0142\\u0107 \\u6620\\u753b.highlights.mp4" in said
    assert desk.files() == {f"{NAME}.mp4", f"{NAME}.highlights.mp4"}
    desk.run(*words, code=3)
    before = (desk.work / f"{NAME}.highlights.mp4").stat().st_ino
    desk.run(*words, "--overwrite")
    assert (desk.work / f"{NAME}.highlights.mp4").stat().st_ino != before
    assert desk.files() == {f"{NAME}.mp4", f"{NAME}.highlights.mp4"}


def test_the_film_itself_is_not_replaced_by_its_name_in_another_case(desk: Desk) -> None:
    desk.run("reel", f"{NAME}.mp4", *QUICKLY, "-o", f"{NAME}.MP4", "--overwrite", code=3)


def test_timelines_are_byte_for_byte_those_of_other_systems(desk: Desk) -> None:
    words = ["export", f"{NAME}.mp4", *QUICKLY, "--markers", "--to", ",".join(TIMELINES)]
    desk.run(*words)
    written = desk.files() - {f"{NAME}.mp4"}
    assert len(written) == len(TIMELINES)
    texts = {name: (desk.work / name).read_bytes() for name in written if not name.endswith(".aaf")}
    for name in written:
        (desk.work / name).unlink()
    subprocess.run([sys.executable, "-m", "autohighlight", *words], cwd=desk.work, check=True, capture_output=True)
    assert texts == {name: (desk.work / name).read_bytes() for name in texts}


def test_timelines_pass_their_own_check(desk: Desk) -> None:
    desk.run("export", f"{NAME}.mp4", *QUICKLY, "--to", "fcpxml,otio,aaf")
    desk.run("verify", *sorted(desk.files() - {f"{NAME}.mp4"}))


def test_animations_are_written(desk: Desk) -> None:
    options = (*QUICKLY, "--count", 1, "--width", 64, "--max-bytes", "30k")
    for form in ("gif", "webp"):
        desk.run("gif", f"{NAME}.mp4", *options, "-o", f"{form}.{form}")
    assert desk.files() == {f"{NAME}.mp4", "gif.gif", "webp.webp"}


def test_scores_are_written_and_printed(desk: Desk) -> None:
    said = desk.run("score", f"{NAME}.mp4", *QUICKLY, "--format", "json")
    assert '"clips"' in said
    desk.run("score", f"{NAME}.mp4", *QUICKLY, "--plot", "plot.png", "-o", "scores.csv")
    assert b"\r" not in (desk.work / "scores.csv").read_bytes()


@pytest.mark.parametrize(("place", "into"), [("footage", "out"), ("footage/*.mp4", "out/footage")])
def test_a_batch_is_done_and_done_again(place: str, into: str, desk: Desk) -> None:
    make_footage(desk.work / "footage", "a.mp4", "b.mp4")
    words = ("batch", place, *QUICKLY, "--preset", "ultrafast", "-o", "out", "--jobs", 2)
    words += ("--reel", "--gif", "--export", "fcpxml,csv", "--combined", "all.otio")
    desk.run(*words)
    first = desk.files()
    results = {f"{into}/{name}" for name in ("a.highlights.mp4", "b.highlights.fcpxml", "a.highlights.csv")}
    assert {*results, "all.otio"} <= first
    desk.run(*words)
    assert desk.files() == first


def test_a_selector_is_trained(desk: Desk) -> None:
    make_footage(desk.work / "footage", "a.mp4", "b.mp4", "c.mp4")
    words = ("train", "footage", "-o", "my.safetensors", "--steps", 2, "--batch-size", 2, "--log", "log.jsonl")
    desk.run(*words)
    desk.run(*words, "--overwrite")
    assert desk.files() >= {"my.safetensors"}


def test_a_path_that_is_too_long_is_told_with_what_to_do(desk: Desk) -> None:
    deep = desk.work / ("d" * (225 - len(str(desk.work))))  # here a.mp4 fits, and the directory for unfinished work not
    deep.mkdir()
    for output in (deep / "a.mp4", f"{'x' * 250}.mp4"):
        said = desk.run("reel", f"{NAME}.mp4", *QUICKLY, "-o", output, code=3, wants_errors=True)
        assert "Windows allows 259" in said
    assert desk.files() == {f"{NAME}.mp4", deep.name}


def test_doctor_and_help_print_on_a_console_of_the_code_page_1252(desk: Desk) -> None:
    desk.run("doctor")
    for command in ("reel", "batch", "export", "train", "models", "plugins", "verify"):
        desk.run(command, "--help")


def test_a_window_that_is_closed_leaves_nothing_behind(desk: Desk) -> None:
    """Windows then sends SIGBREAK, as it does for Ctrl-Break."""
    script = (
        "import os, threading; from autohighlight.cli.main import run; from autohighlight.export import reel; "
        "writing = reel.encode; "
        "reel.encode = lambda *words, **options: (os.kill(os.getpid(), 21), writing(*words, **options)); "
        f"raise SystemExit(run(['reel', {NAME + '.mp4'!r}, '--scorer', 'movement']))"
    )
    done = run_on_windows(["-c", script], desk.root, cwd="work")
    assert done.returncode == 128 + 21, done.stderr
    assert desk.files() == {f"{NAME}.mp4"}
