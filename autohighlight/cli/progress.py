"""How far the work has come: bars on a terminal, a line now and then elsewhere, nothing with ``-q``."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console, RenderableType
from rich.progress import BarColumn, ProgressColumn, Task, TaskID, TextColumn
from rich.progress import Progress as RichProgress
from rich.text import Text

from autohighlight.errors import printable
from autohighlight.pipeline import no_progress
from autohighlight.times import format_clock
from autohighlight.types import Progress, ProgressCallback

STAGES = {
    "demo": "Making",
    "download": "Fetching",
    "probe": "Opening",
    "extract": "Analysing",
    "train": "Training",
    "compare": "Comparing",
    "read": "Reading",
    "score": "Scoring",
    "select": "Choosing",
    "export": "Writing",
    "evaluate": "Evaluating",
    "cluster": "Clustering",
    "arrange": "Arranging",
}
"""The stages' verbs, as people are told of them; a plugin's own stage is shown by its name."""

LINE_INTERVAL = 10.0
"""Seconds between two lines where there is no terminal: seldom enough for a log, often enough to see life."""

SHOWN_FROM = 1.0
"""Seconds that a stage takes before a log is told that it is done; shorter ones only with ``-v``."""


@dataclass
class _Stage:
    """One stage that has begun: when, how far it is, and what was last said of it; times in seconds, monotonic."""

    name: str
    began: float
    last_line: float
    progress: Progress
    task: TaskID | None = None

    @property
    def title(self) -> str:
        return STAGES.get(self.name, self.name.capitalize())


@dataclass
class _Watch:
    """Keeps the time of every stage and tells `on_update` and `on_end` about it; safe to call from any thread."""

    on_update: Callable[[_Stage, float], None]
    on_end: Callable[[_Stage, float], None]
    _current: _Stage | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, progress: Progress) -> None:
        with self._lock:
            now = time.monotonic()
            stage = self._current
            if stage is None or stage.name != progress.stage:
                self._end_current(now)
                stage = self._current = _Stage(progress.stage, now, now, progress)
            stage.progress = progress
            self.on_update(stage, now)

    def end(self) -> None:
        with self._lock:
            self._end_current(time.monotonic())

    def _end_current(self, now: float) -> None:
        if self._current is not None:
            self.on_end(self._current, now)
            self._current = None


@contextmanager
def show_progress(console: Console, *, quiet: bool = False, timings: bool = False) -> Iterator[ProgressCallback]:
    """Shows the progress of the stages on `console` for as long as the context lasts.

    Args:
        console: where; bars if it is a terminal, else lines at intervals of `LINE_INTERVAL`.
        quiet: show nothing.
        timings: leave one line behind for every stage that ends, with how long it took.
    """
    if quiet:
        yield no_progress
    elif console.is_terminal:
        with _bars(console, timings) as callback:
            yield callback
    else:
        watch = _Watch(*_lines(console, timings))
        yield watch
        watch.end()


@contextmanager
def _bars(console: Console, timings: bool) -> Iterator[ProgressCallback]:
    bars = _Bars(
        TextColumn("{task.description:<10}", markup=False),
        BarColumn(bar_width=32),
        _Amount(),
        _Rate(),
        _Left(),
        console=console,
        transient=True,
    )

    def update(stage: _Stage, _now: float) -> None:
        done, total = stage.progress.done, stage.progress.total
        fields = {"unit": stage.progress.unit, "note": printable(stage.progress.note)}
        if stage.task is None:
            stage.task = bars.add_task(stage.title, completed=done, total=total, **fields)  # type: ignore[arg-type]
        else:
            bars.update(stage.task, completed=done, total=total, **fields)  # type: ignore[arg-type]

    def end(stage: _Stage, now: float) -> None:
        if stage.task is not None:
            bars.remove_task(stage.task)
        if timings:
            _print(console, _ending(stage, now))

    watch = _Watch(update, end)
    with bars:
        yield watch
        watch.end()


def _lines(console: Console, timings: bool) -> tuple[Callable[[_Stage, float], None], Callable[[_Stage, float], None]]:
    def update(stage: _Stage, now: float) -> None:
        if now - stage.last_line >= LINE_INTERVAL:
            stage.last_line = now
            _print(console, _line(stage, now))

    def end(stage: _Stage, now: float) -> None:
        if timings or (stage.progress.done and now - stage.began >= SHOWN_FROM):
            _print(console, _ending(stage, now))

    return update, end


def _print(console: Console, line: str) -> None:
    console.print(line, style="dim", markup=False, highlight=False, soft_wrap=True)


def _line(stage: _Stage, now: float) -> str:
    """``Analysing: 40% (1,200 of 3,000 frames), 310 frames/s, 0:06 left``."""
    done, total, unit, elapsed = stage.progress.done, stage.progress.total, stage.progress.unit, now - stage.began
    rate = done / elapsed if elapsed > 0 else 0.0
    speed = f", {rate:,.0f} {unit}/s" if rate >= 1 else ""
    if not total:
        return f"{stage.title}: {done:,.0f} {unit}{speed}{_note(stage)}"
    left = f", {format_clock((total - done) / rate, decimals=0)} left" if rate > 0 else ""
    return f"{stage.title}: {done / total:.0%} ({done:,.0f} of {total:,.0f} {unit}){speed}{left}{_note(stage)}"


def _ending(stage: _Stage, now: float) -> str:
    """``Analysing: 3,000 frames in 9.8 s (306 frames/s)``."""
    done, unit, elapsed = stage.progress.done, stage.progress.unit, now - stage.began
    if not done or elapsed <= 0:
        return f"{stage.title}: {elapsed:.2f} s{_note(stage)}"
    speed = f" ({done / elapsed:,.0f} {unit}/s)" if done >= elapsed else ""
    return f"{stage.title}: {done:,.0f} {unit} in {elapsed:.2f} s{speed}{_note(stage)}"


def _note(stage: _Stage) -> str:
    return f"; {printable(stage.progress.note)}" if stage.progress.note else ""


class _Bars(RichProgress):
    """A bar, and below it the note in full width."""

    def get_renderables(self) -> Iterable[RenderableType]:
        yield self.make_tasks_table(self.tasks)
        for task in self.tasks:
            if note := task.fields.get("note"):
                yield Text(note, style="dim", no_wrap=True, overflow="ellipsis")


class _Amount(ProgressColumn):
    """``1,200 of 3,000 frames``."""

    def render(self, task: Task) -> Text:
        unit = task.fields.get("unit", "")
        if not task.total:
            return Text(f"{task.completed:,.0f} {unit}" if task.completed else "")
        return Text(f"{task.completed:,.0f} of {task.total:,.0f} {unit}")


class _Rate(ProgressColumn):
    """``306 frames/s``, over the last seconds."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f} {task.fields.get('unit', '')}/s" if speed and speed >= 1 else "", style="cyan")


class _Left(ProgressColumn):
    """``0:06 left``."""

    max_refresh = 0.5  # seconds; a number that changes faster cannot be read

    def render(self, task: Task) -> Text:
        left = task.time_remaining
        return Text(f"{format_clock(left, decimals=0)} left" if left else "", style="dim")
