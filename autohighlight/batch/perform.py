"""The work on one video of a batch, as a worker does it: all results into a folder of its own, none published."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import logging
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight import pipeline
from autohighlight.batch import remote
from autohighlight.batch.jobs import Cause, Job, Outcome
from autohighlight.batch.results import write_results
from autohighlight.batch.scratch import scratch_folder
from autohighlight.default_plugins import load_plugins
from autohighlight.errors import AutohighlightError, InputError, OutputError
from autohighlight.files import FileState, content_digest
from autohighlight.plugins import BackboneFactory, Plugins

if TYPE_CHECKING:
    from autohighlight.discovery import PluginSources
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
        state = state_of(job.sources)  # before a copy is made: what is replaced meanwhile has another
        with _at_hand(job) as videos:
            outcome = dataclasses.replace(_perform(job, videos, progress), state=state)
    except AutohighlightError as error:
        where = f"{error.path.name}: " if isinstance(error, OutputError) else ""
        if isinstance(error, InputError) and job.chapters:
            where = f"{error.path.name} "
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
        duration = 0.0
        for source in job.sources:
            media = pipeline.probe(source, job.options)
            pipeline.extract(media, job.options, plugins=loaded_plugins(job.plugins), progress=progress)
            duration += float(media.duration)
        outcome = Outcome("done", duration_seconds=duration)
    except AutohighlightError as error:
        outcome = _failed(job, _cause(error), error.problem, error.hint)
    return dataclasses.replace(outcome, elapsed_seconds=time.monotonic() - began)


def state_of(sources: Sequence[str], *, is_fresh: bool = True) -> str:
    """What tells, without the content being read, that a video is still the same; empty where nothing tells.

    Args:
        sources: paths, or addresses, of all its files.
        is_fresh: whether the server of an address is asked again, where it has just given a list.

    Raises:
        InputError: a source is not there.
    """
    states = [_state_of_one(source, is_fresh) for source in sources]
    if len(states) == 1:
        return states[0]
    return json.dumps([sources, states]) if all(states) else ""


def _state_of_one(source: str, is_fresh: bool) -> str:
    if remote.is_remote(source):
        return remote.identity(source, is_fresh=is_fresh)
    try:
        return str(FileState.of(Path(source)))
    except OSError as error:
        raise InputError(Path(source), f"cannot be read: {error.strerror or error}") from None


@contextmanager
def _at_hand(job: Job) -> Iterator[tuple[Path, ...]]:
    """The files of a video on this computer; of several, none is a copy."""
    options = job.options.batch
    folder, max_bytes = scratch_folder(options.scratch), options.scratch_size * 1_000_000
    with ExitStack() as stack:
        yield tuple(stack.enter_context(remote.local_copy(source, folder, max_bytes)) for source in job.sources)


def _perform(job: Job, videos: Sequence[Path], progress: ProgressCallback) -> Outcome:
    content = _digest(videos)
    if content == job.known_content:
        return Outcome("unchanged", content)
    plugins = loaded_plugins(job.plugins)
    with _warnings() as logged:
        analyses = [pipeline.analyse(video, job.options, plugins=plugins, progress=progress) for video in videos]
        job.staging.mkdir(parents=True, exist_ok=True)
        # Of this try alone: a worker that was given up, on a computer cut off from the others, may still be writing.
        folder = Path(tempfile.mkdtemp(dir=job.staging))
        files, about = write_results(job, folder, analyses, plugins, progress)
    if _digest(videos) != content:  # costs nothing where the file's state is what it was
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


def _digest(videos: Sequence[Path]) -> str:
    digests = []
    for video in videos:
        try:
            digests.append(content_digest(video))
        except OSError as error:
            raise InputError(video, f"cannot be read: {error.strerror or error}") from None
    return digests[0] if len(digests) == 1 else hashlib.blake2b("".join(digests).encode(), digest_size=16).hexdigest()


def _cause(error: AutohighlightError) -> Cause:
    if isinstance(error, InputError):
        return "input"
    return "output" if isinstance(error, OutputError) else "fault"


def _failed(job: Job, cause: Cause, problem: str, hint: str) -> Outcome:
    try:
        state = state_of(job.sources)
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
