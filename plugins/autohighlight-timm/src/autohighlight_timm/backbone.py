"""Makes a backbone of an image network of timm: the feature is what its classifier would have been given."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
from numpy.typing import NDArray
from timm.data.config import resolve_model_data_config
from torch import Tensor, nn

from autohighlight.backbones.device import resolve_device
from autohighlight.backbones.running import ChunkedNetwork, precision_name
from autohighlight.backbones.weights import file_digest, read_state
from autohighlight.errors import OptionError, WeightsError, printable
from autohighlight_timm.names import PREFIX, RANDOM, network_name, published
from autohighlight_timm.weights import find_weights

_MOST = {"cpu": 8, "cuda": 64, "mps": 32}
"""Pictures that go through the network at once; fewer if memory does not suffice."""


class TimmBackbone:
    """An image network on single frames, in float32; see `autohighlight.types.Backbone`.

    Size, cropping, mean and standard deviation are those that timm states for the weights.
    """

    window_length = 1
    frame_rate: float | None = None

    def __init__(self, network: nn.Module, name: str, weights: str, device: torch.device):
        """Takes over `network`, which is on the CPU and has no classifier.

        Args:
            network: normalised pictures (N, 3, H, W) -> (N, dim).
            name: as registered, with what tells these weights from others.
            weights: what tells these weights from others, in full.
            device: where to run.

        Raises:
            OptionError: the network does not turn a colour picture into one feature.
        """
        about: Mapping[str, Any] = resolve_model_data_config(network)  # type: ignore[no-untyped-call]
        channels, height, width = about["input_size"]
        if channels != 3:
            raise OptionError(f"{name} looks at pictures of {channels} channels, not at red, green and blue")
        self.name, self.device = name, str(device)
        self.input_size = (height, width)
        self.resize = resize_of(about)
        self.dim = _dim_of(network, name, self.input_size)
        self._network = network.requires_grad_(False).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._mean = torch.tensor(about["mean"], device=device).mul_(255).view(3, 1, 1)
        self._std = torch.tensor(about["std"], device=device).mul_(255).view(3, 1, 1)
        self._run = ChunkedNetwork(self._features, [(self.dim,)], device, most_rows=_MOST[device.type])
        pixels = f"{self.resize}/{height}x{width}/{about['mean']}/{about['std']}"
        self.fingerprint = f"{name}/{weights}/{precision_name(device, torch.float32)}/{pixels}/timm{timm.__version__}/1"

    def embed(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 sRGB frames (N, 1, H, W, 3) -> float32 (N, dim). N may be 0. Safe to call from several threads.

        Raises:
            ValueError: another shape or type.
            DependencyError: the device has not enough memory for a single frame.
        """
        height, width = self.input_size
        if frames.dtype != np.uint8 or frames.shape[1:] != (1, height, width, 3):
            raise ValueError(f"frames are uint8 (N, 1, {height}, {width}, 3), not {frames.dtype} {frames.shape}")
        (features,) = self._run(frames[:, 0])
        return features

    def _features(self, pictures: Tensor) -> tuple[Tensor]:
        """uint8 (N, H, W, 3) -> (N, dim)."""
        x = pictures.permute(0, 3, 1, 2)  # (N, 3, H, W); as it lies in memory this is channels last
        return (self._network(x.float().sub_(self._mean).div_(self._std)),)


def resize_of(about: Mapping[str, Any]) -> tuple[int, int] | int:
    """What a frame is scaled to before its middle is cut out; see `autohighlight.types.Backbone`.

    timm's ways are ``center``: the shorter side; ``squash``: height and width, whatever the shape; and ``border``: the
    longer side, with a border around. No border is made here: such a frame is squashed, so that all of it is seen.
    """
    _, height, width = about["input_size"]
    scaled = math.floor(height / about["crop_pct"]), math.floor(width / about["crop_pct"])
    if about["crop_mode"] == "border":
        return height, width
    return scaled[0] if about["crop_mode"] == "center" and scaled[0] == scaled[1] else scaled


