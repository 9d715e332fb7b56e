"""Numbers measured with several seeds, and how two sets of them differ over the videos."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autohighlight.evaluation import metrics


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
    """How much larger one thing is than another on the same videos.

    Args:
        mean: over videos and seeds.
        interval: 95 % bootstrap interval over the videos, each with its mean over the seeds.
    """

    mean: float
    interval: metrics.Interval

    @classmethod
    def of(cls, values: NDArray[np.float64], others: NDArray[np.float64]) -> Difference:
        """From the values (S, M) of either, for each seed and video; none is NaN."""
        by_video = (values - others).mean(axis=0)
        return cls(float(by_video.mean()), metrics.bootstrap_interval(by_video))

    @property
    def sign(self) -> int:
        """-1 or 1 where the interval lies on one side of 0; else 0: these videos do not show which."""
        return -1 if self.interval.high < 0 else 1 if self.interval.low > 0 else 0

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"mean": self.mean, "interval": [self.interval.low, self.interval.high]}
