"""What a batch came to, as one JSON document; ``autohighlight schema batch`` prints its schema."""

from __future__ import annotations

import hashlib
import importlib.resources
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import autohighlight
from autohighlight.batch.database import Database, Record
from autohighlight.batch.jobs import STATE_FOLDER
from autohighlight.batch.remote import shown
from autohighlight.documents import to_json
from autohighlight.files import check_destination, content_digest, written_whole

SCHEMA_VERSION = 1
"""Raised when a field changes its meaning or goes away; a field that is added leaves it as it is."""

SUMMARY_NAME = "summary.json"
"""Of the file in the output folder."""


def schema_text() -> str:
    """The JSON schema of `summary_document`, as shipped."""
    return importlib.resources.files("autohighlight").joinpath("schemas", "batch.schema.json").read_text("utf-8")


def shown_results(record: Record) -> list[PurePosixPath]:
    """The files of a video that are there for people, relative to the output folder."""
    return [result.path for result in record.results if result.path.parts[0] != STATE_FOLDER]


@dataclass(frozen=True)
class Totals:
    """Of all videos of a batch.

    Args:
        num_videos: that were found.
        num_done: whose results are there.
        num_failed: that came to nothing.
        num_incomplete: that are done, but lack a form that cannot express them.
        duration_seconds: of the videos that are done.
        num_highlights: in these.
        highlight_seconds: for how long they are shown; see `Outcome`.
    """

    num_videos: int
    num_done: int
    num_failed: int
    num_incomplete: int
    duration_seconds: float
    num_highlights: int
    highlight_seconds: float

    @classmethod
    def of(cls, records: Sequence[Record]) -> Totals:
        """Adds them up."""
        done = [record for record in records if record.status == "done"]
        return cls(
            len(records),
            len(done),
            sum(record.status == "failed" for record in records),
            sum(not record.is_complete for record in done),
            sum(record.duration_seconds for record in done),
            sum(record.num_highlights for record in done),
            sum(record.highlight_seconds for record in done),
        )

    @property
    def num_left(self) -> int:
        """Videos that are neither done nor failed: the batch was stopped before."""
        return self.num_videos - self.num_done - self.num_failed


_NOTE = "summary"
"""In the database: digests of the summary that is there, and of one that may just have been written."""


def check_summary(output: Path, database: Database, *, overwrite: bool) -> None:
    """Makes sure, before any work is done, that the summary can be written.

    Raises:
        OutputExistsError: a file of that name is there that no batch has written, or that was changed since.
        OutputError: the place cannot be written to.
    """
    path = output / SUMMARY_NAME
    check_destination(path, overwrite=overwrite or _is_ours(path, database))


def write_summary(
    records: Sequence[Record], output: Path, combined: Sequence[Path], database: Database, *, overwrite: bool
) -> None:
    """Writes the summary, in place of an earlier one of this batch.

    Args:
        records, output, combined: as `summary_document` has them.
        database: knows which summary is of this batch.
        overwrite: whether a file may be replaced that no batch has written.

    Raises:
        OutputError: it cannot be written, or would replace somebody else's file.
    """
    path = output / SUMMARY_NAME
    is_ours = _is_ours(path, database)
    content = (to_json(summary_document(records, output, combined)) + "\n").encode()
    digests = [hashlib.blake2b(content, digest_size=16).hexdigest(), *([content_digest(path)] if is_ours else [])]
    database.note(_NOTE, json.dumps(digests))
    with written_whole(path, overwrite=overwrite or is_ours) as unfinished:
        unfinished.write_bytes(content)


def _is_ours(path: Path, database: Database) -> bool:
    try:
        return content_digest(path) in json.loads(database.noted(_NOTE) or "[]")
    except OSError:
        return False


def summary_document(records: Sequence[Record], output: Path, combined: Sequence[Path] = ()) -> dict[str, Any]:
    """What ``summary.json`` holds.

    Args:
        records: of the videos of the batch, in their order.
        output: the output folder.
        combined: files of the montage over all videos.
    """
    totals = Totals.of(records)
    return {
        "schema_version": SCHEMA_VERSION,
        "autohighlight_version": autohighlight.__version__,
        "output": str(output),
        "totals": {
            "videos": totals.num_videos,
            "done": totals.num_done,
            "failed": totals.num_failed,
            "incomplete": totals.num_incomplete,
            "left": totals.num_left,
            "duration": totals.duration_seconds,
            "highlights": totals.num_highlights,
            "highlight_seconds": totals.highlight_seconds,
        },
        "combined": [str(path) for path in combined],
        "videos": [_video(record) for record in records],
    }


def _video(record: Record) -> dict[str, Any]:
    is_done, is_failed = record.status == "done", record.status == "failed"
    return {
        "video": shown(record.source),
        "status": record.status if is_done or is_failed else "left",
        "duration": record.duration_seconds if is_done else None,
        "highlights": record.num_highlights if is_done else None,
        "highlight_seconds": record.highlight_seconds if is_done else None,
        "elapsed": record.elapsed_seconds if is_done or is_failed else None,
        "warnings": list(record.warnings) if is_done else [],
        "error": {"cause": record.cause, "problem": record.problem, "hint": record.hint} if record.cause else None,
        "results": [str(path) for path in shown_results(record)],
    }
