"""3D ResNet-18, 34 and 50 (Hara, Kataoka, Satoh, CVPR 2018, table 1), which the paper uses with 34 layers.

The definition and the checkpoints are the authors' (``kenshohara/3D-ResNets-PyTorch``), of two generations:

* 2018, Kinetics-400, as ``resnet-34-kinetics.pth``: shortcuts of type A for 18 and 34 layers, B for 50. Trained on
  pixels of 0 to 255 minus the mean of ActivityNet.
* 2020, Kinetics-700 and others, as ``r3d34_K_200ep.pth``: shortcuts of type B. Trained on pixels of 0 to 1, minus the
  mean of Kinetics, divided by its standard deviation.

The module names are those of the checkpoints.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from autohighlight.backbones.device import resolve_device
from autohighlight.backbones.weights import Layout, file_digest, load_state, read_state, summary, was_counted
from autohighlight.backbones.windows import PixelRange, WindowBackbone, window_dtype
from autohighlight.errors import WeightsError, printable

Shortcut = Literal["A", "B"]
"""What a block adds where its output has another shape than its input (He et al., CVPR 2016, section 4.1): A, every
other place of the input, with zeros for the channels it lacks; B, a convolution of 1 x 1 x 1 and a batch norm."""

RESIZE = 112
"""The shorter side of a frame is scaled to this; the middle 112 x 112 are cut out, as in the authors' test code."""

PIXELS_2018 = PixelRange((114.7748, 107.7354, 99.4750))
PIXELS_2020 = PixelRange(
    (0.4345 * 255, 0.4051 * 255, 0.3775 * 255),
    (0.2768 * 255, 0.2713 * 255, 0.2737 * 255),
)


class Depth(NamedTuple):
    """Blocks in each of the four layers, and whether they are bottlenecks."""

    blocks: tuple[int, int, int, int]
    is_bottleneck: bool


DEPTHS = {
    18: Depth((2, 2, 2, 2), is_bottleneck=False),
    34: Depth((3, 4, 6, 3), is_bottleneck=False),
    50: Depth((3, 4, 6, 3), is_bottleneck=True),
}


def _convolution(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Conv3d:
    return nn.Conv3d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)


