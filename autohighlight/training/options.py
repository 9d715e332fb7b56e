"""How a selector is trained; a module of its own, so that the command line is made from it without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from autohighlight.config import Checked, option

Negatives = Literal["random", "hard"]
Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True)
class TrainingOptions(Checked):
    """How a selector is trained. The defaults are the paper's (section 4.1); what goes beyond the paper is off.

    Raises:
        OptionError: a value that cannot be meant.
    """

    epochs: int = option(10, "how often each video is seen", metavar="N", parse=int, at_least=1)
    steps: int | None = option(
        None, "how many batches to train on, in place of --epochs", metavar="N", parse=int, at_least=1
    )
    batch_size: int = option(32, "videos in a batch (B of Eq. 9)", metavar="N", parse=int, at_least=2)
    learning_rate: float = option(1e-5, "of Adam", metavar="RATE", parse=float, above=0)
    temperature: float = option(0.1, "tau of Eq. 9", metavar="TAU", parse=float, above=0)
    standardise: bool = option(False, "scale each column of the features to mean 0 and variance 1 over all clips")
    crop: int | None = option(
        None,
        "longest stretch of a video that a batch sees, in clips, from a place drawn anew each time (default: all)",
        metavar="CLIPS",
        parse=int,
        at_least=1,
    )
    pieces: int | None = option(
        None,
        "cut videos into pieces of this many clips, which are each other's negatives; one long video is then enough "
        "to train on (default: videos stay whole)",
        metavar="CLIPS",
        parse=int,
        at_least=1,
    )
    negatives: Negatives = option(
        "random",
        "which videos share a batch: any, as in the paper, or those nearest to each other",
        choices=get_args(Negatives),
    )
    label_weight: float = option(
        1.0,
        "where some videos have labelled clips: weight of the term that pulls attention to these, beside Eq. 9",
        metavar="WEIGHT",
        parse=float,
        at_least=0,
    )
    seed: int = option(
        0,
        "of the weights, the order of the videos and the dropouts; the same on the same machine, the same selector",
        metavar="N",
        parse=int,
        at_least=0,
    )
    deterministic: bool = option(
        False, "use only algorithms that give the same bits each time; on a GPU that may be slower"
    )
    precision: Precision = option(
        "float32",
        "of the matrix products; at the paper's sizes bfloat16 is no faster, on an H100 either",
        choices=get_args(Precision),
    )
    device: str = option(
        "auto",
        "where the selector is trained; auto takes CUDA, else the CPU; mps (Apple) was not measured",
        metavar="DEVICE",
    )
