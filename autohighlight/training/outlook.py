"""What a finished training run says, without a label, about whether its attention can be worth anything."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from autohighlight.scorers.ranks import ranks

if TYPE_CHECKING:
    from autohighlight.training.loop import StepRecord

Attention = Sequence[NDArray[np.floating]]

OutlookKind = Literal["too-easy", "hardly-trained", "seeds-disagree", "learned"]

EASY = 0.3
"""Share of log B below which the first loss says that the videos are told apart before anything is learned."""

FALLEN = 0.7
"""Share of its beginning that the loss has to fall below for the network to count as trained."""

AGREEMENT = 0.3
"""Mean rank correlation of the attention of two seeds below which neither is to be relied on."""

_LAST = 10  # steps at the end over which the loss is averaged, since each sees other videos and dropouts


@dataclass(frozen=True)
class Outlook:
    """What to expect of a trained selector.

    Args:
        kind: ``too-easy``, ``hardly-trained`` and ``seeds-disagree`` are warnings; ``learned`` is none, and no promise.
        sentence: for the user: what was seen, and what to do about it.
        measure: the number behind it: the first loss as a share of log B, the last loss as a share of the first, or
            the agreement of seeds.
    """

    kind: OutlookKind
    sentence: str
    measure: float

    @property
    def is_warning(self) -> bool:
        """Whether the user should be told of it unasked."""
        return self.kind != "learned"


def loss_shares(history: Sequence[StepRecord], batch_size: int) -> list[float]:
    """The losses of the steps on full batches, as shares of log B: 1 is guessing, 0 is telling all videos apart.

    The last batch of an epoch may be smaller, and its loss with it; it is passed over where an epoch has several.

    Args:
        history: of the run, in order, at least one step.
        batch_size: B, videos in a full batch: as many as there are, where there are fewer than the option says.
    """
    full = [record for record, after in itertools.pairwise(history) if after.epoch == record.epoch]
    return [record.loss / math.log(batch_size) for record in full or history]


def agreement(first: Attention, second: Attention) -> float:
    """How much alike two selectors order the clips: Spearman's correlation, mean over videos, in [-1, 1].

    Args:
        first, second: scores (N,) of the clips of each video. Videos of fewer than two clips, or all of whose clips
            tie, do not count.

    Returns:
        The mean; NaN where no video counts.
    """
    values = []
    for one, other in zip(first, second, strict=True):
        a, b = ranks(one) - 0.5, ranks(other) - 0.5
        if a.any() and b.any():
            values.append(float(a @ b / math.sqrt((a @ a) * (b @ b))))
    return float(np.mean(values)) if values else math.nan


def outlook(history: Sequence[StepRecord], batch_size: int, agreement: float | None = None) -> Outlook:
    """What a training run shows about the worth of its attention.

    A loss of log B means that a video is as much like all others as like itself, one near 0 that it is told from
    them. Where it begins low, any clip gives its video away, and nothing makes attention prefer one to another.

    Args:
        history: of the run, in order; at least one step.
        batch_size: videos in a batch, as many as there really were.
        agreement: mean Spearman correlation, over videos, of the attention of two runs that differ in their seed
            alone; None: not known.

    Raises:
        ValueError: no step, or a batch of fewer than two videos.
    """
    if not history or batch_size < 2:
        raise ValueError("an outlook needs at least one step, and batches of at least two videos")
    shares = loss_shares(history, batch_size)
    first, last = shares[0], float(np.mean(shares[-_LAST:]))
    fallen = last / first if first else 0.0
    if first < EASY:
        return Outlook(
            "too-easy",
            f"these videos are so unlike that they are told apart before any training (loss {first:.0%} of what "
            "guessing has): attention has nothing to learn from them; add videos of the same kind, or use --pieces",
            first,
        )
    if fallen > FALLEN:
        return Outlook(
            "hardly-trained",
            f"the loss is still {fallen:.0%} of what it was: the attention is mostly that of random weights; train for "
            "more steps, or with a larger learning rate",
            fallen,
        )
    if agreement is not None and agreement < AGREEMENT:
        return Outlook(
            "seeds-disagree",
            f"two trainings that differ in their seed alone prefer different clips (rank correlation {agreement:.2f}): "
            "what this one prefers is mostly chance",
            agreement,
        )
    return Outlook(
        "learned",
        f"the loss fell from {first:.0%} to {last:.0%} of what guessing has: the attention learned what "
        "tells these videos apart, which need not be what a viewer calls a highlight",
        fallen,
    )
