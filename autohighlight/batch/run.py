"""Runs what is planned on an executor, and keeps what comes of it so that nothing is lost whatever happens."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autohighlight import interruption
from autohighlight.batch.database import Database, Record
from autohighlight.batch.jobs import STATE_FOLDER, Job, Outcome, Wishes
from autohighlight.batch.perform import perform, state_of
from autohighlight.batch.plan import Step, check_places
from autohighlight.batch.publish import publish
from autohighlight.errors import FileError, OutputError, printable
from autohighlight.executors.protocol import Advanced, Executor, Failed, Returned, Started, Task
from autohighlight.plugins import Exporter


@dataclass(frozen=True)
class Ended:
    """A video that nothing more is done with in this run.

    Args:
        record: how it stands now.
        was_worked_on: whether this run has done something with it.
    """

    record: Record
    was_worked_on: bool = True


def recover(database: Database, output: Path, *, overwrite: bool = False) -> None:
    """Brings to its end what a run before had promised when it was stopped, and clears away what it had begun."""
    for record in database.records().values():
        if record.status == "staged":
            publish(record, output, database, overwrite=overwrite)
        elif record.status == "running":
            database.put(replace(record, status="pending"))
    shutil.rmtree(output / STATE_FOLDER / "staging", ignore_errors=True)


def leave_tidy(output: Path) -> None:
    """Removes the staging directory, unless something is still in it for a later run to publish."""
    with contextlib.suppress(OSError):
        (output / STATE_FOLDER / "staging").rmdir()


def note_down(steps: Sequence[Step], database: Database) -> None:
    """Keeps that each video is to be done, and the name of its results, which stays the same from now on."""
    database.put(*(Record(step.job.key, step.job.source, step.job.stem) for step in steps if step.before is None))


def run(
    steps: Sequence[Step],
    wishes: Wishes,
    executor: Executor,
    database: Database,
    exporters: Mapping[str, Exporter],
    *,
    overwrite: bool = False,
) -> Generator[Started | Advanced | Ended, None, None]:
    """Does what is planned; tells of each video when it is taken up and when it is done.

    A video that fails does not stop the others. Closing the iterator stops the work that is under way; a later run
    takes it up.

    Args:
        steps: see `batch.plan`; `recover` comes before the plan, and `note_down` after it.
        wishes: what is wanted.
        executor: does the work.
        database: keeps what comes of it.
        exporters: by name.
        overwrite: whether files that no batch has written may be replaced.

    Raises:
        OutputError: the database cannot be written.
    """
    yield from _Run(steps, wishes, executor, database, exporters, overwrite).events()


class _Run:
    def __init__(
        self,
        steps: Sequence[Step],
        wishes: Wishes,
        executor: Executor,
        database: Database,
        exporters: Mapping[str, Exporter],
        overwrite: bool,
    ) -> None:
        self._steps, self._wishes, self._executor = steps, wishes, executor
        self._database, self._exporters, self._overwrite = database, exporters, overwrite
        self._jobs: dict[str, Job] = {}  # those under way
        self._told: list[Ended] = []  # what was settled without a worker

    def events(self) -> Generator[Started | Advanced | Ended, None, None]:
        for event in self._executor.run(perform, self._tasks()):
            interruption.check()
            yield from self._settled()
            match event:
                case Started() | Advanced():
                    yield event
                case Returned(key, outcome):
                    yield Ended(self._keep(self._jobs.pop(key), outcome))
                case Failed(key, cause, problem, hint):
                    job = self._jobs.pop(key)
                    what = Outcome("failed", cause="fault" if cause == "raised" else cause, problem=problem, hint=hint)
                    yield Ended(self._keep(job, replace(what, state=_state(job))))
        yield from self._settled()

    def _settled(self) -> Iterator[Ended]:
        told, self._told = self._told, []
        yield from told

    def _tasks(self) -> Iterator[Task]:
        """Hands out the videos one by one, each noted down before its work begins."""
        for step in self._steps:
            job = step.job
            if step.task == "nothing":
                assert step.before is not None  # noqa: S101 -- for the type checker: there is nothing to do
                self._told.append(Ended(step.before, was_worked_on=False))
                continue
            before = step.before or Record(job.key, job.source, job.stem)
            try:
                check_places(step, self._exporters, self._database, overwrite=self._overwrite)
            except OutputError as error:
                outcome = Outcome(
                    "failed", cause="output", problem=f"{error.path.name} {error.problem}", hint=error.hint
                )
                self._told.append(Ended(self._keep(job, outcome)))
                continue
            if step.task == "work":
                before = replace(before, status="running", wishes=self._wishes.results)
                self._database.put(before)
            self._jobs[job.key] = job
            yield Task(job.key, job)

    def _keep(self, job: Job, outcome: Outcome) -> Record:
        """Notes down what came of a video, and publishes its results."""
        before = self._database.get(job.key) or Record(job.key, job.source, job.stem)
        if outcome.status == "unchanged":
            record = replace(before, state=outcome.state)
            self._database.put(record)
            return record
        record = replace(
            before,
            status="staged" if outcome.status == "done" else "failed",
            wishes=self._wishes.results if outcome.status == "done" else self._wishes.run,
            content=outcome.content,
            state=outcome.state,
            duration_seconds=outcome.duration_seconds,
            num_highlights=outcome.num_highlights,
            highlight_seconds=outcome.highlight_seconds,
            elapsed_seconds=outcome.elapsed_seconds,
            warnings=tuple(printable(line) for line in outcome.warnings),
            cause=outcome.cause,
            problem=printable(outcome.problem),
            hint=printable(outcome.hint),
            staged=outcome.files,
        )
        self._database.put(record)
        if record.status == "failed":
            shutil.rmtree(job.staging, ignore_errors=True)
            return record
        return publish(record, job.output, self._database, overwrite=self._overwrite)


def _state(job: Job) -> str:
    try:
        return state_of(job.sources)
    except FileError:
        return ""
