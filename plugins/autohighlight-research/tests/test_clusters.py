from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest
import torch

from autohighlight.selector.config import SelectorConfig
from autohighlight.selector.model import HighlightSelector
from autohighlight.training.seeds import derived_seed
from autohighlight_research.clusters import (
    PAPER,
    ClusterComparison,
    Clusters,
    cosine_distances,
    inter_distances,
    intra_distance,
    measure_clusters,
)
from autohighlight_research.dropout_runs import DropoutRuns, clips_under_dropout
from tests.identified_videos import identified_videos

SEEDS = range(3)


def selector_for(d_in: int) -> HighlightSelector:
    torch.manual_seed(0)
    return HighlightSelector(SelectorConfig(d_in=d_in, d=32)).eval()


def test_cosine_distance_by_hand() -> None:
    points = np.array([[3.0, 0.0], [0.0, 0.5], [-1.0, 0.0], [1.0, 1.0]])
    expected = [[0, 1, 2, 1 - math.sqrt(0.5)]]
    assert cosine_distances(points[:1], points) == pytest.approx(np.array(expected))


@pytest.mark.parametrize(
    ("points", "distance"),
    [
        ([[1, 0], [0, 1]], 1 - math.sqrt(0.5)),  # the centroid stands at 45 degrees
        ([[5, 0]], 0),
        ([[1, 0], [3, 0]], 0),  # length is no distance
        ([[1, 0], [1, 0], [0, 1]], (2 * (1 - 2 / math.sqrt(5)) + (1 - 1 / math.sqrt(5))) / 3),
    ],
)
def test_intra_cluster_distance_by_hand(points: list[list[float]], distance: float) -> None:
    assert intra_distance(np.array(points, float)) == pytest.approx(distance)


def test_inter_cluster_distance_by_hand_is_divided_by_the_number_of_videos() -> None:
    centroids = np.array([[1.0, 0.0], [0.0, 2.0], [-1.0, 0.0]])  # distances: 1, 2 and 1
    assert inter_distances(centroids) == pytest.approx([3 / 3, 2 / 3, 3 / 3])
    assert inter_distances(centroids[:2]) == pytest.approx([1 / 2, 1 / 2])


def test_the_sums_are_those_of_the_printed_formulas() -> None:
    videos, runs = identified_videos(0, 3), DropoutRuns(runs=2, max_clips=2)
    selector = selector_for(32)
    measured = measure_clusters(selector, videos, runs, seed=4)

    def dist(a: np.ndarray, b: np.ndarray) -> float:
        return float(1 - a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))

    clusters = []
    for number, video in enumerate(videos):
        seed = derived_seed(4, number)
        shift = 1 + derived_seed(seed, 0) % (len(video.features) - 1)
        choices = [runs.choose(video, derived_seed(seed, 1), shift=by) for by in (0, shift)]
        clips = np.concatenate([clips for choice in choices for clips in choice.values()])
        points = clips_under_dropout(selector, video.features, clips, 2, derived_seed(seed, 2)).astype(np.float64)
        clusters.append([h for run in points for h in run[2:4]])  # the highlight clips, all runs together
    centroids = [sum(points) / len(points) for points in clusters]
    for k, points in enumerate(clusters):
        intra = sum(dist(h, centroids[k]) for h in points) / len(points)
        inter = sum(dist(centroids[k], centroids[j]) for j in range(3) if j != k) / 3
        assert measured["given", "highlight"].intra[0, k] == pytest.approx(intra, abs=1e-6)
        assert measured["given", "highlight"].inter[0, k] == pytest.approx(inter, abs=1e-6)


@pytest.fixture(scope="module")
def comparisons() -> dict[str, ClusterComparison]:
    """Of videos whose highlight clips identify them."""
    videos, selector = identified_videos(0), selector_for(32)
    measured = [measure_clusters(selector, videos, DropoutRuns(runs=5), seed) for seed in SEEDS]

    def stacked(labelling: str, kind: str) -> Clusters:
        parts = [of_seed[labelling, kind] for of_seed in measured]
        return Clusters(np.concatenate([p.intra for p in parts]), np.concatenate([p.inter for p in parts]))

    return {
        labelling: ClusterComparison(
            "trained", labelling, {kind: stacked(labelling, kind) for kind in ("non-highlight", "highlight")}
        )
        for labelling in ("given", "shifted")
    }


def test_clips_that_identify_their_video_form_the_better_clusters(comparisons: dict[str, ClusterComparison]) -> None:
    given = comparisons["given"]
    assert given.clusters["highlight"].intra.shape == (3, 8)
    assert given.intra.mean < -0.05
    assert given.inter.mean > 0.05
    assert given.highlights_cluster_better


def test_labels_that_mean_nothing_show_nothing(comparisons: dict[str, ClusterComparison]) -> None:
    shifted = comparisons["shifted"]
    assert abs(shifted.intra.mean) < abs(comparisons["given"].intra.mean) / 3
    assert abs(shifted.inter.mean) < abs(comparisons["given"].inter.mean) / 3
    assert not shifted.highlights_cluster_better


def test_the_verdict_goes_both_ways(comparisons: dict[str, ClusterComparison]) -> None:
    given = comparisons["given"]
    good, poor = given.clusters["highlight"], given.clusters["non-highlight"]
    swapped = dataclasses.replace(given, clusters={"highlight": poor, "non-highlight": good})
    assert (swapped.intra.sign, swapped.inter.sign) == (1, -1)
    assert not swapped.highlights_cluster_better
    one_of_two = dataclasses.replace(
        given,
        clusters={"highlight": Clusters(poor.intra, good.inter), "non-highlight": Clusters(good.intra, poor.inter)},
    )
    assert (one_of_two.intra.sign, one_of_two.inter.sign) == (1, 1)
    assert not one_of_two.highlights_cluster_better


def test_in_the_paper_highlight_clips_cluster_better_everywhere() -> None:
    for kinds in PAPER.values():
        assert kinds["highlight"][0] < kinds["non-highlight"][0]
        assert kinds["highlight"][1] > kinds["non-highlight"][1]
    assert json.dumps(PAPER)
