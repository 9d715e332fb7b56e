"""The montages over all videos of a batch: written when something about them has changed, and not before."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight import pipeline
from autohighlight.batch.combined import select_over_all, write_combined
from autohighlight.batch.jobs import STATE_FOLDER, Wishes
from autohighlight.batch.publish import is_same_file
from autohighlight.batch.scored import ScoredVideo
from autohighlight.errors import OutputError
from autohighlight.files import FileState, check_destination, written_whole

if TYPE_CHECKING:
    from autohighlight.batch.database import Database, Record
    from autohighlight.batch.inputs import Input
    from autohighlight.batch.request import Request
    from autohighlight.config import Options, SelectOptions
    from autohighlight.plugins import Plugins
    from autohighlight.types import ProgressCallback, Selection


_LOG = logging.getLogger(__name__)


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
        is_ours = _Noted.of(path, database).has_left(path)
        check_destination(path, overwrite=is_ours or request.options.export.overwrite)
        if any(is_same_file(path, source) for each in inputs for source in each.sources):
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
    videos: list[ScoredVideo] = []
    noted = {path: _Noted.of(path, database) for path in request.montages.values()}
    chosen: dict[SelectOptions, tuple[Selection, ...]] = {}
    film = pipeline.film_among(request.montages, plugins)
    for form, path in request.montages.items():
        options = request.options_of(plugins.exporters[form])
        shown_as = plugins.exporters[film] if film and options.select == request.options.select else None
        digest = _digest(form, options, done, plugins, "" if shown_as is None else options.export.transition)
        if noted[path].digest == digest and noted[path].is_unchanged:
            continue
        videos = videos or [video for record in done for video in _scored(record, request.output)]
        if options.select not in chosen:
            chosen[options.select] = _ordered(select_over_all(videos, options, form=shown_as), options)
        with _staging(request.output, path) as folder:
            staged = write_combined(
                chosen[options.select],
                folder / path.name,
                form,
                options=options,
                plugins=plugins,
                progress=progress,
                name=path.stem,
            )
            files = _publish(staged, path, noted[path], [video.path for video in videos], options)
        noted[path] = _Noted(digest, {str(file): str(FileState.of(file)) for file in files})
        noted[path].keep(path, database)
    return tuple(Path(file) for each in noted.values() for file in each.states)


def _ordered(selections: Sequence[Selection], options: Options) -> tuple[Selection, ...]:
    """In the order that is asked for; a video that does not say when it was recorded stays behind the one before it."""
    if options.batch.video_order == "name" or options.select.order == "score":
        return tuple(selections)
    times, time = list[datetime](), datetime.min.replace(tzinfo=UTC)
    for selection in selections:
        if selection.media.creation_time is None:
            _LOG.warning("%s does not say when it was recorded: its name decides", selection.media.path.name)
        time = selection.media.creation_time or time
        times.append(time)
    return tuple(selections[number] for number in sorted(range(len(times)), key=times.__getitem__))


@contextmanager
def _staging(output: Path, path: Path) -> Iterator[Path]:
    """A folder to write a montage in, since only the writer knows how many files it makes; goes at the end."""
    folder = output / STATE_FOLDER / "staging" / "montage"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    except OutputError as error:
        if error.path.parent == folder:
            error.path = path.with_name(error.path.name)
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _publish(
    staged: Sequence[Path], path: Path, before: _Noted, sources: Sequence[Path], options: Options
) -> list[Path]:
    """Moves the files of a montage to the directory of `path`; none of them if somebody else's file is in the way."""
    places = {file: path.with_name(file.name) for file in staged}
    for place in places.values():
        is_replaced = options.export.overwrite or before.has_left(place)
        for source in sources:
            check_destination(place, source=source, overwrite=is_replaced)
    for file, place in places.items():
        with written_whole(place, overwrite=options.export.overwrite or before.has_left(place)) as unfinished:
            shutil.move(file, unfinished)
    for file in map(Path, before.states):
        if file not in places.values() and before.has_left(file):
            file.unlink(missing_ok=True)  # ours: the montage has fewer files than before
    return list(places.values())


def _scored(record: Record, output: Path) -> list[ScoredVideo]:
    """Each file of a video as it was scored, in order."""
    path = next(output / result.path for result in record.results if result.path.name == f"{record.key}.json")
    try:
        documents = json.loads(path.read_text("ascii"))
        return [ScoredVideo.from_json(each) for each in (documents if isinstance(documents, list) else [documents])]
    except (OSError, ValueError) as error:
        raise OutputError(path, f"cannot be used: {error}", "delete it, and give the same command again") from None


def _digest(form: str, options: Options, done: Sequence[Record], plugins: Plugins, transition: str) -> str:
    """Tells when a montage is another one: by the scores of all videos, the options, and what joins highlights."""
    scores = [result.digest for record in done for result in record.results if result.path.name == f"{record.key}.json"]
    wishes = Wishes.of(options, {form: options}, plugins.exporters).results
    said = [scores, wishes, transition, options.batch.video_order]
    return hashlib.blake2b(json.dumps(said).encode(), digest_size=16).hexdigest()


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
        return bool(self.states) and all(self.has_left(Path(file)) for file in self.states)

    def has_left(self, file: Path) -> bool:
        """Whether that file is one of these, and as it was left."""
        try:
            return self.states.get(str(file)) == str(FileState.of(file))
        except OSError:
            return False


def _name(path: Path) -> str:
    return f"montage {hashlib.blake2b(os.fsencode(path), digest_size=16).hexdigest()}"
