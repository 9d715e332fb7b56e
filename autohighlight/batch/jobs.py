"""What is to be done with one video of a batch, and what came of it; both travel between processes."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from autohighlight.config import RESULT_SUFFIX, Options, option_fields
from autohighlight.discovery import PluginSources
from autohighlight.files import content_digest
from autohighlight.plugins import Exporter

STATE_FOLDER = ".autohighlight"
"""In the output folder: the database, what is being written, and what later stages need to know."""

DECISIONS_SUFFIX = f"{RESULT_SUFFIX}.json"
"""Ends the name of the file that says of each video which clips have which score, and what was chosen."""

Cause = Literal["", "input", "output", "died", "timeout", "fault", "format"]
"""Why a video failed: it cannot be read, a result cannot be written, its worker died each time, it took too long,
a fault of this program or a plugin; or, of one that is done, a form that was asked for cannot express it."""

_WITHOUT_A_SAY = frozenset({"device", "limits", "cache", "cache_size", "cache_dir", "overwrite", "ffmpeg", "verify"})
"""Options that change nothing of the results, only whether there are any."""


@dataclass(frozen=True)
class Job:
    """One video.

    Args:
        source: an absolute path, or an address that `batch.remote` can read.
        stem: of its results, relative to the output folder: ``match/first`` for ``match/first.highlights.mp4``.
        forms: name of each exporter that is asked for -> the options that it is used with, its own defaults among them.
        options: of the run.
        output: the output folder, absolute.
        plugins: where the worker loads plugins from.
        chapters: paths of further files of the same recording, in order.
        known_content: digest of the content that the results there are were made of; where the video still has it,
            nothing is done.
    """

    source: str
    stem: PurePosixPath
    forms: Mapping[str, Options]
    options: Options
    output: Path
    plugins: PluginSources
    chapters: tuple[str, ...] = ()
    known_content: str | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """All files of the video, in order."""
        return (self.source, *self.chapters)

    @property
    def decisions(self) -> tuple[str, ...]:
        """Names of the files that say of each of `sources` which clips have which score, and what was chosen."""
        marks = [f".chapter-{number}" for number in range(2, len(self.sources) + 1)]
        return tuple(f"{self.stem.name}{mark}{DECISIONS_SUFFIX}" for mark in ("", *marks))

    @property
    def key(self) -> str:
        """Names the job by its source, 32 characters of hex."""
        return hashlib.blake2b(os.fsencode(self.source), digest_size=16).hexdigest()

    @property
    def staging(self) -> Path:
        """The folder that its results are written to before they are published, each try in one of its own in it."""
        return self.output / STATE_FOLDER / "staging" / self.key

    @property
    def scores(self) -> PurePosixPath:
        """The file that keeps what `batch.combined` needs to know of it, relative to the output folder."""
        return PurePosixPath(STATE_FOLDER, "scores", f"{self.key}.json")


@dataclass(frozen=True)
class Staged:
    """A result that was written, and waits to be published.

    Args:
        staged: the file, in the job's staging folder.
        path: where it belongs, relative to the output folder.
        size: in bytes.
        digest: BLAKE2b, 128 bits, of the content.
    """

    staged: Path
    path: PurePosixPath
    size: int
    digest: str


@dataclass(frozen=True)
class Outcome:
    """What came of one job.

    Args:
        status: ``unchanged``: the content is the known one, and nothing was done.
        content: digest of the video's content; empty where it could not be read.
        state: of the video before it was read, see `autohighlight.files.FileState` and `batch.remote.identity`.
        files: results, not yet published.
        duration_seconds: of the video.
        num_highlights: that were chosen.
        highlight_seconds: for how long they are shown in the reel; their total length where none is asked for.
        elapsed_seconds: that the work took.
        warnings: what somebody should know, a line each.
        cause: why it failed, or why a form is missing; empty if all is well.
        problem: what is wrong, one line.
        hint: what to do about it, one line or empty.
    """

    status: Literal["done", "unchanged", "failed"]
    content: str = ""
    state: str = ""
    files: tuple[Staged, ...] = ()
    duration_seconds: float = 0.0
    num_highlights: int = 0
    highlight_seconds: float = 0.0
    elapsed_seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    cause: Cause = ""
    problem: str = ""
    hint: str = ""


def result_names(stem: str, forms: Collection[str], exporters: Mapping[str, Exporter]) -> dict[str, str]:
    """The name of the file that each form is written as: ``first.highlights.mp4``; a GIF's gets numbers besides.

    Forms that share a suffix, with each other or with the decisions, have their own name in it too.

    Args:
        stem: of the video's results, without folders.
        forms: names of exporters.
        exporters: by name.
    """
    suffixes = [exporters[form].suffixes[0] for form in forms]
    names: dict[str, str] = {}
    for form, suffix in zip(forms, suffixes, strict=True):
        own = "timeline" if form == suffix[1:] else form
        is_alone = suffixes.count(suffix) == 1 and suffix != ".json"
        names[form] = f"{stem}{RESULT_SUFFIX}{suffix}" if is_alone else f"{stem}{RESULT_SUFFIX}.{own}{suffix}"
    return names


@dataclass(frozen=True)
class Wishes:
    """Digests that tell what is asked for now from what was asked for before.

    Args:
        results: of the options that change results, and of the content of a selector or checkpoint. Results of other
            wishes are made again.
        run: of all options. A video that failed is tried again with others: they may be what it needs.
    """

    results: str
    run: str

    @classmethod
    def of(cls, options: Options, forms: Mapping[str, Options], exporters: Mapping[str, Exporter]) -> Wishes:
        """The digests of a run.

        Args:
            options: of the run.
            forms: as in `Job`.
            exporters: by name.

        Raises:
            OSError: a selector or checkpoint cannot be read.
        """
        said = _said(options, ("sample", "extract", "sound", "score", "select"))
        for name in ("selector", "checkpoint"):
            path = Path(said[name])
            if path.is_file():
                said[name] = content_digest(path)
        of_forms = {form: _said_of_form(forms[form], exporters[form]) for form in sorted(forms)}
        others = {spec.name: str(options.get(spec.name)) for _, spec in option_fields()}
        return cls(_digest([said, of_forms]), _digest([said, of_forms, others]))


def _said_of_form(options: Options, exporter: Exporter) -> dict[str, str]:
    export = {name: value for name, value in _said(options, ("export",)).items() if exporter.reads(name)}
    return _said(options, ("select",)) | export


def _said(options: Options, stages: Sequence[str]) -> dict[str, str]:
    said: dict[str, str] = {}
    for stage in stages:
        values = getattr(options, stage)
        said |= {spec.name: str(getattr(values, spec.name)) for spec in dataclasses.fields(values)}
    return {name: value for name, value in said.items() if name not in _WITHOUT_A_SAY}


def _digest(parts: list[dict[str, Any]]) -> str:
    text = json.dumps(parts, sort_keys=True)
    return hashlib.blake2b(text.encode(errors="surrogateescape"), digest_size=16).hexdigest()
