from __future__ import annotations

import io
import threading

import pytest
from rich.console import Console

from autohighlight.cli import progress as module
from autohighlight.cli.progress import show_progress
from autohighlight.types import Progress


class Clock:
    """A monotonic clock that a test moves by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def make_console(*, is_terminal: bool = False) -> tuple[Console, io.StringIO]:
    file = io.StringIO()
    return Console(file=file, force_terminal=is_terminal, width=120), file


def run_slowly(console: Console, clock: Clock, *, quiet: bool = False, timings: bool = False) -> None:
    """Extracts 3000 frames in 30 s, told every second, then scores at once."""
    with show_progress(console, quiet=quiet, timings=timings) as callback:
        for second in range(31):
            callback(Progress("extract", 100 * second, 3000))
            clock.now += 1 if second < 30 else 0
        callback(Progress("score", 0, None, "clips"))
        clock.now += 0.1


def test_lines_are_sparse_where_there_is_no_terminal(clock: Clock) -> None:
    console, file = make_console()
    run_slowly(console, clock)
    assert file.getvalue().splitlines() == [
        "Analysing: 33% (1,000 of 3,000 frames), 100 frames/s, 0:20 left",
        "Analysing: 67% (2,000 of 3,000 frames), 100 frames/s, 0:10 left",
        "Analysing: 100% (3,000 of 3,000 frames), 100 frames/s, 0:00 left",
        "Analysing: 3,000 frames in 30.00 s (100 frames/s)",
    ]


def test_short_stages_are_only_told_with_timings(clock: Clock) -> None:
    console, file = make_console()
    run_slowly(console, clock, timings=True)
    assert file.getvalue().splitlines()[-1] == "Scoring: 0.10 s"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_quiet_says_nothing(clock: Clock, is_terminal: bool) -> None:
    console, file = make_console(is_terminal=is_terminal)
    run_slowly(console, clock, quiet=True)
    assert file.getvalue() == ""


def test_bars_on_a_terminal_say_stage_amount_and_unit() -> None:
    console, file = make_console(is_terminal=True)
    with show_progress(console) as callback:
        callback(Progress("extract", 1500, 3000))
        callback(Progress("export", 10, None, "parts"))
    shown = file.getvalue()
    assert "Writing" in shown
    assert "10 parts" in shown


def test_an_unknown_stage_is_shown_by_its_name(clock: Clock) -> None:
    console, file = make_console()
    with show_progress(console, timings=True) as callback:
        callback(Progress("upload", 5, 5, "files"))
        clock.now += 2
    assert file.getvalue() == "Upload: 5 files in 2.00 s (2 files/s)\n"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_stages_may_take_turns(clock: Clock, is_terminal: bool) -> None:
    console, file = make_console(is_terminal=is_terminal)
    with show_progress(console, timings=True) as callback:
        for video in range(2):
            callback(Progress("evaluate", video, 2, "videos"))
            callback(Progress("extract", 50, 50))
            clock.now += 1
        callback(Progress("evaluate", 2, 2, "videos"))
    assert file.getvalue().count("Analysing: 50 frames in 1.00 s (50 frames/s)") == 2


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_note_stands_beside_and_acts_on_no_terminal(clock: Clock, is_terminal: bool) -> None:
    console, file = make_console(is_terminal=is_terminal)
    with show_progress(console, timings=True) as callback:
        callback(Progress("train", 3, 4, "steps", "video 2 of 9: a\x1b[1m[b]" + "x" * 30))
        clock.now += 1
    assert "video 2 of 9: a\\x1b[1m[b]xxx" in file.getvalue()
    if not is_terminal:
        assert file.getvalue().startswith("Training: 3 steps in 1.00 s (3 steps/s); video 2 of 9")


def test_any_thread_may_tell(clock: Clock) -> None:
    console, file = make_console()
    with show_progress(console, timings=True) as callback:
        threads = [threading.Thread(target=callback, args=[Progress("extract", i, 8)]) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        callback(Progress("extract", 8, 8))
        clock.now += 1
    assert file.getvalue() == "Analysing: 8 frames in 1.00 s (8 frames/s)\n"
