"""Which networks timm has, and what their names say."""

from __future__ import annotations

import difflib

import timm
from timm.models import PretrainedCfg, get_pretrained_cfg

from autohighlight.errors import OptionError, printable

PREFIX = "timm:"
"""Begins the name of every backbone of this plugin."""

RANDOM = "-random"
"""Ends the name of one with random weights; no network of timm is called so."""


def network_name(backbone: str) -> tuple[str, bool]:
    """What timm calls the network of a backbone, and whether its weights are to be random.

    Args:
        backbone: ``timm:resnet18``, ``timm:resnet18.a1_in1k`` or ``timm:resnet18-random``.

    Raises:
        OptionError: timm has no such network, or no such weights of it; with names that come near.
    """
    name = backbone.removeprefix(PREFIX)
    is_random = name.endswith(RANDOM)
    name = name.removesuffix(RANDOM)
    if not timm.is_model(name):
        raise OptionError(f"timm has no network called {printable(name)!r}", _near(name))
    try:
        get_pretrained_cfg(name)
    except RuntimeError:
        architecture, _, tag = name.partition(".")
        tags = timm.list_models(f"{architecture}.*", pretrained=True)
        hint = f"there are: {', '.join(tags)}" if tags else "it has none: give --checkpoint FILE"
        raise OptionError(f"timm has no weights of {architecture} called {printable(tag)!r}", hint) from None
    return name, is_random


def _near(name: str) -> str:
    architecture = name.partition(".")[0]
    near = difflib.get_close_matches(architecture, timm.list_models(), n=3)
    listing = "'autohighlight timm list' shows all"
    return f"did you mean {' or '.join(near)}? {listing}" if near else listing


def published(name: str) -> PretrainedCfg:
    """What timm knows of the weights of a network: those that its name says, else its usual ones; maybe nothing."""
    return get_pretrained_cfg(name) or PretrainedCfg()
