"""FeatureTrack -> ScoreTrack: the default scorer, the paper's, and the floors."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autohighlight.config import ScoreOptions
    from autohighlight.types import FeatureTrack, ScoreTrack

ScoreFunction = Callable[["FeatureTrack", "ScoreOptions"], "ScoreTrack"]

FLOORS: tuple[str, ...] = ("centre", "movement", "spread", "movement+spread")
"""What any scorer must beat, besides chance."""

_HOMES = {
    "fusion": ("fusion", "fusion"),
    "contrastive": ("contrastive", "contrastive"),
    "movement": ("floors", "movement"),
    "spread": ("floors", "spread"),
    "movement+spread": ("floors", "movement_and_spread"),
    "centre": ("floors", "centre"),
    "random": ("floors", "random"),
}


def _imported_when_called(module: str, function: str) -> ScoreFunction:
    def scorer(features: FeatureTrack, options: ScoreOptions) -> ScoreTrack:
        score: ScoreFunction = getattr(importlib.import_module(f"{__name__}.{module}"), function)
        return score(features, options)

    return scorer


BUILTIN: Mapping[str, ScoreFunction] = MappingProxyType(
    {name: _imported_when_called(*home) for name, home in _HOMES.items()}
)
"""The scorers of this package by name; each is imported when it is first called, torch with `contrastive` alone."""
