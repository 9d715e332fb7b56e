"""Fits a highlight selector to one long video alone: pieces of it serve as each other's negatives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from autohighlight.errors import OptionError
from autohighlight.selector.model import HighlightSelector
from autohighlight.training.loop import train
from autohighlight.training.recipes import FOOTAGE

PIECE_CLIPS = 10
"""Most clips in a piece: twenty seconds of the usual clips. Pieces of 20 do as well where there are many of them."""

FEWEST_CLIPS = 30
"""In a video that a selector can be fitted to: three pieces, a minute of the usual clips."""

RECIPE = FOOTAGE.replace(pieces=PIECE_CLIPS, device="cpu")
"""What the selector is given, made of and trained by."""


def adapt(rows: NDArray[np.floating]) -> HighlightSelector:
    """A selector fitted to one video, the same each time on one machine; on the CPU, in a few seconds.

    Args:
        rows: float (N, d_in), the clips' features of the kind that `RECIPE` names; N at least `FEWEST_CLIPS`.

    Raises:
        OptionError: too few clips, or pieces of which no two differ.
    """
    if len(rows) < FEWEST_CLIPS:
        raise OptionError(
            f"--adapt takes a video of at least {FEWEST_CLIPS} clips, and this one has {len(rows)}",
            "leave --adapt out, or train on several videos with 'autohighlight train'",
        )
    if (rows == rows[0]).all():
        raise OptionError("nothing changes in this video, so no selector can be fitted to it", "leave --adapt out")
    selector, _ = train([rows], RECIPE.selector_config(rows.shape[1]), RECIPE.options)
    return selector
