"""What a network sees in pictures, one after another -> sums by clip, from which means are made at the end.

Sums, so that a clip may lie in two pieces of work, and memory holds a row a clip and not one a picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from autohighlight.types import Sight


@dataclass
class _Sums:
    """Of the pictures shown in one clip, and of the steps from each to the next that begin in it."""

    features: NDArray[np.float32]
    step: NDArray[np.float32]
    squares: float = 0.0
    living: float = 0.0
    num_pictures: int = 0
    num_living: int = 0
    step_length: float = 0.0
    num_steps: int = 0
    cell_steps: list[float] = field(default_factory=list)

    def add(self, other: _Sums) -> None:
        for name in ("features", "step", "squares", "living", "num_pictures", "num_living", "step_length", "num_steps"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.cell_steps += other.cell_steps


@dataclass(frozen=True)
class _Seen:
    """The last picture before the present ones: when it was last shown, and what was seen."""

    tick: int
    clip: int
    features: NDArray[np.float32]
    cells: NDArray[np.float32] | None


class PictureSums:
    """Adds up what is seen in the pictures of one piece of a video.

    Args:
        targets: int64 (T,), ascending: the ticks at which pictures are shown.
        clips: int64 (T,): the number of the clip that each target lies in.
        longest_step: most ticks between two pictures that are compared with each other.
    """

    def __init__(self, targets: NDArray[np.int64], clips: NDArray[np.int64], longest_step: int) -> None:
        self._targets = targets
        self._clips = clips
        self._longest_step = longest_step
        self._sums: dict[int, _Sums] = {}
        self._last: _Seen | None = None

    def add(
        self,
        features: NDArray[np.float32],
        sight: Sight | None,
        shown: Sequence[tuple[int, int]],
        cuts: NDArray[np.int64],
    ) -> None:
        """Adds some pictures.

        Args:
            features: float32 (P, dim).
            sight: what else was seen in them, if the network can say.
            shown: for each the targets at which it is shown, as numbers ``[first, stop)``.
            cuts: ticks of the cuts up to the last of them; no step goes across one.
        """
        for number, (first, stop) in enumerate(shown):
            cells = None if sight is None else sight.cells[number]
            self._add_step(int(self._targets[first]), features[number], cells, cuts)
            for clip in self._clips[first:stop]:
                sums = self._of(int(clip), features.shape[1])
                sums.features += features[number]
                sums.squares += float(np.square(features[number], dtype=np.float64).sum())
                sums.num_pictures += 1
                if sight is not None:
                    sums.living += float(sight.living[number])
                    sums.num_living += 1
            for clip in self._clips[first : stop - 1]:  # a picture that stays is a step of nothing
                sums = self._of(int(clip), features.shape[1])
                sums.num_steps += 1
                if cells is not None:
                    sums.cell_steps.append(0.0)
            self._last = _Seen(int(self._targets[stop - 1]), int(self._clips[stop - 1]), features[number], cells)

    def finish(self) -> None:
        """Forgets the last picture: it holds on to all that the network saw in its batch."""
        self._last = None

    def _add_step(
        self, tick: int, features: NDArray[np.float32], cells: NDArray[np.float32] | None, cuts: NDArray[np.int64]
    ) -> None:
        last = self._last
        if last is None or tick - last.tick > self._longest_step:
            return
        if np.searchsorted(cuts, last.tick, side="right") != np.searchsorted(cuts, tick, side="right"):
            return
        sums = self._of(last.clip, len(features))
        step = np.abs(features - last.features)
        sums.step += step
        sums.step_length += float(np.linalg.norm(step))
        sums.num_steps += 1
        if cells is not None and last.cells is not None:
            sums.cell_steps.append(float(1 - np.einsum("cd,cd->c", cells, last.cells).mean()))

    def _of(self, clip: int, dim: int) -> _Sums:
        if clip not in self._sums:
            self._sums[clip] = _Sums(np.zeros(dim, np.float32), np.zeros(dim, np.float32))
        return self._sums[clip]

    @property
    def by_clip(self) -> dict[int, _Sums]:
        """Number of the clip -> its sums."""
        return self._sums


def pool(pieces: Sequence[PictureSums], num_clips: int) -> tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]:
    """Embeddings and cues of every clip, from the sums of all pieces, in order.

    Returns:
        float32 (N, 2 * dim): the mean of the features over the clip's pictures, then the mean of the absolute
        differences from one picture to the next; and the cues, float32 (N,), NaN where one was not measured:
        ``spread``, root mean squared distance of the features from their mean; ``change``, mean length of the step
        from one picture's feature to the next; ``local_change``, median over the steps of how much the places of the
        picture change, as 1 - cosine; ``living``, mean of `Sight.living`. A clip without a picture takes the features
        of the clip before it, or of the first that has one.
    """
    total: dict[int, _Sums] = {}
    for piece in pieces:
        for clip, sums in piece.by_clip.items():
            total.setdefault(clip, _Sums(np.zeros_like(sums.features), np.zeros_like(sums.step))).add(sums)
    known = sorted(clip for clip, sums in total.items() if sums.num_pictures)
    dim = len(total[known[0]].features)
    embeddings = np.empty((num_clips, 2 * dim), np.float32)
    cues = {name: np.full(num_clips, np.nan, np.float32) for name in ("spread", "change", "local_change", "living")}
    source = known[0]
    for clip in range(num_clips):
        source = clip if clip in total and total[clip].num_pictures else source
        sums = total[source]
        mean = sums.features / sums.num_pictures
        embeddings[clip] = np.concatenate([mean, sums.step / max(1, sums.num_steps)])
        if source != clip:
            continue
        cues["spread"][clip] = np.sqrt(max(0.0, sums.squares / sums.num_pictures - float(mean @ mean)))
        if sums.num_steps:
            cues["change"][clip] = sums.step_length / sums.num_steps
        if sums.cell_steps:
            cues["local_change"][clip] = np.median(sums.cell_steps)
        if sums.num_living:
            cues["living"][clip] = sums.living / sums.num_living
    return embeddings, cues
