"""Makes a backbone of one of torchvision's networks: its classifier is taken out, its feature is what is left."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.models import get_model

from autohighlight.backbones.device import resolve_device
from autohighlight.backbones.weights import file_digest, load_state, read_state
from autohighlight.backbones.windows import PixelRange, WindowBackbone, window_dtype
from autohighlight.errors import OptionError, printable
from autohighlight_torchvision.networks import NETWORKS, PREFIX, RANDOM
from autohighlight_torchvision.weights import find_weights, weights_of


class PooledInFloat32(nn.Module):
    """A pooling layer that torch has on the CPU in float32 alone."""

    def __init__(self, pool: nn.Module) -> None:
        super().__init__()
        self.pool = pool

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, T, H, W) -> float32, as the layer."""
        y: Tensor = self.pool(x.float())
        return y


def make_network(name: str, seed: int = 0) -> nn.Module:
    """A network with random weights and without its classifier: (N, 3, T, H, W) -> (N, dim). A seed is a network."""
    with torch.random.fork_rng(devices=[]):  # the random numbers of the program stay as they are
        torch.default_generator.manual_seed(seed)
        network: nn.Module = get_model(name, weights=None)
    setattr(network, NETWORKS[name].head, nn.Identity())
    if name == "s3d":
        network.avgpool = PooledInFloat32(network.get_submodule("avgpool"))
    return network.eval()


def load(name: str, checkpoint: str | None = None, device: str = "auto") -> WindowBackbone:
    """A network with the weights that torchvision has published, or of a file.

    Args:
        name: of `NETWORKS`.
        checkpoint: a file with the weights of that network, as ``torch.save(network.state_dict(), ...)`` or
            safetensors; with a classifier of any number of classes, or without one. None: those of torchvision.
        device: see `resolve_device`.

    Raises:
        DependencyError: the device is not there.
        WeightsError: the file is missing, damaged or of another network, or was not downloaded; with what to do.
    """
    where = resolve_device(device)
    file, digest = find_weights(name) if checkpoint is None else (Path(checkpoint), file_digest(Path(checkpoint)))
    head = NETWORKS[name].head + "."
    network, own = make_network(name), {key: t for key, t in read_state(file).items() if not key.startswith(head)}
    state = {key: tensor.float() if tensor.is_floating_point() else tensor for key, tensor in own.items()}
    load_state(network, state, printable(file))
    return _backbone(network, name, f"{PREFIX}{name}:{digest[:8]}", digest, where)


def load_random(name: str, checkpoint: str | None = None, device: str = "auto", seed: int = 0) -> WindowBackbone:
    """The same with random weights, for tests; it has learned nothing.

    Raises:
        DependencyError: the device is not there.
        OptionError: a checkpoint is given too.
    """
    if checkpoint is not None:
        raise OptionError(f"{PREFIX}{name}{RANDOM} takes no checkpoint", f"use --backbone {PREFIX}{name} with it")
    network = make_network(name, seed)
    return _backbone(
        network, name, PREFIX + name + RANDOM, f"seed{seed}-torch{torch.__version__}", resolve_device(device)
    )


def _backbone(network: nn.Module, name: str, full_name: str, weights: str, device: torch.device) -> WindowBackbone:
    about, transforms = NETWORKS[name], weights_of(name).transforms()
    height, width = transforms.crop_size
    resize = transforms.resize_size
    return WindowBackbone(
        network,
        about.dim,
        name=full_name,
        weights=weights,
        resize=resize[0] if len(resize) == 1 else (resize[0], resize[1]),
        pixels=PixelRange(_in_levels(transforms.mean), _in_levels(transforms.std)),
        device=device,
        dtype=window_dtype(device),
        most_on_cpu=about.most_on_cpu,
        most_on_accelerator={"cuda": about.most_on_gpu, "mps": about.most_on_cpu},
        window_length=about.window_length,
        input_size=(height, width),
        frame_rate=about.frame_rate,
    )


def _in_levels(values: list[float]) -> tuple[float, float, float]:
    """Of red, green and blue: 0 to 1 -> 0 to 255."""
    red, green, blue = (value * 255 for value in values)
    return red, green, blue
