"""Scores of several videos on one scale.

A scorer says how much a clip matters within its video, and scores of different videos are not to be compared (the
paper, section 4.1): the best clip of a dull video gets as much as that of a lively one. ``docs/combined.md`` has what
was measured of the rules here and of others.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from autohighlight.config import DEFAULT_SCORER
from autohighlight.errors import OptionError
from autohighlight.scorers.fusion import measures_of, totals_across
from autohighlight.scorers.ranks import DECIMALS, Values, scaled_to_unit, z_scores
from autohighlight.types import FeatureTrack, ScoreTrack

Measures = Mapping[str, Values]
"""What a score of one video was made of, before it was brought to the scale of the video: name -> float64 (N,)."""


def measures_for(scorer: str, features: FeatureTrack) -> Measures:
    """What has to be kept of a video's features for `comparable`: a few numbers a clip; of some scorers nothing."""
    return measures_of(features) if scorer == DEFAULT_SCORER else {}


def comparable(tracks: Sequence[ScoreTrack], measures: Sequence[Measures]) -> tuple[ScoreTrack, ...]:
    """The same tracks with scores that may be compared from one to another.

    Of the default scorer, a clip is judged half by what is usual in its own video, half by what is usual in all: see
    `fusion.totals_across`. Of any other, where nothing is known but its scores, each becomes its distance from its
    video's mean in standard deviations: 0 in a video in which no two differ. All are then moved and stretched so that
    the lowest is 0 and the highest 1. The parts stay ranks within the video. One track alone stays as it is.

    Args:
        tracks: of each video.
        measures: of each video, as `measures_for` gives them.

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
    if all(measures):
        totals = totals_across(measures)
    else:
        totals = [np.round(z_scores(track.values), DECIMALS) for track in tracks]
    scaled = np.split(scaled_to_unit(np.concatenate(totals)), np.cumsum([len(track) for track in tracks])[:-1])
    return tuple(dataclasses.replace(track, values=values) for track, values in zip(tracks, scaled, strict=True))
