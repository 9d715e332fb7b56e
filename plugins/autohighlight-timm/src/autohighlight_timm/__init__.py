"""Any image network of timm as a backbone of autohighlight: ``--backbone timm:NAME``.

Importing this imports neither torch nor timm.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from autohighlight.hookspecs import hookimpl

if TYPE_CHECKING:
    from autohighlight.config import ExtractOptions
    from autohighlight.plugins import BackboneFactory, Register
    from autohighlight.types import Backbone

autohighlight_requires = "1.0"

FAMILY = "timm:*"
"""The backbones of this plugin: ``timm:resnet18``, ``timm:resnet18.a1_in1k``, ``timm:resnet18-random``."""


def make_backbone(options: ExtractOptions) -> Backbone:
    """The network that ``--backbone`` names; see `backbone.load`."""
    from autohighlight_timm.backbone import load

    return load(options.backbone, options.checkpoint, options.device)


@hookimpl
def autohighlight_register_backbones(register: Register[BackboneFactory]) -> None:
    """One name for all: which networks there are is timm's to say."""
    register(FAMILY, make_backbone)


@hookimpl
def autohighlight_register_commands(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """``autohighlight timm``: lists networks and downloads weights."""
    from autohighlight_timm import command

    command.add(subparsers)
