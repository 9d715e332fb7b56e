"""A batch from its request to its summary: train if asked for, plan, run, join, summarise."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import autohighlight
from autohighlight.batch.database import Database, Record
from autohighlight.batch.inputs import Input
from autohighlight.batch.jobs import STATE_FOLDER, Wishes
from autohighlight.batch.montage import check_montages, write_montages
from autohighlight.batch.perform import measure, state_of
from autohighlight.batch.request import Plan, Request, make_job, make_plan
from autohighlight.batch.run import Ended, leave_tidy, note_down, run
from autohighlight.batch.summary import check_summary, write_summary
from autohighlight.batch.train_first import train_on_folder
from autohighlight.errors import FileError, OptionError
from autohighlight.executors.protocol import Advanced, Executor, Failed, Returned, Started, Task
from autohighlight.files import FileState
from autohighlight.types import Progress

if TYPE_CHECKING:
    from autohighlight.plugins import Plugins
    from autohighlight.types import ProgressCallback

Show = Callable[[Started | Advanced | Ended], None]


@dataclass(frozen=True)
class Audience:
    """Who is told how a batch goes on.

    At most one of the two contexts is open at a time, so that both may draw on one terminal.

    Args:
        show: opens, for a plan, what is told of each event of the work on single videos.
        progress: opens what is told how far work on all videos together has come.
        warn: is told what the user should know, one line.
    """

    show: Callable[[Plan], AbstractContextManager[Show]]
    progress: Callable[[], AbstractContextManager[ProgressCallback]]
    warn: Callable[[str], None]


@dataclass(frozen=True)
class Ending:
    """What a batch came to.

    Args:
        plan: what was to be done.
        records: of the videos, in the order of the plan.
        montages: files over all videos.
        selector: that was fitted first, if one was.
    """

    plan: Plan
    records: tuple[Record, ...]
    montages: tuple[Path, ...] = ()
    selector: Path | None = None


def complete(
    request: Request,
    inputs: Sequence[Input],
    database: Database,
    executor: Executor,
    plugins: Plugins,
    audience: Audience,
) -> Ending:
    """Does all that is asked for, and writes ``summary.json``, even where it is stopped.

    Args:
        request: what is asked for.
        inputs: the videos.
        database: of the output folder, after `batch.run.recover`.
        executor: does the work.
        plugins: of this process, for what is done of all videos together.
        audience: is told.

    Raises:
        OptionError: what is asked for does not go together.
        OutputError: the database, the summary or a montage cannot be written.
    """
    overwrite = request.options.export.overwrite
    check_summary(request.output, database, overwrite=overwrite)
    check_montages(request, inputs, database)
    selector: Path | None = None
    if request.train_first:
        selector = known_selector(request, inputs, database.noted(SELECTOR_NOTE))
        if selector is None:
            with audience.progress() as progress:
                selector = _train(request, inputs, database, executor, plugins, progress, audience.warn)
            database.note(SELECTOR_NOTE, _selector_note(request, inputs, selector))
        request = replace(request, layered=request.layered.replace(selector=selector))
    plan = make_plan(request, inputs, database.records(), plugins.exporters)
    note_down(plan.steps, database)
    montages: tuple[Path, ...] = ()
    try:
        events = run(plan.steps, plan.wishes, executor, database, plugins.exporters, overwrite=overwrite)
        with audience.show(plan) as show, closing(events):
            for event in events:
                show(event)
        with audience.progress() as progress:
            montages = write_montages(request, _records(plan, database), database, plugins, progress)
    finally:
        leave_tidy(request.output)
        records = _records(plan, database)
        write_summary(records, request.output, montages, database, overwrite=overwrite)
    return Ending(plan, records, montages, selector)


def _records(plan: Plan, database: Database) -> tuple[Record, ...]:
    known = database.records()
    return tuple(known[step.job.key] for step in plan.steps)


SELECTOR_NOTE = "selector"
"""Name of the note in the database that tells which selector was fitted to what."""


def known_selector(request: Request, inputs: Sequence[Input], noted: str | None) -> Path | None:
    """The selector that was fitted to these very videos before; None if there is none, or its file has changed.

    Args:
        request: what is asked for.
        inputs: the videos.
        noted: as the database keeps it under `SELECTOR_NOTE`.

    Raises:
        OptionError: a selector is given, or to be fitted to each video, and so none can be fitted to all.
    """
    if request.options.score.selector is not None or request.options.score.adapt:
        raise OptionError("--train-first fits a selector, so --selector and --adapt have no say", "give one of them")
    selector = Path(json.loads(noted)["file"]) if noted else None
    try:
        return selector if selector and noted == _selector_note(request, inputs, selector) else None
    except OSError:  # it has gone
        return None


def _selector_note(request: Request, inputs: Sequence[Input], selector: Path) -> str:
    """Changes whenever the training would have another result, or the file of its last result has changed.

    Raises:
        OSError: the file is not there.
    """
    about = {
        "version": autohighlight.__version__,
        "options": Wishes.of(request.options, {}, {}).results,
        "limits": str(request.options.extract.limits),
        "videos": [[source, _state_or_nothing([source])] for each in inputs for source in each.sources],
        "file": str(selector),
        "state": str(FileState.of(selector)),
    }
    return json.dumps(about, sort_keys=True)


def _state_or_nothing(sources: Sequence[str]) -> str:
    try:
        return state_of(sources)
    except FileError:
        return ""


def _train(
    request: Request,
    inputs: Sequence[Input],
    database: Database,
    executor: Executor,
    plugins: Plugins,
    progress: ProgressCallback,
    warn: Callable[[str], None],
) -> Path:
    """Measures with all workers those videos that may not have been yet; then fits the selector, from the cache."""
    records = database.records()
    jobs = [make_job(request, each) for each in inputs]
    todo = [job for job in jobs if not _is_as_it_was(job.sources, records.get(job.key))]
    num_done = 0
    with closing(executor.run(measure, (Task(job.key, job) for job in todo))) as events:
        for event in events:
            num_done += isinstance(event, Returned | Failed)  # of what cannot be measured, the training says so
            progress(Progress("extract", num_done, len(todo), "videos"))
    return train_on_folder(
        [Path(source) for each in inputs for source in each.sources],
        request.output / STATE_FOLDER,
        request.options,
        plugins=plugins,
        progress=progress,
        on_left_out=lambda error: warn(f"not trained on: {error}"),
    )


def _is_as_it_was(sources: Sequence[str], record: Record | None) -> bool:
    return record is not None and record.status == "done" and record.state == _state_or_nothing(sources) != ""
