"""Average precision and what it is compared with: chance, the best that can be had, an interval over videos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

BOOTSTRAP_RESAMPLES = 10_000
TIE_BREAKS = 100
"""Random orders of tied clips that a top-5 average precision is averaged over."""

Metric = Callable[[ArrayLike, ArrayLike], float]
"""(positives (N,), scores (N,)) -> a number in [0, 1]; ties are broken at random, in expectation."""


def average_precision(positives: ArrayLike, scores: ArrayLike) -> float:
    """Mean, over the positive clips, of the precision among all clips scored as high or higher.

    Tied clips count as if in random order: the result is the exact expectation over all their orders, so a constant
    score earns what chance earns. Without ties it is scikit-learn's ``average_precision_score``, against which it is
    tested. That one puts tied clips into one group in place of averaging, which makes a constant score as good as the
    share of positives, and costs the installation of scikit-learn and SciPy.

    In a group of n tied clips, p of them positive, below N clips with P positives, the clip at place j is positive
    with probability p / n and then has (j - 1)(p - 1) / (n - 1) positives of its own group above it on average.

    Args:
        positives: bool (N,), at least one.
        scores: (N,), higher is better, finite.

    Raises:
        ValueError: no clip is positive, a score is not finite, or the lengths differ.
    """
    labels, values = _checked(positives, scores)
    _, group = np.unique(-values, return_inverse=True)
    sizes = np.bincount(group)
    hits = np.bincount(group, weights=labels)
    above, hits_above = np.cumsum(sizes) - sizes, np.cumsum(hits) - hits
    of = np.sort(group)  # (N,) for each place in the ranking, the group that fills it
    place = np.arange(len(of)) - above[of]
    share = (hits[of] - 1) / np.maximum(sizes[of] - 1, 1)
    precision = (hits_above[of] + 1 + place * share) / (np.arange(len(of)) + 1)
    return float(np.sum(hits[of] / sizes[of] * precision) / labels.sum())


def top_five_average_precision(positives: ArrayLike, scores: ArrayLike) -> float:
    """Area under precision over recall among the five best-scored clips, as the literature computes it on TVSum.

    Recall counts against the positives among the five; precision is 1 at recall 0; trapezoids between; 0 where none
    of the five is positive. Ties are broken at random; the result is the mean over `TIE_BREAKS` seeded orders.

    Args:
        positives: bool (N,), at least one.
        scores: (N,), higher is better, finite.

    Raises:
        ValueError: as for `average_precision`.
    """
    labels, values = _checked(positives, scores)
    count = TIE_BREAKS if len(np.unique(values)) < len(values) else 1
    random = np.random.default_rng(0)
    keys = random.random((count, len(values)))
    order = np.lexsort((keys, np.broadcast_to(-values, keys.shape)), axis=-1)[:, :5]
    hits = np.cumsum(labels[order], axis=1)  # (count, 5)
    precision = np.hstack([np.ones((count, 1)), hits / np.arange(1, hits.shape[1] + 1)])
    recall = np.hstack([np.zeros((count, 1)), hits / np.maximum(hits[:, -1:], 1)])
    area = np.diff(recall, axis=1) * (precision[:, 1:] + precision[:, :-1]) / 2
    return float(area.sum(axis=1).mean())


def _checked(positives: ArrayLike, scores: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    labels, values = np.asarray(positives, dtype=bool), np.asarray(scores, dtype=np.float64)
    if labels.shape != values.shape or labels.ndim != 1:
        raise ValueError(f"{labels.shape} labels and {values.shape} scores")
    if not labels.any():
        raise ValueError("no clip is positive")
    if not np.isfinite(values).all():
        raise ValueError("a score is not finite")
    return labels, values


def earlier_first(scores: ArrayLike) -> NDArray[np.float64]:
    """The scores (N,) in the same order, but of clips that tie the earlier is better, as a stable sort has it.

    So do the published evaluations on TVSum and YouTube Highlights, which sort clips by score; `average_precision`
    and `top_five_average_precision` then have no ties to break.
    """
    order = np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")
    ranked = np.empty(len(order))
    ranked[order] = np.arange(len(order), 0, -1)
    return ranked


def upper_quartile_positives(ratings: ArrayLike) -> NDArray[np.bool_]:
    """What each rater calls a highlight: at or above the rater's upper quartile, and above the rater's lowest score.

    Args:
        ratings: (R, N), one row a rater of one video.
    """
    scores = np.asarray(ratings, dtype=np.float64)
    high = scores >= np.quantile(scores, 0.75, axis=1, keepdims=True)
    positive: NDArray[np.bool_] = high & (scores > scores.min(axis=1, keepdims=True))
    return positive


def above_median_positives(ratings: ArrayLike) -> NDArray[np.bool_]:
    """What each annotator of TVSum calls a highlight: above the annotator's median over the video. (R, N)."""
    scores = np.asarray(ratings, dtype=np.float64)
    positive: NDArray[np.bool_] = scores > np.median(scores, axis=1, keepdims=True)
    return positive


