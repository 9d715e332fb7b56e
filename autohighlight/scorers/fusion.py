"""The default scorer: what moves, what changes, how much there is to see, whether somebody is in it, and when.

Chosen by measurement among many, and for a reason each; ``docs/scoring.md`` has the ablation. Every part but the
last two is a logarithm in units of its own spread over the video: how many times more moves is what counts, not by
how much, and a video in which little happens is judged by that little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from autohighlight.config import ScoreOptions
from autohighlight.scorers.ranks import DECIMALS, Values, ranks, scaled_to_unit
from autohighlight.types import FeatureTrack, ScoreTrack

_LEAST_DEVIATION = 0.1
"""Of a logarithm: differences of ten per cent are not worth telling apart, so a part that varies less has less say."""

_LOG_OFFSETS: Mapping[str, float] = {
    "movement": 0.5,  # levels of 255: the noise of a camera
    "packet_size": 50.0,  # bytes: what a frame costs in which nothing changes
    "change": 0.001,
    "local_change": 0.003,
    "richness": 0.001,
}

_PACKET_WEIGHT = 2.0  # where only key frames are decoded, packets stand for movement and for what changes between

_LIVING_WEIGHT = 3.0
"""A clip sure to show somebody gains three units on one sure not to: about what separates a lively clip from a dull
one in each of the other parts together with another."""


def measure_parts(features: FeatureTrack) -> dict[str, Values]:
    """What each part adds to a clip's score, float64 (N,); 0 where it was not measured.

    ``movement``: of the tenth of the picture that moves most; where only key frames were decoded ``packet_size``, what
    the encoder spent on the frames between, stands in for it. ``change``: of the network's feature from picture to
    picture. ``local_change``: the same place by place. ``richness``: mean activation of the network, low in blank,
    dark or blurred pictures. ``living``: how sure the network is to see somebody. ``position``: the middle of a video
    matters a little more than its ends, in the labels of TVSum as in most footage that begins and ends with fumbling.
    """
    return _standard_parts(measures_of(features)) | {"position": _position(len(features))}


def measures_of(features: FeatureTrack) -> dict[str, Values]:
    """What the parts but the last are made of, by their names: float64 (N,), NaN where it was not measured."""
    dim = features.embeddings.shape[1] // 2
    cues: dict[str, ArrayLike] = dict(features.cues) | {"richness": features.embeddings[:, :dim].mean(axis=1)}
    if np.isfinite(np.asarray(cues.get("movement", np.nan), np.float64)).any():
        cues.pop("packet_size", None)
    return {name: np.asarray(cues[name], np.float64) for name in (*_LOG_OFFSETS, "living") if name in cues}


def _standard_parts(measures: Mapping[str, Values]) -> dict[str, Values]:
    """The parts that are told by what is usual among these clips."""
    parts: dict[str, Values] = {}
    for name, offset in _LOG_OFFSETS.items():
        if name in measures:
            weight = _PACKET_WEIGHT if name == "packet_size" else 1.0
            parts[name] = weight * log_scores(measures[name], offset)
    if "living" in measures:
        parts["living"] = _LIVING_WEIGHT * _centred(measures["living"])
    return parts


def totals_across(videos: Sequence[Mapping[str, Values]], own_share: float = 0.5) -> list[Values]:
    """Scores of several videos that may be compared: half by what is usual in its own video, half by what is in all.

    The former alone gives each video its share, however dull it is; the latter alone lets those in whose nature it is
    to move, as of water, push out all others. The clips' position counts in their own video.

    Args:
        videos: of each what `measures_of` gives, N_v clips.
        own_share: what counts for how much: 1 is what is usual in its own video alone, 0 what is in all.

    Returns:
        float64 (N_v,) of each video; on no scale in particular.
    """
    lengths = [len(next(iter(measures.values()))) for measures in videos]
    names = dict.fromkeys(name for measures in videos for name in measures)
    together = {
        name: np.concatenate(
            [measures.get(name, np.full(length, np.nan)) for measures, length in zip(videos, lengths, strict=True)]
        )
        for name in names
    }
    among_all = np.split(sum(_standard_parts(together).values()), np.cumsum(lengths)[:-1])
    totals = []
    for measures, of_all, length in zip(videos, among_all, lengths, strict=True):
        of_own = sum(_standard_parts(measures).values())
        total = own_share * of_own + (1 - own_share) * of_all + _position(length)
        totals.append(np.round(total, DECIMALS))
    return totals


def combine(parts: Mapping[str, ArrayLike]) -> Values:
    """The score made of these parts, (N,) in [0, 1]; any of them may be left out, as an ablation does."""
    total: Values = np.sum([np.asarray(part, np.float64) for part in parts.values()], axis=0)
    return scaled_to_unit(np.round(total, DECIMALS))


def fusion(features: FeatureTrack, options: ScoreOptions) -> ScoreTrack:  # noqa: ARG001 -- as every scorer
    """The sum of the parts, moved and stretched to [0, 1]."""
    parts = measure_parts(features)
    return ScoreTrack(features.clips, combine(parts), "fusion", {name: ranks(part) for name, part in parts.items()})


def log_scores(values: ArrayLike, offset: float) -> Values:
    """Distance of ``log(value + offset)`` from the video's mean, in its standard deviations; 0 where it is unknown."""
    array = np.asarray(values, np.float64)
    logs = np.log(np.maximum(array, 0) + offset, where=np.isfinite(array), out=np.full(array.shape, np.nan))
    known = np.isfinite(logs)
    if not known.any():
        return np.zeros(array.shape)
    deviation = np.sqrt(logs[known].var() + _LEAST_DEVIATION**2)
    distances: Values = np.where(known, (logs - logs[known].mean()) / deviation, 0.0)
    return np.round(distances, DECIMALS)


def _centred(values: ArrayLike) -> Values:
    array = np.asarray(values, np.float64)
    known = np.isfinite(array)
    if not known.any():
        return np.zeros(array.shape)
    distances: Values = np.where(known, array - array[known].mean(), 0.0)
    return np.round(distances, DECIMALS)


def _position(num_clips: int) -> Values:
    """0 in the middle of the video, -1 at its ends; 0 where there is no middle to speak of."""
    return -np.abs(np.linspace(-1, 1, num_clips)) if num_clips > 2 else np.zeros(num_clips)
