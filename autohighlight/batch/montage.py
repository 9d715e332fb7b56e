"""The montages over all videos of a batch: written when something about them has changed, and not before."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight.batch.combined import select_over_all, write_combined
from autohighlight.batch.jobs import digest_of_wishes
from autohighlight.batch.publish import is_same_file
from autohighlight.batch.scored import ScoredVideo
from autohighlight.errors import OutputError
from autohighlight.files import FileState, check_destination

if TYPE_CHECKING:
    from autohighlight.batch.database import Database, Record
    from autohighlight.batch.inputs import Input
    from autohighlight.batch.request import Request
    from autohighlight.plugins import Plugins
    from autohighlight.types import ProgressCallback


def check_montages(request: Request, inputs: Sequence[Input], database: Database) -> None:
    """Makes sure, before any work is done, that the montages can be written.

    Args:
        request: what is asked for.
        inputs: the videos, none of which may be replaced.
        database: remembers what was written.

    Raises:
        OutputExistsError: a file is there that is not of this batch, or has been changed since.
        OutputError: the place cannot be written to.
    """
    for path in request.montages.values():
        is_ours = _Noted.of(path, database).is_unchanged
        check_destination(path, overwrite=is_ours or request.options.export.overwrite)
        if any(is_same_file(path, each.source) for each in inputs):
            raise OutputError(path, "is one of the videos", "name another file with --combined")


def write_montages(
    request: Request,
    records: Sequence[Record],
    database: Database,
    plugins: Plugins,
    progress: ProgressCallback,
) -> tuple[Path, ...]:
    """Writes each montage that is asked for, unless it is there already and would be the same; gives all their files.

    Args:
        request: what is asked for.
        records: of all videos; those that are done count.
        database: remembers what was written.
        plugins: whose exporters are used.
        progress: is told how far the work has come.

    Raises:
        OptionError: nothing can be chosen.
        OutputError: a montage cannot be written.
        InputError: a video that something was chosen from has gone or changed.
    """
    done = [record for record in records if record.status == "done"]
    if not request.montages or not done:
        return ()
    digest = _digest(request, done)
    noted = {path: _Noted.of(path, database) for path in request.montages.values()}
    stale = {
        form: path
        for form, path in request.montages.items()
        if noted[path].digest != digest or not noted[path].is_unchanged
    }
    if stale:
        selections = select_over_all([_scored(record, request.output) for record in done], request.options)
        options = request.options.replace(overwrite=True)  # what is there is ours, or was to be replaced
        for form, path in stale.items():
            check_destination(path, overwrite=True)
            written = write_combined(
                selections, path, form, options=options, plugins=plugins, progress=progress, name=path.stem
            )
            noted[path] = _Noted(digest, {str(file): str(FileState.of(file)) for file in written})
            noted[path].keep(path, database)
    return tuple(Path(file) for each in noted.values() for file in each.states)


def _scored(record: Record, output: Path) -> ScoredVideo:
    path = next(output / result.path for result in record.results if result.path.name == f"{record.key}.json")
    try:
        return ScoredVideo.from_json(json.loads(path.read_text("ascii")))
    except (OSError, ValueError) as error:
        raise OutputError(path, f"cannot be used: {error}", "delete it, and give the same command again") from None


def _digest(request: Request, done: Sequence[Record]) -> str:
    """Tells when a montage is another one: by the scores of all videos and the options."""
    scores = [result.digest for record in done for result in record.results if result.path.name == f"{record.key}.json"]
    wishes = digest_of_wishes(request.options, request.options, ["reel"])
    return hashlib.blake2b(json.dumps([scores, wishes]).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class _Noted:
    """What was written at a time: a montage of that digest, as these files, each in that state."""

    digest: str
    states: Mapping[str, str]

    @classmethod
    def of(cls, path: Path, database: Database) -> _Noted:
        """What is remembered of a montage; nothing matches where nothing is."""
        noted = database.noted(_name(path))
        return cls(**json.loads(noted)) if noted else cls("", {})

    def keep(self, path: Path, database: Database) -> None:
        database.note(_name(path), json.dumps({"digest": self.digest, "states": dict(self.states)}))

    @property
    def is_unchanged(self) -> bool:
        """Whether all files are there as they were left."""
        try:
            return bool(self.states) and all(
                str(FileState.of(Path(file))) == state for file, state in self.states.items()
            )
        except OSError:
            return False


def _name(path: Path) -> str:
    return f"montage {hashlib.blake2b(os.fsencode(path), digest_size=16).hexdigest()}"
