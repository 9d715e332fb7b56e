"""C3D (Tran et al., ICCV 2015, figure 3) trained on Sports-1M, which the paper uses for VTW.

The feature is fc6 after its ReLU: what the C3D authors' feature extractor writes for the blob ``fc6-1``, since Caffe
computes the ReLU of their network in place.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 -- the name that everybody gives it

from autohighlight.backbones.device import resolve_device
from autohighlight.backbones.weights import Layout, file_digest, load_state, read_state, summary
from autohighlight.backbones.windows import PixelRange, WindowBackbone, window_dtype
from autohighlight.errors import WeightsError, printable

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


class Kind(NamedTuple):
    """Checkpoints of one origin, which names and input tell from others.

    Args:
        network: what they hold, in words.
        pixels: what they were trained on, or are used with.
        is_bgr: whether the first convolution takes blue, green, red.
        resize: see `autohighlight.types.Backbone`.
    """

    network: str
    pixels: PixelRange
    is_bgr: bool
    resize: tuple[int, int] | int


CAFFE = Kind("C3D with the authors' Caffe weights", PIXELS, is_bgr=True, resize=RESIZE)
"""As ``c3d.pickle``: the names of `C3D` itself."""

OPENMMLAB = Kind("C3D of OpenMMLab", PixelRange((104.0, 117.0, 128.0)), is_bgr=False, resize=128)
"""As ``c3d_sports1m_pretrain_20201016-dcc47ddc.pth``: ``conv1a.conv.weight``, with or without ``backbone.`` before.
The mean, in red, green, blue, and the shorter side of 128 are those of the configuration in MMAction2."""


def recognise(state: Mapping[str, Tensor]) -> Kind | None:
    """The origin of a checkpoint by its names; None if they are not of C3D."""
    names = {name.removeprefix("backbone.") for name in state}
    if {"conv1a.conv.weight", "conv5b.conv.weight", "fc6.weight"} <= names:
        return OPENMMLAB
    return CAFFE if {"conv1.weight", "conv3a.weight", "conv5b.weight", "fc6.weight"} <= names else None


def layout(kind: Kind) -> Layout:
    """What `autohighlight.backbones.recognise` says of a checkpoint."""
    order = "; the first convolution takes blue first" if kind.is_bgr else ""
    return Layout("c3d", kind.network, f"{kind.pixels.in_words}{order}")


def build(state: Mapping[str, Tensor], source: str) -> tuple[C3D, Kind]:
    """A network with the weights of a checkpoint, on the CPU in float32, as far as fc6. It takes red, green, blue.

    Args:
        state: the weights, as `read_state` gives them.
        source: what they are called in messages.

    Raises:
        WeightsError: they are of another network, or do not all fit; with what was expected and found.
    """
    kind = recognise(state)
    if kind is None:
        raise WeightsError(
            f"{source} holds no C3D: found {summary(state)}; "
            "expected conv1.weight (64, 3, 3, 3, 3) or backbone.conv1a.conv.weight, to conv5b, and fc6"
        )
    with torch.device("meta"):
        network = C3D()
    del network.fc7, network.fc8
    weights = {_own_name(name): tensor.float() for name, tensor in state.items()}
    weights = {name: tensor for name, tensor in weights.items() if not name.startswith(_LATER)}
    load_state(network, weights, source)
    if kind.is_bgr:
        network.conv1.weight = nn.Parameter(network.conv1.weight.detach().flip(1))
    return network, kind


_LATER = ("fc7.", "fc8.", "cls_head.")
"""Layers after the feature."""


def _own_name(name: str) -> str:
    """``backbone.conv1a.conv.weight`` -> ``conv1.weight``, ``conv3a.conv.bias`` -> ``conv3a.bias``; others stay."""
    name = name.removeprefix("backbone.").replace(".conv.", ".")
    return name.replace("conv1a.", "conv1.").replace("conv2a.", "conv2.")


def load_c3d(checkpoint: Path, device: str = "auto", dtype: torch.dtype | None = None) -> WindowBackbone:
    """C3D with the weights of a checkpoint of either layout.

    Args:
        checkpoint: the file.
        device: see `resolve_device`.
        dtype: float32 or bfloat16; None: whichever the device is faster in, see `window_dtype`.

    Raises:
        DependencyError: the device is not there.
        WeightsError: the file is missing, damaged, or holds another network; with what was expected and found.
    """
    where = resolve_device(device)
    network, kind = build(read_state(checkpoint), printable(checkpoint))
    digest = file_digest(checkpoint)
    return _backbone(network, f"c3d:{digest[:8]}", digest, kind, where, dtype)


def _backbone(
    network: C3D, name: str, weights: str, kind: Kind, device: torch.device, dtype: torch.dtype | None
) -> WindowBackbone:
    return WindowBackbone(
        network,
        NUM_FEATURES,
        name=name,
        weights=weights,
        resize=kind.resize,
        pixels=kind.pixels,
        device=device,
        dtype=dtype or window_dtype(device),
        most_on_cpu=2,
    )


def random_c3d(*, seed: int = 0, device: str = "auto", dtype: torch.dtype | None = None) -> WindowBackbone:
    """C3D with random weights, for tests and benchmarks; it has learned nothing.

    Args:
        seed: the same seed gives the same weights.
        device: see `resolve_device`.
        dtype: float32 or bfloat16; None: whichever the device is faster in, see `window_dtype`.

    Raises:
        DependencyError: the device is not there.
    """
    network = random_network(seed=seed)
    del network.fc7, network.fc8  # not needed for features
    return _backbone(network, f"c3d-random:seed{seed}", f"seed{seed}", CAFFE, resolve_device(device), dtype)


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
