"""From what was heard to scores."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from autohighlight.errors import OptionError, printable
from autohighlight.scorers.ranks import ranks, weighted_mean
from autohighlight.types import FeatureTrack, MediaInfo, ScoreTrack
from autohighlight_audio import loudness, voice

_LOG = logging.getLogger("autohighlight.audio")

Measures = Mapping[str, NDArray[np.float64]]

_MEASURED: weakref.WeakKeyDictionary[FeatureTrack, Measures] = weakref.WeakKeyDictionary()
"""What was measured for features that are still in use: several scorers of one combination listen once."""


def score(features: FeatureTrack, parts: Sequence[str], scorer: str) -> ScoreTrack:
    """The mean of the ranks of the parts; a clip in less than half of which there is sound has rank 0.5 in each.

    Args:
        features: of a video that was probed.
        parts: which, of those of `measures`.
        scorer: what it is called.

    Raises:
        OptionError: the features name no video.
        InputError: the file has changed since it was probed.
        DependencyError: the voice detector is not there.
    """
    if features.media is None:
        raise OptionError(
            f"the scorer {scorer} listens to the video, and these features come without one", "score a video file"
        )
    if features not in _MEASURED:
        _MEASURED[features] = measures(features, features.media)
    ranked = {part: ranks(_MEASURED[features][part]) for part in parts}
    return ScoreTrack(features.clips, weighted_mean(ranked), scorer, ranked)


def measures(features: FeatureTrack, media: MediaInfo) -> Measures:
    """What is measured of each clip: name -> float64 (N,), NaN where there is no sound in at least half of it.

    Each is rounded to what can be told apart by ear, or is not chance, so that clips that are alike tie:

    - ``loudness``: the loudest 0.4 s, LUFS, to 0.1 LU;
    - ``sudden_sounds``: the mean of what sets in, to 0.001;
    - ``change_of_sound``: the greatest novelty, to 0.01;
    - ``voices``: the share of the clip in which somebody speaks, to a tenth.
    """
    from autohighlight.media.sound import open_sound
    from autohighlight_audio.listening import listen

    name, nothing = printable(media.path.name), np.full(len(features), np.nan)
    reader = open_sound(media, sample_rate=loudness.SAMPLE_RATE)
    if reader is None:
        what = "no sound of %s is used" if media.audio else "%s has no sound"
        _LOG.warning(f"{what}: it says nothing of any moment", name)
        return dict.fromkeys(("loudness", "sudden_sounds", "change_of_sound", "voices"), nothing)
    heard = listen(reader, reader.layout)
    if reader.num_lost:
        _LOG.warning("damage in the sound of %s: %d packets cannot be decoded", name, reader.num_lost)
    clips = features.clips
    found = {
        "loudness": heard.loudness.of_clips(clips, np.max).round(1),
        "sudden_sounds": heard.onsets.of_clips(clips, np.mean).round(3),
        "change_of_sound": heard.novelty.of_clips(clips, np.max).round(2),
        "voices": heard.voice.of_clips(clips, lambda values: np.mean(values >= voice.SPEECH)).round(1),
    }
    is_heard = heard.loudness.covers(clips)
    return {name: np.where(is_heard, values, np.nan) for name, values in found.items()}
