"""C3D (Tran et al., ICCV 2015, figure 3) trained on Sports-1M, which the paper uses for VTW.

The feature is fc6 after its ReLU: what the C3D authors' feature extractor writes for the blob ``fc6-1``, since Caffe
computes the ReLU of their network in place.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 -- the name that everybody gives it

from autohighlight.backbones.device import fast_dtype, resolve_device
from autohighlight.backbones.windows import PixelRange, WindowBackbone

NUM_FEATURES = 4096
NUM_CLASSES = 487
"""Of Sports-1M."""

RESIZE = (128, 171)
"""Frames are scaled to this whatever their shape, and the middle 112 x 112 cut out (paper, section 3.2)."""

PIXELS = PixelRange((101.41, 97.66, 90.25))
"""The mean of the authors' mean volume by colour. The volume itself, 16 x 128 x 171 means, is not in any checkpoint."""


def _convolution(inputs: int, outputs: int) -> nn.Conv3d:
    return nn.Conv3d(inputs, outputs, 3, padding=1)


class C3D(nn.Module):
    """The network, with fc6 as what it gives; fc7 and the classifier fc8 stand beside."""

    def __init__(self, num_classes: int = NUM_CLASSES):
        super().__init__()
        self.conv1 = _convolution(3, 64)
        self.conv2 = _convolution(64, 128)
        self.conv3a = _convolution(128, 256)
        self.conv3b = _convolution(256, 256)
        self.conv4a = _convolution(256, 512)
        self.conv4b = _convolution(512, 512)
        self.conv5a = _convolution(512, 512)
        self.conv5b = _convolution(512, 512)
        self.fc6 = nn.Linear(8192, NUM_FEATURES)
        self.fc7 = nn.Linear(NUM_FEATURES, 4096)
        self.fc8 = nn.Linear(4096, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Windows (N, 3, 16, 112, 112) less the mean -> (N, 4096), none below 0."""
        x = F.relu(self.conv1(x), inplace=True)  # (N, 64, 16, 112, 112)
        x = F.max_pool3d(x, (1, 2, 2))  # (N, 64, 16, 56, 56)
        x = F.relu(self.conv2(x), inplace=True)  # (N, 128, 16, 56, 56)
        x = F.max_pool3d(x, 2)  # (N, 128, 8, 28, 28)
        x = F.relu(self.conv3a(x), inplace=True)  # (N, 256, 8, 28, 28)
        x = F.relu(self.conv3b(x), inplace=True)
        x = F.max_pool3d(x, 2)  # (N, 256, 4, 14, 14)
        x = F.relu(self.conv4a(x), inplace=True)  # (N, 512, 4, 14, 14)
        x = F.relu(self.conv4b(x), inplace=True)
        x = F.max_pool3d(x, 2)  # (N, 512, 2, 7, 7)
        x = F.relu(self.conv5a(x), inplace=True)
        x = F.relu(self.conv5b(x), inplace=True)
        x = F.max_pool3d(x, 2, padding=(0, 1, 1))  # (N, 512, 1, 4, 4)
        return F.relu(self.fc6(x.flatten(1)))  # (N, 8192) -> (N, 4096)


def _backbone(
    network: C3D, *, name: str, weights: str, pixels: PixelRange, device: torch.device, dtype: torch.dtype
) -> WindowBackbone:
    del network.fc7, network.fc8  # not needed for features
    return WindowBackbone(
        network,
        NUM_FEATURES,
        name=name,
        weights=weights,
        resize=RESIZE,
        pixels=pixels,
        device=device,
        dtype=dtype,
    )


def random_c3d(*, seed: int = 0, device: str = "auto", dtype: torch.dtype | None = None) -> WindowBackbone:
    """C3D with random weights, for tests and benchmarks; it has learned nothing.

    Args:
        seed: the same seed gives the same weights.
        device: see `resolve_device`.
        dtype: float32 or bfloat16; None: whichever the device is faster in, see `fast_dtype`.

    Raises:
        DependencyError: the device is not there.
    """
    where = resolve_device(device)
    return _backbone(
        random_network(seed=seed),
        name="c3d-random",
        weights=f"seed{seed}",
        pixels=PIXELS,
        device=where,
        dtype=dtype or fast_dtype(where),
    )


def random_network(*, num_classes: int = NUM_CLASSES, seed: int = 0) -> C3D:
    """The network on the CPU in float32, with random weights from a seed."""
    with torch.device("meta"):
        network = C3D(num_classes)
    network.to_empty(device="cpu")
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.Conv3d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
            assert module.bias is not None  # noqa: S101 -- for the type checker
            nn.init.normal_(module.bias, std=0.1, generator=generator)
    return network.eval()
