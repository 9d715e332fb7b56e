from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autohighlight.media.stray_times import mended


@pytest.mark.parametrize(
    ("place", "wrong"),
    [(20, [20]), (20, [21, 21]), (0, [0.5, 1, 1.5]), (57, [56, 58, 58.5]), (30, [30.5])],
    ids=["none", "twice", "beginning", "end", "between"],
)
def test_a_few_wrong_times_are_moved_onto_the_grid(place: int, wrong: list[float]) -> None:
    times = np.arange(60) * 3600 + 500
    given_times = times.copy()
    given_times[place : place + len(wrong)] = np.array(wrong) * 3600 + 500
    assert mended(given_times).tolist() == times.tolist()


def test_times_that_are_uneven_stay() -> None:
    pulldown = np.cumsum([3003, 4505, 4504] * 20)
    assert mended(pulldown) is pulldown
    with_hole = np.concatenate([np.arange(40), np.arange(50, 90)]) * 3003
    assert mended(with_hole).tolist() == with_hole.tolist()


@given(st.lists(st.integers(-(10**6), 10**6), max_size=50))
def test_any_times_are_taken(times: list[int]) -> None:
    assert len(mended(np.array(times, np.int64))) == len(times)
