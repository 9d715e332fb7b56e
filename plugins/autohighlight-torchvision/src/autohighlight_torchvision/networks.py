"""Which networks there are, and how torchvision's authors show them a video.

Frame rate and length of a window are those of torchvision's own measurements, which its documentation of the weights
states ("The accuracies are estimated ... with parameters ..."). Size, mean and standard deviation are in the
transforms that come with the weights, and are read from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

PREFIX = "torchvision:"
"""Begins the name of every backbone of this plugin."""

RANDOM = "-random"
"""Ends the name of one with random weights."""


class Network(NamedTuple):
    """A video network of torchvision.

    Args:
        window_length: T, frames in one window.
        frame_rate: frames/s at which they are sampled.
        head: name of the module that makes classes of the feature, which is taken out.
        dim: length of the feature.
        most_on_cpu: windows that go through it at once on a CPU: a window of S3D alone takes a gigabyte.
        most_on_gpu: the same on an accelerator.
    """

    window_length: int
    frame_rate: float
    head: str
    dim: int
    most_on_cpu: int = 1
    most_on_gpu: int = 8


NETWORKS: Mapping[str, Network] = {
    "r3d_18": Network(16, 15.0, "fc", 512, most_on_cpu=4, most_on_gpu=32),
    "mc3_18": Network(16, 15.0, "fc", 512, most_on_cpu=4, most_on_gpu=32),
    "r2plus1d_18": Network(16, 15.0, "fc", 512, most_on_cpu=4, most_on_gpu=32),
    "s3d": Network(128, 15.0, "classifier", 1024),
    "mvit_v2_s": Network(16, 7.5, "head", 768, most_on_gpu=16),
    "swin3d_t": Network(32, 15.0, "head", 768),
}
"""By torchvision's name."""
