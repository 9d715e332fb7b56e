"""What is known of each clip while a video is measured: sums, from which means are made at the end.

Sums, so that a clip may lie in two pieces of work, and memory holds a row a clip and not one a picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass
class ClipSums:
    """Of what the network was shown in one clip (pictures or windows), and of the steps from each to the next.

    Attributes:
        features: float32 (dim,): sum of the features.
        step: float32 (dim,): sum of the absolute differences from one feature to the next.
        squares: sum of the squared lengths of the features.
        living: sum of `Sight.living`.
        num_seen: how many pictures or windows.
        num_living: of how many `living` is known.
        step_length: sum of the steps' lengths.
        num_steps: how many steps.
        cell_steps: of each step how much the places of the picture change, as 1 - cosine.
    """

    features: NDArray[np.float32]
    step: NDArray[np.float32]
    squares: float = 0.0
    living: float = 0.0
    num_seen: int = 0
    num_living: int = 0
    step_length: float = 0.0
    num_steps: int = 0
    cell_steps: list[float] = field(default_factory=list)

    def add_seen(self, features: NDArray[np.float32]) -> None:
        """Adds the feature (dim,) of one picture or window."""
        self.features += features
        self.squares += float(np.square(features, dtype=np.float64).sum())
        self.num_seen += 1

    def add_step(self, before: NDArray[np.float32], after: NDArray[np.float32]) -> None:
        """Adds the step from one feature (dim,) to the next."""
        step = np.abs(after - before)
        self.step += step
        self.step_length += float(np.linalg.norm(step))
        self.num_steps += 1

    def add(self, other: ClipSums) -> None:
        """Adds what another piece of work saw of the same clip."""
        for name in ("features", "step", "squares", "living", "num_seen", "num_living", "step_length", "num_steps"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.cell_steps += other.cell_steps


class SumsByClip(dict[int, ClipSums]):
    """Number of the clip -> its sums."""

    def of(self, clip: int, dim: int) -> ClipSums:
        """The sums of a clip; empty ones if there are none yet."""
        if clip not in self:
            self[clip] = ClipSums(np.zeros(dim, np.float32), np.zeros(dim, np.float32))
        return self[clip]


def pool(
    pieces: Sequence[Mapping[int, ClipSums]], num_clips: int
) -> tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]:
    """Embeddings and cues of every clip, from the sums of all pieces, in order.

    Returns:
        float32 (N, 2 * dim): the mean of the features over the clip, then the mean of the absolute
        differences from one to the next; and the cues, float32 (N,), NaN where one was not measured:
        ``spread``, root mean squared distance of the features from their mean; ``change``, mean length of the step
        from one feature to the next; ``local_change``, median over the steps of how much the places of the
        picture change, as 1 - cosine; ``living``, mean of `Sight.living`. A clip in which nothing was seen takes the
        features of the clip before it, or of the first that has some.
    """
    total = SumsByClip()
    for piece in pieces:
        for clip, sums in piece.items():
            total.of(clip, len(sums.features)).add(sums)
    known = sorted(clip for clip, sums in total.items() if sums.num_seen)
    dim = len(total[known[0]].features)
    embeddings = np.empty((num_clips, 2 * dim), np.float32)
    cues = {name: np.full(num_clips, np.nan, np.float32) for name in ("spread", "change", "local_change", "living")}
    source = known[0]
    for clip in range(num_clips):
        source = clip if clip in total and total[clip].num_seen else source
        sums = total[source]
        mean = sums.features / sums.num_seen
        embeddings[clip] = np.concatenate([mean, sums.step / max(1, sums.num_steps)])
        if source != clip:
            continue
        cues["spread"][clip] = np.sqrt(max(0.0, sums.squares / sums.num_seen - float(mean @ mean)))
        if sums.num_steps:
            cues["change"][clip] = sums.step_length / sums.num_steps
        if sums.cell_steps:
            cues["local_change"][clip] = np.median(sums.cell_steps)
        if sums.num_living:
            cues["living"][clip] = sums.living / sums.num_living
    return embeddings, cues
