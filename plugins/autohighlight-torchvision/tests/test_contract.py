"""A network keeps to the contract of backbones, with random weights.

What is around the network is the same for all; what differs from one to the next is in test_networks.py.
"""

from __future__ import annotations

import functools

import pytest

from autohighlight.plugins import BackboneFactory
from autohighlight.testing import BackboneContract
from autohighlight_torchvision import untrained


@pytest.mark.slow
class TestMC3(BackboneContract):
    num_windows = 2

    def factory(self) -> BackboneFactory:
        return functools.partial(untrained, "mc3_18")
