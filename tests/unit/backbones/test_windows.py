"""The backbone of windows with networks of other forms than 16 frames of 112 x 112."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from autohighlight.backbones.windows import PixelRange, WindowBackbone


class MeanOfFrames(nn.Module):
    """Gives the mean colour of each frame of (N, 3, T, H, W): (N, 3 T)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((3, 4)).flatten(1)


def made(*, window_length: int = 4, frame_rate: float | None = 7.5, mean: float = 10.0) -> WindowBackbone:
    return WindowBackbone(
        MeanOfFrames(),
        3 * window_length,
        name="mean",
        weights="none",
        resize=(40, 60),
        pixels=PixelRange((mean, mean, mean), (2.0, 2.0, 2.0)),
        device=torch.device("cpu"),
        dtype=torch.float32,
        most_on_cpu=2,
        window_length=window_length,
        input_size=(20, 30),
        frame_rate=frame_rate,
    )


def test_windows_may_be_of_any_length_and_size() -> None:
    frames = np.random.default_rng(0).integers(0, 256, (3, 4, 20, 30, 3), np.uint8)
    backbone = made()
    assert (backbone.window_length, backbone.input_size, backbone.frame_rate) == (4, (20, 30), 7.5)
    expected = (frames.mean((2, 3)) - 10) / 2  # (N, T, 3)
    np.testing.assert_allclose(backbone.embed(frames), expected.transpose(0, 2, 1).reshape(3, 12), rtol=1e-4)


def test_windows_of_another_form_are_refused_with_the_right_one() -> None:
    with pytest.raises(ValueError, match=r"frames are uint8 \(N, 4, 20, 30, 3\), not uint8 \(1, 4, 30, 20, 3\)"):
        made().embed(np.zeros((1, 4, 30, 20, 3), np.uint8))


def test_whatever_changes_features_is_in_the_fingerprint() -> None:
    some = [made(), made(window_length=8), made(frame_rate=15.0), made(frame_rate=None), made(mean=11.0)]
    assert len({backbone.fingerprint for backbone in some}) == len(some)
    assert made().fingerprint == made().fingerprint
