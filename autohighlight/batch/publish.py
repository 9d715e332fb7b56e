"""Moves results to where people find them: each whole, none that is somebody else's replaced, none moved twice."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from autohighlight.batch.database import Database, Record, Result
from autohighlight.batch.jobs import STATE_FOLDER, Staged
from autohighlight.errors import OutputError, OutputExistsError
from autohighlight.files import content_digest, flush, move_into_place


def publish(record: Record, output: Path, database: Database, *, overwrite: bool) -> Record:
    """Moves the staged results of a record to their places, removes earlier ones that they have no use for, and keeps
    that it is done.

    May be called again after a crash at any moment: what was moved already is recognised by its content.

    Args:
        record: of status ``staged``.
        output: the output folder.
        database: that keeps the record.
        overwrite: whether files that no batch has written here may be replaced.

    Returns:
        The record as it is kept now: ``done``, ``failed`` where a place is taken, or ``pending`` where a staged file is
        gone and the work is to be done again. In each case what was moved counts as a result of this batch.
    """
    try:
        known = (*record.results, *_results(record.staged))
        if not all(_is_staged(staged, output) for staged in record.staged):
            raise FileNotFoundError
        for staged in record.staged:
            check_place(output / staged.path, known, output, database, overwrite=overwrite)
        for staged in record.staged:
            _move(staged, output)
        left, warnings = _remove_stale(record, output)
        results = (*_results(record.staged), *left)
        after = replace(record, status="done", results=results, warnings=(*record.warnings, *warnings))
    except FileNotFoundError:
        after = replace(record, status="pending", results=_moved(record, output))
    except OutputError as error:
        after = _failed(record, output, f"{error.path.name} {error.problem}", error.hint)
    except OSError as error:
        after = _failed(record, output, f"{error.filename}: {error.strerror}")
    after = replace(after, staged=())
    database.put(after)
    for folder in {staged.staged.parent.parent for staged in record.staged if _is_staged(staged, output)}:
        shutil.rmtree(folder, ignore_errors=True)  # with what other tries have left
    return after


def _is_staged(staged: Staged, output: Path) -> bool:
    """Whether a file that the database names lies where this batch stages its results.

    It does not where the output directory was moved or copied here; the work is then done again.
    """
    return staged.staged.resolve().parents[2] == (output / STATE_FOLDER / "staging").resolve()


def _failed(record: Record, output: Path, problem: str, hint: str = "") -> Record:
    results = _moved(record, output)
    return replace(record, status="failed", cause="output", problem=problem, hint=hint, results=results)


def _moved(record: Record, output: Path) -> tuple[Result, ...]:
    """The results before, and in their place those of the staged ones that were moved already."""
    moved = (result for result in _results(record.staged) if is_unchanged(result, output))
    return tuple({result.path: result for result in (*record.results, *moved)}.values())


def check_place(path: Path, known: Sequence[Result], output: Path, database: Database, *, overwrite: bool) -> None:
    """Makes sure that nothing of somebody else's is at a place where a result is to go.

    Args:
        path: the place.
        known: results that this batch has written; one that was changed since is somebody's work.
        output: the output directory.
        database: knows the videos, none of which is ever replaced.
        overwrite: whether any other ordinary file may be replaced.

    Raises:
        OutputExistsError: something is there.
        OutputError: a directory, a device or one of the videos is there, or the place is outside of the output
            directory.
    """
    if not _is_inside(path, output):
        raise OutputError(path, "is outside of the output directory", "name another directory with -o")
    if not os.path.lexists(path):
        return
    if any(is_same_file(path, source) for source in database.sources()):
        raise OutputError(path, "is one of the videos", "name another directory with -o")
    if path.is_dir() or not path.is_file():
        raise OutputError(path, "is no ordinary file", "name another folder with -o")
    if not overwrite and not any(output / result.path == path and is_unchanged(result, output) for result in known):
        raise OutputExistsError(
            path,
            "is there already, and is not this batch's",
            "give --overwrite to replace it, or another folder with -o",
        )


def is_same_file(path: Path, source: str) -> bool:
    """Whether a place is the file of a video; where a disk takes names in either case for one, in either case."""
    if path.name.casefold() != os.path.basename(source).casefold():  # noqa: PTH119 -- for many, as in the database
        return False
    try:
        return path.samefile(source)
    except (OSError, ValueError):  # one is not there, or an address
        return False


def _is_inside(path: Path, output: Path) -> bool:
    return Path(os.path.normpath(path)).is_relative_to(os.path.normpath(output))


def is_unchanged(result: Result, output: Path) -> bool:
    """Whether the file is as the batch has left it; never of one outside of the output directory."""
    path = output / result.path
    try:
        if not _is_inside(path, output) or not path.is_file():
            return False
        return path.stat().st_size == result.size and content_digest(path) == result.digest
    except OSError:
        return False


def _results(staged: Sequence[Staged]) -> tuple[Result, ...]:
    return tuple(Result(file.path, file.size, file.digest) for file in staged)


def _move(staged: Staged, output: Path) -> None:
    """Moves one file into place, and waits until the disk knows; raises FileNotFoundError where it is gone."""
    path = output / staged.path
    if not staged.staged.exists() and is_unchanged(Result(staged.path, staged.size, staged.digest), output):
        return  # moved before a crash
    path.parent.mkdir(parents=True, exist_ok=True)
    move_into_place(staged.staged, path, overwrite=os.path.lexists(path))  # what is there was found to be ours
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Waits until the disk knows which files are in a folder; where the system has no means for that, the rename has
    to do."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            flush(handle)
        finally:
            os.close(handle)


def _remove_stale(record: Record, output: Path) -> tuple[list[Result], list[str]]:
    """Removes results of an earlier time that are not among the new ones, unless somebody has changed them since.

    Returns:
        Those that cannot be removed, as on Windows where a player has them open, and a warning for each.
    """
    wanted = {staged.path for staged in record.staged}
    left, warnings = [], []
    for result in record.results:
        if result.path not in wanted and is_unchanged(result, output):
            try:
                (output / result.path).unlink(missing_ok=True)
            except OSError as error:
                left.append(result)
                warnings.append(f"{result.path.name}, of an earlier run, cannot be removed: {error.strerror}")
    return left, warnings
