"""Shotcut itself opens the MLT files as projects and saves them, and what it saves is the same timeline.

Needs Debian's ``shotcut``, ``xvfb`` and ``xdotool``. Run by ``.ci/check shotcut``; a file takes about ten seconds.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from autohighlight.config import ExportOptions
from autohighlight.export.mlt import write_mlt
from autohighlight.export.verify import verify_file
from tests.timeline_files import case_timeline
from tests.timeline_matrix import Matrix

pytestmark = pytest.mark.shotcut

PROGRAMS = ("shotcut", "Xvfb", "xdotool")
TRIES = 3
"""A program with windows may hang for reasons of its own; a file that is wrong fails each time."""

SECONDS_TO_OPEN = 90
SECONDS_TO_SAVE = 30
SAVED = 'title="Shotcut version'


@pytest.fixture(scope="module", autouse=True)
def _programs() -> None:
    if missing := [program for program in PROGRAMS if shutil.which(program) is None]:
        words = f"{', '.join(missing)} not installed: apt-get install shotcut xvfb xdotool"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)


@contextlib.contextmanager
def desktop(home: Path) -> Iterator[dict[str, str]]:
    """A screen in memory, and the environment of programs on it, whose settings are in `home`."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    screen = subprocess.Popen(command, pass_fds=(writing,), stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as file:
            number = file.readline().strip()
        assert number, "Xvfb did not start"
        home.mkdir()
        yield {
            **os.environ,
            "DISPLAY": f":{number}",
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(home),
            "QT_QPA_PLATFORM": "xcb",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "LC_ALL": "C.UTF-8",
        }
    finally:
        screen.kill()
        screen.wait()


def waited_for(seconds: float, found: Callable[[], str]) -> str:
    """What is found at last; empty if nothing was in that time."""
    deadline = time.monotonic() + seconds
    while not (something := found()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return something


def window(environment: Mapping[str, str], name: str) -> str:
    """The number of the window with that name; empty if there is none."""
    command = ["xdotool", "search", "--onlyvisible", "--name", name]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=10)
    return done.stdout.partition("\n")[0]


def windows(environment: Mapping[str, str]) -> str:
    """The names of all windows, for a report."""
    command = ["xdotool", "search", "--onlyvisible", "--name", ".", "getwindowname", "%@"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=10)
    return ", ".join(sorted(set(done.stdout.split("\n")) - {""}))


def open_and_save(project: Path, home: Path) -> str:
    """Opens a project in Shotcut and saves it in place; gives what went wrong, empty if nothing did."""

    def press_save() -> str:
        """Whether it is saved; the key is pressed once more if not, since a window that is busy may not hear it."""
        content = project.read_text("utf-8")
        if SAVED in content[:1000] and content.rstrip().endswith("</mlt>"):
            return "saved"
        if number := window(environment, f"{project.name} - Shotcut"):
            keys = ["xdotool", "key", "--window", number, "ctrl+s"]
            subprocess.run(keys, env=environment, capture_output=True, check=False, timeout=10)
        return ""

    with desktop(home) as environment:
        shotcut = subprocess.Popen(
            ["shotcut", "--noupgrade", str(project)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            if not waited_for(SECONDS_TO_OPEN, lambda: window(environment, f"{project.name} - Shotcut")):
                return f"not opened; its windows: {windows(environment)}"
            if not waited_for(SECONDS_TO_SAVE, press_save):
                return f"not saved; its windows: {windows(environment)}"
            return ""
        finally:  # it asks before it ends
            os.killpg(shotcut.pid, signal.SIGKILL)
            shotcut.wait()


@pytest.mark.parametrize("case", ["29.97 DF", "several", "four mono tracks", "rotated 90", "interlaced", "odd path"])
def test_what_shotcut_saves_is_the_timeline(case: str, matrix: Matrix, tmp_path: Path) -> None:
    timeline = case_timeline(case, matrix, handles="2f")
    problems = list[str]()
    for number in range(TRIES):
        project = tmp_path / f"project-{number}.mlt"
        write_mlt(timeline, project, ExportOptions(markers=True), lambda _: None)
        if not (problem := open_and_save(project, tmp_path / f"home-{number}")):
            assert [str(finding) for finding in verify_file(project, timeline)] == []
            return
        problems.append(problem)
    pytest.fail(f"{case}: {problems}")
