"""torchvision's video networks as backbones of autohighlight: ``--backbone torchvision:r3d_18``.

Importing this imports neither torch nor torchvision.
"""

from __future__ import annotations

import argparse
import functools
from typing import TYPE_CHECKING

from autohighlight.hookspecs import hookimpl
from autohighlight_torchvision.networks import NETWORKS, PREFIX, RANDOM

if TYPE_CHECKING:
    from autohighlight.config import ExtractOptions
    from autohighlight.plugins import BackboneFactory, Register
    from autohighlight.types import Backbone

autohighlight_requires = "1.0"


def trained(name: str, options: ExtractOptions) -> Backbone:
    """The network with the weights of torchvision, or of ``--checkpoint``; see `backbone.load`."""
    from autohighlight_torchvision.backbone import load

    return load(name, options.checkpoint, options.device)


def untrained(name: str, options: ExtractOptions) -> Backbone:
    """The network with random weights; see `backbone.load_random`."""
    from autohighlight_torchvision.backbone import load_random

    return load_random(name, options.checkpoint, options.device)


@hookimpl
def autohighlight_register_backbones(register: Register[BackboneFactory]) -> None:
    """Each network under two names: with the weights of torchvision, and with random ones for tests."""
    for name in NETWORKS:
        register(PREFIX + name, functools.partial(trained, name))
        register(PREFIX + name + RANDOM, functools.partial(untrained, name))


@hookimpl
def autohighlight_register_commands(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """``autohighlight torchvision``: lists and downloads weights."""
    from autohighlight_torchvision import command

    command.add(subparsers)
