"""Whether highlight clips form better clusters than the others under dropout: section 4.3 of the paper, its Table 6."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from autohighlight.config import Options
from autohighlight.errors import OptionError
from autohighlight.pipeline import no_progress
from autohighlight.plugins import Plugins
from autohighlight.selector.model import HighlightSelector
from autohighlight.training.seeds import derived_seed
from autohighlight.types import Progress, ProgressCallback
from autohighlight_research.clip_kinds import KINDS, Kind, LabelSource, SortedVideo, load_sorted_videos
from autohighlight_research.dropout_runs import DropoutRuns, clips_under_dropout, untrained
from autohighlight_research.over_seeds import Difference, OverSeeds

PAPER: dict[str, dict[Kind, tuple[float, float]]] = {
    "YouTube": {"non-highlight": (0.0954, 0.2325), "highlight": (0.0888, 0.2597)},
    "TVSum": {"non-highlight": (0.1297, 0.0905), "highlight": (0.1225, 0.0981)},
    "VTW": {"non-highlight": (0.1010, 0.8241), "highlight": (0.0901, 0.8284)},
}
"""Table 6: data set -> kind -> intra- and inter-cluster distance."""

Labelling = Literal["given", "shifted"]
"""The labels as they are; or, as a control, moved along each video by a random number of clips.

