"""Trains on a benchmark's training videos, measures on its test videos, with several seeds (section 4 of the paper)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autohighlight.errors import InputError, OptionError, printable
from autohighlight.evaluation import metrics
from autohighlight.evaluation.labels import Protocol
from autohighlight.evaluation.report import CHANCE, ORACLE
from autohighlight.pipeline import no_progress
from autohighlight.training.history import StepRecord
from autohighlight.training.recipes import PAPER, Recipe
from autohighlight.types import Progress, ProgressCallback
from autohighlight_research.benchmark_report import BenchmarkReport, LabelReport, MethodResult
from autohighlight_research.datasets.dataset import Benchmark, Dataset, DatasetVideo
from autohighlight_research.datasets.features import FeatureSource

SELECTOR = "selector"
"""Method: trained as the recipe says, once for each seed."""

UNTRAINED = "untrained"
"""Method: the same network with the random weights of that seed."""

CENTRE = "centre first"
"""Method: the nearer a clip begins to the middle of the video, the higher; looks at nothing."""

_NUM_NAMED = 5  # of missing videos

Features = NDArray[np.float32]
"""Of the clips of one video, (N, d_in)."""


def run_benchmark(
    benchmark: Benchmark,
    root: Path,
    source: FeatureSource,
    recipe: Recipe = PAPER,
    progress: ProgressCallback = no_progress,
    *,
    num_seeds: int = 5,
    partial: bool = False,
) -> BenchmarkReport:
    """Trains and measures selectors on a benchmark.

    Args:
        benchmark: which one.
        root: where its labels lie.
        source: of the videos' features.
        recipe: how to train; its seed is the first of the seeds.
        progress: is told how far the work has come.
        num_seeds: how many trainings, each with the next seed.
        partial: go on with the videos that are there, where some are missing.

    Raises:
        InputError: labels or videos are missing, or other than they should be; nothing was trained then.
        OptionError: no seed, fewer than two different training videos, or features that cannot be trained on.
    """
    if num_seeds < 1:
        raise OptionError(f"--seeds is at least 1, not {num_seeds}")
    seeds = range(recipe.options.seed, recipe.options.seed + num_seeds)
    dataset = benchmark.load(root)
    videos = present_videos(benchmark, root, dataset, source, partial=partial)
    features = dict(_read(videos, source, progress))
    training = tuple(video for video in videos if video.split == "train")
    test = tuple(video for video in videos if video.split == "test")
    results = [
        *_selectors(benchmark.protocol, training, test, features, recipe, seeds, progress),
        *(MethodResult.of(name, test, values[None]) for name, values in references(benchmark.protocol, test).items()),
    ]
    return BenchmarkReport(
        benchmark=benchmark,
        features=source.description,
        num_present={"train": len(training), "test": len(test)},
        is_complete=benchmark.is_complete(videos),
        num_left_out=sum(not video.positives.any() for video in test),
        seeds=tuple(seeds),
        recipe=recipe,
        results=tuple(results),
    )


def measure_labels(benchmark: Benchmark, root: Path) -> LabelReport:
    """What the labels of a benchmark alone say; it needs no videos.

    Raises:
        InputError: labels are missing, or other than they should be; or there is no highlight among them.
    """
    videos = benchmark.load(root).videos
    test = tuple(video for video in videos if video.split == "test")
    sets = {f"{len(test)} test videos": test, f"all {len(videos)} videos": videos}
    results = {}
    for name, chosen in sets.items():
        if not any(video.positives.any() for video in chosen):
            raise InputError(root, f"the labels of {name} name no highlight", benchmark.source)
        measured = references(benchmark.protocol, chosen)
        results[name] = tuple(MethodResult.of(k, chosen, v[None]) for k, v in measured.items())
    return LabelReport(benchmark, benchmark.is_complete(videos), results)


def present_videos(
    benchmark: Benchmark, root: Path, dataset: Dataset, source: FeatureSource, *, partial: bool
) -> tuple[DatasetVideo, ...]:
    """The videos that have labels and files.

    Raises:
        InputError: some are missing and `partial` is false, or there are too few to train or none to measure on.
    """
    present = tuple(video for video in dataset.videos if source.is_there(video))
    found = {video.name for video in present}
    missing = [*dataset.unlabelled, *(video.name for video in dataset.videos if video.name not in found)]
    num_missing = max(len(missing), sum(benchmark.num_videos.values()) - len(present))
    if num_missing and not (partial and present):
        names = ", ".join(map(printable, missing[:_NUM_NAMED])) + (", ..." if num_missing > _NUM_NAMED else "")
        raise InputError(
            root,
            f"{num_missing} of {num_missing + len(present)} videos of {benchmark.title} are missing"
            + (f": {names}" if missing else ""),
            f"{benchmark.source}" + ("; --partial goes on with those that are there" if present else ""),
        )
    splits = [video.split for video in present]
    if splits.count("train") < 2 or not any(v.split == "test" and v.positives.any() for v in present):
        there = f"{splits.count('train')} training and {splits.count('test')} test videos of {benchmark.title}"
        need = "it takes two to train on, and one with a highlight to measure on"
        raise InputError(root, f"{there} are there: {need}", benchmark.source)
    return present


def _read(
    videos: Sequence[DatasetVideo], source: FeatureSource, progress: ProgressCallback
) -> Iterator[tuple[str, Features]]:
    width = None
    for number, video in enumerate(videos):
        progress(Progress("evaluate", number, len(videos), "videos"))
        rows = source.read(video, progress)
        width = width or rows.shape[1]
        if rows.shape[1] != width:
            raise OptionError(f"the features of {video.name} have {rows.shape[1]} columns, those before it {width}")
        yield video.name, rows
    progress(Progress("evaluate", len(videos), len(videos), "videos"))


def _selectors(
    protocol: Protocol,
    training: Sequence[DatasetVideo],
    test: Sequence[DatasetVideo],
    features: Mapping[str, Features],
    recipe: Recipe,
    seeds: range,
    progress: ProgressCallback,
) -> Iterator[MethodResult]:
    from autohighlight.selector.model import scores
    from autohighlight.training.dataset import measure
    from autohighlight.training.loop import train_on
    from autohighlight_research.dropout_runs import untrained

    rows = measure([features[video.name] for video in training], pieces=recipe.options.pieces)
    config = recipe.selector_config(rows.d_in)
    measured: dict[str, list[NDArray[np.float64]]] = {SELECTOR: [], UNTRAINED: []}
    for seed in seeds:
        options = dataclasses.replace(recipe.options, seed=seed)
        selector, _ = train_on(rows, config, options, training_progress(progress, seed, seeds))
        for method, network in ((SELECTOR, selector), (UNTRAINED, untrained(selector, seed))):
            values = [measure_video(protocol, video, scores(network, features[video.name])) for video in test]
            measured[method].append(np.array(values))
    for method, by_seed in measured.items():
        yield MethodResult.of(method, test, np.stack(by_seed))


def training_progress(progress: ProgressCallback, seed: int, seeds: range) -> Callable[[StepRecord], None]:
    """Tells of the steps of the training with one seed as a part of the trainings with all."""

    def tell(record: StepRecord) -> None:
        done, total = seeds.index(seed) * record.num_steps + record.step, len(seeds) * record.num_steps
        progress(Progress("train", done, total, "steps", f"seed {seed}, loss {record.loss:.3f}"))

    return tell


def measure_video(protocol: Protocol, video: DatasetVideo, scores: NDArray[np.floating]) -> float:
    """The protocol's measure of a score for each clip of a video; NaN where nothing is to be found.

    Of clips that tie, the earlier counts as better: the literature sorts by score with a stable sort.

    Args:
        protocol: of the benchmark.
        video: its labels.
        scores: (N,), one a labelled clip.
    """
    return protocol.measure(video.positives, metrics.earlier_first(scores))


def references(protocol: Protocol, videos: Sequence[DatasetVideo]) -> dict[str, NDArray[np.float64]]:
    """What the labels alone say: the measure of each video, (V,), for random scores, centre first, and the oracle.

    Random is the expectation over all orders of the clips; the oracle scores a clip by the mean of its ratings.
    """
    chance, centre, oracle = np.empty(len(videos)), np.empty(len(videos)), np.empty(len(videos))
    for number, video in enumerate(videos):
        starts, ends = video.grid.edges.T
        chance[number] = protocol.measure(video.positives, np.zeros(len(video.grid)))
        centre[number] = measure_video(protocol, video, -np.abs(starts - ends.max() / 2))
        oracle[number] = measure_video(protocol, video, video.ratings.mean(axis=0))
    return {CHANCE: chance, CENTRE: centre, ORACLE: oracle}
