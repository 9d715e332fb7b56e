"""What a finished training run says, without a label, about whether its attention can be worth anything."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from autohighlight.training.loop import StepRecord

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
    first = history[0].loss / math.log(batch_size)
    last = float(np.mean([record.loss for record in history[-_LAST:]]))
    fallen = last / history[0].loss if history[0].loss else 0.0
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
        f"the loss fell from {first:.0%} to {first * fallen:.0%} of what guessing has: the attention learned what "
        "tells these videos apart, which need not be what a viewer calls a highlight",
        fallen,
    )
