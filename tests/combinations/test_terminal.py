"""A batch on a terminal: what is drawn fits, nothing is drawn twice at a time, and Ctrl-C ends it cleanly."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest

from tests.batches import make_footage
from tests.conftest import REPOSITORY
from tests.processes import children_of, still_running
from tests.whole_runs import QUICKLY

if sys.platform == "win32":
    pytest.skip("there are no pseudo-terminals", allow_module_level=True)

from tests.combinations.terminal import Terminal, on_terminal

PLUGIN = '''
"""A backbone that needs no torch, so that workers start at once."""

import time

import numpy as np

from autohighlight import hookimpl


class Mean:
    name, fingerprint, device = "mean", "mean-1", "cpu"
    dim, window_length, frame_rate = 12, 1, None
    resize, input_size = (32, 32), (32, 32)

    def embed(self, frames):
        time.sleep(SLEEP)
        quarters = frames.astype(np.float32).reshape(len(frames), 2, 16, 2, 16, 3)
        return quarters.mean(axis=(2, 4)).reshape(len(frames), 12) / 255


@hookimpl
def autohighlight_register_backbones(register):
    register("mean", lambda options: Mean())
'''


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with footage, one file that is none, and plugins, a quick and a slow one."""
    folder = tmp_path_factory.mktemp("desk")
    make_footage(folder / "footage", "a.mp4", "a long name of a directory/and a long name of a video.mp4")
    (folder / "footage" / "bad.mp4").write_text("no video")
    for name, seconds in (("quick", 0.0), ("slow", 0.5)):
        (folder / name).mkdir()
        (folder / name / "mean.py").write_text(PLUGIN.replace("SLEEP", str(seconds)))
    return folder


def words(plugins: str, *more: str) -> list[str]:
    common = ("--plugins-dir", plugins, "--backbone", "mean", "--device", "cpu", "--jobs", "2", "--width", "16")
    return ["-m", "autohighlight", "batch", "footage", *common, *more]


def environment(tmp_path: Path) -> dict[str, str]:
    return {
        "AUTOHIGHLIGHT_CACHE_DIR": str(tmp_path / "cache"),
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")]),
    }


def assert_drawn_well(terminal: Terminal) -> None:
    assert "Traceback" not in terminal.drawn
    assert "a fault in" not in terminal.drawn
    assert "Exception ignored" not in terminal.drawn
    assert terminal.shows_cursor


RUNS: dict[str, tuple[tuple[str, ...], int]] = {
    "reels": (QUICKLY, 80),
    "narrow": ((*QUICKLY, "--export", "csv"), 32),
    "very narrow": ((*QUICKLY, "--export", "csv"), 12),
    "train first and montage": (("--train-first", "--combined", "out/best.webp"), 80),
    "verbose, with a montage": (("-v", *QUICKLY, "--export", "edl", "--combined", "out/best.edl"), 80),
    "quiet": (("-q", *QUICKLY, "--export", "csv"), 80),
}


@pytest.mark.parametrize("name", RUNS)
def test_it_is_drawn_and_ends(name: str, desk: Path, tmp_path: Path) -> None:
    more, columns = RUNS[name]
    output = tmp_path / "out"
    output.mkdir()
    places = [word.replace("out/", f"{output}/") for word in more]
    run = words("quick", "-o", str(output), *places)
    with on_terminal(run, desk, columns=columns, environment=environment(tmp_path)) as terminal:
        assert terminal.wait() == 4, terminal.drawn  # one of the files is no video
        assert_drawn_well(terminal)
        if "-q" in more:
            assert terminal.drawn == ""
        else:
            drawn = [line for line in terminal.lines if "of 3 vid" in line and " done" not in line]
            assert drawn or columns < 20, terminal.lines
            assert max(map(len, drawn), default=0) <= columns
    assert len(list(output.rglob("*.highlights.json"))) == 2


def test_a_long_name_is_cut_and_nothing_beside_it(desk: Path, tmp_path: Path) -> None:
    run = words("slow", "-o", str(tmp_path / "out"), "--export", "csv", *QUICKLY)
    with on_terminal(run, desk, environment=environment(tmp_path)) as terminal:
        assert terminal.wait() == 4, terminal.drawn
        rows = [line for line in terminal.lines if "a long name" in line and "━" in line]
        assert rows
        assert all(
            re.fullmatch(r"\d a long name .*… (Opening|Analysing|Scoring|Writing) +━+.*", row) for row in rows
        ), rows


def test_ctrl_c_leaves_what_was_done_and_the_next_run_goes_on(desk: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    run = words("slow", "-o", str(output), "--export", "csv", *QUICKLY)
    with on_terminal(run, desk, environment=environment(tmp_path)) as terminal:
        terminal.read_until(lambda drawn: "of 3 videos" in drawn and "Analysing" in drawn)
        children = children_of(terminal.process.pid)
        assert children
        terminal.press("\x03")
        assert terminal.wait() == 130, terminal.drawn
        assert_drawn_well(terminal)
        assert "interrupted; what was done stays in" in " ".join(terminal.lines)
        assert not still_running(children, 5)
    run = words("quick", "-o", str(output), "--export", "csv", *QUICKLY)
    with on_terminal(run, desk, environment=environment(tmp_path)) as terminal:
        assert terminal.wait() == 4, terminal.drawn
    summary = json.loads((output / "summary.json").read_text())
    assert (summary["totals"]["done"], summary["totals"]["failed"]) == (2, 1)
