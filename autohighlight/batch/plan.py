"""What a batch has to do, given what became of each video before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from autohighlight.batch.database import Database, Record, Result
from autohighlight.batch.jobs import Job, Wishes, result_names
from autohighlight.batch.perform import state_of
from autohighlight.batch.publish import check_place
from autohighlight.errors import FileError
from autohighlight.plugins import Exporter

Task = Literal["work", "compare", "nothing"]
"""``compare``: the work is done only if the content is another than it was."""

_REMEMBERED = frozenset({"input", "died", "timeout", "fault"})
"""Causes that will be there the next time as well; a disk that was full is not."""


@dataclass(frozen=True)
class Step:
    """What is to be done with one video.

    Args:
        job: the video and its wishes.
        task: what there is to do.
        reason: why, a few words.
        before: what is known of it; None of a new one.
    """

    job: Job
    task: Task
    reason: str
    before: Record | None = None


def plan(
    jobs: Iterable[Job], records: Mapping[str, Record], wishes: Wishes, *, retry_failed: bool = False
) -> tuple[Step, ...]:
    """Decides what to do with each video; only looks.

    Args:
        jobs: one a video.
        records: what became of videos before, by key.
        wishes: what is wanted now.
        retry_failed: whether to try those again that failed for a reason that has not gone away.
    """
    return tuple(_step(job, records.get(job.key), wishes, retry_failed) for job in jobs)


def _step(job: Job, record: Record | None, wishes: Wishes, retry_failed: bool) -> Step:
    if record is None:
        return Step(job, "work", "new")
    if record.status in ("pending", "running"):
        return Step(job, "work", "was not finished", record)
    if record.status == "failed":
        return _step_after_failure(job, record, wishes, retry_failed)
    if record.wishes != wishes.results:
        return Step(job, "work", "other options than before", record)
    return _step_after_success(job, record)


def _step_after_failure(job: Job, record: Record, wishes: Wishes, retry_failed: bool) -> Step:
    if retry_failed or record.cause not in _REMEMBERED:
        return Step(job, "work", "failed before", record)
    if record.wishes != wishes.run:
        return Step(job, "work", "failed before, with other options", record)
    if not _is_same(job, record):
        return Step(job, "work", "failed before, and may have changed", record)
    return Step(job, "nothing", f"failed before: {record.problem}", record)


def _step_after_success(job: Job, record: Record) -> Step:
    if missing := _missing(record, job.output):
        return Step(job, "work", f"{missing.name} is gone or has changed", record)
    if _is_same(job, record):
        return Step(job, "nothing", "is done", record)
    return Step(replace(job, known_content=record.content), "compare", "may have changed", record)


def _is_same(job: Job, record: Record) -> bool:
    """Whether the video is known to be as it was; one that cannot be read is not, and the work then says why."""
    try:
        state = state_of(job.sources, is_fresh=False)
    except FileError:
        return False
    return bool(state) and state == record.state


def _missing(record: Record, output: Path) -> Path | None:
    for result in record.results:
        path = output / result.path
        if not path.is_file() or path.stat().st_size != result.size:
            return path
    return None


def places(job: Job, exporters: Mapping[str, Exporter]) -> list[Path]:
    """The files that a job is going to write, as far as can be told: how many GIFs there will be cannot."""
    names = [*job.decisions, *result_names(job.stem.name, job.forms, exporters).values()]
    return [job.output / job.stem.parent / name for name in names]


def check_places(step: Step, exporters: Mapping[str, Exporter], database: Database, *, overwrite: bool) -> None:
    """Makes sure, before work is done, that it would not end in the way of somebody else's file.

    Raises:
        OutputExistsError: something is there that this batch has not written.
        OutputError: a directory, a device or one of the videos is there.
    """
    known: Sequence[Result] = step.before.results if step.before else ()
    for path in places(step.job, exporters):
        check_place(path, known, step.job.output, database, overwrite=overwrite)
