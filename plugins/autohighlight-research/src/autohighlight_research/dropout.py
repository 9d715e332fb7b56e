"""What dropout in training does to the highlights that are found: section 4.4 of the paper, its Table 7."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autohighlight.config import Options
from autohighlight.errors import InputError, OptionError
from autohighlight.evaluation.labels import LabelFile, Protocol, read_labels
from autohighlight.evaluation.report import CHANCE, ORACLE, references
from autohighlight.evaluation.videos import MeasuredVideo, load_videos
from autohighlight.pipeline import no_progress
from autohighlight.plugins import Plugins
from autohighlight.scorers.contrastive import selector_input
from autohighlight.selector.model import HighlightSelector, scores
from autohighlight.training.dataset import measure
from autohighlight.training.history import StepRecord
from autohighlight.training.loop import train_on
from autohighlight.training.recipes import PAPER as PAPER_RECIPE
from autohighlight.training.recipes import Recipe
from autohighlight.types import Progress, ProgressCallback
from autohighlight_research.clip_kinds import LabelSource
from autohighlight_research.dropout_runs import untrained
from autohighlight_research.over_seeds import Difference, OverSeeds
from autohighlight_research.ready_videos import ReadyVideo, load_ready_videos

PAPER: dict[str, tuple[float, float]] = {
    "YouTube": (0.6287, 0.6539),
    "TVSum": (0.4887, 0.5276),
    "VTW": (0.5606, 0.6090),
}
"""Table 7: data set -> mAP without and with dropout; on TVSum top-5 mAP."""

WITHOUT, WITH, UNTRAINED = "without dropout", "with dropout", "untrained"
"""Methods: trained with a probability p of 0, with that of the recipe, and not at all."""


@dataclass(frozen=True, eq=False)
class DropoutReport:
    """Table 7 for one file of labels; selectors were trained on the videos that they are measured on, without labels.

    Args:
        labels: the file.
        protocol: how a video is measured.
        recipe: how selectors were trained.
        dropout: p, where there was dropout.
        seeds: of the trainings; both kinds of training had the same.
        videos: those in which there is something to find, in the order of the lines.
        num_left_out: the others; they were trained on, but count nowhere.
        measures: of `WITHOUT`, `WITH`, `UNTRAINED`, `CHANCE`, `ORACLE`: float64 (S, V), for each seed and video; of
            the last two (1, V).
    """

    labels: Path
    protocol: Protocol
    recipe: Recipe
    dropout: float
    seeds: tuple[int, ...]
    videos: tuple[Path, ...]
    num_left_out: int
    measures: dict[str, NDArray[np.float64]]

    def mean(self, method: str) -> OverSeeds:
        """mAP: the mean over the videos, for each seed."""
        return OverSeeds.of(self.measures[method].mean(axis=1))

    @property
    def gain(self) -> Difference:
        """How much higher average precision is with dropout than without, video by video."""
        return Difference.of(self.measures[WITH], self.measures[WITHOUT])

    def as_dict(self) -> dict[str, Any]:
        """The report for JSON: numbers, strings, lists."""
        return {
            "labels": str(self.labels),
            "protocol": self.protocol.name,
            "description": self.protocol.description,
            "recipe": self.recipe.as_dict() | {"feature_kind": self.recipe.feature_kind, **self.recipe.choices},
            "dropout": self.dropout,
            "seeds": list(self.seeds),
            "videos": [str(video) for video in self.videos],
            "num_left_out": self.num_left_out,
            "map": {
                method: self.mean(method).as_dict() | {"by_video": values.mean(axis=0).tolist()}
                for method, values in self.measures.items()
            },
            "gain": self.gain.as_dict(),
            "paper": {name: dict(zip((WITHOUT, WITH), values, strict=True)) for name, values in PAPER.items()},
        }


def analyse_dropout(
    source: LabelSource,
    options: Options,
    plugins: Plugins,
    progress: ProgressCallback = no_progress,
    *,
    recipe: Recipe = PAPER_RECIPE,
    num_seeds: int = 5,
) -> DropoutReport:
    """Trains selectors on labelled videos with and without dropout, and measures both.

    Args:
        source: the labels, and where the videos or their features are. Training does not look at the labels.
        options: how features are measured.
        plugins: where backbones come from.
        progress: is told how far the work has come.
        recipe: how to train; its seed is the first one.
        num_seeds: how many trainings of either kind, each with the next seed.

    Raises:
        InputError: the labels or a video cannot be read, there is one video, or nothing to find in any.
        OptionError: no seed, a recipe without dropout, or videos that are all the same.
        DependencyError: the device to train on is not there.
    """
    dropout = recipe.selector_config(1).dropout
    if num_seeds < 1:
        raise OptionError(f"--seeds is at least 1, not {num_seeds}")
    if not dropout:
        raise OptionError("training without dropout is compared with a --dropout above 0, not with 0")
    labels = read_labels(source.labels)
    if len(labels.videos) < 2:
        raise InputError(
            source.labels, "only one video is labelled", "training tells a video from others, so it takes two"
        )
    loaded: list[MeasuredVideo | ReadyVideo] = []
    features = list[NDArray[np.float32]]()
    for video, rows in _loaded(source, labels, recipe, options, plugins, progress):
        loaded.append(video)
        features.append(rows)
    known = {number: references(v.protocol, v.targets) for number, v in enumerate(loaded)}
    counted = [number for number, values in known.items() if np.isfinite(values[CHANCE])]
    if not counted:
        raise InputError(source.labels, "no rater calls a clip of any video a highlight")
    seeds = tuple(range(recipe.options.seed, recipe.options.seed + num_seeds))
    measured: dict[str, list[list[float]]] = {WITHOUT: [], WITH: [], UNTRAINED: []}
    for method, selector in _trainings(features, recipe, dropout, seeds, progress):
        measured[method].append([_measure(selector, loaded[number], features[number]) for number in counted])
    measured |= {name: [[known[number][name] for number in counted]] for name in (CHANCE, ORACLE)}
    return DropoutReport(
        labels=source.labels,
        protocol=labels.protocol,
        recipe=recipe,
        dropout=dropout,
        seeds=seeds,
        videos=tuple(loaded[number].path for number in counted),
        num_left_out=len(loaded) - len(counted),
        measures={method: np.array(values) for method, values in measured.items()},
    )


def _loaded(
    source: LabelSource,
    labels: LabelFile,
    recipe: Recipe,
    options: Options,
    plugins: Plugins,
    progress: ProgressCallback,
) -> Iterator[tuple[MeasuredVideo | ReadyVideo, NDArray[np.float32]]]:
    """Each video with what a selector is given of it."""
    if source.features is not None:
        for ready in load_ready_videos(labels, source.features, options.sample.clip_length):
            yield ready, ready.rows
    else:
        for video in load_videos(labels, options, plugins, progress, videos=source.videos):
            yield video, selector_input(video.features, recipe.feature_kind)


def _trainings(
    features: Sequence[NDArray[np.float32]],
    recipe: Recipe,
    dropout: float,
    seeds: Sequence[int],
    progress: ProgressCallback,
) -> Iterator[tuple[str, HighlightSelector]]:
    """Each trained selector with its method, and for each seed an untrained one."""
    videos = measure(features, pieces=recipe.options.pieces)
    config = recipe.selector_config(videos.d_in)
    done, total = 0, 2 * len(seeds)
    for seed in seeds:
        options = dataclasses.replace(recipe.options, seed=seed)
        for method, probability in ((WITHOUT, 0.0), (WITH, dropout)):
            tell = _teller(progress, done, total, f"seed {seed}, {method}")
            selector, _ = train_on(videos, dataclasses.replace(config, dropout=probability), options, tell)
            done += 1
            yield method, selector
        yield UNTRAINED, untrained(selector, seed)


def _teller(progress: ProgressCallback, done: int, total: int, note: str) -> Callable[[StepRecord], None]:
    """Tells of the steps of one training as a part of all trainings."""

    def tell(record: StepRecord) -> None:
        steps = (done * record.num_steps + record.step, total * record.num_steps)
        progress(Progress("train", *steps, "steps", f"{note}, loss {record.loss:.3f}"))

    return tell


def _measure(selector: HighlightSelector, video: MeasuredVideo | ReadyVideo, features: NDArray[np.float32]) -> float:
    return video.measure(scores(selector, features))
