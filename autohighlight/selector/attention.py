"""The generic attention layer: section 3.1 of the paper, equations 1 to 4, and its Figure 3."""

from __future__ import annotations

import contextlib
import math
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.utils.checkpoint import checkpoint

from autohighlight.selector.config import SelectorConfig

MAX_SCORES = 2**24
"""Largest number of attention scores held at once (64 MiB in float32): longer sequences are queried in parts."""


class GenericAttention(nn.Module):
    """Queries a sequence Y by a sequence X: ``alpha, Z = Attn(X, Y)`` (Eq. 1).

    Residual connections exist only where X and Y are one sequence. The paper keeps them "when L = K"; whether they
    exist must not depend on the length of a video, so the layer that has a single query has none, also where the
    video has a single clip, and a video is treated in the same way alone and in a batch. What the residual connection
    carries is X as the layer sees it, after the dropout of its inputs.

    Args:
        config: d, the dropout, and whether Eq. 3 is scaled.
        residual: whether X is added to the attended features, and these to the output of the feed-forward network;
            the latter also where the configuration says so.
    """

    def __init__(self, config: SelectorConfig, *, residual: bool):
        super().__init__()
        d = config.d
        self.query = nn.Linear(d, d, bias=False)  # W_q
        self.key = nn.Linear(d, d, bias=False)  # W_k
        self.value = nn.Linear(d, d, bias=False)  # W_v
        self.norm_attended = nn.LayerNorm(d)
        self.feed_forward = nn.Sequential(nn.Linear(d, d), nn.ReLU(), nn.Linear(d, d))
        self.norm_output = nn.LayerNorm(d)
        self.dropout = config.dropout
        self.scale = 1 / math.sqrt(d) if config.scaled else 1.0
        self.shared_input_dropout = config.shared_input_dropout
        self.residual = residual
        self.feed_forward_residual = residual or config.feed_forward_residual

    def forward(self, x: Tensor, y: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Eq. 1.

        Args:
            x: queries (B, K, d).
            y: keys and values (B, L, d).
            mask: bool (B, L), true where Y has a clip, false where it is padded; None: no padding.

        Returns:
            The attention map alpha (B, K, L), each row of which sums to 1, and the attended features Z (B, K, d).
        """
        log_alpha, z = self.forward_log(x, y, mask)
        return log_alpha.exp(), z

    def forward_log(self, x: Tensor, y: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """As `forward`, with the logarithm of alpha, in which nothing is too small for a float; -inf at padding."""
        x, y = self._drop_inputs(x, y)
        log_alpha = masked(self.logits(x, y), mask).log_softmax(-1)  # Eq. 3: (B, K, L)
        alpha = log_alpha.exp()
        # Eqs. 2 and 4: (B, K, d); of a single query by sum_j a_j (W_v y_j) = W_v (sum_j a_j y_j)
        attended = self.value(alpha @ y) if _single(x) else alpha @ self.value(y)
        return log_alpha, self._output(x, attended)

    def attend(self, x: Tensor, y: Tensor, mask: Tensor | None = None) -> Tensor:
        """Z of Eq. 1 alone, with the same arguments as `forward`, in memory that does not grow with K times L.

        Queries are taken in parts, each of which sees all keys. The fused attention of torch does the same, but for
        vectors of 512 numbers it brings nothing: on GPUs its fast kernels end at 256, and on a CPU it took as long for
        150 and 2,000 clips without the gradient, and 14 percent longer with it.
        """
        x, y = self._drop_inputs(x, y)
        q, k, v = self.query(x) * self.scale, self.key(y), self.value(y)  # Eq. 2: (B, K, d), (B, L, d) twice
        rows = max(1, MAX_SCORES // (k.shape[0] * k.shape[1]))
        parts = torch.split(q, rows, dim=1)
        if len(parts) > 1 and torch.is_grad_enabled():  # the map is made again in the backward pass rather than kept
            attended = [checkpoint(_weigh, part, k, v, mask, use_reentrant=False) for part in parts]
        else:
            attended = [_weigh(part, k, v, mask) for part in parts]
        return self._output(x, torch.cat(attended, 1) if len(parts) > 1 else attended[0])

    def logits(self, x: Tensor, y: Tensor) -> Tensor:
        """The dot products of Eq. 3 before the softmax: (B, K, d), (B, L, d) -> (B, K, L), at least float32."""
        q = self.query(x) * self.scale  # Eq. 2: (B, K, d)
        if _single(x):
            return dot_products(q @ self.key.weight, y)  # by q . (W_k y_j) = (q W_k) . y_j
        return dot_products(q, self.key(y))

    def _drop_inputs(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        dropped = self._drop(x)
        return dropped, dropped if x is y and self.shared_input_dropout else self._drop(y)

    def _output(self, x: Tensor, attended: Tensor) -> Tensor:
        z = self._drop(attended)
        z = self.norm_attended(x + z if self.residual else z)
        forwarded = self.feed_forward(z)  # FF(z) = max(0, z W_1 + b_1) W_2 + b_2
        output: Tensor = self.norm_output(z + forwarded if self.feed_forward_residual else forwarded)
        return output

    def _drop(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.dropout, self.training)


def dot_products(q: Tensor, k: Tensor) -> Tensor:
    """q_i . k_j of Eq. 3: (B, K, d), (B, L, d) -> (B, K, L), at least float32.

    Not in bfloat16 whatever the precision around it: unscaled they reach tens, where its steps are an eighth and more,
    and the softmax makes of a step of an eighth a difference of 13 percent.
    """
    dtype = torch.promote_types(torch.promote_types(q.dtype, k.dtype), torch.float32)
    with without_autocast(q.device):
        return q.to(dtype) @ k.to(dtype).mT


def without_autocast(device: torch.device) -> AbstractContextManager[object]:
    """Products of the type that their factors have, whatever is going on around."""
    available = torch.amp.is_autocast_available(device.type)
    return torch.autocast(device.type, enabled=False) if available else contextlib.nullcontext()


def masked(logits: Tensor, mask: Tensor | None) -> Tensor:
    """Logits (B, K, L) with -inf, of which the softmax is exactly 0, where there is no clip.

    Args:
        logits: (B, K, L).
        mask: bool (B, L), true where there is a clip, at least once in each row; None: everywhere.
    """
    return logits if mask is None else logits.masked_fill(~mask[:, None, :], -math.inf)


def _weigh(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """Eqs. 3 and 4: (B, K, d), (B, L, d) twice -> (B, K, d)."""
    return masked(dot_products(q, k), mask).softmax(-1) @ v


def _single(x: Tensor) -> bool:
    """Whether there is one query alone, so that it is cheaper to multiply it by a matrix than every clip."""
    return x.shape[1] == 1
