"""The default scorer: what moves, what changes, and what sounds, as a weighted mean of ranks within the video."""
# ruff: noqa: ARG001 -- every scorer has the same signature

from __future__ import annotations

from collections.abc import Mapping

from numpy.typing import ArrayLike

from autohighlight.config import ScoreOptions
from autohighlight.scorers.floors import embedding_spread
from autohighlight.scorers.ranks import Values, ranks, smoothed, weighted_mean
from autohighlight.types import FeatureTrack, ScoreTrack

WEIGHTS: Mapping[str, float] = {"movement": 1.0, "spread": 1.0, "loudness": 0.5, "onset": 0.5}
"""What each part weighs in the mean; a part that was not measured ranks every clip alike and so changes no order."""


def measure_parts(features: FeatureTrack) -> dict[str, Values]:
    """Each part as rank within the video, smoothed over neighbouring clips before it is ranked."""
    measured: dict[str, ArrayLike] = {"spread": embedding_spread(features)}
    measured |= {name: features.cues[name] for name in WEIGHTS if name in features.cues}
    return {name: ranks(smoothed(values)) for name, values in measured.items()}


def combine(parts: Mapping[str, ArrayLike]) -> Values:
    """The score made of these parts, (N,) in [0, 1]; any of them may be left out, as an ablation does."""
    return weighted_mean(parts, WEIGHTS)


def fusion(features: FeatureTrack, options: ScoreOptions) -> ScoreTrack:
    """The mean of the parts, weighted by `WEIGHTS`."""
    parts = measure_parts(features)
    return ScoreTrack(features.clips, combine(parts), "fusion", parts)
