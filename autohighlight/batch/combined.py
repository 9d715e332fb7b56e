"""One montage over many videos: the best highlights of all of them under one budget."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight import pipeline
from autohighlight.batch.scored import ScoredVideo
from autohighlight.config import Options, SelectOptions
from autohighlight.default_plugins import load_plugins
from autohighlight.errors import OptionError
from autohighlight.pipeline import no_progress
from autohighlight.plugins import Exporter, Plugins
from autohighlight.scorers.across import comparable
from autohighlight.selection.budget import Material, choose_within_budget, limits_of_all
from autohighlight.types import MediaInfo, ProgressCallback, Selection

if TYPE_CHECKING:
    from autohighlight.timeline.model import Timeline

POLICY = "budget"
"""The only selection policy that chooses over many videos; one of a plugin knows but one."""


def select_over_all(
    videos: Sequence[ScoredVideo],
    options: Options | None = None,
    *,
    form: Exporter | None = None,
    probe: Callable[[Path, Options], MediaInfo] = pipeline.probe,
) -> tuple[Selection, ...]:
    """Chooses the highlights of all videos together: see `selection.budget.choose_within_budget`.

    Scores are made comparable first, see `scorers.across.comparable`; so the scores of the highlights, and of the
    selections, are those. Percentages are of all footage, and so is the default duration. The same videos in the same
    order give the same highlights. Only the videos of which something was chosen are probed.

    Args:
        videos: as they were scored, in the order in which they are to be shown.
        options: limits and order; the defaults if None.
        form: that they are for: in a reel with crossfades, more highlights are as long together.
        probe: gives what the file itself says of it, within the limits that the options set.

    Returns:
        In the order in which they are to be shown; videos of which nothing was chosen are left out. Ordered by time:
        one selection a video. By score: one a highlight, or a stretch of them of one video.

    Raises:
        OptionError: there is no video, they were scored by different scorers, limits that no highlight can keep to, or
            a selection policy that knows but one video.
        InputError: a video is not there any more, or has changed since it was scored.
    """
    options = options or Options()
    if not videos:
        raise OptionError("there is no video to choose from")
    if options.select.policy != POLICY:
        raise OptionError(f"highlights of several videos are chosen by --policy {POLICY} alone")
    scores = comparable([video.scores for video in videos], [video.measures for video in videos])
    materials = [Material(video, track, video.shot_boundaries) for video, track in zip(videos, scores, strict=True)]

    @functools.cache
    def media_of(number: int) -> MediaInfo:
        media = probe(videos[number].path, options)
        videos[number].check(media)
        return dataclasses.replace(media, gaps=videos[number].gaps)  # those that only decoding tells are among them

    def choose(limits: SelectOptions) -> tuple[Selection, ...]:
        chosen = zip(scores, choose_within_budget(materials, limits), strict=True)
        selections = [Selection(media_of(n), tuple(those), track) for n, (track, those) in enumerate(chosen) if those]
        return tuple(selections if options.select.order == "time" else _by_score(selections))

    if form is None:
        return choose(options.select)
    allowed = limits_of_all(materials, options.select)[0].budget
    return pipeline.filled_for(form, choose, allowed, options, format_of="most")


def _by_score(selections: Sequence[Selection]) -> Iterator[Selection]:
    """The highlights of all, the best first; of equal ones the earlier video's, then the earlier."""
    order = sorted(
        ((-h.score, number, h) for number, selection in enumerate(selections) for h in selection),
        key=lambda item: (item[0], item[1], item[2].time_range),
    )
    for _, number, highlight in order:
        yield Selection(selections[number].media, (highlight,), selections[number].scores)


def build_combined(
    selections: Sequence[Selection],
    options: Options | None = None,
    *,
    plugins: Plugins | None = None,
    name: str = "",
) -> Timeline:
    """The timeline of a montage: rate and size are those that most of it has, see `timeline.build`.

    Raises:
        OptionError: nothing was chosen from any.
    """
    options = options or Options()
    handles = options.export.handles
    return pipeline.build(*selections, handles=handles, name=name, format_of="most", plugins=plugins)


def write_combined(
    selections: Sequence[Selection],
    path: Path,
    exporter: str = "reel",
    *,
    options: Options | None = None,
    plugins: Plugins | None = None,
    progress: ProgressCallback = no_progress,
    name: str = "",
) -> list[Path]:
    """Writes a montage in one form, a reel or any other, and gives its files; as `pipeline.write` for one video.

    Args:
        selections: as `select_over_all` gives them.
        path: the file to write.
        exporter: which form.
        options, plugins, progress: as in `pipeline.write`.
        name: of the timeline; if empty, ``highlights``, or the video's where there is but one.

    Raises:
        OptionError: nothing was chosen from any.
        OutputError: it cannot be written; nothing was left behind.
        InputError: a source cannot be read any more.
    """
    options, plugins = options or Options(), plugins or load_plugins()
    handles = None if plugins.exporters[exporter].renders else options.export.handles
    timeline = pipeline.build(*selections, handles=handles, name=name, format_of="most", plugins=plugins)
    return pipeline.write_timeline(timeline, path, exporter, options=options, plugins=plugins, progress=progress)
