"""The built-in backbones keep to the contract that is for everybody's."""

from __future__ import annotations

from autohighlight.default_plugins import load_plugins
from autohighlight.plugins import BackboneFactory
from autohighlight.testing import BackboneContract


class TestEfficientNetLite0(BackboneContract):
    tolerance = 0.05  # it computes in bfloat16 where the processor does

    def factory(self) -> BackboneFactory:
        return load_plugins(installed=False).backbones["efficientnet-lite0"]


class TestRandomEfficientNetLite0(BackboneContract):
    def factory(self) -> BackboneFactory:
        return load_plugins(installed=False).backbones["efficientnet-lite0-random"]
