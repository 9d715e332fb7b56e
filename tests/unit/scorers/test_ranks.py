from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from autohighlight.scorers.ranks import ranks, scaled_to_unit, weighted_mean, z_scores

NAN = float("nan")
finite = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3, 1, 2], [1, 0, 0.5]),
        ([1, 1, 2], [0.25, 0.25, 1]),
        ([5, 5, 5], [0.5, 0.5, 0.5]),
        ([7], [0.5]),
        ([], []),
        ([NAN, 1, 2, NAN], [0.5, 0, 1, 0.5]),
        ([NAN, 1], [0.5, 0.5]),
        ([NAN, NAN], [0.5, 0.5]),
    ],
)
def test_ranks(values: list[float], expected: list[float]) -> None:
    np.testing.assert_array_equal(ranks(values), expected)


@given(finite)
def test_ranks_are_those_of_scipy(values: list[float]) -> None:
    np.testing.assert_allclose(ranks(values), (rankdata(values) - 1) / (len(values) - 1))


def test_z_scores_pass_over_what_was_not_measured() -> None:
    np.testing.assert_allclose(z_scores([1, NAN, 3]), [-1, 0, 1])
    np.testing.assert_array_equal(z_scores([2, 2]), [0, 0])
    np.testing.assert_array_equal(z_scores([NAN]), [0])


@given(finite)
def test_z_scores_keep_the_order(values: list[float]) -> None:
    order = np.argsort(values, kind="stable")
    assert (np.diff(z_scores(values)[order]) >= 0).all()


def test_weighted_mean() -> None:
    parts = {"a": [0, 1], "b": [1, 1]}
    np.testing.assert_allclose(weighted_mean(parts), [0.5, 1])
    np.testing.assert_allclose(weighted_mean(parts, {"a": 3, "b": 1, "unused": 9}), [0.25, 1])


def test_a_mean_of_ranks_ties_where_exact_arithmetic_ties() -> None:
    parts = {"a": [0.1, 0.3], "b": [0.2, 0.0]}
    assert 0.1 + 0.2 != 0.3  # the danger
    assert len(np.unique(weighted_mean(parts))) == 1


def test_scaled_to_unit() -> None:
    np.testing.assert_allclose(scaled_to_unit([2, 4, 3]), [0, 1, 0.5])
    np.testing.assert_array_equal(scaled_to_unit([2, 2]), [0.5, 0.5])
    with pytest.raises(ValueError, match="finite"):
        scaled_to_unit([NAN, 1])
