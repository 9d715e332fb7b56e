"""What a highlight selector is made of; a module of its own, so that reading it imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from autohighlight.config import Checked, option
from autohighlight.errors import OptionError

Initialisation = Literal["torch", "xavier"]
Encoding = Literal["linear", "stillness"]


@dataclass(frozen=True)
class SelectorConfig(Checked):
    """What the highlight selector is made of.

    Args:
        d_in: d_v, length of one clip's feature, cue columns included; it follows from the features. The fields that
            somebody may choose say themselves what they are. Why there are some that the paper does not name:

    `scaled`: the paper says that its layer is a modified scaled dot product, and prints Eq. 3 without the factor.
    Unscaled, the softmax soon gives all its weight to one clip, and the rest learn little.

    `shared_input_dropout`: the paper drops "both inputs", which is read as two masks, though in self-attention both
    are one sequence.

    `feed_forward_residual`: the paper removes "the residual connections" from the layer that has a single query,
    which is read as both, though only the one around the attention would not fit.

    `initialisation`: the paper is silent on it. ``torch`` is what `torch.nn.Linear` does unasked; ``xavier`` is
    Glorot's uniform with biases of 0: its queries and keys are larger, and the softmax sharper.

    `encoding`: of the features before Eq. 5. ``linear``: as they are, or standardised. ``stillness``: exp(-x / s) of
    features that tell by how much each channel changes, s being its mean over the training clips: 1 in a channel in
    which nothing moves. A clip in which much moves is then a short vector, and becomes almost the mean of the others
    in self-attention, which dropout disturbs least; ``docs/scoring.md`` has the measures.

    Raises:
        OptionError: a size below 1, a probability outside [0, 1), or an unknown initialisation or encoding.
    """

    d_in: int
    d: int = option(512, "length of all vectors inside (section 4.1)", metavar="N", parse=int, at_least=1)
    dropout: float = option(
        0.1, "probability p of each of the dropouts (section 4.1)", metavar="P", parse=float, at_least=0, below=1
    )
    scaled: bool = option(False, "divide the dot products of Eq. 3 by sqrt(d), which the paper does not")
    shared_input_dropout: bool = option(False, "in self-attention, drop the same elements of both inputs")
    feed_forward_residual: bool = option(
        False, "keep the residual connection around the feed-forward network also in the layer that picks the clips"
    )
    initialisation: Initialisation = option(
        "torch", "of the weights: as torch does, or Glorot's uniform", choices=get_args(Initialisation)
    )
    encoding: Encoding = option(
        "linear",
        "of the features: as they are, or by how little each channel changes",
        choices=get_args(Encoding),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.d_in < 1:
            raise OptionError(f"a clip's feature has at least one column, not {self.d_in}")
