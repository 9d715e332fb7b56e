from __future__ import annotations

import numpy as np
import pytest

from autohighlight_research.over_seeds import Difference, OverSeeds, crossed_interval


def test_mean_and_sample_deviation() -> None:
    measured = OverSeeds.of(np.array([0.1, 0.2, 0.3]))
    assert measured.mean == pytest.approx(0.2)
    assert measured.deviation == pytest.approx(0.1)
    assert measured.text(3) == "0.200 ± 0.100"
    assert measured.as_dict() == {
        "mean": pytest.approx(0.2), "deviation": pytest.approx(0.1), "by_seed": [0.1, 0.2, 0.3]
    }  # fmt: skip


def test_one_seed_has_no_deviation() -> None:
    measured = OverSeeds.of([0.25])
    assert np.isnan(measured.deviation)
    assert measured.text(2) == "0.25"
    assert measured.as_dict()["deviation"] is None


@pytest.mark.parametrize(("step", "sign"), [(0.1, 1), (-0.1, -1), (0.0, 0)])
def test_a_difference_has_a_sign_where_the_videos_agree(step: float, sign: int) -> None:
    values = np.random.default_rng(0).random((3, 12))
    others = values + step + 0.01 * np.random.default_rng(1).standard_normal((3, 12))
    difference = Difference.of(others, values)
    assert difference.mean == pytest.approx(step, abs=0.01)
    assert difference.sign == sign
    assert difference.interval.low <= difference.mean <= difference.interval.high
    assert difference.as_dict()["interval"] == [difference.interval.low, difference.interval.high]


def test_the_interval_grows_with_what_differs_between_videos_and_with_what_differs_between_seeds() -> None:
    random = np.random.default_rng(0)
    of_videos, of_seeds = random.standard_normal((1, 40)), random.standard_normal((8, 1))
    widths = []
    for values in (of_videos + 0 * of_seeds, of_seeds + 0 * of_videos, of_videos + of_seeds):
        interval = crossed_interval(values)
        assert interval.low < values.mean() < interval.high
        widths.append(interval.high - interval.low)
    # The quantiles of a normal mean: 3.92 standard errors, those of two independent sources added as squares.
    assert widths[0] == pytest.approx(3.92 * of_videos.std() / np.sqrt(40), rel=0.05)
    assert widths[1] == pytest.approx(3.92 * of_seeds.std() / np.sqrt(8), rel=0.1)
    assert widths[2] == pytest.approx(np.hypot(*widths[:2]), rel=0.05)


def test_one_seed_and_one_video_have_an_interval_too() -> None:
    interval = crossed_interval(np.array([[0.5]]))
    assert (interval.low, interval.high) == (0.5, 0.5)
