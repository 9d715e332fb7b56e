"""The results of one video of a batch: chosen, and written into a directory of their own."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from autohighlight import pipeline
from autohighlight.batch import remote
from autohighlight.batch.combined import select_over_all
from autohighlight.batch.jobs import Job, Outcome, Staged, result_names
from autohighlight.batch.scored import ScoredVideo
from autohighlight.documents import highlights_document, to_json
from autohighlight.errors import AutohighlightError, FormatError, VerifyError
from autohighlight.files import content_digest, wait_for_disk
from autohighlight.scorers.across import comparable
from autohighlight.types import Selection

if TYPE_CHECKING:
    from fractions import Fraction

    from autohighlight.config import Options
    from autohighlight.pipeline import Analysis
    from autohighlight.plugins import Plugins
    from autohighlight.types import ProgressCallback


def write_results(
    job: Job, folder: Path, analyses: Sequence[Analysis], plugins: Plugins, progress: ProgressCallback
) -> tuple[tuple[Staged, ...], Outcome]:
    """Chooses, and writes every result; gives the files, and what there is to say of them.

    Args:
        job: what to do.
        folder: is there, and empty.
        analyses: of the files of the video, in order.
        plugins: whose exporters are used.
        progress: is told how far the work has come.

    Raises:
        FormatError, VerifyError: the only form that is asked for cannot express the video, or failed its check.
        OutputError: a result cannot be written.
    """
    film = pipeline.film_among(job.forms, plugins)
    selections = _select(analyses, job.options, plugins, film)
    shown = None if film is None else pipeline.shown_as(film, selections, job.options, plugins)
    written = _write_decisions(job, folder, analyses, selections, shown)
    warnings = list(_losses(analyses))
    refused: list[AutohighlightError] = []
    for form, name in result_names(job.stem.name, job.forms, plugins.exporters).items():
        options, chosen = job.forms[form], selections
        if options.select != job.options.select:
            chosen = _select(analyses, options, plugins)
        renders = plugins.exporters[form].renders
        handles = None if renders else options.export.handles
        timeline = pipeline.build(*chosen, handles=handles, name=job.stem.name if job.chapters else "", plugins=plugins)
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
        duration_seconds=float(sum(analysis.media.duration for analysis in analyses)),
        num_highlights=sum(map(len, selections)),
        highlight_seconds=float(sum(each.duration for each in selections) if shown is None else shown),
        warnings=tuple(warnings),
    )
    scores = folder / job.scores.name
    documents = [ScoredVideo.of(analysis).to_json() for analysis in analyses]
    scores.write_text(json.dumps(documents if job.chapters else documents[0]), "ascii", newline="\n")
    files = [_staged(path, job.stem.parent / path.name) for path in written]
    return (*files, _staged(scores, job.scores)), about


def _write_decisions(
    job: Job, folder: Path, analyses: Sequence[Analysis], selections: Sequence[Selection], shown: Fraction | None
) -> list[Path]:
    """Writes what was decided of each file of the video."""
    written = []
    for name, source, analysis in zip(job.decisions, job.sources, _comparable(analyses), strict=True):
        of_file = [each for each in selections if each.media.path == analysis.media.path]
        highlights = tuple(highlight for each in of_file for highlight in each)
        selection = Selection(analysis.media, highlights, analysis.scores)
        document = highlights_document(analysis, selection, None, shown) | {"video": remote.shown(source)}
        written.append(folder / name)
        written[-1].write_text(to_json(document) + "\n", "ascii", newline="\n")  # the same bytes on every system
    return written


def _comparable(analyses: Sequence[Analysis]) -> Sequence[Analysis]:
    """With the scores that the highlights were chosen by."""
    if len(analyses) == 1:
        return analyses
    videos = [ScoredVideo.of(analysis) for analysis in analyses]
    scores = comparable([video.scores for video in videos], [video.measures for video in videos])
    return [dataclasses.replace(analysis, scores=track) for analysis, track in zip(analyses, scores, strict=True)]


def _staged(staged: Path, path: PurePosixPath) -> Staged:
    """Describes a written file that belongs to `path`, once the disk has it."""
    wait_for_disk(staged)
    return Staged(staged, path, staged.stat().st_size, content_digest(staged))


def _losses(analyses: Sequence[Analysis]) -> tuple[str, ...]:
    lost = sum(analysis.features.num_frames_lost for analysis in analyses)
    damage = f"{lost:,} {'frame is' if lost == 1 else 'frames are'} damaged or missing" if lost else ""
    return tuple(words for words in (damage, *(analysis.media.gap_warning for analysis in analyses)) if words)


def _select(
    analyses: Sequence[Analysis], options: Options, plugins: Plugins, form: str | None = None
) -> tuple[Selection, ...]:
    """The highlights of a video; of one in several files those of all together, a selection for each file."""
    if len(analyses) == 1:
        return (pipeline.select(analyses[0], options, plugins=plugins, exporter=form),)
    media = {analysis.media.path: analysis.media for analysis in analyses}
    videos = [ScoredVideo.of(analysis) for analysis in analyses]
    exporter = None if form is None else plugins.exporters[form]
    return select_over_all(videos, options, form=exporter, probe=lambda path, _: media[path])
