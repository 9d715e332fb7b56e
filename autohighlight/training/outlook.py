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

OutlookKind = Literal["hardly-trained", "too-easy", "learned", "seeds-disagree", "seeds-agree"]

HARDLY = 0.7
"""Share of its beginning that the loss has to fall below for the network to count as trained. In the trainings that
came to something, a sixth (selectors of d 128) to a half (d 512) of what came in the end had come while the loss was
above it; nine tenths and more where it was below."""

EASY = 0.1
"""Share of log B below which the first loss says that videos are told apart before anything is learned. Of 31 kinds
of training at d 512, five began below it and gained 0.06 of mAP over the untrained network in the mean, 0.22 at the
most; one that began at 0.13 gained 0.55."""

AGREEMENT = 0.3
"""Rank correlation of the attention of two seeds below which neither is to be relied on. Of 310 pairs of trainings at
d 512, 93 agreed to less and gained 0.06 of mAP over the untrained network in the mean, 0.03 on rated and spliced
footage; 217 agreed to more and gained 0.22, on that footage 0.05, with two in five of them below the untrained."""

_LAST = 10  # steps at the end over which the loss is averaged, since each sees other videos and dropouts


@dataclass(frozen=True)
class Outlook:
    """What to expect of a trained selector.

    Args:
        kind: ``hardly-trained``, ``too-easy`` and ``seeds-disagree`` are warnings. ``learned`` says that nothing speaks
            against the selector, ``seeds-agree`` that something speaks for it; neither promises anything.
        sentence: for the user: what was seen, and what to do about it.
        measure: the number behind it: of ``hardly-trained`` and ``learned`` the last loss as a share of the first,
            of ``too-easy`` the first loss as a share of log B, else the agreement of seeds.
    """

    kind: OutlookKind
    sentence: str
    measure: float

    @property
    def is_warning(self) -> bool:
        """Whether the user should be told of it unasked."""
        return self.kind not in ("learned", "seeds-agree")


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

    How far to trust it: the thresholds were set on the trainings that they are justified by, of one backbone
    (``docs/training-study.md``). Nothing that is seen without labels foretells much: over 31 kinds of training, the
    agreement of seeds goes along with mAP over chance at a rank correlation of 0.47, the first loss at 0.24. That
    seeds disagree is a good reason not to rely on them. That they agree shows that something was learned, with either
    sign: on the plain steps of joined videos they agreed to 0.74 on clips well below chance. ``learned``, which is
    said where the agreement is not known, says less still. Only labels tell.

    Args:
        history: of the run, in order; at least one step.
        batch_size: videos in a batch, as many as there really were.
        agreement: mean Spearman correlation, over videos, of the attention of two runs that differ in their seed
            alone, as `agreement` gives it; None: not known.

    Raises:
        ValueError: no step, or a batch of fewer than two videos.
    """
    if not history or batch_size < 2:
        raise ValueError("an outlook needs at least one step, and batches of at least two videos")
    shares = loss_shares(history, batch_size)
    first, last = shares[0], float(np.mean(shares[-_LAST:]))
    fallen = last / first if first > 0 else 0.0
    easy = f"these videos are so unlike that they are told apart before any training (loss {first:.0%} of guessing's)"
    if agreement is None and first < EASY:
        sentence = (
            f"{easy}: attention has little to learn from them; videos that share most of what they show give it more"
        )
        return Outlook("too-easy", sentence, first)
    if fallen > HARDLY:
        sentence = (
            f"the loss is still {fallen:.0%} of what it was at first: the attention is mostly that of random weights; "
            "train for more steps, or with a larger learning rate"
        )
        return Outlook("hardly-trained", sentence, fallen)
    if agreement is None:
        sentence = (
            f"the loss fell from {first:.0%} to {last:.0%} of guessing's, which alone says little: train once more "
            "with another seed and see whether both prefer the same clips"
        )
        return Outlook("learned", sentence, fallen)
    if agreement < AGREEMENT:
        cause = f"; {easy}" if first < EASY else ""
        sentence = (
            "two trainings that differ in their seed alone prefer different clips (rank correlation "
            f"{agreement:.2f}): what either prefers is mostly chance{cause}"
        )
        return Outlook("seeds-disagree", sentence, agreement)
    sentence = (
        f"two trainings that differ in their seed alone prefer the same clips (rank correlation {agreement:.2f}): they "
        "found something, which need not be what a viewer wants"
    )
    return Outlook("seeds-agree", sentence, agreement)
