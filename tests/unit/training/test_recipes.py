from __future__ import annotations

import dataclasses

import pytest

from autohighlight.errors import OptionError
from autohighlight.selector.config import SelectorConfig
from autohighlight.training.options import TrainingOptions
from autohighlight.training.recipes import FEATURE_KINDS, FOOTAGE, PAPER, recipe_fields


def test_the_papers_recipe_is_section_4_1() -> None:
    options, config = PAPER.options, PAPER.selector_config(512)
    assert (options.epochs, options.steps, options.batch_size) == (10, None, 32)
    assert (options.learning_rate, options.temperature) == (1e-5, 0.1)
    assert (config.d, config.dropout, config.scaled, config.encoding) == (512, 0.1, False, "linear")
    assert PAPER.feature_kind == "mean"


def test_every_option_of_training_and_selector_belongs_to_a_recipe() -> None:
    names = [spec.name for _, spec in recipe_fields()]
    known = {spec.name for owner in (TrainingOptions, SelectorConfig) for spec in dataclasses.fields(owner)}
    assert set(names) == known - {"d_in"}
    assert len(names) == len(set(names))


def test_options_are_changed_by_name_from_words_and_values() -> None:
    changed = FOOTAGE.replace(steps="7", learning_rate=1e-3, scaled=False, d="64", feature_kind="step")
    assert [changed.get(name) for name in ("steps", "learning_rate", "scaled", "d")] == [7, 1e-3, False, 64]
    assert changed.get("feed_forward_residual") is True
    assert changed.options.crop == FOOTAGE.options.crop


def test_epochs_that_are_asked_for_are_not_overruled_by_steps() -> None:
    assert FOOTAGE.replace(epochs=3).options.steps is None
    assert FOOTAGE.replace(epochs=3, steps=9).options.steps == 9


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"steps": "0"}, "--steps is at least 1"),
        ({"dropout": 1}, "--dropout is below 1"),
        ({"encoding": "other"}, "--encoding is one of"),
        ({"feature_kind": "other"}, "--feature-kind is one of mean, step"),
        ({"feature_kind": "mean"}, "the encoding stillness is one of steps"),
    ],
)
def test_what_cannot_be_meant_is_said(values: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        FOOTAGE.replace(**values)


def test_kinds_of_features_are_those_that_scoring_knows() -> None:
    from autohighlight.scorers import contrastive

    assert set(FEATURE_KINDS) == set(contrastive._KINDS)
