"""Sound as evidence for autohighlight: ``--scorer audio``, ``--scorer fusion+audio:0.3``.

Importing this imports neither scipy nor onnxruntime.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from autohighlight.hookspecs import hookimpl

if TYPE_CHECKING:
    from autohighlight.config import ScoreOptions
    from autohighlight.plugins import Register, Scorer
    from autohighlight.types import FeatureTrack, ScoreTrack

autohighlight_requires = "1.0"

PARTS = {
    "audio-loudness": "loudness",
    "audio-onsets": "sudden_sounds",
    "audio-novelty": "change_of_sound",
    "audio-voice": "voices",
}
"""Scorers that look at one part of ``audio`` alone, and what the part is called."""


def audio(features: FeatureTrack, options: ScoreOptions) -> ScoreTrack:
    """The mean of the ranks of all parts; see `scoring.score`."""
    from autohighlight_audio.scoring import score

    return score(features, tuple(PARTS.values()), "audio")


def one_part(name: str, features: FeatureTrack, options: ScoreOptions) -> ScoreTrack:
    """The rank of one part; `name` is one of `PARTS`."""
    from autohighlight_audio.scoring import score

    return score(features, (PARTS[name],), name)


@hookimpl
def autohighlight_register_scorers(register: Register[Scorer]) -> None:
    """The scorer ``audio``, and each of its parts alone."""
    register("audio", audio)
    for name in PARTS:
        register(name, functools.partial(one_part, name))
