"""The work on one video of a batch, as a worker does it: all results into a folder of its own, none published."""

from __future__ import annotations

import dataclasses
import functools
import json
import logging
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from autohighlight import pipeline
from autohighlight.batch import remote
from autohighlight.batch.jobs import DECISIONS_SUFFIX, Cause, Job, Outcome, Staged, result_names
from autohighlight.batch.scored import ScoredVideo
from autohighlight.batch.scratch import scratch_folder
from autohighlight.default_plugins import load_plugins
from autohighlight.documents import highlights_document, to_json
from autohighlight.errors import AutohighlightError, FormatError, InputError, OutputError, VerifyError
from autohighlight.files import FileState, content_digest, wait_for_disk
from autohighlight.plugins import BackboneFactory, Plugins

if TYPE_CHECKING:
    from autohighlight.discovery import PluginSources
    from autohighlight.pipeline import Analysis
    from autohighlight.types import ProgressCallback


def perform(job: Job, progress: ProgressCallback) -> Outcome:
    """Works on one video.

    Whatever is wrong with the video or the places it uses is in the outcome; an error that leaves this function is a
    fault of the program or a plugin.

    Args:
        job: what to do.
        progress: is told how far the work has come.
    """
    began = time.monotonic()
    try:
        state = state_of(job.source)  # before a copy is made: what is replaced meanwhile has another
        with _at_hand(job) as video:
            outcome = dataclasses.replace(_perform(job, video, progress), state=state)
    except AutohighlightError as error:
        where = f"{error.path.name}: " if isinstance(error, OutputError) else ""
        outcome = _failed(job, _cause(error), where + error.problem, error.hint)
    except MemoryError:
        outcome = _failed(job, "fault", "memory ran out", "let fewer videos run at once with --jobs")
    except OSError as error:
        outcome = _failed(job, "output", f"{error.filename or job.source}: {error.strerror or error}", "")
    return dataclasses.replace(outcome, elapsed_seconds=time.monotonic() - began)


def measure(job: Job, progress: ProgressCallback) -> Outcome:
    """Measures one video, so that its features are in the cache; as `perform`, but nothing is chosen or written."""
    began = time.monotonic()
    try:
        media = pipeline.probe(job.source, job.options)
        pipeline.extract(media, job.options, plugins=loaded_plugins(job.plugins), progress=progress)
        outcome = Outcome("done", duration_seconds=float(media.duration))
    except AutohighlightError as error:
        outcome = _failed(job, _cause(error), error.problem, error.hint)
    return dataclasses.replace(outcome, elapsed_seconds=time.monotonic() - began)


def state_of(source: str, *, is_fresh: bool = True) -> str:
    """What tells, without the content being read, that it is still the same; empty where nothing tells.

    Args:
        source: a path, or an address.
        is_fresh: whether the server of an address is asked again, where it has just given a list.

    Raises:
        InputError: the source is not there.
    """
    if remote.is_remote(source):
        return remote.identity(source, is_fresh=is_fresh)
    try:
        return str(FileState.of(Path(source)))
    except OSError as error:
        raise InputError(Path(source), f"cannot be read: {error.strerror or error}") from None


def _at_hand(job: Job) -> AbstractContextManager[Path]:
    options = job.options.batch
    return remote.local_copy(job.source, scratch_folder(options.scratch), options.scratch_size * 1_000_000)


def _perform(job: Job, video: Path, progress: ProgressCallback) -> Outcome:
    content = _digest(video)
    if content == job.known_content:
        return Outcome("unchanged", content)
    plugins = loaded_plugins(job.plugins)
    with _warnings() as logged:
        analysis = pipeline.analyse(video, job.options, plugins=plugins, progress=progress)
        job.staging.mkdir(parents=True, exist_ok=True)
        # Of this try alone: a worker that was given up, on a computer cut off from the others, may still be writing.
        folder = Path(tempfile.mkdtemp(dir=job.staging))
        files, about = _write(job, folder, analysis, plugins, progress)
    if _digest(video) != content:  # costs nothing where the file's state is what it was
        raise InputError(Path(job.source), "was changed while it was read", "run again when it is whole")
    return dataclasses.replace(about, content=content, files=files, warnings=(*about.warnings, *logged))


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """Collects the warnings of this package, which the commands for one video print."""
    logged: list[str] = []

    class _Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if (line := record.getMessage()) not in logged:
                logged.append(line)

    logger, collector = logging.getLogger("autohighlight"), _Collector(logging.WARNING)
    logger.addHandler(collector)
    try:
        yield logged
    finally:
        logger.removeHandler(collector)


