"""A scorer called ``colourful``: the more a clip's colours differ from grey, the more it matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from autohighlight import ScoreTrack, hookimpl
from autohighlight.errors import OptionError

if TYPE_CHECKING:
    from autohighlight import FeatureTrack
    from autohighlight.config import ScoreOptions
    from autohighlight.plugins import Register, Scorer


def score(features: FeatureTrack, options: ScoreOptions) -> ScoreTrack:
    """Each clip's rank among the clips of its video, by how far red, green and blue lie apart: 0 to 1."""
    if features.backbone != "colours":
        raise OptionError("the scorer colourful looks at colours", "give --backbone colours with it")
    colours = features.embeddings[:, :48].reshape(-1, 3, 16)  # (clips, red green blue, places): see colours.py
    apart = np.ptp(colours, axis=1).mean(axis=1)  # (clips,)
    ranks = np.searchsorted(np.sort(apart), apart) / max(1, len(apart) - 1)  # equal clips have equal ranks
    return ScoreTrack(features.clips, ranks, "colourful", {"colour": ranks})


@hookimpl
def autohighlight_register_scorers(register: Register[Scorer]) -> None:
    """For ``--scorer colourful``."""
    register("colourful", score)
