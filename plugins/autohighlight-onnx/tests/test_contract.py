"""A network on frames and one on windows keep to the contract of backbones."""

from __future__ import annotations

import pytest

from autohighlight.config import ExtractOptions
from autohighlight.plugins import BackboneFactory
from autohighlight.testing import BackboneContract
from autohighlight_onnx import make_backbone

from .networks import colours_network, describe


class TestFrames(BackboneContract):
    def factory(self) -> BackboneFactory:
        return make_backbone

    @pytest.fixture
    def options(self, tmp_path_factory: pytest.TempPathFactory) -> ExtractOptions:
        path = tmp_path_factory.getbasetemp() / "frames.onnx"
        if not path.exists():
            describe(colours_network(path), 'layout = "NCHW"\nmean = [0.5, 0.5, 0.5]')
        return ExtractOptions(backbone="onnx", checkpoint=str(path), device="cpu")


class TestWindows(BackboneContract):
    def factory(self) -> BackboneFactory:
        return make_backbone

    @pytest.fixture
    def options(self, tmp_path_factory: pytest.TempPathFactory) -> ExtractOptions:
        path = tmp_path_factory.getbasetemp() / "windows.onnx"
        if not path.exists():
            describe(colours_network(path, "NCTHW"), 'layout = "NCTHW"\nframe_rate = 7.5\nresize = [20, 30]')
        return ExtractOptions(backbone="onnx", checkpoint=str(path), device="cpu")
