"""What holds of combined scores whatever the scores are."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from autohighlight.scorers.combined import combine_tracks
from tests.factories import make_scores

VALUES = st.lists(st.floats(0, 1), min_size=2, max_size=20)
WEIGHTS = st.floats(0.01, 100)

APART = st.sampled_from([(1.0, 0.3), (0.5, 2.0), (3.0, 1.0), (100.0, 1.0)])
"""Weights with which two scorers cannot cancel each other out, but for the last digits, which are then stretched."""


@st.composite
def pairs(draw: st.DrawFn) -> tuple[list[float], list[float]]:
    one = draw(VALUES)
    return one, draw(st.lists(st.floats(0, 1), min_size=len(one), max_size=len(one)))


def combine(one: list[float], other: list[float], weights: tuple[float, float]) -> np.ndarray:
    tracks = {"one": make_scores(one), "other": make_scores(other)}
    return combine_tracks("one+other", tracks, dict(zip(tracks, weights, strict=True))).values


@given(pairs(), WEIGHTS, WEIGHTS)
def test_scores_are_finite_and_fill_0_to_1(values: tuple[list[float], list[float]], a: float, b: float) -> None:
    combined = combine(*values, (a, b))
    if np.ptp(combined) > 0:
        assert (combined.min(), combined.max()) == (0, 1)
    else:
        assert set(combined.tolist()) == {0.5}


@given(pairs(), APART, st.sampled_from([0.25, 2.0, 7.0]))
def test_only_the_ratio_of_the_weights_counts(
    values: tuple[list[float], list[float]], weights: tuple[float, float], factor: float
) -> None:
    a, b = weights
    np.testing.assert_allclose(combine(*values, (a, b)), combine(*values, (factor * a, factor * b)), atol=1e-9)


@given(pairs(), WEIGHTS, WEIGHTS, st.integers(1, 30))
def test_no_scorer_gains_by_its_scale(
    values: tuple[list[float], list[float]], a: float, b: float, halvings: int
) -> None:
    one, other = ([round(value, 6) for value in each] for each in values)  # so that halving loses no digit
    scaled = [value / 2**halvings for value in one]
    np.testing.assert_array_equal(combine(one, other, (a, b)), combine(scaled, other, (a, b)))


@given(pairs(), APART, st.floats(0, 0.5))
def test_no_scorer_gains_by_where_its_scale_begins(
    values: tuple[list[float], list[float]], weights: tuple[float, float], offset: float
) -> None:
    (one, other), (a, b) = values, weights
    assume(all(len(set(each)) == 1 or np.ptp(each) > 0.01 for each in values))
    moved = [value / 2 + offset for value in one]
    np.testing.assert_allclose(combine(one, other, (a, b)), combine(moved, other, (a, b)), atol=1e-6)


@given(pairs(), APART)
def test_the_order_in_which_scorers_are_named_does_not_matter(
    values: tuple[list[float], list[float]], weights: tuple[float, float]
) -> None:
    (one, other), (a, b) = values, weights
    np.testing.assert_allclose(combine(one, other, (a, b)), combine(other, one, (b, a)), atol=1e-9)


@given(pairs(), WEIGHTS, WEIGHTS)
def test_a_clip_that_no_scorer_puts_behind_another_is_not_behind_it(
    values: tuple[list[float], list[float]], a: float, b: float
) -> None:
    one, other = map(np.asarray, values)
    combined = combine(*values, (a, b))
    at_least = (one[:, None] >= one) & (other[:, None] >= other)
    assert np.all((combined[:, None] >= combined - 1e-12)[at_least])
