"""A video and its nearest neighbours on a plane, by their non-highlight and by their highlight clips: Figure 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from autohighlight.config import Options
from autohighlight.errors import OptionError, printable
from autohighlight.pipeline import no_progress
from autohighlight.plugins import Plugins
from autohighlight.selector.model import HighlightSelector
from autohighlight.training.seeds import derived_seed
from autohighlight.types import Progress, ProgressCallback
from autohighlight_research.clip_kinds import KINDS, Kind, LabelSource, SortedVideo, load_sorted_videos
from autohighlight_research.clusters import cosine_distances
from autohighlight_research.dropout_runs import DropoutRuns, clips_under_dropout

PERPLEXITY = 50.0
"""Of t-SNE, about how many neighbours a point looks at: more than the runs of one clip, so that clips of a video meet
where they are alike; less where there are few points. The paper does not name its own."""

Plane = Callable[[NDArray[np.floating], float, int], NDArray[np.floating]]
"""(points (P, d), perplexity, seed) -> their places on a plane (P, 2)."""


@dataclass(frozen=True, eq=False)
class VideoPoints:
    """One video of the figure.

    Args:
        path: the file.
        points: of each kind, float64 (runs x n, 2): each clip under each dropout; as many of either kind.
    """

    path: Path
    points: dict[Kind, NDArray[np.floating]]


@dataclass(frozen=True, eq=False)
class EmbeddingReport:
    """Figure 1 as numbers; each kind of clips has a plane of its own, whose units and directions mean nothing.

    Args:
        labels: the file of labels.
        selector: the file of the selector.
        runs: how clips were chosen and run.
        seed: of the choice of clips, the dropouts and t-SNE.
        perplexity: of t-SNE, the same for both kinds.
        videos: the video, then its nearest neighbours, the nearest first.
        num_left_out: videos that lack either kind of clips.
    """

    labels: Path
    selector: Path
    runs: DropoutRuns
    seed: int
    perplexity: float
    videos: tuple[VideoPoints, ...]
    num_left_out: int

    def as_dict(self) -> dict[str, Any]:
        """The report for JSON: numbers, strings, lists."""
        return {
            "labels": str(self.labels),
            "selector": str(self.selector),
            "runs": self.runs.runs,
            "seed": self.seed,
            "perplexity": self.perplexity,
            "num_left_out": self.num_left_out,
            "videos": [
                {"video": str(video.path), "points": {kind: at.tolist() for kind, at in video.points.items()}}
                for video in self.videos
            ],
        }


def analyse_embedding(
    source: LabelSource,
    options: Options,
    plugins: Plugins,
    progress: ProgressCallback = no_progress,
    *,
    video: str | None = None,
    num_neighbours: int = 5,
    runs: DropoutRuns | None = None,
    seed: int = 0,
) -> EmbeddingReport:
    """Lays the clips of a video and of its nearest neighbours on a plane, those of each kind by themselves.

    Args:
        source: the labels, and where the videos or their features are.
        options: how features are measured, and which selector is used; the one in the package where they name none.
        plugins: where backbones come from.
        progress: is told how far the work has come.
        video: name of the video, with or without its folder and suffix; the first that counts if None.
        num_neighbours: how many others, at most.
        runs: how clips are chosen and run; twenty runs of at most ten clips of either kind if None.
        seed: see `EmbeddingReport`.

    Raises:
        InputError, WeightsError, OptionError: as `load_sorted_videos`; no video of that name counts, or fewer than one
            neighbour.
        DependencyError: scikit-learn is not installed.
    """
    if num_neighbours < 1:
        raise OptionError(f"a video is shown beside at least one neighbour, not {num_neighbours}")
    plane = _t_sne()  # what is missing is said before the work is done
    runs = runs or DropoutRuns(max_clips=10)
    read = load_sorted_videos(source, options, plugins, progress)
    selector = read.selector
    first = 0 if video is None else _number_of(video, read.videos)
    shown = [read.videos[number] for number in nearest_videos(selector, read.videos, first)[: num_neighbours + 1]]
    perplexity = _perplexity(sum(map(runs.num_clips, shown)) * runs.runs)
    return EmbeddingReport(
        labels=source.labels,
        selector=read.selector_path,
        runs=runs,
        seed=seed,
        perplexity=perplexity,
        videos=_laid_out(selector, shown, runs, perplexity, seed, plane, progress),
        num_left_out=read.num_left_out,
    )


def nearest_videos(selector: HighlightSelector, videos: Sequence[SortedVideo], first: int) -> list[int]:
    """The numbers of all videos, `first` before the others, the nearest next.

    How near is told by the cosine distance of the means of all their clips (Eq. 7), without dropout: by neither kind
    of clips more than by the other.
    """
    with torch.inference_mode():
        means = np.stack([_mean_clip(selector, video.features) for video in videos])
    distances = cosine_distances(means[first : first + 1], means)[0]
    distances[first] = -1
    return [int(number) for number in np.argsort(distances, kind="stable")]


def _mean_clip(selector: HighlightSelector, features: NDArray[np.floating]) -> NDArray[np.float32]:
    _, mean = selector.relate(selector.project(torch.as_tensor(features)[None]))  # (1, 1, d)
    vector: NDArray[np.float32] = mean[0, 0].numpy()
    return vector


def _number_of(name: str, videos: Sequence[SortedVideo]) -> int:
    for number, video in enumerate(videos):
        if name in (str(video.path), video.path.name, video.path.stem):
            return number
    names = ", ".join(printable(video.path.name) for video in videos[:12])
    raise OptionError(
        f"no labelled video with clips of both kinds is called {printable(name)}",
        f"there are: {names}{', ...' if len(videos) > 12 else ''}",
    )


def _perplexity(num_points: int) -> float:
    return min(PERPLEXITY, max(1.0, (num_points - 1) / 3))


def _laid_out(
    selector: HighlightSelector,
    videos: Sequence[SortedVideo],
    runs: DropoutRuns,
    perplexity: float,
    seed: int,
    plane: Plane,
    progress: ProgressCallback,
) -> tuple[VideoPoints, ...]:
    embeddings: dict[Kind, list[NDArray[np.float32]]] = {kind: [] for kind in KINDS}
    for number, video in enumerate(videos):
        chosen = runs.choose(video, derived_seed(seed, number, 1))
        for kind, clips in chosen.items():
            points = clips_under_dropout(selector, video.features, clips, runs.runs, derived_seed(seed, number, 2))
            embeddings[kind].append(points.reshape(-1, points.shape[-1]))
    edges = np.cumsum([len(points) for points in embeddings["highlight"]])[:-1]  # the same for either kind
    places: dict[Kind, list[NDArray[np.floating]]] = {}
    for done, kind in enumerate(KINDS):
        progress(Progress("arrange", done, len(KINDS), "panels"))
        places[kind] = np.split(plane(np.concatenate(embeddings[kind]), perplexity, seed), edges)
    progress(Progress("arrange", len(KINDS), len(KINDS), "panels"))
    return tuple(
        VideoPoints(video.path, {kind: places[kind][number] for kind in KINDS}) for number, video in enumerate(videos)
    )


def _t_sne() -> Plane:
    """t-SNE by the cosine distance of section 4.3, from a start by principal components."""
    from sklearn.manifold import TSNE

    def lay_out(points: NDArray[np.floating], perplexity: float, seed: int) -> NDArray[np.floating]:
        places: NDArray[np.floating] = TSNE(
            perplexity=perplexity, metric="cosine", init="pca", random_state=seed
        ).fit_transform(points)
        return places.astype(np.float64)

    return lay_out
