"""Ends go to the cuts of the picture where one is near, and no limit is broken for it."""

from __future__ import annotations

from fractions import Fraction

import pytest

from autohighlight.selection.runs import Limits
from autohighlight.selection.snap import snap_distance, snapped
from autohighlight.times import TimeRange
from tests.factories import exact, make_clips

LIMITS = Limits(Fraction(2), Fraction(20), Fraction(60))
HALF = Fraction(1, 2)


def spans(*edges: tuple[object, object]) -> list[TimeRange]:
    return [TimeRange(exact(start), exact(end)) for start, end in edges]  # type: ignore[arg-type]


def snap(ranges: list[TimeRange], cuts: list[object], limits: Limits = LIMITS) -> list[TimeRange]:
    boundaries = [exact(cut) for cut in cuts]  # type: ignore[arg-type]
    return snapped(ranges, boundaries, TimeRange(Fraction(0), Fraction(100)), HALF, limits)


@pytest.mark.parametrize(
    ("cuts", "expected"),
    [
        ([], (10, 16)),
        ([10.3], (10.3, 16)),
        ([9.6], (9.6, 16)),
        ([16.2], (10, 16.2)),
        ([10.5, 15.5], (10.5, 15.5)),
        ([9.4, 16.6], (10, 16)),
        ([9.7, 10.2], (10.2, 16)),
        ([13], (10, 16)),
    ],
)
def test_an_end_goes_to_the_nearest_cut_within_reach(cuts: list[object], expected: tuple[object, object]) -> None:
    assert snap(spans((10, 16)), cuts) == spans(expected)


def test_a_highlight_of_the_shortest_length_moves_as_a_whole() -> None:
    assert snap(spans((10, 12)), [10.3]) == spans((10.3, 12.3))


def test_a_spent_budget_is_not_passed() -> None:
    limits = Limits(Fraction(2), Fraction(20), Fraction(6))
    assert snap(spans((10, 16)), [9.6], limits) == spans((9.6, 15.6))


def test_what_one_highlight_gives_up_another_takes() -> None:
    limits = Limits(Fraction(4), Fraction(6), Fraction(10))
    moved = snap(spans((10, 15), (30, 35)), [14.6, 29.8, 34.9], limits)
    assert moved == spans((10, 14.6), (29.8, 34.9))


def test_the_longest_length_is_not_passed() -> None:
    limits = Limits(Fraction(6), Fraction(6), Fraction(60))
    assert snap(spans((10, 16)), [9.7, 16.3], limits) == spans((9.7, 15.7))


def test_two_highlights_are_not_brought_together() -> None:
    assert snap(spans((10, 14), (14.8, 19)), [14.4]) == spans((10, 14), (14.8, 19))


def test_a_cut_at_the_edge_of_the_video_draws_nothing_out_of_it() -> None:
    assert snap(spans((0, 4), (97.8, 100)), [0, -0.2, 100, 100.3]) == spans((0, 4), (97.8, 100))


def test_cuts_may_come_in_any_order_and_twice() -> None:
    assert snap(spans((10, 16)), [16.2, 10.3, 16.2]) == spans((10.3, 16.2))


@pytest.mark.parametrize(("lengths", "distance"), [([2, 2, 2, 1], 0.5), ([4, 4], 1), ([10, 10, 10], 1), ([0.4], 0.1)])
def test_how_near_is_a_quarter_of_a_clip_and_at_most_a_second(lengths: list[float], distance: float) -> None:
    assert snap_distance(make_clips(lengths)) == exact(distance)