Highlight clips often stand next to each other, and neighbours look alike. Shifted labels keep that, and how many there
are of each kind, but mean nothing: what they show is no merit of highlights.
"""

SelectorState = Literal["trained", "untrained"]


def cosine_distances(points: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.float64]:
    """dist of section 4.3 of every pair: (P, d), (Q, d) -> (P, Q), in [0, 2]."""
    rows = (np.asarray(vectors, dtype=np.float64) for vectors in (points, others))
    a, b = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True) for vectors in rows)
    distances: NDArray[np.float64] = 1 - a @ b.T
    return distances


def intra_distance(points: NDArray[np.floating]) -> float:
    """Mean cosine distance of the points of one cluster, (P, d), to their centroid; smaller is more compact."""
    return float(cosine_distances(points, points.mean(axis=0, keepdims=True)).mean())


def inter_distances(centroids: NDArray[np.floating]) -> NDArray[np.float64]:
    """How far each of M centroids, (M, d), lies from the others: (M,); larger is better separated.

    As printed in section 4.3: the sum of the M - 1 cosine distances to the others, divided by M and not by M - 1. So
    it is (M - 1) / M of their mean, and values of few videos are not to be compared with values of many.
    """
    distances = cosine_distances(centroids, centroids)
    np.fill_diagonal(distances, 0)  # j is not k
    inter: NDArray[np.float64] = distances.sum(axis=1) / len(centroids)
    return inter


@dataclass(frozen=True, eq=False)
class Clusters:
    """How good the clusters of one kind of clips are, one cluster a video.

    Args:
        intra: float64 (S, M): intra-cluster distance, for each seed and video.
        inter: float64 (S, M): inter-cluster distance.
    """

    intra: NDArray[np.float64]
    inter: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ClusterComparison:
    """The clusters of either kind under one selector and one labelling.

    Args:
        selector: whether it was trained.
        labelling: whether the labels were as given.
        clusters: of each kind.
    """

    selector: SelectorState
    labelling: Labelling
    clusters: dict[Kind, Clusters]

    @property
    def intra(self) -> Difference:
        """Below 0, as in the paper, where highlight clips form the more compact clusters."""
        return Difference.of(self.clusters["highlight"].intra, self.clusters["non-highlight"].intra)

    @property
    def inter(self) -> Difference:
        """Above 0, as in the paper, where the clusters of highlight clips lie farther apart."""
        return Difference.of(self.clusters["highlight"].inter, self.clusters["non-highlight"].inter)

    @property
    def highlights_cluster_better(self) -> bool:
        """Whether highlight clips form clusters both more compact and farther apart, beyond what chance explains."""
        return self.intra.sign < 0 < self.inter.sign


@dataclass(frozen=True, eq=False)
class ClusterReport:
    """Table 6 for one file of labels.

    Args:
        labels: the file.
        selector: the file of the trained one.
        dropout: its probability p.
        runs: how clips were chosen and run.
        seeds: each chose clips and dropouts anew, and the weights of the untrained selector.
        videos: those that count, in the order of the lines.
        num_left_out: videos that lack either kind of clips.
        num_clips: clips of either kind that were taken, of all videos together.
        comparisons: of the trained and the untrained selector, each with the labels given and shifted.
    """

    labels: Path
    selector: Path
    dropout: float
    runs: DropoutRuns
    seeds: tuple[int, ...]
    videos: tuple[Path, ...]
    num_left_out: int
    num_clips: int
    comparisons: tuple[ClusterComparison, ...]

    def comparison(self, selector: SelectorState, labelling: Labelling = "given") -> ClusterComparison:
        """The one of that selector and labelling."""
        return next(c for c in self.comparisons if (c.selector, c.labelling) == (selector, labelling))

    def as_dict(self) -> dict[str, Any]:
        """The report for JSON: numbers, strings, lists."""
        return {
            "labels": str(self.labels),
            "selector": str(self.selector),
            "dropout": self.dropout,
            "runs": self.runs.runs,
            "seeds": list(self.seeds),
            "videos": [str(video) for video in self.videos],
            "num_left_out": self.num_left_out,
            "num_clips_of_either_kind": self.num_clips,
            "comparisons": [_comparison_dict(comparison) for comparison in self.comparisons],
            "paper": {
                name: {kind: {"intra": intra, "inter": inter} for kind, (intra, inter) in kinds.items()}
                for name, kinds in PAPER.items()
            },
        }


def _comparison_dict(comparison: ClusterComparison) -> dict[str, Any]:
    return {
        "selector": comparison.selector,
        "labels": comparison.labelling,
        "clusters": {
            kind: {
                name: over_seeds(distances).as_dict() | {"by_video": distances.mean(axis=0).tolist()}
                for name, distances in vars(clusters).items()
            }
            for kind, clusters in comparison.clusters.items()
        },
        "highlight_minus_non_highlight": {
            "intra": comparison.intra.as_dict(),
            "inter": comparison.inter.as_dict(),
        },
        "highlights_cluster_better": comparison.highlights_cluster_better,
    }


def over_seeds(distances: NDArray[np.float64]) -> OverSeeds:
    """The mean over the videos, for each seed: (S, M) -> S values."""
    return OverSeeds.of(distances.mean(axis=1))


def analyse_clusters(
    source: LabelSource,
    options: Options,
    plugins: Plugins,
    progress: ProgressCallback = no_progress,
    *,
    runs: DropoutRuns | None = None,
    num_seeds: int = 5,
) -> ClusterReport:
    """Compares the clusters of highlight and of other clips, under a trained selector and an untrained one.

    Args:
        source: the labels, and where the videos or their features are.
        options: how features are measured, and which selector is used; the one in the package where they name none.
        plugins: where backbones come from.
        progress: is told how far the work has come.
        runs: how clips are chosen and run; twenty runs of as many clips as there are if None.
        num_seeds: 0, 1, ... are the seeds; what depends on them: see `ClusterReport`.

    Raises:
        InputError, WeightsError, OptionError: as `load_sorted_videos`; no seed.
    """
    if num_seeds < 1:
        raise OptionError(f"--seeds is at least 1, not {num_seeds}")
    runs = runs or DropoutRuns()
    read = load_sorted_videos(source, options, plugins, progress)
    selector = read.selector
    states: dict[SelectorState, Callable[[int], HighlightSelector]] = {
        "trained": lambda _: selector,
        "untrained": lambda seed: untrained(selector, seed),
    }
    comparisons = list[ClusterComparison]()
    for number, (state, selector_of) in enumerate(states.items()):
        progress(Progress("cluster", number, len(states), "selectors"))
        measured = [measure_clusters(selector_of(seed), read.videos, runs, seed) for seed in range(num_seeds)]
        comparisons += [ClusterComparison(state, name, _stacked(measured, name)) for name in get_args(Labelling)]
    progress(Progress("cluster", len(states), len(states), "selectors"))
    return ClusterReport(
        labels=source.labels,
        selector=read.selector_path,
        dropout=selector.config.dropout,
        runs=runs,
        seeds=tuple(range(num_seeds)),
        videos=tuple(video.path for video in read.videos),
        num_left_out=read.num_left_out,
        num_clips=sum(map(runs.num_clips, read.videos)),
        comparisons=tuple(comparisons),
    )


Measured = dict[tuple[Labelling, Kind], Clusters]


def measure_clusters(
    selector: HighlightSelector, videos: Sequence[SortedVideo], runs: DropoutRuns, seed: int
) -> Measured:
    """The clusters (1, M) of one seed, of each kind, with the labels given and shifted."""
    centroids: dict[tuple[Labelling, Kind], list[NDArray[np.floating]]] = {}
    intra: dict[tuple[Labelling, Kind], list[float]] = {}
    for number, video in enumerate(videos):
        for key, points in _clusters_of(selector, video, runs, derived_seed(seed, number)):
            centroids.setdefault(key, []).append(points.mean(axis=0))
            intra.setdefault(key, []).append(intra_distance(points))
    return {
        key: Clusters(np.array([intra[key]]), inter_distances(np.stack(means))[None])
        for key, means in centroids.items()
    }


def _clusters_of(
    selector: HighlightSelector, video: SortedVideo, runs: DropoutRuns, seed: int
) -> Iterator[tuple[tuple[Labelling, Kind], NDArray[np.float32]]]:
    """The points of each cluster of one video, (runs x n, d): all runs of all its clips together."""
    shift = 1 + derived_seed(seed, 0) % (len(video.features) - 1)
    shifts: dict[Labelling, int] = {"given": 0, "shifted": shift}
    chosen = {
        (labelling, kind): clips
        for labelling, by in shifts.items()
        for kind, clips in runs.choose(video, derived_seed(seed, 1), shift=by).items()
    }
    clips = np.concatenate(list(chosen.values()))
    points = clips_under_dropout(selector, video.features, clips, runs.runs, derived_seed(seed, 2))
    for key, part in zip(chosen, np.split(points, len(chosen), axis=1), strict=True):
        yield key, part.reshape(-1, part.shape[-1])


def _stacked(measured: Sequence[Measured], labelling: Labelling) -> dict[Kind, Clusters]:
    """The clusters (S, M) of one labelling from those (1, M) of each seed."""
    by_kind = {kind: [of_seed[labelling, kind] for of_seed in measured] for kind in KINDS}
    return {
        kind: Clusters(np.concatenate([c.intra for c in clusters]), np.concatenate([c.inter for c in clusters]))
        for kind, clusters in by_kind.items()
    }
