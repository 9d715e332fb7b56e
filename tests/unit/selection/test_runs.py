"""The dynamic programme at sizes where trying all is out of the question."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from autohighlight.selection import runs
from autohighlight.selection.runs import Limits, Run, best_runs

LIMITS = Limits(Fraction(2), Fraction(20), Fraction(300))


def edges(num_clips: int) -> list[Fraction]:
    return [Fraction(2 * n) for n in range(num_clips)] + [Fraction(2 * num_clips) + Fraction(1, 3)]


def worth(chosen: list[Run], scores: np.ndarray) -> float:
    return float(sum(scores[first:end].sum() for first, end in chosen))


def assert_kept(chosen: list[Run], times: list[Fraction], limits: Limits) -> None:
    lengths = [times[end] - times[first] for first, end in chosen]
    assert all(limits.shortest <= length <= limits.longest for length in lengths)
    assert sum(lengths) <= limits.budget
    assert all(end < first for (_, end), (first, _) in itertools.pairwise(chosen))
    assert limits.count is None or len(chosen) <= limits.count


def test_the_best_clips_of_a_long_video_are_chosen() -> None:
    """Peaks apart from each other: the best choice is simply the highest of them."""
    scores = np.full(2000, 0.01)
    peaks = np.random.default_rng(0).permutation(np.arange(0, 2000, 4))
    scores[peaks] = np.linspace(0.2, 1.0, len(peaks))
    chosen = best_runs(edges(2000), scores, LIMITS)
    assert chosen == sorted((int(peak), int(peak) + 1) for peak in peaks[-150:])


def test_scores_that_differ_little_are_told_apart() -> None:
    scores = np.full(1000, 0.5)
    scores[700] += 1e-6
    assert best_runs(edges(1000), scores, Limits(Fraction(2), Fraction(2), Fraction(2))) == [(700, 701)]


@pytest.mark.parametrize("count", [None, 3, 12])
def test_coarser_tables_keep_every_limit_and_lose_little(count: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clips of a few frames, of which a highlight holds many: where tables grow large."""
    scores = np.repeat(np.random.default_rng(0).random(80), 10)
    times = [Fraction(n, 5) for n in range(801)]
    limits = Limits(Fraction(2), Fraction(6), Fraction(50), count)
    exact = best_runs(times, scores, limits)
    monkeypatch.setattr(runs, "MAX_BYTES", 200_000)
    coarse = best_runs(times, scores, limits)
    assert_kept(exact, times, limits)
    assert_kept(coarse, times, limits)
    assert exact != coarse
    assert 0.9 * worth(exact, scores) < worth(coarse, scores) <= worth(exact, scores)


def test_where_a_count_is_met_by_a_price_equal_runs_are_not_all_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MAX_BYTES", 40_000)
    limits = Limits(Fraction(2), Fraction(2), Fraction(100), 30)
    chosen = best_runs(edges(400), np.full(400, 0.5), limits)
    assert_kept(chosen, edges(400), limits)
    assert len(chosen) == 30


def test_no_run_is_no_error() -> None:
    assert best_runs(edges(3), np.ones(3), Limits(Fraction(30), Fraction(40), Fraction(60))) == []
    assert best_runs(edges(3), np.zeros(3), LIMITS) == []