def mean_over_raters(
    metric: Metric, positives: NDArray[np.bool_], scores: ArrayLike, *, silent: float | None = None
) -> float:
    """Mean of the metric over the raters; NaN if none of them called a clip positive.

    Args:
        metric: as `average_precision`.
        positives: bool (R, N).
        scores: (N,), one order for all raters, or (R, N), one for each.
        silent: what a rater counts who called no clip positive; None: such a rater is left out.
    """
    orders = np.broadcast_to(np.asarray(scores, dtype=np.float64), positives.shape)
    values = [metric(row, order) for row, order in zip(positives, orders, strict=True) if row.any()]
    if not values:
        return float("nan")
    return float(np.mean(values if silent is None else values + [silent] * (len(positives) - len(values))))


def agreement(
    metric: Metric, positives: NDArray[np.bool_], ratings: NDArray[np.float64], *, silent: float | None = None
) -> float:
    """How well the mean of the other raters' scores finds each rater's positives; NaN for a single rater.

    Args:
        metric: measures one against the others.
        positives: (R, N): of each rater, which clips count as highlights.
        ratings: (R, N): of each rater, any scale.
        silent: what a rater without positives counts as; None: not at all.
    """
    if len(ratings) < 2:
        return float("nan")
    others = (ratings.sum(axis=0) - ratings) / (len(ratings) - 1)
    return mean_over_raters(metric, positives, others, silent=silent)


@dataclass(frozen=True)
class Interval:
    """From `low` to `high`, both included."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"[{self.low:.3f}, {self.high:.3f}]"


def bootstrap_interval(
    values: Sequence[float] | NDArray[np.floating],
    *,
    confidence: float = 0.95,
    resamples: int = BOOTSTRAP_RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Percentile bootstrap interval of the mean over videos (Efron 1979): videos are drawn with replacement.

    Give differences of two scorers, video by video, for the interval of their difference.

    Args:
        values: (V,), one a video, at least one, finite.
        confidence: of the interval, above 0 and below 1.
        resamples: how many times the videos are drawn.
        seed: of the draws.

    Raises:
        ValueError: there is no value, or one that is not finite.
    """
    sample = np.asarray(values, dtype=np.float64)
    if not sample.size or not np.isfinite(sample).all():
        raise ValueError("an interval needs at least one value, all finite")
    random = np.random.default_rng(seed)
    block = max(1, 2_000_000 // len(sample))  # bounds the memory, however many videos there are
    means = [
        sample[random.integers(len(sample), size=(min(block, resamples - done), len(sample)))].mean(axis=1)
        for done in range(0, resamples, block)
    ]
    tail = (1 - confidence) / 2
    low, high = np.quantile(np.concatenate(means), [tail, 1 - tail])
    return Interval(float(low), float(high))
