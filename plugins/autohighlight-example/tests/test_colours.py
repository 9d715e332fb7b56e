"""The backbone keeps to the contract, and sees what it should."""

from __future__ import annotations

import numpy as np

from autohighlight.config import ExtractOptions
from autohighlight.plugins import BackboneFactory
from autohighlight.testing import BackboneContract
from autohighlight_example.colours import Colours


class TestColours(BackboneContract):
    def factory(self) -> BackboneFactory:
        return Colours


def test_a_red_frame_has_the_colour_red_and_no_edges() -> None:
    red = np.zeros((1, 1, 64, 64, 3), np.uint8)
    red[..., 0] = 255
    feature = Colours(ExtractOptions(device="cpu")).embed(red)[0].reshape(9, 4, 4)
    np.testing.assert_allclose(feature[:3].mean((1, 2)), [1, 0, 0])
    np.testing.assert_allclose(feature[3:, 1:3, 1:3], 0, atol=1e-6)
