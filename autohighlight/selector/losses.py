"""The contrastive loss: section 3.3 of the paper, equation 9."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812


def cosine_similarities(h: Tensor, h_other: Tensor) -> Tensor:
    """sim of Eq. 9 between every video of one dropout pass and every video of the other: (B, d) twice -> (B, B)."""
    return F.normalize(h, dim=-1) @ F.normalize(h_other, dim=-1).mT


def info_nce(similarities: Tensor, temperature: float) -> Tensor:
    """The loss L_l of Eq. 9 for each video: similarities (B, B) with the positive pairs on the diagonal -> (B,).

    It lies near 0 where each video is most like itself, and near log B where all are alike. A batch of one video has
    no negatives, and a loss of 0.
    """
    videos = torch.arange(len(similarities), device=similarities.device)
    return F.cross_entropy(similarities / temperature, videos, reduction="none")