class Block(nn.Module):
    """What both kinds of block share: a stack of convolutions, and the input added to what it gives."""

    expansion: int
    """Channels of the output for each channel within."""

    def __init__(self, inputs: int, channels: int, stride: int, shortcut: Shortcut):
        super().__init__()
        self.relu = nn.ReLU(inplace=True)
        self.stride = stride
        outputs = channels * self.expansion
        self.downsample = (
            nn.Sequential(_convolution(inputs, outputs, 1, stride), nn.BatchNorm3d(outputs))
            if shortcut == "B" and (stride > 1 or inputs != outputs)
            else None
        )

    def stack(self, x: Tensor) -> Tensor:
        """(N, inputs, T, H, W) -> (N, channels * expansion, T / stride, H / stride, W / stride)."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """As `stack`."""
        y = self.stack(x)
        if self.downsample is not None:
            y += self.downsample(x)
        else:
            s = self.stride
            y[:, : x.shape[1]] += x[:, :, ::s, ::s, ::s]  # type A; the channels that x lacks get nothing
        return self.relu(y)  # type: ignore[no-any-return]


class BasicBlock(Block):
    """Two convolutions of 3 x 3 x 3."""

    expansion = 1

    def __init__(self, inputs: int, channels: int, stride: int, shortcut: Shortcut):
        super().__init__(inputs, channels, stride, shortcut)
        self.conv1 = _convolution(inputs, channels, 3, stride)
        self.bn1 = nn.BatchNorm3d(channels)
        self.conv2 = _convolution(channels, channels, 3)
        self.bn2 = nn.BatchNorm3d(channels)

    def stack(self, x: Tensor) -> Tensor:
        """See `Block.stack`."""
        x = self.relu(self.bn1(self.conv1(x)))
        return self.bn2(self.conv2(x))  # type: ignore[no-any-return]


class Bottleneck(Block):
    """A convolution of 3 x 3 x 3 between two of 1 x 1 x 1, the last of which widens four times."""

    expansion = 4

    def __init__(self, inputs: int, channels: int, stride: int, shortcut: Shortcut):
        super().__init__(inputs, channels, stride, shortcut)
        self.conv1 = _convolution(inputs, channels, 1)
        self.bn1 = nn.BatchNorm3d(channels)
        self.conv2 = _convolution(channels, channels, 3, stride)
        self.bn2 = nn.BatchNorm3d(channels)
        self.conv3 = _convolution(channels, channels * 4, 1)
        self.bn3 = nn.BatchNorm3d(channels * 4)

    def stack(self, x: Tensor) -> Tensor:
        """See `Block.stack`."""
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        return self.bn3(self.conv3(x))  # type: ignore[no-any-return]


class ResNet3D(nn.Module):
    """The network, with its pooled features as what it gives; the classifier stands beside."""

    def __init__(self, depth: int, shortcut: Shortcut, num_classes: int = 400):
        """An untrained network.

        Args:
            depth: 18, 34 or 50.
            shortcut: see `Shortcut`.
            num_classes: of the classifier.
        """
        super().__init__()
        blocks, is_bottleneck = DEPTHS[depth]
        block = Bottleneck if is_bottleneck else BasicBlock
        self.dim = 512 * block.expansion
        self.conv1 = nn.Conv3d(3, 64, 7, (1, 2, 2), padding=3, bias=False)
        self.bn1 = nn.BatchNorm3d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool3d(3, 2, padding=1)

        def layer(inputs: int, channels: int, repeats: int, stride: int) -> nn.Sequential:
            outputs = channels * block.expansion
            later = (block(outputs, channels, 1, shortcut) for _ in range(repeats - 1))
            return nn.Sequential(block(inputs, channels, stride, shortcut), *later)

        self.layer1 = layer(64, 64, blocks[0], 1)
        self.layer2 = layer(64 * block.expansion, 128, blocks[1], 2)
        self.layer3 = layer(128 * block.expansion, 256, blocks[2], 2)
        self.layer4 = layer(256 * block.expansion, 512, blocks[3], 2)
        self.fc = nn.Linear(self.dim, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Normalised windows (N, 3, 16, 112, 112) -> float32 (N, dim): 512, or 2048 for 50 layers."""
        x = self.relu(self.bn1(self.conv1(x)))  # (N, 64, 16, 56, 56)
        x = self.maxpool(x)  # (N, 64, 8, 28, 28)
        x = self.layer1(x)  # (N, 64 or 256, 8, 28, 28)
        x = self.layer2(x)  # (N, 128 or 512, 4, 14, 14)
        x = self.layer3(x)  # (N, 256 or 1024, 2, 7, 7)
        x = self.layer4(x)  # (N, 512 or 2048, 1, 4, 4)
        return x.mean((2, 3, 4), dtype=torch.float32)


def fold_batch_norms(network: nn.Module) -> None:
    """Makes each batch norm a part of the convolution registered before it; for inference only from then on."""
    for module in list(network.eval().modules()):
        for (name, convolution), (norm_name, norm) in itertools.pairwise(module.named_children()):
            if isinstance(convolution, nn.Conv3d) and isinstance(norm, nn.BatchNorm3d):
                setattr(module, name, fuse_conv_bn_eval(convolution, norm))
                setattr(module, norm_name, nn.Identity())


class Structure(NamedTuple):
    """What the names and shapes of a checkpoint say about its network.

    Args:
        depth: 18, 34 or 50.
        shortcut: see `Shortcut`.
        num_classes: of its classifier; None where it has none.
        pixels: what it was trained on.
    """

    depth: int
    shortcut: Shortcut
    num_classes: int | None
    pixels: PixelRange

    @property
    def layout(self) -> Layout:
        """The same for `autohighlight.backbones.recognise`."""
        classes = f", {self.num_classes} classes" if self.num_classes is not None else ""
        return Layout(
            f"resnet3d-{self.depth}",
            f"3D ResNet-{self.depth} with shortcuts of type {self.shortcut}{classes}",
            f"of {'2018' if self.pixels is PIXELS_2018 else '2020'}: {self.pixels.in_words}",
        )


def recognise(state: Mapping[str, Tensor]) -> Structure | None:
    """The structure of a network by its weights; None if they are of no 3D ResNet of a known depth.

    Shortcuts of type A are of 2018, and those of type B of 2020, but for ResNet-50, which has type B in both. It is of
    2018 if its batch norms have not counted their batches: torch has done so since later that year.
    """
    first = state.get("conv1.weight")
    if first is None or first.shape != (64, 3, 7, 7, 7):
        return None
    lengths = tuple(len({name.split(".")[1] for name in state if name.startswith(f"layer{i}.")}) for i in (1, 2, 3, 4))
    found = (lengths, "layer1.0.conv3.weight" in state)
    depth = next((depth for depth, known in DEPTHS.items() if known == found), None)
    if depth is None:
        return None
    shortcut: Shortcut = "B" if any(".downsample." in name for name in state) else "A"
    is_of_2020 = shortcut == "B" and (depth != 50 or was_counted(state))
    pixels = PIXELS_2020 if is_of_2020 else PIXELS_2018
    num_classes = len(state["fc.weight"]) if "fc.weight" in state else None
    return Structure(depth, shortcut, num_classes, pixels)


