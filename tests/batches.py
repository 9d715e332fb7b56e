"""Batches in this process: an executor that needs no other, and folders of small videos to try it on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from autohighlight.batch import perform
from autohighlight.batch.database import Database, Record
from autohighlight.batch.request import Plan, Request, make_plan
from autohighlight.batch.run import Ended, note_down, recover, run
from autohighlight.config import Layered, Options
from autohighlight.discovery import PluginSources
from autohighlight.executors.protocol import Event, Failed, Returned, Started, Task, Work
from autohighlight.pipeline import no_progress
from autohighlight.plugins import Plugins
from tests.media_factory import make_video
from tests.whole_runs import use_small_backbone


@dataclass
class InlineExecutor:
    """Runs each task in this process, one after another; those named in `failing` come to nothing.

    Args:
        failing: by the end of the source's name, what becomes of the task.
    """

    num_workers: int = 1
    failing: Mapping[str, Failed] = field(default_factory=dict)
    performed: list[str] = field(default_factory=list)

    def run(self, work: Work, tasks: Iterable[Task]) -> Generator[Event, None, None]:
        for task in tasks:
            yield Started(task.key, "1")
            name = Path(task.argument.source).name
            self.performed.append(name)
            if name in self.failing:
                said = self.failing[name]
                yield Failed(task.key, said.cause, said.problem, said.hint)
            else:
                yield Returned(task.key, work(task.argument, no_progress))

    def close(self) -> None:
        """There is nothing to close."""


def moving_square(step: int) -> Callable[[int, tuple[int, int]], NDArray[np.uint8]]:
    """A picture in which a square moves, and faster in the third second than before."""

    def picture(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
        width, height = size
        place = number * step * (4 if 50 <= number < 75 else 1)
        frame = np.full((height, width), 60, np.uint8)
        left = place % (width - 16)
        frame[height // 3 : height // 3 + 16, left : left + 16] = 220
        return frame

    return picture


def make_footage(folder: Path, *names: str) -> list[Path]:
    """Videos of 6 s at 25 frames/s, none like another."""
    made = []
    for number, name in enumerate(names, start=1):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        made.append(make_video(path, picture=moving_square(number), num_frames=150, rate=25, size=(64, 48)))
    return made


def tree_of(folder: Path) -> dict[str, str]:
    """Every file below a folder that is there for people, with a digest of its content; times and states left out."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "summary.json" and not path.name.startswith(("batch.sqlite", "lock.sqlite"))
    }


@dataclass
class Bench:
    """A folder of footage and an output folder to try a batch on."""

    footage: Path
    output: Path
    plugins: Plugins

    def request(self, *forms: str, **options: object) -> Request:
        values = {"scorer": "movement", "preset": "ultrafast", "width": 32, **options}
        layered = Layered(Options.of(**values), dict.fromkeys(values, "test"))
        return Request((str(self.footage),), self.output, forms, layered)

    def plan(self, request: Request) -> Plan:
        return make_plan(request, request.find().inputs, Database.read(self.output), self.plugins.exporters)

    def run(self, request: Request, executor: InlineExecutor | None = None) -> dict[str, Record]:
        """Runs a batch to its end; gives the records by the names of the videos."""
        overwrite = request.options.export.overwrite
        with Database.open(self.output) as database:
            recover(database, self.output, overwrite=overwrite)
            plan = make_plan(request, request.find().inputs, database.records(), self.plugins.exporters)
            note_down(plan.steps, database)
            events = run(
                plan.steps,
                plan.wishes,
                executor or InlineExecutor(),
                database,
                self.plugins.exporters,
                overwrite=overwrite,
            )
            ended = [event.record for event in events if isinstance(event, Ended)]
        assert len(ended) == len(plan.steps)
        return {Path(record.source).name: record for record in ended}


def make_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> Bench:
    """A bench with videos of those names, worked on with a backbone that costs next to nothing."""
    use_small_backbone(monkeypatch)
    perform.loaded_plugins.cache_clear()
    make_footage(tmp_path / "footage", *names)
    return Bench(tmp_path / "footage", tmp_path / "out", perform.loaded_plugins(PluginSources.usual()))
