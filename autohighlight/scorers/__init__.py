"""FeatureTrack -> ScoreTrack: the default scorer, the paper's, and the floors."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from autohighlight.config import SELECTOR_SCORER
from autohighlight.errors import OptionError
from autohighlight.scorers.combined import parse_terms

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


def may_use_selector(name: str) -> bool:
    """Whether the scorer of that name may look at `ScoreOptions.selector` and `adapt`; one of a plugin may."""
    try:
        terms = parse_terms(name, BUILTIN)
    except OptionError:
        return True
    return any(term.name == SELECTOR_SCORER for term in terms)


def check_selector(options: ScoreOptions) -> None:
    """Refuses a selector that would be passed over in silence.

    Raises:
        OptionError: one is named, or to be fitted, for a scorer that has no use for it.
    """
    name = options.scorer_name
    if (options.selector is not None or options.adapt) and not may_use_selector(name):
        flag = "--adapt" if options.adapt else "--selector"
        raise OptionError(
            f"the scorer {name} has no use for {flag}", f"give --scorer {SELECTOR_SCORER} with it, or no --scorer"
        )
