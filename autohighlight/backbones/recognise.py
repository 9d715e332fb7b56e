"""Finds out which network a checkpoint is of, from nothing but its names and shapes."""

from __future__ import annotations

from pathlib import Path

from autohighlight.backbones import c3d, resnet3d
from autohighlight.backbones.weights import Layout, read_state, summary
from autohighlight.errors import WeightsError, printable


def recognise(path: Path) -> Layout:
    """What a checkpoint holds, after all of it was found to fit.

    Raises:
        WeightsError: the file is missing or damaged, holds a network that is not known, or one whose weights do not
            all fit; with what was expected and found.
    """
    state, source = read_state(path), printable(path)
    if resnet3d.recognise(state) is not None:
        return resnet3d.build(state, source)[1].layout
    if c3d.recognise(state) is not None:
        return c3d.layout(c3d.build(state, source)[1])
    raise WeightsError(
        f"{source} holds no network that is known: found {summary(state)}",
        "expected a 3D ResNet of 18, 34 or 50 layers as its authors publish it, or C3D: see docs/backbones.md",
    )
