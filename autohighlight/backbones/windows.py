"""Backbones that look at windows of frames: 3D ResNets, C3D, and the video networks of plugins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from autohighlight.backbones.device import fast_dtype
from autohighlight.backbones.running import ChunkedNetwork, precision_name

WINDOW_LENGTH = 16
INPUT_SIZE = (112, 112)

_MOST_ON_ACCELERATOR = {"cuda": 64, "mps": 16}
"""Windows at once, enough to fill it; fewer if memory does not suffice."""


@dataclass(frozen=True)
class PixelRange:
    """How sRGB values of 0 to 255 become what a network was trained on: (x - mean) / std.

    Args:
        mean: of red, green and blue, in 0 to 255.
        std: of red, green and blue, in 0 to 255; 1 where a network was trained on differences from the mean alone.
    """

    mean: tuple[float, float, float]
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def in_words(self) -> str:
        """``0 to 255, minus (114.7748, 107.7354, 99.4750)``."""
        words = f"red, green, blue of 0 to 255, minus ({_numbers(self.mean)})"
        return words if self.std == (1.0, 1.0, 1.0) else f"{words}, over ({_numbers(self.std)})"


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.4f}".rstrip("0").rstrip(".") for value in values)


def window_dtype(device: torch.device) -> torch.dtype:
    """float32 on CUDA, which computes it as TF32; elsewhere `fast_dtype`.

    On an H100 (torch 2.11) a 3D ResNet-34 takes 3,760 windows/s in TF32 and 1,880 in bfloat16, C3D 2,150 and 2,260, and
    TF32 is ten times as near to float32. float16 is a little faster still, but ends at 65,504, and a network
    without batch norms, as C3D, has no bound.
    """
    return torch.float32 if device.type == "cuda" else fast_dtype(device)


class WindowBackbone:
    """A 3-D network on windows of frames; see `autohighlight.types.Backbone`.

    Its precision is `window_dtype` unless told otherwise. On a CPU with AVX512-BF16 that is bfloat16, about twice as
    fast as float32. With random weights, on 16 windows of real film, the features then differed from those in float32
    by at most 0.4 % of their length for 3D ResNets and 0.6 % for C3D, and the distances between windows by at most 3 %.
    """

    def __init__(
        self,
        network: nn.Module,
        dim: int,
        *,
        name: str,
        weights: str,
        resize: tuple[int, int] | int,
        pixels: PixelRange,
        device: torch.device,
        dtype: torch.dtype,
        most_on_cpu: int,
        most_on_accelerator: Mapping[str, int] = _MOST_ON_ACCELERATOR,
        window_length: int = WINDOW_LENGTH,
        input_size: tuple[int, int] = INPUT_SIZE,
        frame_rate: float | None = None,
    ):
        """Takes over `network`, which must be on the CPU and ready for inference.

        Args:
            network: normalised windows (N, 3, T, H, W), in red, green, blue -> (N, `dim`).
            dim: length of one feature.
            name: as registered, with a few letters that tell these weights from others, as ``c3d:dcc47ddc``.
            weights: what tells these weights from others: the file's SHA-256, or a seed.
            resize: see `autohighlight.types.Backbone`.
            pixels: what the network was trained on.
            device: where to run.
            dtype: float32 or bfloat16.
            most_on_cpu: windows that go through the network at once on a CPU.
            most_on_accelerator: the same by kind of device, as torch calls it.
            window_length: T.
            input_size: H and W.
            frame_rate: see `autohighlight.types.Backbone`.
        """
        self._network = network.eval().requires_grad_(False)
        self._network.to(device, dtype, memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
        self._dtype = dtype
        self._mean = torch.tensor(pixels.mean, device=device).view(3, 1, 1, 1)
        self._std = torch.tensor(pixels.std, device=device).view(3, 1, 1, 1)
        most = most_on_accelerator.get(device.type, most_on_cpu)
        self._run = ChunkedNetwork(self._features, [(dim,)], device, most_rows=most)
        self.dim = dim
        self.window_length = window_length
        self.input_size = input_size
        self.frame_rate = frame_rate
        self.resize = resize
        self.name = name
        self.device = str(device)
        preprocessing = f"{resize}/{_numbers(pixels.mean)}/{_numbers(pixels.std)}"
        if (window_length, input_size, frame_rate) != (WINDOW_LENGTH, INPUT_SIZE, None):
            preprocessing += f"/{window_length}x{input_size[0]}x{input_size[1]}@{frame_rate}"
        self.fingerprint = f"{name}/{weights}/{precision_name(device, dtype)}/{preprocessing}/1"

    def embed(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 sRGB frames (N, T, H, W, 3) -> float32 (N, dim). N may be 0. Safe to call from several threads.

        Raises:
            ValueError: another shape or type.
            DependencyError: the device has not enough memory for a single window.
        """
        shape = (self.window_length, *self.input_size, 3)
        if frames.dtype != np.uint8 or frames.shape[1:] != shape:
            expected = ", ".join(map(str, shape))
            raise ValueError(f"frames are uint8 (N, {expected}), not {frames.dtype} {frames.shape}")
        (features,) = self._run(frames)
        return features

    def _features(self, frames: Tensor) -> tuple[Tensor]:
        """uint8 (N, T, H, W, 3) -> (N, dim)."""
        x = frames.permute(0, 4, 1, 2, 3)  # (N, 3, T, H, W); as it lies in memory this is channels last
        x = x.sub(self._mean).div_(self._std).to(self._dtype)  # rounded once, after the mean is gone
        return (self._network(x),)
