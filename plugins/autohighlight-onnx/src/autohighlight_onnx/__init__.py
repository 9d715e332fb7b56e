"""Any ONNX network with a described input as a backbone of autohighlight: ``--backbone onnx --checkpoint net.onnx``.

Importing this imports neither onnx nor onnxruntime.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight.errors import OptionError
from autohighlight.hookspecs import hookimpl

if TYPE_CHECKING:
    from autohighlight.config import ExtractOptions
    from autohighlight.plugins import BackboneFactory, Register
    from autohighlight.types import Backbone

autohighlight_requires = "1.0"

NAME = "onnx"
"""Of the backbone."""


def make_backbone(options: ExtractOptions) -> Backbone:
    """The network of the file that ``--checkpoint`` names; see `backbone.load`."""
    if options.checkpoint is None:
        raise OptionError(f"the backbone {NAME} needs a network", "name its file: --checkpoint net.onnx")
    from autohighlight_onnx.backbone import load

    return load(Path(options.checkpoint), options.device)


@hookimpl
def autohighlight_register_backbones(register: Register[BackboneFactory]) -> None:
    """One backbone, for every file."""
    register(NAME, make_backbone)


@hookimpl
def autohighlight_register_commands(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """``autohighlight onnx check``: says what a file is, and how to describe it."""
    from autohighlight_onnx import command

    command.add(subparsers)
