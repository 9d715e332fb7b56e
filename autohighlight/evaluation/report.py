"""Measures scorers on labelled videos: one table, with chance, the floors and the ceilings beside them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from autohighlight.config import Options
from autohighlight.evaluation import metrics
from autohighlight.evaluation.labels import Protocol, Targets, read_labels
from autohighlight.evaluation.videos import load_videos
from autohighlight.pipeline import no_progress
from autohighlight.plugins import Plugins
from autohighlight.scorers import FLOORS
from autohighlight.scorers.combined import find_scorer
from autohighlight.types import ProgressCallback

CHANCE = "random (expected)"
"""Row: the expectation over all orders of the clips; exact, but for TVSum's measure, where orders are drawn."""
ORACLE = "oracle"
"""Row: the raters' mean as the score."""
OTHER_RATERS = "other raters"
"""Row: the mean of the others as the score for each rater's labels; how far people agree."""

Kind = Literal["scorer", "floor", "chance", "ceiling"]
_NAN = float("nan")


@dataclass(frozen=True)
class Row:
    """How one scorer does.

    Args:
        scorer: its name.
        kind: a scorer that was asked for, or what it is compared with.
        per_video: the measure of each video, NaN where the video is left out of this row.
        mean: over the videos that count (mAP); NaN if there are none.
        interval: 95 % bootstrap interval of the mean over videos; None if there are none.
        num_videos: how many count.
    """

    scorer: str
    kind: Kind
    per_video: tuple[float, ...]
    mean: float
    interval: metrics.Interval | None
    num_videos: int

    @classmethod
    def of(cls, scorer: str, kind: Kind, per_video: Sequence[float]) -> Row:
        """The row of these measures, one a video; those that are NaN do not count."""
        counted = [value for value in per_video if not np.isnan(value)]
        mean, interval = (float(np.mean(counted)), metrics.bootstrap_interval(counted)) if counted else (_NAN, None)
        return cls(scorer, kind, tuple(per_video), mean, interval, len(counted))


@dataclass(frozen=True)
class EvaluationReport:
    """Every scorer on one file of labels.

    Args:
        labels: the file.
        protocol: how it is measured.
        videos: the files, in the order of the lines.
        rows: the scorers that were asked for, then chance and floors, then ceilings.
        num_left_out: videos in which no rater calls a clip a highlight; they count nowhere.
    """

    labels: Path
    protocol: Protocol
    videos: tuple[Path, ...]
    rows: tuple[Row, ...]
    num_left_out: int

    def row(self, scorer: str) -> Row:
        """The row of that name."""
        return next(row for row in self.rows if row.scorer == scorer)

    def as_dict(self) -> dict[str, Any]:
        """The report for JSON: numbers, strings, lists; None for a number that is not there."""
        return {
            "labels": str(self.labels),
            "protocol": self.protocol.name,
            "description": self.protocol.description,
            "num_left_out": self.num_left_out,
            "videos": [str(video) for video in self.videos],
            "rows": [_row_dict(row) for row in self.rows],
        }


def _row_dict(row: Row) -> dict[str, Any]:
    return {
        "scorer": row.scorer,
        "kind": row.kind,
        "map": None if np.isnan(row.mean) else row.mean,
        "interval": [row.interval.low, row.interval.high] if row.interval else None,
        "num_videos": row.num_videos,
        "per_video": [None if np.isnan(value) else value for value in row.per_video],
    }


def evaluate(
    labels: Path,
    scorers: Sequence[str],
    options: Options,
    plugins: Plugins,
    progress: ProgressCallback = no_progress,
    *,
    videos: Path | None = None,
) -> EvaluationReport:
    """Measures scorers on labelled videos, with chance, the floors, the oracle and the raters' agreement beside them.

    Args:
        labels: a ``labels.jsonl``; see `autohighlight.evaluation.labels`.
        scorers: names of scorers.
        options: how features are measured and clips scored; the scorer named in it counts for nothing.
        plugins: where the scorers come from.
        progress: is told how far the work has come.
        videos: a folder to look for the videos in first.

    Raises:
        OptionError: no scorer has that name.
        InputError: the labels cannot be read, a video is missing, cannot be read, or is shorter than its labels say.
    """
    asked = list(dict.fromkeys(scorers))
    floors = [name for name in FLOORS if name not in asked]
    # a wrong name is said before the work
    functions = {name: find_scorer(name, plugins.scorers) for name in [*asked, *floors]}
    label_file = read_labels(labels)
    measured: dict[str, list[float]] = {name: [] for name in [*asked, CHANCE, *floors, ORACLE, OTHER_RATERS]}
    paths = list[Path]()
    for video in load_videos(label_file, options, plugins, progress, videos=videos):
        paths.append(video.path)
        for name, scorer in functions.items():
            scores = scorer(video.features, dataclasses.replace(options.score, scorer=name))
            measured[name].append(video.measure(scores.values))
        for name, value in references(video.protocol, video.targets).items():
            measured[name].append(value)
    rows = [Row.of(name, _kind(name, asked), values) for name, values in measured.items()]
    shown = tuple(row for row in rows if row.num_videos or row.kind == "scorer")
    num_left_out = int(np.isnan(measured[CHANCE]).sum())
    return EvaluationReport(labels, label_file.protocol, tuple(paths), shown, num_left_out)


def references(protocol: Protocol, targets: Targets) -> Mapping[str, float]:
    """What the labels alone say of one video: chance, the oracle, and the raters' agreement; NaN where undefined."""
    positives = targets.positives
    chance = protocol.measure(positives, np.zeros(positives.shape[1]))
    oracle = protocol.measure(positives, targets.oracle)
    others = metrics.agreement(protocol.metric, positives, targets.ratings, silent=protocol.silent)
    return {CHANCE: chance, ORACLE: oracle, OTHER_RATERS: others}


def _kind(name: str, asked: Sequence[str]) -> Kind:
    if name in asked:
        return "scorer"
    return "chance" if name == CHANCE else "ceiling" if name in (ORACLE, OTHER_RATERS) else "floor"
