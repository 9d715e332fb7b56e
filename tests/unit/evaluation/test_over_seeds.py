from __future__ import annotations

import numpy as np
import pytest

from autohighlight.evaluation.over_seeds import Difference, OverSeeds


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
