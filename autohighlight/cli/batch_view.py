"""A batch as it goes on: a line a worker on a terminal, a line a video elsewhere, or JSON lines for machines."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from autohighlight.batch.plan import Step
from autohighlight.batch.remote import shown
from autohighlight.batch.run import Ended
from autohighlight.batch.summary import shown_results
from autohighlight.cli.progress import STAGES
from autohighlight.errors import printable
from autohighlight.executors.protocol import Advanced, Started
from autohighlight.times import format_clock

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from autohighlight.batch.complete import Show
    from autohighlight.batch.database import Record
    from autohighlight.cli.session import Session
    from autohighlight.types import Progress

_BAR_WIDTH = 24

NARROW = 64
"""Columns of a terminal below which there is no room for bars beside names, nor for a table of all videos."""


@contextmanager
def show_batch(session: Session, steps: Mapping[str, Step], *, as_json: bool) -> Iterator[Show]:
    """Shows a batch for as long as the context lasts.

    Args:
        session: where.
        steps: what is planned, by the key of the job.
        as_json: print a JSON object a line on standard output, and nothing else.
    """
    if as_json:
        yield _JsonLines(session, steps)
    elif session.quiet:
        yield lambda event: None  # noqa: ARG005 -- nothing is shown
    elif session.remarks.is_terminal:
        live = _Workers(steps)
        with Live(live, console=session.remarks, transient=True, refresh_per_second=5):
            yield live
    else:
        yield _Lines(session, steps)


def name_of(step: Step) -> str:
    """How a video is called in tables: the way to it, without the folders that all have in common."""
    return printable(str(step.job.stem))


def summary_line(record: Record) -> str:
    """``3 highlights, 12.0 s of 4:10.0 in 8.1 s``, or what went wrong."""
    if record.status != "done":
        return f"failed: {record.complaint}"
    number = record.num_highlights
    return (
        f"{number} highlight{'' if number == 1 else 's'}, {record.highlight_seconds:.1f} s of "
        f"{format_clock(record.duration_seconds)}, in {record.elapsed_seconds:.1f} s"
    )


def summary_row(name: str, record: Record) -> tuple[str, ...]:
    """Name, how it stands, length, highlights, how much they show, how long the work took, remarks."""
    if record.status != "done":
        return (name, "failed" if record.status == "failed" else "left", "", "", "", "", record.complaint)
    return (
        name,
        "done",
        format_clock(record.duration_seconds),
        str(record.num_highlights),
        f"{record.highlight_seconds:.1f} s",
        f"{record.elapsed_seconds:.1f} s",
        "; ".join(filter(None, (record.complaint, *record.warnings))),
    )


@dataclass
class _Lines:
    """One line for each video that is done; nothing of those that were before."""

    session: Session
    steps: Mapping[str, Step]
    num_ended: int = 0

    def __call__(self, event: Started | Advanced | Ended) -> None:
        if isinstance(event, Ended):
            self.num_ended += 1
            if event.was_worked_on:
                name = name_of(self.steps[event.record.key])
                self.session.remark(f"{self.num_ended}/{len(self.steps)} {name}: {summary_line(event.record)}")


@dataclass
class _JsonLines:
    """Every event as an object: ``started``, ``progress``, ``done``, ``failed``; ``worked_on`` is false of what was so
    before."""

    session: Session
    steps: Mapping[str, Step]

    def __call__(self, event: Started | Advanced | Ended) -> None:
        match event:
            case Started(key, worker, attempt):
                self._print("started", key, {"worker": worker, "attempt": attempt})
            case Advanced(key, progress):
                counts = {"done": progress.done, "total": progress.total, "unit": progress.unit}
                self._print("progress", key, {"stage": progress.stage, **counts})
            case Ended(record, was_worked_on):
                about: dict[str, Any] = {"worked_on": was_worked_on}
                if not record.is_complete:
                    about |= {"cause": record.cause, "problem": record.problem, "hint": record.hint}
                if record.status != "failed":
                    about |= {
                        "duration": record.duration_seconds,
                        "highlights": record.num_highlights,
                        "highlight_seconds": record.highlight_seconds,
                        "results": [str(path) for path in shown_results(record)],
                    }
                self._print(record.status, record.key, about)

    def _print(self, event: str, key: str, about: Mapping[str, Any]) -> None:
        self.session.emit(json.dumps({"event": event, "video": shown(self.steps[key].job.source), **about}))


@dataclass
class _Work:
    """What one worker is at."""

    key: str
    worker: str
    attempt: int
    progress: Progress | None = None


@dataclass
class _Workers:
    """A line a worker, and the whole below."""

    steps: Mapping[str, Step]
    work: dict[str, _Work] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)
    num_done: int = 0
    num_failed: int = 0
    num_worked_on: int = 0

    def __call__(self, event: Started | Advanced | Ended) -> None:
        match event:
            case Started(key, worker, attempt):
                self.work[key] = _Work(key, worker, attempt)
            case Advanced(key, progress):
                if key in self.work:
                    self.work[key].progress = progress
            case Ended(record, was_worked_on):
                self.work.pop(record.key, None)
                self.num_done += record.status == "done"
                self.num_failed += record.status == "failed"
                self.num_worked_on += was_worked_on

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if options.max_width < NARROW:
            yield from self._narrow()
            return
        table = Table.grid(padding=(0, 1), expand=True)  # so that a long name is cut, and nothing beside it
        table.add_column(justify="right", no_wrap=True, style="dim")
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        table.add_column(no_wrap=True, width=10)
        table.add_column(no_wrap=True, width=_BAR_WIDTH)
        table.add_column(justify="right", no_wrap=True, width=5)
        for work in self._in_order():
            table.add_row(work.worker, self._name(work), *_progress_cells(work.progress))
        yield table
        line = Table.grid(padding=(0, 1))
        bar = ProgressBar(total=max(1, len(self.steps)), completed=self.num_done + self.num_failed, width=_BAR_WIDTH)
        line.add_row(bar, self._total())
        yield line

    def _narrow(self) -> Iterator[RenderableType]:
        """A line a worker without bars: how far it is, and the name as far as there is room."""
        for work in self._in_order():
            share = f"{_share(work.progress):4.0%} " if work.progress and work.progress.total else "     "
            name = self._name(work)
            yield Text(share + name.plain, no_wrap=True, overflow="ellipsis")
        total = self._total()
        total.no_wrap, total.overflow = True, "ellipsis"
        yield total

    def _in_order(self) -> list[_Work]:
        return sorted(self.work.values(), key=lambda work: (len(work.worker), work.worker))

    def _name(self, work: _Work) -> Text:
        again = " (second try)" if work.attempt > 1 else ""
        return Text(name_of(self.steps[work.key]) + again)

    def _total(self) -> Text:
        ended, number = self.num_done + self.num_failed, len(self.steps)
        failed = f", {self.num_failed} failed" if self.num_failed else ""
        left = ""
        if self.num_worked_on:
            seconds = (time.monotonic() - self.began) / self.num_worked_on * (number - ended)
            left = f", {format_clock(seconds, decimals=0)} left"
        return Text(f"{ended} of {number} videos{failed}{left}", style="bold")


def _progress_cells(progress: Progress | None) -> tuple[RenderableType, RenderableType, RenderableType]:
    if progress is None:
        return Text(""), Text(""), Text("")
    stage = Text(STAGES.get(progress.stage, progress.stage.capitalize()))
    if not progress.total:
        return stage, ProgressBar(total=None, width=_BAR_WIDTH), Text("")
    share = _share(progress)
    return stage, ProgressBar(total=1.0, completed=share, width=_BAR_WIDTH), Text(f"{share:.0%}")


def _share(progress: Progress) -> float:
    """How much of a stage is done, from 0 to 1."""
    return min(1.0, progress.done / progress.total) if progress.total else 0.0