def build(state: Mapping[str, Tensor], source: str) -> tuple[ResNet3D, Structure]:
    """A network with the weights of a checkpoint, on the CPU in float32, without the classifier.

    Args:
        state: the weights, as `read_state` gives them.
        source: what they are called in messages.

    Raises:
        WeightsError: they are of another network, or do not all fit; with what was expected and found.
    """
    structure = recognise(state)
    if structure is None:
        raise WeightsError(
            f"{source} holds no 3D ResNet of 18, 34 or 50 layers: found {summary(state)}; "
            "expected conv1.weight (64, 3, 7, 7, 7), and layer1 to layer4 of the authors' lengths"
        )
    with torch.device("meta"):
        network = ResNet3D(structure.depth, structure.shortcut, num_classes=1)
    del network.fc
    weights = {name: tensor.float() for name, tensor in state.items() if not name.startswith("fc.")}
    load_state(network, weights, source)
    return network, structure


def load_resnet3d(
    depth: int, checkpoint: Path, device: str = "auto", dtype: torch.dtype | None = None
) -> WindowBackbone:
    """A 3D ResNet with the weights of a checkpoint of either generation.

    Args:
        depth: 18, 34 or 50.
        checkpoint: the file.
        device: see `resolve_device`.
        dtype: float32 or bfloat16; None: whichever the device is faster in, see `window_dtype`.

    Raises:
        DependencyError: the device is not there.
        WeightsError: the file is missing, damaged, or holds another network; with what was expected and found.
    """
    where = resolve_device(device)
    network, structure = build(read_state(checkpoint), printable(checkpoint))
    if structure.depth != depth:
        raise WeightsError(
            f"{printable(checkpoint)} holds a {structure.layout.network}, not a 3D ResNet-{depth}",
            f"use --backbone {structure.layout.backbone}, or name another checkpoint",
        )
    digest = file_digest(checkpoint)
    return _backbone(network, f"resnet3d-{depth}:{digest[:8]}", digest, structure.pixels, where, dtype)


def _backbone(
    network: ResNet3D, name: str, weights: str, pixels: PixelRange, device: torch.device, dtype: torch.dtype | None
) -> WindowBackbone:
    fold_batch_norms(network)
    return WindowBackbone(
        network,
        network.dim,
        name=name,
        weights=weights,
        resize=RESIZE,
        pixels=pixels,
        device=device,
        dtype=dtype or window_dtype(device),
        most_on_cpu=4,
    )


def random_resnet3d(
    depth: int,
    *,
    shortcut: Shortcut = "A",
    num_classes: int = 400,
    seed: int = 0,
    device: str = "auto",
    dtype: torch.dtype | None = None,
) -> WindowBackbone:
    """A 3D ResNet with random weights, for tests and benchmarks; it has learned nothing.

    Args:
        depth: 18, 34 or 50.
        shortcut: see `Shortcut`.
        num_classes: of the classifier.
        seed: the same seed gives the same weights.
        device: see `resolve_device`.
        dtype: float32 or bfloat16; None: whichever the device is faster in, see `window_dtype`.

    Raises:
        DependencyError: the device is not there.
    """
    network = random_network(depth, shortcut=shortcut, num_classes=num_classes, seed=seed)
    del network.fc  # not needed for features
    pixels = PIXELS_2018 if shortcut == "A" else PIXELS_2020
    weights = f"{shortcut}-seed{seed}"
    return _backbone(network, f"resnet3d-{depth}-random:{weights}", weights, pixels, resolve_device(device), dtype)


def random_network(depth: int, *, shortcut: Shortcut = "A", num_classes: int = 400, seed: int = 0) -> ResNet3D:
    """The network on the CPU in float32, with random weights and batch norms as after training, from a seed."""
    with torch.device("meta"):
        network = ResNet3D(depth, shortcut, num_classes)
    network.to_empty(device="cpu")
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.Conv3d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu", generator=generator)
        elif isinstance(module, nn.BatchNorm3d):
            module.reset_running_stats()
            nn.init.uniform_(module.weight, 0.5, 1.0, generator=generator)
            nn.init.normal_(module.bias, std=0.1, generator=generator)
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.01, generator=generator)
            nn.init.zeros_(module.bias)
    return network.eval()