def _dim_of(network: nn.Module, name: str, size: tuple[int, int]) -> int:
    with torch.inference_mode():
        feature = network(torch.zeros(1, 3, *size))
    if not isinstance(feature, Tensor) or feature.dim() != 2:
        shape = tuple(feature.shape) if isinstance(feature, Tensor) else type(feature).__name__
        raise OptionError(f"{name} does not turn a picture into one feature: it gives {shape}", "take another network")
    return int(feature.shape[1])


def load(backbone: str, checkpoint: str | None = None, device: str = "auto", seed: int = 0) -> TimmBackbone:
    """A network of timm with its published weights, those of a file, or random ones.

    Args:
        backbone: ``timm:NAME``, ``timm:NAME.TAG`` for the weights of that tag, ``timm:NAME-random``.
        checkpoint: a file with weights of that network, as ``torch.save(network.state_dict(), ...)`` or safetensors;
            with a classifier of any number of classes, or without one. None: the published ones.
        device: see `resolve_device`.
        seed: of random weights: the same seed gives the same.

    Raises:
        OptionError: timm has no such network, or it gives no feature.
        DependencyError: the device is not there.
        WeightsError: the file is missing, damaged or of another network, or was not downloaded; with what to do.
    """
    name, is_random = network_name(backbone)
    where = resolve_device(device)
    if is_random:
        if checkpoint is not None:
            raise OptionError(f"{PREFIX}{name}{RANDOM} takes no checkpoint", f"use --backbone {PREFIX}{name} with it")
        weights = f"seed{seed}-torch{torch.__version__}"
        return TimmBackbone(_make(name, seed=seed, num_classes=0), f"{PREFIX}{name}{RANDOM}", weights, where)
    file = find_weights(name) if checkpoint is None else Path(checkpoint)
    digest = file_digest(file)
    network = _with_weights(name, file)
    return TimmBackbone(network, f"{PREFIX}{name}:{digest[:8]}", digest, where)


def _make(name: str, *, seed: int = 0, **settings: Any) -> nn.Module:
    with torch.random.fork_rng(devices=[]):  # the random numbers of the program stay as they are
        torch.default_generator.manual_seed(seed)
        network: nn.Module = timm.create_model(name, **settings)
    return network.eval()


def _with_weights(name: str, file: Path) -> nn.Module:
    """A network without its classifier, every weight of which is from the file.

    It is made with the classifier that the file has, so that nothing may be missing or left over, and then loses it.
    """
    state = read_state(file)
    problem = ""
    for num_classes in _num_classes(name, state):
        overlay = {"state_dict": dict(state), "custom_load": False}
        if num_classes is not None:
            overlay |= {"num_classes": num_classes, "label_offset": 0}
        settings = {} if num_classes is None else {"num_classes": num_classes}
        try:
            network = _make(name, pretrained=True, pretrained_cfg_overlay=overlay, **settings)
        except (RuntimeError, KeyError, ValueError, AttributeError, IndexError) as error:  # whatever timm stumbles over
            problem = problem or _in_a_line(error)
            continue
        if not all(tensor.isfinite().all() for tensor in network.state_dict().values()):
            raise WeightsError(f"{printable(file)} holds weights that are no numbers")
        network.pretrained_cfg.pop("state_dict", None)  # type: ignore[operator, union-attr]
        if num_classes != 0:
            network.reset_classifier(0)  # type: ignore[operator]
        return network
    raise WeightsError(f"{printable(file)} does not fit timm's {name}: {problem}")


def _num_classes(name: str, state: Mapping[str, Tensor]) -> list[int | None]:
    """How many classes the network of a file may have: as many as it shows; none, or those of the published weights."""
    classifier = published(name).classifier
    names = (classifier,) if isinstance(classifier, str) else classifier or ()
    for weight in (f"{module}.weight" for module in names):
        if weight in state:
            return [len(state[weight])]
    return [0, None]


def _in_a_line(error: Exception) -> str:
    """What torch says of weights that do not fit, shortened: it names every one."""
    text = printable(" ".join(str(error).split()))
    return text if len(text) < 240 else f"{text[:240]} ..."
