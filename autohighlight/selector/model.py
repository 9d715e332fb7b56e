"""The highlight selector: section 3.2 of the paper, equations 5 to 8, and its Figure 4."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from autohighlight.selector.attention import GenericAttention
from autohighlight.selector.config import SelectorConfig


class HighlightSelector(nn.Module):
    """Reads the clips of a video, weighs each, and represents the video by their weighted sum.

    Before Eq. 5 each column of the features is standardised by `feature_mean` and `feature_std`; by default these are
    0 and 1, which leaves the features as they are, as in the paper.

    Args:
        config: the sizes and choices.
    """

    feature_mean: Tensor
    feature_std: Tensor

    def __init__(self, config: SelectorConfig):
        super().__init__()
        self.config = config
        self.projection = nn.Linear(config.d_in, config.d, bias=False)  # W_V
        self.self_attention = GenericAttention(config, residual=True)
        self.clip_attention = GenericAttention(config, residual=False)
        self.register_buffer("feature_mean", torch.zeros(config.d_in))
        self.register_buffer("feature_std", torch.ones(config.d_in))
        if config.initialisation == "xavier":
            self._initialise_xavier()

    def forward(self, features: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Embeds each video of a batch and scores its clips.

        Args:
            features: float (B, N, d_in), padded with anything finite.
            mask: bool (B, N), true where there is a clip; each video has at least one. None: no padding.

        Returns:
            h (B, d), the embedding of each video, and alpha (B, N), the score of each clip: they sum to 1 over the
            clips of a video, and are 0 at the padding.
        """
        return self.embed(self.project(features), mask)

    def project(self, features: Tensor) -> Tensor:
        """V of Eq. 5: (B, N, d_in) -> (B, N, d). Nothing is dropped here: dropout comes at the layers' inputs."""
        encoded = (features - self.feature_mean) / self.feature_std
        if self.config.encoding == "stillness":
            encoded = torch.exp(-encoded)
        v: Tensor = self.projection(encoded)
        return v

    def embed(self, v: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """As `forward`, from the projected clips (B, N, d)."""
        h, log_alpha = self.embed_log(v, mask)
        return h, log_alpha.exp()

    def embed_log(self, v: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """As `embed`, with the logarithm of alpha; -inf at the padding."""
        z, mean_query = self.relate(v, mask)
        log_alpha, h = self.clip_attention.forward_log(mean_query, z, mask)  # Eq. 8: (B, 1, N), (B, 1, d)
        return h[:, 0], log_alpha[:, 0]

    def relate(self, v: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The clips in the light of each other, and their mean: (B, N, d) -> (B, N, d), (B, 1, d)."""
        z = self.self_attention.attend(v, v, mask)  # Eq. 6: (B, N, d)
        return z, masked_mean(z, mask)  # Eq. 7: (B, 1, d)

    def standardise_by(self, mean: NDArray[np.floating], std: NDArray[np.floating]) -> None:
        """Sets the statistics (d_in,) that features are standardised by; a column with a std of 0 is only centred."""
        self.feature_mean.copy_(torch.as_tensor(mean))
        self.feature_std.copy_(torch.as_tensor(np.where(std > 0, std, 1)))

    def _initialise_xavier(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)


def masked_mean(z: Tensor, mask: Tensor | None) -> Tensor:
    """Mean over the clips of each video (Eq. 7): (B, N, d) -> (B, 1, d)."""
    if mask is None:
        return z.mean(1, keepdim=True)
    count = mask.sum(1)[:, None, None]  # (B, 1, 1)
    return z.masked_fill(~mask[:, :, None], 0).sum(1, keepdim=True) / count


@torch.inference_mode()
def scores(selector: HighlightSelector, features: NDArray[np.floating]) -> NDArray[np.float64]:
    """The highlight scores of one video: alpha of Eq. 8, without dropout.

    Args:
        selector: on any device; its training mode is as before afterwards.
        features: float (N, d_in), N at least 1.

    Returns:
        (N,), above 0, summing to 1. The softmax is taken in float64, in which the scores of poor clips, often smaller
        than any float32, still differ.

    Raises:
        ValueError: another shape, or values that are not finite.
    """
    d_in = selector.config.d_in
    if features.ndim != 2 or features.shape[1] != d_in or not len(features):
        raise ValueError(f"features have the shape (N, {d_in}) with N at least 1, not {features.shape}")
    if not np.isfinite(features).all():
        raise ValueError("features hold values that are not finite")
    was_training = selector.training
    selector.eval()
    try:
        rows = torch.as_tensor(features, dtype=torch.float32, device=selector.feature_mean.device)
        z, mean_query = selector.relate(selector.project(rows[None]))
        logits = selector.clip_attention.logits(mean_query, z)[0, 0].cpu().double()  # (N,)
    finally:
        selector.train(was_training)
    alpha: NDArray[np.float64] = logits.softmax(0).numpy()
    return alpha
