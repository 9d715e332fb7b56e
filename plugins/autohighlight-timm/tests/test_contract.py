"""A network of convolutions and one of attention keep to the contract of backbones, with random weights."""

from __future__ import annotations

import pytest

from autohighlight.config import ExtractOptions
from autohighlight.plugins import BackboneFactory
from autohighlight.testing import BackboneContract
from autohighlight_timm import make_backbone


class TestConvolutions(BackboneContract):
    def factory(self) -> BackboneFactory:
        return make_backbone

    @pytest.fixture
    def options(self) -> ExtractOptions:
        return ExtractOptions(backbone="timm:test_resnet-random", device="cpu")


class TestAttention(BackboneContract):
    def factory(self) -> BackboneFactory:
        return make_backbone

    @pytest.fixture
    def options(self) -> ExtractOptions:
        return ExtractOptions(backbone="timm:test_vit-random", device="cpu")
