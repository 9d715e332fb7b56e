"""Scorers that know next to nothing: a scorer that does not beat them has found nothing."""
# ruff: noqa: ARG001 -- every scorer has the same signature

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from autohighlight.config import ScoreOptions
from autohighlight.errors import OptionError
from autohighlight.scorers.ranks import ranks, weighted_mean
from autohighlight.types import FeatureTrack, ScoreTrack


def cue(features: FeatureTrack, name: str) -> NDArray[np.floating]:
    """One cue of the features, (N,), NaN where it was not measured.

    Raises:
        OptionError: these features have no such cue.
    """
    if name not in features.cues:
        known = ", ".join(sorted(features.cues)) or "none"
        raise OptionError(f"the features hold no cue {name!r}, which this scorer needs", f"there are: {known}")
    return features.cues[name]


def movement(features: FeatureTrack, options: ScoreOptions) -> ScoreTrack:
    """Rank of the mean absolute difference between the clip's frames."""
    values = ranks(cue(features, "difference"))
    return ScoreTrack(features.clips, values, "movement", {"movement": values})


def spread(features: FeatureTrack, options: ScoreOptions) -> ScoreTrack:
    """Rank of how much the backbone's feature varies within the clip."""
    values = ranks(cue(features, "spread"))
    return ScoreTrack(features.clips, values, "spread", {"spread": values})


def movement_and_spread(features: FeatureTrack, options: ScoreOptions) -> ScoreTrack:
    """Mean of the ranks of the two."""
    parts = {"movement": ranks(cue(features, "difference")), "spread": ranks(cue(features, "spread"))}
    return ScoreTrack(features.clips, weighted_mean(parts), "movement+spread", parts)


def centre(features: FeatureTrack, options: ScoreOptions) -> ScoreTrack:
    """The nearer to the middle of the video, the higher; looks at nothing."""
    middle = (features.clips[0].time_range.start + features.clips[-1].time_range.end) / 2
    distances = [float(abs(clip.time_range.middle - middle)) for clip in features.clips]
    values = ranks(np.negative(distances))
    return ScoreTrack(features.clips, values, "centre", {"centre": values})


def random(features: FeatureTrack, options: ScoreOptions) -> ScoreTrack:
    """A random order, the same each time for features of one kind and clips of the same times."""
    first, last = features.clips[0].time_range, features.clips[-1].time_range
    label = f"{features.fingerprint} {len(features)} {first.start} {last.end}"
    seed = int.from_bytes(hashlib.blake2b(label.encode(), digest_size=8).digest(), "big")
    values = ranks(np.random.default_rng(seed).random(len(features)))
    return ScoreTrack(features.clips, values, "random", {"random": values})
