"""The built-in backbones keep to the contract that is for everybody's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from autohighlight.backbones.c3d import C3D
from autohighlight.backbones.resnet3d import ResNet3D
from autohighlight.config import ExtractOptions
from autohighlight.default_plugins import load_plugins
from autohighlight.plugins import BackboneFactory
from autohighlight.testing import BackboneContract

BACKBONES = load_plugins(installed=False).backbones


def options_with_weights(make: Callable[[], nn.Module], path: Path) -> ExtractOptions:
    """Options that name a checkpoint with random weights of a network, written when it is first asked for."""
    if path.exists():
        return ExtractOptions(checkpoint=str(path), device="cpu")
    network, generator = make(), torch.Generator().manual_seed(0)
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point() and tensor.ndim > 1:
            tensor.normal_(0, (2 / tensor[0].numel()) ** 0.5, generator=generator)
        elif name.endswith("bias"):
            tensor.normal_(0, 0.1, generator=generator)
    torch.save(network.state_dict(), path)
    return ExtractOptions(checkpoint=str(path), device="cpu")


class TestEfficientNetLite0(BackboneContract):
    tolerance = 0.05  # it computes in bfloat16 where the processor does

    def factory(self) -> BackboneFactory:
        return BACKBONES["efficientnet-lite0"]


class TestRandomEfficientNetLite0(BackboneContract):
    def factory(self) -> BackboneFactory:
        return BACKBONES["efficientnet-lite0-random"]


@pytest.mark.slow
class TestResNet3D(BackboneContract):
    num_windows = 2
    tolerance = 0.05

    def factory(self) -> BackboneFactory:
        return BACKBONES["resnet3d-18"]

    @pytest.fixture
    def options(self, weights: Path) -> ExtractOptions:
        return options_with_weights(lambda: ResNet3D(18, "A", 10), weights / "resnet.pth")


@pytest.mark.slow
class TestC3D(BackboneContract):
    num_windows = 2
    tolerance = 0.05

    def factory(self) -> BackboneFactory:
        return BACKBONES["c3d"]

    @pytest.fixture
    def options(self, weights: Path) -> ExtractOptions:
        return options_with_weights(C3D, weights / "c3d.pth")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where random weights lie."""
    return tmp_path_factory.mktemp("weights")
