"""A batch from its request to its summary: train if asked for, plan, run, join, summarise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight.batch.database import Database, Record
from autohighlight.batch.inputs import Input
from autohighlight.batch.jobs import STATE_FOLDER
from autohighlight.batch.montage import check_montages, write_montages
from autohighlight.batch.perform import measure, state_of
from autohighlight.batch.request import Plan, Request, make_job, make_plan
from autohighlight.batch.run import Ended, note_down, run
from autohighlight.batch.summary import check_summary, write_summary
from autohighlight.batch.train_first import train_on_folder
from autohighlight.errors import FileError, OptionError
from autohighlight.executors.protocol import Advanced, Executor, Failed, Returned, Started, Task
from autohighlight.types import Progress

if TYPE_CHECKING:
    from autohighlight.plugins import Plugins
    from autohighlight.types import ProgressCallback

Show = Callable[[Started | Advanced | Ended], None]


@dataclass(frozen=True)
class Audience:
    """Who is told how a batch goes on.

    Args:
        show: gives, for the plan, what is told of each event for as long as its context lasts.
        progress: is told how far work on all videos together has come.
        warn: is told what somebody should know, one line.
    """

    show: Callable[[Plan], AbstractContextManager[Show]]
    progress: ProgressCallback
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
        selector = _train(request, inputs, database, executor, plugins, audience)
        request = replace(
            request,
            options=request.options.replace(selector=selector),
            short_options=request.short_options.replace(selector=selector),
        )
    plan = make_plan(request, inputs, database.records(), plugins.exporters)
    note_down(plan.steps, database)
    montages: tuple[Path, ...] = ()
    try:
        events = run(plan.steps, plan.wishes, executor, database, plugins.exporters, overwrite=overwrite)
        with audience.show(plan) as show, closing(events):
            for event in events:
                show(event)
        montages = write_montages(request, _records(plan, database), database, plugins, audience.progress)
    finally:
        records = _records(plan, database)
        write_summary(records, request.output, montages, database, overwrite=overwrite)
    return Ending(plan, records, montages, selector)


def _records(plan: Plan, database: Database) -> tuple[Record, ...]:
    known = database.records()
    return tuple(known[step.job.key] for step in plan.steps)


def _train(
    request: Request,
    inputs: Sequence[Input],
    database: Database,
    executor: Executor,
    plugins: Plugins,
    audience: Audience,
) -> Path:
    """Measures with all workers those videos that may not have been yet; then fits the selector, from the cache."""
    if request.options.score.selector is not None or request.options.score.adapt:
        raise OptionError("--train-first fits a selector, so --selector and --adapt have no say", "give one of them")
    records = database.records()
    jobs = [make_job(request, each) for each in inputs]
    todo = [job for job in jobs if not _is_as_it_was(job.source, records.get(job.key))]
    num_done = 0
    with closing(executor.run(measure, (Task(job.key, job) for job in todo))) as events:
        for event in events:
            num_done += isinstance(event, Returned | Failed)  # of what cannot be measured, the training says so
            audience.progress(Progress("extract", num_done, len(todo), "videos"))
    return train_on_folder(
        [Path(each.source) for each in inputs],
        request.output / STATE_FOLDER,
        request.options,
        plugins=plugins,
        progress=audience.progress,
        on_left_out=lambda error: audience.warn(f"not trained on: {error}"),
    )


def _is_as_it_was(source: str, record: Record | None) -> bool:
    try:
        return record is not None and record.status == "done" and record.state == state_of(source)
    except FileError:
        return False
