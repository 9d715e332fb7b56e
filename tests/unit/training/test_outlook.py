from __future__ import annotations

import math

import numpy as np
import pytest

from autohighlight.training.loop import StepRecord
from autohighlight.training.outlook import OutlookKind, agreement, loss_shares, outlook

BATCH_SIZE = 16


def run(*shares: float) -> list[StepRecord]:
    """A run whose losses are these shares of log B."""
    return [
        StepRecord(step, len(shares), step, share * math.log(BATCH_SIZE), 0.9, 0.5)
        for step, share in enumerate(shares, 1)
    ]


@pytest.mark.parametrize(
    ("shares", "agreement", "kind"),
    [
        ([0.05, 0.01, 0.0], None, "too-easy"),
        ([0.05, 0.04], None, "too-easy"),
        ([0.2, *[0.01] * 10], None, "learned"),
        ([0.8] * 40, None, "hardly-trained"),
        ([0.8], None, "hardly-trained"),
        ([0.8] * 40, 0.9, "hardly-trained"),
        ([0.8] * 5 + [0.1] * 10, None, "learned"),
        ([0.8] * 5 + [0.1] * 10, 0.9, "seeds-agree"),
        ([0.8] * 5 + [0.1] * 10, 0.0, "seeds-disagree"),
        ([0.05, *[0.01] * 10], 0.0, "seeds-disagree"),
        ([0.05, *[0.01] * 10], 0.9, "seeds-agree"),
    ],
)
def test_what_a_run_shows(shares: list[float], agreement: float | None, kind: OutlookKind) -> None:
    found = outlook(run(*shares), BATCH_SIZE, agreement)
    assert found.kind == kind
    assert found.is_warning is (kind not in ("learned", "seeds-agree"))
    assert math.isfinite(found.measure)
    assert found.sentence


def test_the_measure_is_the_number_in_the_sentence() -> None:
    assert outlook(run(0.05, 0.01), BATCH_SIZE).measure == pytest.approx(0.05)
    assert "5%" in outlook(run(0.05, 0.01), BATCH_SIZE).sentence
    assert "90%" in outlook(run(1.0, 0.8), BATCH_SIZE).sentence
    assert "0.12" in outlook(run(0.8, *[0.1] * 10), BATCH_SIZE, 0.12).sentence
    both = outlook(run(0.05, *[0.01] * 10), BATCH_SIZE, 0.12)
    assert both.measure == 0.12
    assert "5%" in both.sentence


def test_a_loss_of_nothing_is_too_easy() -> None:
    assert outlook(run(0.0), BATCH_SIZE).kind == "too-easy"


@pytest.mark.parametrize(("steps", "batch_size"), [(0, 16), (3, 1)])
def test_there_is_something_to_look_at(steps: int, batch_size: int) -> None:
    with pytest.raises(ValueError, match="at least"):
        outlook(run(*[0.5] * steps), batch_size)


def test_the_smaller_batch_at_the_end_of_an_epoch_is_passed_over() -> None:
    full, small = math.log(16), math.log(4)
    losses = [(1, full), (1, small), (2, full / 2), (2, small / 2)]
    history = [StepRecord(step, 4, epoch, loss, 0.9, 0.5) for step, (epoch, loss) in enumerate(losses, 1)]
    assert loss_shares(history, BATCH_SIZE) == [1, 0.5]


def test_epochs_of_one_batch_all_count() -> None:
    assert loss_shares(run(0.8, 0.4), BATCH_SIZE) == pytest.approx([0.8, 0.4])


def test_agreement_is_of_the_order_of_the_clips() -> None:
    rng = np.random.default_rng(0)
    scores = [rng.random(9), rng.random(4)]
    assert agreement(scores, [np.exp(row) for row in scores]) == pytest.approx(1)
    assert agreement(scores, [-row for row in scores]) == pytest.approx(-1)
    assert agreement([scores[0]], [scores[0] * [1] + rng.random(9)]) < 1


def test_videos_without_an_order_do_not_count() -> None:
    order = np.arange(5.0)
    assert agreement([np.ones(1), np.ones(3), order], [np.ones(1), order[:3], order]) == pytest.approx(1)
    assert math.isnan(agreement([np.ones(3)], [order[:3]]))
