"""What a highlight selector is made of; a module of its own, so that reading it imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from autohighlight.errors import OptionError

Initialisation = Literal["torch", "xavier"]
Encoding = Literal["linear", "stillness"]


@dataclass(frozen=True)
class SelectorConfig:
    """The highlight selector's sizes and, where the paper leaves something open, what was chosen.

    Args:
        d_in: d_v, length of one clip's feature, cue columns included.
        d: length of all vectors inside (section 4.1).
        dropout: probability p of each of the dropouts (section 4.1).
        scaled: divide the dot products of Eq. 3 by sqrt(d). The paper does not; it says that its layer is a modified
            scaled dot product, and prints Eq. 3 without the factor. Unscaled, the softmax soon gives all its weight
            to one clip, and the rest learn little.
        shared_input_dropout: in self-attention, drop the same elements of X and of Y, which are one sequence there.
            The paper drops "both inputs", which is read as two masks.
        feed_forward_residual: keep the residual connection around the feed-forward network also in the layer that has
            a single query. The paper removes "the residual connections" there, which is read as both, though only the
            one around the attention would not fit.
        initialisation: of the weights, on which the paper is silent. ``torch``: what `torch.nn.Linear` does unasked.
            ``xavier``: Glorot's uniform with biases of 0; its queries and keys are larger, and the softmax sharper.

        encoding: of the features before Eq. 5. ``linear``: as they are, or standardised. ``stillness``: exp(-x / s) of
            features that tell by how much each channel changes, s being its mean over the training clips: 1 in a
            channel in which nothing moves. A clip in which much moves is then a short vector, and becomes almost the
            mean of the others in self-attention, which dropout disturbs least; ``docs/scoring.md`` has the measures.

    Raises:
        OptionError: a size below 1, a probability outside [0, 1), or an unknown initialisation.
    """

    d_in: int
    d: int = 512
    dropout: float = 0.1
    scaled: bool = False
    shared_input_dropout: bool = False
    feed_forward_residual: bool = False
    initialisation: Initialisation = "torch"
    encoding: Encoding = "linear"

    def __post_init__(self) -> None:
        if self.d_in < 1 or self.d < 1:
            raise OptionError(f"the sizes of a selector are at least 1, not d_in {self.d_in} and d {self.d}")
        if not 0 <= self.dropout < 1:
            raise OptionError(f"dropout lies in [0, 1), not {self.dropout}")
        if self.initialisation not in get_args(Initialisation):
            raise OptionError(f"initialisation is one of {', '.join(get_args(Initialisation))}")
        if self.encoding not in get_args(Encoding):
            raise OptionError(f"encoding is one of {', '.join(get_args(Encoding))}")