def _digest(video: Path) -> str:
    try:
        return content_digest(video)
    except OSError as error:
        raise InputError(video, f"cannot be read: {error.strerror or error}") from None


def _write(
    job: Job, folder: Path, analysis: Analysis, plugins: Plugins, progress: ProgressCallback
) -> tuple[tuple[Staged, ...], Outcome]:
    """Chooses, and writes every result into a folder; gives them, and what there is to say."""
    film = pipeline.film_among(job.forms, plugins)
    selection = pipeline.select(analysis, job.options, plugins=plugins, exporter=film)
    shown = None if film is None else pipeline.shown_as(film, selection, job.options, plugins)
    decisions = folder / f"{job.stem.name}{DECISIONS_SUFFIX}"
    document = highlights_document(analysis, selection, None, shown) | {"video": remote.shown(job.source)}
    decisions.write_text(to_json(document) + "\n", "ascii", newline="\n")  # the same bytes on every system
    written, warnings = [decisions], list(_losses(analysis))
    refused: list[AutohighlightError] = []
    for form, name in result_names(job.stem.name, job.forms, plugins.exporters).items():
        options, chosen = job.forms[form], selection
        if options.select != job.options.select:
            chosen = pipeline.select(analysis, options, plugins=plugins)
        renders = plugins.exporters[form].renders
        timeline = pipeline.build(chosen, handles=None if renders else options.export.handles, plugins=plugins)
        if not renders:  # what they are about is of editing software
            warnings += (warning for warning in timeline.warnings if warning not in warnings)
        try:
            written += pipeline.write_timeline(
                timeline, folder / name, form, options=options, plugins=plugins, progress=progress
            )
        except (FormatError, VerifyError) as error:  # the other forms are none the worse for it
            if len(job.forms) == 1:
                raise
            refused.append(error)
    about = Outcome(
        "done",
        cause="format" if refused else "",
        problem="; ".join(error.problem for error in refused),
        hint=refused[0].hint if refused else "",
        duration_seconds=float(analysis.media.duration),
        num_highlights=len(selection),
        highlight_seconds=float(selection.duration if shown is None else shown),
        warnings=tuple(warnings),
    )
    scores = folder / job.scores.name
    scores.write_text(json.dumps(ScoredVideo.of(analysis).to_json()), "ascii", newline="\n")
    files = [_staged(path, job.stem.parent / path.name) for path in written]
    return (*files, _staged(scores, job.scores)), about


def _staged(staged: Path, path: PurePosixPath) -> Staged:
    """Describes a written file that belongs to `path`, once the disk has it."""
    wait_for_disk(staged)
    return Staged(staged, path, staged.stat().st_size, content_digest(staged))


def _losses(analysis: Analysis) -> tuple[str, ...]:
    lost = analysis.features.num_frames_lost
    return (f"{lost:,} {'frame is' if lost == 1 else 'frames are'} damaged or missing",) if lost else ()


def _cause(error: AutohighlightError) -> Cause:
    if isinstance(error, InputError):
        return "input"
    return "output" if isinstance(error, OutputError) else "fault"


def _failed(job: Job, cause: Cause, problem: str, hint: str) -> Outcome:
    try:
        state = state_of(job.source)
    except AutohighlightError:
        state = ""  # it is not there; that it may come back is reason enough to try again
    return Outcome("failed", state=state, cause=cause, problem=problem, hint=hint)


@functools.cache
def loaded_plugins(sources: PluginSources) -> Plugins:
    """The plugins of this worker; each network is made once and then kept."""
    plugins = load_plugins(sources)
    made_once: dict[str, BackboneFactory] = {
        name: functools.lru_cache(maxsize=1)(factory) for name, factory in plugins.backbones.items()
    }
    return dataclasses.replace(plugins, backbones=dataclasses.replace(plugins.backbones, _things=made_once))
