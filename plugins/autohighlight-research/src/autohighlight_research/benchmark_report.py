"""What a benchmark run gave: each method by category and seed, beside the numbers of the paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autohighlight.training.recipes import Recipe
from autohighlight_research.datasets.dataset import Benchmark, DatasetVideo, Split
from autohighlight_research.over_seeds import OverSeeds
from autohighlight_research.paper_tables import PAPER_TABLES, PaperTable


@dataclass(frozen=True)
class MethodResult:
    """How one method does on the test videos.

    Args:
        method: its name.
        by_category: mean over the videos of each category that count.
        mean: of the categories; of one that has many videos, and one that has few, both count the same, as in the
            paper's Table 1.
        by_video: the measure of each video that counts.
    """

    method: str
    by_category: Mapping[str, OverSeeds]
    mean: OverSeeds
    by_video: Mapping[str, OverSeeds]

    @classmethod
    def of(cls, method: str, videos: Sequence[DatasetVideo], values: NDArray[np.float64]) -> MethodResult:
        """From the measure of each seed and video, (S, V), NaN for videos in which nothing is to be found.

        Raises:
            ValueError: no video counts.
        """
        counts = np.asarray(np.isfinite(values).all(axis=0), np.bool_)  # (V,)
        if not counts.any():
            raise ValueError("there is nothing to be found in any video")
        categories = dict.fromkeys(
            video.category for video, is_counted in zip(videos, counts, strict=True) if is_counted
        )
        means = {}
        for category in categories:
            chosen = counts & np.array([video.category == category for video in videos])
            means[category] = values[:, chosen].mean(axis=1)  # (S,)
        return cls(
            method,
            {category: OverSeeds.of(by_seed) for category, by_seed in means.items()},
            OverSeeds.of(np.mean(list(means.values()), axis=0)),
            {videos[n].name: OverSeeds.of(values[:, n]) for n in np.flatnonzero(counts).tolist()},
        )


@dataclass(frozen=True)
class BenchmarkReport:
    """One run of a benchmark.

    Args:
        benchmark: which one.
        features: what the selectors were given, in words.
        num_present: videos of each split that there were.
        is_complete: whether that is the whole benchmark. If not, the numbers are not its results.
        num_left_out: test videos without a highlight; they count nowhere.
        seeds: of the trainings.
        recipe: how each selector was made and trained; its seed was each of `seeds` in turn.
        results: the trained selector first, then what it is to be compared with.
    """

    benchmark: Benchmark
    features: str
    num_present: Mapping[Split, int]
    is_complete: bool
    num_left_out: int
    seeds: tuple[int, ...]
    recipe: Recipe
    results: tuple[MethodResult, ...]

    @property
    def heading(self) -> str:
        """What the numbers are of; begins with ``partial`` where they are not the benchmark's."""
        train, test = self.num_present["train"], self.num_present["test"]
        of = f"{train} videos to train on, {test} to measure on"
        if self.is_complete:
            return f"{self.benchmark.title}: {of}"
        total = sum(self.benchmark.num_videos.values())
        return f"partial: {train + test} of {total} videos of {self.benchmark.title} ({of}); no result of the benchmark"

    @property
    def paper_tables(self) -> tuple[PaperTable, ...]:
        """The tables of the paper that this benchmark is in."""
        return PAPER_TABLES[self.benchmark.name]

    @property
    def categories(self) -> tuple[str, ...]:
        """In which something was measured."""
        return tuple(self.results[0].by_category)

    def result(self, method: str) -> MethodResult:
        """The result of that method."""
        return next(result for result in self.results if result.method == method)

    def as_dict(self) -> dict[str, Any]:
        """The report for JSON: numbers, strings, lists."""
        return {
            "benchmark": self.benchmark.name,
            "heading": self.heading,
            "is_complete": self.is_complete,
            "protocol": self.benchmark.protocol.description,
            "features": self.features,
            "num_present": dict(self.num_present),
            "num_videos": dict(self.benchmark.num_videos),
            "num_left_out": self.num_left_out,
            "seeds": list(self.seeds),
            "recipe": {name: value for name, value in self.recipe.as_dict().items() if name != "seed"},
            "feature_kind": self.recipe.feature_kind,
            "selector": dict(self.recipe.choices),
            "results": [_result_dict(result) for result in self.results],
            "paper": [
                {
                    "table": table.number,
                    "caption": table.caption,
                    "methods": {k: dict(v) for k, v in table.methods.items()},
                }
                for table in self.paper_tables
            ],
        }


@dataclass(frozen=True)
class LabelReport:
    """What the labels of a benchmark say without any video: random scores, centre first, and the oracle.

    Args:
        benchmark: which one.
        is_complete: whether all its videos are labelled.
        results: words for a set of videos -> each method on them.
    """

    benchmark: Benchmark
    is_complete: bool
    results: Mapping[str, tuple[MethodResult, ...]]

    def as_dict(self) -> dict[str, Any]:
        """The report for JSON."""
        return {
            "benchmark": self.benchmark.name,
            "is_complete": self.is_complete,
            "protocol": self.benchmark.protocol.description,
            "results": {name: [_result_dict(result) for result in results] for name, results in self.results.items()},
        }


def _result_dict(result: MethodResult) -> dict[str, Any]:
    return {
        "method": result.method,
        "mean": result.mean.as_dict(),
        "by_category": {name: value.as_dict() for name, value in result.by_category.items()},
        "by_video": {name: value.as_dict() for name, value in result.by_video.items()},
    }
