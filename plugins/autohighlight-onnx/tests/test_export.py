"""A network of PyTorch, exported as the README says, gives the features that it gives in PyTorch."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from autohighlight.testing.examples import example_frames
from autohighlight_onnx.backbone import load

from .networks import describe

README = Path(__file__).parents[1] / "README.md"


@pytest.mark.slow
def test_what_the_readme_exports_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with torch.random.fork_rng(devices=[]):
        network = nn.Sequential(
            nn.Conv2d(3, 8, 3, 2), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        )
    example = torch.zeros(2, 3, 32, 32)
    monkeypatch.chdir(tmp_path)
    (command,) = re.findall(r"`(torch\.onnx\.export\(.*\))`", README.read_text("utf-8"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter itself
        exec(command, {"torch": torch, "network": network.eval(), "example": example})  # noqa: S102 -- the README's own
    backbone = load(describe(tmp_path / "net.onnx", 'layout = "NCHW"'), "cpu")
    frames = example_frames(5, 1, (32, 32))
    with torch.inference_mode():
        expected = network(torch.from_numpy(frames[:, 0]).permute(0, 3, 1, 2) / 255)
    np.testing.assert_allclose(backbone.embed(frames), expected.numpy(), rtol=1e-4, atol=1e-5)
