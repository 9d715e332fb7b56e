"""Numbers measured with several seeds, and how two sets of them differ over the videos."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autohighlight.evaluation.metrics import BOOTSTRAP_RESAMPLES, Interval


@dataclass(frozen=True)
class OverSeeds:
    """A number, once for each seed; at least one."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, values: Iterable[float]) -> OverSeeds:
        """These values, in the order of the seeds."""
        return cls(tuple(float(value) for value in values))

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return float(np.mean(self.values))

    @property
    def deviation(self) -> float:
        """Sample standard deviation over the seeds; NaN of a single one."""
        return float(np.std(self.values, ddof=1)) if len(self.values) > 1 else float("nan")

    def text(self, decimals: int) -> str:
        """``0.095 ± 0.002``; without the deviation where there is none."""
        spread = "" if np.isnan(self.deviation) else f" ± {self.deviation:.{decimals}f}"
        return f"{self.mean:.{decimals}f}{spread}"

    def as_dict(self) -> dict[str, Any]:
        """For JSON: the mean, the deviation (None of a single seed), and the value of each seed."""
        deviation = None if np.isnan(self.deviation) else self.deviation
        return {"mean": self.mean, "deviation": deviation, "by_seed": list(self.values)}


@dataclass(frozen=True)
class Difference:
    """How much larger one thing is than another on the same videos, with the same seeds.

    Args:
        mean: over videos and seeds.
        interval: 95 % interval of it; see `crossed_interval`.
    """

    mean: float
    interval: Interval

    @classmethod
    def of(cls, values: NDArray[np.float64], others: NDArray[np.float64]) -> Difference:
        """From the values (S, M) of either, for each seed and video; none is NaN."""
        differences = values - others
        return cls(float(differences.mean()), crossed_interval(differences))

    @property
    def sign(self) -> int:
        """-1 or 1 where the interval lies on one side of 0; else 0: these videos and seeds do not show which."""
        return -1 if self.interval.high < 0 else 1 if self.interval.low > 0 else 0

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"mean": self.mean, "interval": [self.interval.low, self.interval.high]}


def crossed_interval(values: NDArray[np.float64], *, resamples: int = BOOTSTRAP_RESAMPLES, seed: int = 0) -> Interval:
    """95 % percentile bootstrap interval of the mean of values (S, M), for each seed and video.

    Seeds and videos are both drawn with replacement, each by themselves (Owen 2007, *The pigeonhole bootstrap*): other
    videos would give other numbers, and so would other seeds. A single seed tells nothing of the latter.

    Args:
        values: finite, at least one seed and one video.
        resamples: how often both are drawn.
        seed: of the draws.
    """
    random = np.random.default_rng(seed)
    num_seeds, num_videos = values.shape
    block = max(1, 2_000_000 // (num_seeds + num_videos))  # bounds the memory, however many videos there are
    means = []
    for done in range(0, resamples, block):
        number = min(block, resamples - done)
        of_seeds = random.multinomial(num_seeds, np.full(num_seeds, 1 / num_seeds), number) / num_seeds  # (number, S)
        of_videos = random.multinomial(num_videos, np.full(num_videos, 1 / num_videos), number) / num_videos
        means.append(((of_seeds @ values) * of_videos).sum(axis=1))
    low, high = np.quantile(np.concatenate(means), [0.025, 0.975])
    return Interval(float(low), float(high))
