"""The contrastive loss: section 3.3 of the paper, equation 9; and a term for clips that somebody has labelled."""

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


def label_divergence(log_alpha: Tensor, labels: Tensor) -> Tensor:
    """How far the attention of each video is from lying evenly on its labelled clips; beyond the paper.

    The Kullback-Leibler divergence from alpha of Eq. 8 to the uniform distribution over the labelled clips: the
    cross-entropy of the two less log P, P being their number, which shifts its least value to 0.

    Args:
        log_alpha: (B, N), logarithm of the attention, -inf at padding.
        labels: bool (B, N), true at the labelled clips, none of which is padding; all false: not labelled.

    Returns:
        (B,), at least 0; 0 for a video without labels.
    """
    count = labels.sum(-1).clamp(min=1)  # (B,)
    mean_log = torch.where(labels, log_alpha, 0).sum(-1) / count
    return torch.where(labels.any(-1), -mean_log - count.log(), 0)
