"""Options that say how selectors are trained: a recipe, and each thing in which the training is to differ from it."""

from __future__ import annotations

import argparse
from typing import Any

from autohighlight.cli.arguments import add_option
from autohighlight.config import Options
from autohighlight.errors import OptionError
from autohighlight.selector.config import SelectorConfig
from autohighlight.training.options import TrainingOptions
from autohighlight.training.recipes import FEATURE_KINDS, PAPER, RECIPES, Recipe, recipe_fields

_ELSEWHERE = frozenset({"device", "seed", "label_weight"})
"""Options of a training that are options of the features too, that --seeds stands for, or that mean nothing here."""


def add_recipe_options(parser: argparse.ArgumentParser) -> None:
    """Adds ``--recipe``, by default the paper's, and the options that change it, to a command that trains often."""
    names = "; ".join(f"{recipe.name}: {recipe.text}" for recipe in RECIPES.values())
    parser.add_argument(
        "--recipe",
        metavar="{" + ",".join(RECIPES) + "}",
        choices=tuple(RECIPES),
        default=PAPER.name,
        help=f"how to train; the options below change it. {names} (default: {PAPER.name})",
    )
    parser.add_argument(
        "--feature-kind",
        metavar="{" + ",".join(FEATURE_KINDS) + "}",
        choices=FEATURE_KINDS,
        default=argparse.SUPPRESS,
        help="what is made of the backbone's features over a clip: their mean, the mean of the steps from each to the "
        "next, or both (default: by recipe)",
    )
    for owner, title in ((TrainingOptions, "How selectors are trained"), (SelectorConfig, "What they are made of")):
        group = parser.add_argument_group(title)
        for belongs, spec in recipe_fields():
            if belongs is owner and spec.name not in _ELSEWHERE:
                add_option(group, spec, depends=_by_recipe(spec.name))


def _by_recipe(name: str) -> str:
    """The default of an option, by recipe where they differ."""
    values = {recipe.name: _shown(recipe.get(name)) for recipe in RECIPES.values()}
    same = len(set(values.values())) == 1
    return values[PAPER.name] if same else ", ".join(f"{value} in {recipe}" for recipe, value in values.items())


def _shown(value: Any) -> str:
    return "none" if value is None else {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def given_recipe(arguments: argparse.Namespace, options: Options) -> Recipe:
    """The recipe that was named, changed as the options say; trained where features are made.

    Raises:
        OptionError: a value that is not allowed.
    """
    given = vars(arguments)
    names = ["feature_kind", *(spec.name for _, spec in recipe_fields() if spec.name not in _ELSEWHERE)]
    chosen = {name: given[name] for name in names if name in given}
    return RECIPES[arguments.recipe].replace(**chosen, device=options.extract.device)


def check_ready_features(recipe: Recipe, arguments: argparse.Namespace) -> None:
    """Refuses a recipe for features of another kind than those that are ready probably are.

    Raises:
        OptionError: nobody said of what kind they are, and it is not the paper's that the recipe is for.
    """
    if recipe.feature_kind != PAPER.feature_kind and "feature_kind" not in arguments:
        raise OptionError(
            f"the recipe {recipe.name} is for features of the kind {recipe.feature_kind!r}",
            f"if those in {arguments.features} are, say --feature-kind {recipe.feature_kind}",
        )
