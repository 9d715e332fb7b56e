"""The clips of labelled videos under many dropouts, as section 4.3 of the paper runs them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from autohighlight.errors import OptionError
from autohighlight.selector.model import HighlightSelector
from autohighlight.training.seeds import seeded
from autohighlight_research.clip_kinds import Kind, SortedVideo


@dataclass(frozen=True)
class DropoutRuns:
    """How clips are chosen and run.

    Args:
        runs: passes with dropout (section 4.3: twenty).
        max_clips: largest number of clips of either kind that are taken of a video; None: as many as it has of the
            rarer kind. The paper says that the numbers are the same, not what they are.

    Raises:
        OptionError: a number below 1.
    """

    runs: int = 20
    max_clips: int | None = None

    def __post_init__(self) -> None:
        if self.runs < 1 or (self.max_clips is not None and self.max_clips < 1):
            raise OptionError("an analysis takes at least one run with dropout, and one clip of either kind")

    def num_clips(self, video: SortedVideo) -> int:
        """How many clips of either kind are taken of the video."""
        return min(video.num_pairs, self.max_clips or video.num_pairs)

    def choose(self, video: SortedVideo, seed: int, *, shift: int = 0) -> dict[Kind, NDArray[np.intp]]:
        """The same number of clips of either kind, at random: kind -> (n,) numbers of clips, ascending.

        Args:
            video: to choose from.
            seed: of the choice.
            shift: by how many clips the labels are moved along the video first, the last ones to its beginning.
        """
        random = np.random.default_rng(seed)
        shifted = {kind: np.flatnonzero(np.roll(chosen, shift)) for kind, chosen in video.kinds.items()}
        return {
            kind: np.sort(random.choice(clips, self.num_clips(video), replace=False)) for kind, clips in shifted.items()
        }


@torch.no_grad()
def clips_under_dropout(
    selector: HighlightSelector, features: NDArray[np.floating], clips: NDArray[np.intp], runs: int, seed: int
) -> NDArray[np.float32]:
    """The clips z of Eq. 6, at the output of the first attention layer, under different dropouts.

    The whole video is run each time: a clip is seen in the light of all the others, chosen or not.

    Args:
        selector: on the CPU; its training mode is as before afterwards.
        features: float (N, d_in), of one video.
        clips: (n,) the numbers of those that are wanted.
        runs: how many passes, each with dropout masks of its own.
        seed: of the masks; random numbers drawn elsewhere are not touched.

    Returns:
        float32 (runs, n, d).
    """
    was_training = selector.training
    selector.train()
    try:
        with seeded(torch.device("cpu"), seed):
            v = selector.project(torch.as_tensor(features, dtype=torch.float32)[None])  # (1, N, d)
            passes = [selector.relate(v)[0][0, clips].numpy() for _ in range(runs)]
    finally:
        selector.train(was_training)
    return np.stack(passes)


def untrained(selector: HighlightSelector, seed: int) -> HighlightSelector:
    """A selector of the same configuration and statistics of features, with the weights of a beginning."""
    with seeded(torch.device("cpu"), seed):
        fresh = HighlightSelector(selector.config)
    fresh.feature_mean.copy_(selector.feature_mean)
    fresh.feature_std.copy_(selector.feature_std)
    return fresh.eval()
