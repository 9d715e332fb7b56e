"""Videos in which a fifth of the clips says which video it is, and the rest is of kinds that all videos share.

On these it is known what the paper's training ought to find: attention that tells a video from others has to lie on the
clips that the others lack.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autohighlight.errors import OptionError
from autohighlight.evaluation import metrics
from autohighlight.evaluation.report import CHANCE
from autohighlight.pipeline import no_progress
from autohighlight.training.options import TrainingOptions
from autohighlight.training.recipes import PAPER, Recipe
from autohighlight.types import Progress, ProgressCallback
from autohighlight_research.over_seeds import OverSeeds

ONE_IN = 5
"""One clip in so many identifies its video."""

SHARE = 1 / ONE_IN
"""The same as a part. The average precision of a random order is a little higher, as clips are few."""

AIM = 0.95
"""Average precision that the recipe is to reach on the videos that it was trained on."""

D_IN = 32
"""Length of a clip's feature where nothing else is said."""

NUM_CLIPS = (75, 125)
"""Least and largest number of clips of a video where nothing else is said."""

_NUM_KINDS = 3
_NOISE = 0.3  # standard deviation in each column, where kinds have 1


@dataclass(frozen=True, eq=False)
class PlantedVideos:
    """Made videos.

    Args:
        features: float32 (N, d_in) of each.
        identifying: bool (N,) of each: which clips say which video it is.
    """

    features: tuple[NDArray[np.float32], ...]
    identifying: tuple[NDArray[np.bool_], ...]

    def __len__(self) -> int:
        return len(self.features)

    def __getitem__(self, videos: slice) -> PlantedVideos:
        return PlantedVideos(self.features[videos], self.identifying[videos])

    def mean_average_precision(self, scores: Sequence[NDArray[np.floating]]) -> float:
        """Of a score for each clip of each video, the identifying clips being positive."""
        values = [metrics.average_precision(own, row) for own, row in zip(self.identifying, scores, strict=True)]
        return float(np.mean(values))


def planted(seed: int, num_videos: int = 32, d_in: int = D_IN, num_clips: tuple[int, int] = NUM_CLIPS) -> PlantedVideos:
    """Makes videos.

    A clip that identifies its video is that video's own vector with noise, another is one of three vectors that all
    videos share, with noise; all are drawn from a standard normal distribution.

    Args:
        seed: the same makes the same videos.
        num_videos: how many.
        d_in: length of a clip's feature.
        num_clips: least and largest number of clips of a video.
    """
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(_NUM_KINDS, d_in))
    features, identifying = [], []
    for _ in range(num_videos):
        count = int(rng.integers(*num_clips, endpoint=True))
        own = np.zeros(count, bool)
        own[rng.choice(count, count // ONE_IN, replace=False)] = True
        kind = np.where(own[:, None], rng.normal(size=d_in), shared[rng.integers(_NUM_KINDS, size=count)])
        features.append((kind + _NOISE * rng.normal(size=(count, d_in))).astype(np.float32))
        identifying.append(own)
    return PlantedVideos(tuple(features), tuple(identifying))


RECIPES = (
    Recipe(
        "quick",
        "d 64, scaled attention, 60 steps of 2e-3",
        "mean",
        {"d": 64, "scaled": True},
        TrainingOptions(steps=60, learning_rate=2e-3, device="cpu"),
    ),
    Recipe(
        "paper",
        "section 4.1: d 512, attention not scaled, 10 epochs (10 steps) of 1e-5",
        PAPER.feature_kind,
        PAPER.choices,
        dataclasses.replace(PAPER.options, device="cpu"),
    ),
)
"""The first is to reach `AIM`; the second shows how far the paper's settings come on so few videos."""


@dataclass(frozen=True)
class PlantedRow:
    """How one method does.

    Args:
        method: the name of a recipe, with ``untrained`` where its network was left as it began; or chance.
        text: what it is.
        trained_on: mean average precision on the videos that it was trained on.
        others: the same on as many others, of the same kinds, that it never saw.
    """

    method: str
    text: str
    trained_on: OverSeeds
    others: OverSeeds


@dataclass(frozen=True)
class PlantedReport:
    """Every method on made videos, with each seed for the videos, the weights and the training.

    Args:
        seeds: of the runs.
        num_videos: to train on in each.
        rows: the recipes, each with its untrained network, then chance.
    """

    seeds: tuple[int, ...]
    num_videos: int
    rows: tuple[PlantedRow, ...]

    @property
    def reaches_aim(self) -> bool:
        """Whether the first recipe has at least `AIM` with every seed."""
        return min(self.rows[0].trained_on.values) >= AIM

    def as_dict(self) -> dict[str, Any]:
        """The report for JSON."""
        rows = [
            {
                "method": row.method,
                "text": row.text,
                "trained_on": row.trained_on.as_dict(),
                "others": row.others.as_dict(),
            }
            for row in self.rows
        ]
        return {
            "benchmark": "planted",
            "seeds": list(self.seeds),
            "num_videos": self.num_videos,
            "share_identifying": SHARE,
            "aim": AIM,
            "reaches_aim": self.reaches_aim,
            "rows": rows,
        }


def run_planted(
    num_seeds: int = 5,
    progress: ProgressCallback = no_progress,
    *,
    recipes: Sequence[Recipe] = RECIPES,
    num_videos: int = 32,
    num_clips: tuple[int, int] = NUM_CLIPS,
) -> PlantedReport:
    """Trains each recipe on made videos, on the CPU, once for each seed.

    Args:
        num_seeds: 0, 1, ... are the seeds.
        progress: is told how far the work has come.
        recipes: the ways to train.
        num_videos: to train on; as many others are made to measure on.
        num_clips: least and largest number of clips of a video.

    Raises:
        OptionError: fewer than one seed.
    """
    from autohighlight.selector.model import scores
    from autohighlight.training.loop import train
    from autohighlight_research.dropout_runs import untrained

    if num_seeds < 1:
        raise OptionError(f"--seeds is at least 1, not {num_seeds}")
    texts = {recipe.name: recipe.text for recipe in recipes}
    measured: dict[str, list[tuple[float, float]]] = {}
    total = num_seeds * len(recipes)
    for seed in range(num_seeds):
        both = planted(seed, 2 * num_videos, num_clips=num_clips)
        halves = both[:num_videos], both[num_videos:]
        for number, recipe in enumerate(recipes):
            progress(Progress("train", seed * len(recipes) + number, total, "trainings", f"{recipe.name}, seed {seed}"))
            options = dataclasses.replace(recipe.options, seed=seed)
            selector, _ = train(halves[0].features, recipe.selector_config(D_IN), options)
            for name, network in ((recipe.name, selector), (f"{recipe.name} untrained", untrained(selector, seed))):
                row = [
                    half.mean_average_precision([scores(network, video) for video in half.features]) for half in halves
                ]
                measured.setdefault(name, []).append((row[0], row[1]))
        constant = [half.mean_average_precision([np.zeros(len(video)) for video in half.features]) for half in halves]
        measured.setdefault(CHANCE, []).append((constant[0], constant[1]))
    progress(Progress("train", total, total, "trainings"))
    ordered = sorted(measured, key=lambda name: name == CHANCE)  # chance last
    rows = [
        PlantedRow(name, texts.get(name, ""), *(OverSeeds.of(column) for column in zip(*measured[name], strict=True)))
        for name in ordered
    ]
    return PlantedReport(tuple(range(num_seeds)), num_videos, tuple(rows))
