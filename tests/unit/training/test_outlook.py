from __future__ import annotations

import math

import pytest

from autohighlight.training.loop import StepRecord
from autohighlight.training.outlook import OutlookKind, outlook

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
        ([0.05, 0.01, 0.0], 0.9, "too-easy"),
        ([0.8] * 40, None, "hardly-trained"),
        ([0.8], None, "hardly-trained"),
        ([0.8] * 5 + [0.1] * 10, None, "learned"),
        ([0.8] * 5 + [0.1] * 10, 0.9, "learned"),
        ([0.8] * 5 + [0.1] * 10, 0.0, "seeds-disagree"),
    ],
)
def test_what_a_run_shows(shares: list[float], agreement: float | None, kind: OutlookKind) -> None:
    found = outlook(run(*shares), BATCH_SIZE, agreement)
    assert found.kind == kind
    assert found.is_warning is (kind != "learned")
    assert math.isfinite(found.measure)
    assert found.sentence


def test_the_measure_is_the_number_in_the_sentence() -> None:
    assert outlook(run(0.05, 0.01), BATCH_SIZE).measure == pytest.approx(0.05)
    assert "5%" in outlook(run(0.05, 0.01), BATCH_SIZE).sentence
    assert "0.12" in outlook(run(0.8, *[0.1] * 10), BATCH_SIZE, 0.12).sentence


def test_a_loss_of_nothing_is_too_easy() -> None:
    assert outlook(run(0.0), BATCH_SIZE).kind == "too-easy"


@pytest.mark.parametrize(("steps", "batch_size"), [(0, 16), (3, 1)])
def test_there_is_something_to_look_at(steps: int, batch_size: int) -> None:
    with pytest.raises(ValueError, match="at least"):
        outlook(run(*[0.5] * steps), batch_size)
