"""How much arithmetic training takes, counted from the shapes."""

from __future__ import annotations

from collections.abc import Sequence

from autohighlight.selector.config import SelectorConfig


def step_flops(config: SelectorConfig, lengths: Sequence[int]) -> int:
    """Floating-point operations of the matrix products of one training step, without padding; all else is left out.

    Two for each multiplication with its addition. The backward pass takes two products for each of the forward pass,
    one for either factor; but one for Eq. 5, as nobody asks for the gradient of the features. The products are counted
    as they are taken: the layer that has a single query multiplies it, rather than each clip, by W_k, and the weighted
    mean by W_v, which leaves out 4 of the 14 d x d products that the equations print for each clip.

    Args:
        config: the selector.
        lengths: how many clips each video of the batch has.
    """
    d, videos, clips, pairs = config.d, len(lengths), sum(lengths), sum(n * n for n in lengths)
    projection = 2 * clips * config.d_in * d  # Eq. 5, once for both dropouts
    of_clips = 5 * 2 * clips * d * d  # Eq. 6: W_q, W_k, W_v, W_1, W_2
    of_pairs = 2 * 2 * pairs * d  # Eq. 6: its Eqs. 3 and 4
    of_videos = 5 * 2 * videos * d * d + 2 * 2 * clips * d  # Eq. 8, from a single query
    similarities = 2 * videos * videos * d  # Eq. 9
    return 2 * projection + 3 * (2 * (of_clips + of_pairs + of_videos) + similarities)
