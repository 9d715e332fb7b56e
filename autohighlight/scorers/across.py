"""Scores of several videos on one scale.

A scorer says how much a clip matters within its video, and scores of different videos are not to be compared (the
paper, section 4.1): the best clip of a dull video gets as much as that of a lively one. What is comparable is how far a
clip stands out among the others of its video, in units of the spread there. ``docs/combined.md`` has what was measured
of this rule and of others.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from autohighlight.errors import OptionError
from autohighlight.scorers.ranks import DECIMALS, scaled_to_unit, z_scores
from autohighlight.types import ScoreTrack


def comparable(tracks: Sequence[ScoreTrack]) -> tuple[ScoreTrack, ...]:
    """The same tracks with scores that may be compared from one to another.

    Each score becomes its distance from its video's mean in standard deviations (0 in a video in which no two differ),
    and these are moved and stretched so that the lowest of all is 0 and the highest 1. Within a video the order stays,
    and so do the ratios of differences. One track alone stays as it is. Works with any scorer, for it asks for nothing
    but its scores.

    Raises:
        OptionError: they were made by different scorers.
    """
    scorers = sorted({track.scorer for track in tracks})
    if len(scorers) > 1:
        raise OptionError(
            f"scores by different scorers are not to be compared: {', '.join(scorers)}", "score all videos by one"
        )
    if len(tracks) < 2:
        return tuple(tracks)
    standard = [np.round(z_scores(track.values), DECIMALS) for track in tracks]
    scaled = np.split(scaled_to_unit(np.concatenate(standard)), np.cumsum([len(track) for track in tracks])[:-1])
    return tuple(dataclasses.replace(track, values=values) for track, values in zip(tracks, scaled, strict=True))
