"""What a network sees in single pictures, one after another -> sums by clip."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autohighlight.features.sums import SumsByClip
from autohighlight.media.frames import Samples
from autohighlight.types import Sight

Shown = Sequence[tuple[int, int]]
"""For each picture the targets at which it is shown, as numbers ``[first, stop)``."""


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

    Attributes:
        by_clip: what was seen so far.
    """

    def __init__(self, targets: NDArray[np.int64], clips: NDArray[np.int64], longest_step: int) -> None:
        self.by_clip = SumsByClip()
        self._targets = targets
        self._clips = clips
        self._longest_step = longest_step
        self._last: _Seen | None = None

    @staticmethod
    def frames(samples: Samples) -> Iterator[tuple[Shown, NDArray[np.uint8]]]:
        """What the network is to be shown of some samples, uint8 (P, 1, H, W, 3), each with when it is shown."""
        if samples.pictures:
            yield samples.picture_targets, np.stack(samples.pictures)[:, None]

    @staticmethod
    def rest() -> Iterator[tuple[Shown, NDArray[np.uint8]]]:
        """What has been held back: nothing."""
        return iter(())

    def add(self, shown: Shown, features: NDArray[np.float32], sight: Sight | None, cuts: NDArray[np.int64]) -> None:
        """Adds some pictures.

        Args:
            shown: when each is shown.
            features: float32 (P, dim).
            sight: what else was seen in them, if the network can say.
            cuts: ticks of the cuts up to the last of them; no step goes across one.
        """
        for number, (first, stop) in enumerate(shown):
            cells = None if sight is None else sight.cells[number]
            self._add_step(int(self._targets[first]), features[number], cells, cuts)
            for clip in self._clips[first:stop]:
                sums = self.by_clip.of(int(clip), features.shape[1])
                sums.add_seen(features[number])
                if sight is not None:
                    sums.living += float(sight.living[number])
                    sums.num_living += 1
            for clip in self._clips[first : stop - 1]:  # a picture that stays is a step of nothing
                sums = self.by_clip.of(int(clip), features.shape[1])
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
        sums = self.by_clip.of(last.clip, len(features))
        sums.add_step(last.features, features)
        if cells is not None and last.cells is not None:
            sums.cell_steps.append(float(1 - np.einsum("cd,cd->c", cells, last.cells).mean()))
