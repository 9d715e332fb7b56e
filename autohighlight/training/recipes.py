"""Recipes: what a selector is given, made of and trained by, as one choice; a module of its own, free of torch."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from autohighlight.config import parse_value
from autohighlight.errors import OptionError
from autohighlight.selector.config import SelectorConfig
from autohighlight.training.options import TrainingOptions

FEATURE_KINDS = ("mean", "step", "mean+step")
"""What a clip's feature is made of: the mean of the backbone's features over the clip, the mean of the absolute steps
from each to the next, or both."""


@dataclass(frozen=True)
class Recipe:
    """How a selector comes about.

    Args:
        name: of the recipe.
        text: what it is for, one line.
        feature_kind: what a clip's feature is made of: one of `FEATURE_KINDS`.
        choices: the fields of `SelectorConfig` in which the selector differs from the paper's.
        options: how it is trained.

    Raises:
        OptionError: no such kind of feature, or an encoding that means nothing for it.
    """

    name: str
    text: str
    feature_kind: str
    choices: Mapping[str, Any]
    options: TrainingOptions

    def __post_init__(self) -> None:
        if self.feature_kind not in FEATURE_KINDS:
            raise OptionError(f"--feature-kind is one of {', '.join(FEATURE_KINDS)}, not {self.feature_kind!r}")
        if self.choices.get("encoding") == "stillness" and self.feature_kind != "step":
            raise OptionError(
                f"the encoding stillness is one of steps, not of features of the kind {self.feature_kind}",
                "give --feature-kind step with it, or --encoding linear, or --recipe paper",
            )

    def selector_config(self, d_in: int) -> SelectorConfig:
        """What the selector is made of, for features of `d_in` columns."""
        return SelectorConfig(d_in, **self.choices)

    def replace(self, **values: Any) -> Recipe:
        """A copy in which some options have other values.

        Args:
            values: ``feature_kind``, or names of `recipe_fields` with values of their own type or words.

        Raises:
            OptionError: a value that its option does not allow.
        """
        values = dict(values)
        kind = values.pop("feature_kind", self.feature_kind)
        specs = {spec.name: (owner, spec) for owner, spec in recipe_fields()}
        by_owner: dict[type, dict[str, Any]] = {SelectorConfig: {}, TrainingOptions: {}}
        for name, value in values.items():
            owner, spec = specs[name]
            by_owner[owner][name] = parse_value(spec, value)
        if "epochs" in values and "steps" not in values:
            by_owner[TrainingOptions]["steps"] = None  # which would overrule them
        options = dataclasses.replace(self.options, **by_owner[TrainingOptions])
        choices = {**self.choices, **by_owner[SelectorConfig]}
        SelectorConfig(1, **choices)  # a value that is not allowed is said before any work
        return Recipe(self.name, self.text, kind, choices, options)

    def get(self, name: str) -> Any:
        """The value of the option of that name, of those that `recipe_fields` gives."""
        return getattr(self.options if hasattr(self.options, name) else self.selector_config(1), name)

    def as_dict(self) -> dict[str, Any]:
        """All of it that a selector's file keeps, as plain values: the selector's own choices are kept beside it."""
        return {"recipe": self.name, **dataclasses.asdict(self.options)}


def recipe_fields() -> Iterator[tuple[type, dataclasses.Field[Any]]]:
    """Every option that a recipe settles, with the class that it belongs to."""
    for owner in (TrainingOptions, SelectorConfig):
        for spec in dataclasses.fields(owner):
            if spec.metadata:
                yield owner, spec


PAPER = Recipe("paper", "the paper's own settings (section 4.1)", "mean", {}, TrainingOptions())

FOOTAGE = Recipe(
    "footage",
    "what finds something with the default backbone; docs/scoring.md has the measures",
    "step",
    {"scaled": True, "feed_forward_residual": True, "encoding": "stillness"},
    TrainingOptions(steps=20, batch_size=16, learning_rate=1e-4, crop=20),
)
"""The recipe of the selector in the package. It departs from the paper's where that found nothing: the features tell by
how much each channel of the network changes, the attention is scaled, the steps are few and larger."""

RECIPES: Mapping[str, Recipe] = {recipe.name: recipe for recipe in (FOOTAGE, PAPER)}
