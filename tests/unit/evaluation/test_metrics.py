from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from autohighlight.evaluation.labels import TVSUM, read_labels
from autohighlight.evaluation.metrics import (
    above_median_positives,
    agreement,
    average_precision,
    bootstrap_interval,
    earlier_first,
    mean_over_raters,
    top_five_average_precision,
    upper_quartile_positives,
)

labelled = st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=1, max_size=5).filter(
    lambda rows: any(positive for positive, _ in rows)
)


@pytest.mark.parametrize(
    ("positives", "scores", "expected"),
    [
        ([1, 0, 0], [3, 2, 1], 1),
        ([0, 0, 1], [3, 2, 1], 1 / 3),
        ([1, 0, 1, 0], [4, 3, 2, 1], (1 + 2 / 3) / 2),
        ([1, 0], [1, 1], (1 + 1 / 2) / 2),
        ([1, 1, 1], [0, 0, 0], 1),
        ([0, 1, 0], [5, 1, 1], (1 / 2 + 1 / 3) / 2),
    ],
)
def test_average_precision_by_hand(positives: list[int], scores: list[float], expected: float) -> None:
    assert average_precision(positives, scores) == pytest.approx(expected)


@given(st.lists(st.booleans(), min_size=1, max_size=40).filter(any), st.randoms(use_true_random=False))
def test_average_precision_is_that_of_scikit_learn_without_ties(positives: list[bool], random: object) -> None:
    scores = list(range(len(positives)))
    random.shuffle(scores)  # type: ignore[attr-defined]
    assert average_precision(positives, scores) == pytest.approx(average_precision_score(positives, scores))


@given(labelled)
def test_ties_count_as_the_mean_over_all_their_orders(rows: list[tuple[bool, int]]) -> None:
    orders = [
        [positive for positive, _ in order]
        for order in itertools.permutations(rows)
        if all(above[1] >= below[1] for above, below in itertools.pairwise(order))
    ]
    untied = [average_precision_score(order, range(len(order), 0, -1)) for order in orders]
    positives, scores = zip(*rows, strict=True)
    assert average_precision(positives, scores) == pytest.approx(np.mean(untied))


def test_a_constant_score_earns_what_chance_earns() -> None:
    positives = np.arange(20) % 5 == 0
    random = np.random.default_rng(0)
    chance = np.mean([average_precision(positives, random.random(20)) for _ in range(4000)])
    assert average_precision(positives, np.ones(20)) == pytest.approx(chance, abs=0.01)
    top_five = np.mean([top_five_average_precision(positives, random.random(20)) for _ in range(4000)])
    assert top_five_average_precision(positives, np.ones(20)) == pytest.approx(top_five, abs=0.06)


@pytest.mark.parametrize(
    ("positives", "scores"), [([0, 0], [1, 2]), ([1, 0], [float("nan"), 1]), ([1], [1, 2]), ([], [])]
)
@pytest.mark.parametrize("metric", [average_precision, top_five_average_precision])
def test_what_cannot_be_measured_is_an_error(metric: object, positives: list[int], scores: list[float]) -> None:
    with pytest.raises(ValueError, match=r"positive|finite|labels"):
        metric(positives, scores)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("best_five", "expected"),
    [([1, 1, 1, 1, 1], 1), ([0, 0, 0, 0, 0], 0), ([1, 0, 0, 0, 0], 1), ([0, 1, 0, 0, 0], 0.25)],
)
def test_top_five_by_hand(best_five: list[int], expected: float) -> None:
    # [0, 1, ...]: recall steps from 0 to 1 at the second clip, while precision goes from 0 to 1/2
    assert top_five_average_precision([*best_five, 1], [6, 5, 4, 3, 2, 1]) == pytest.approx(expected)


def test_positives_of_raters() -> None:
    ratings = [[1, 1, 1, 5], [3, 3, 3, 3], [1, 2, 3, 4]]
    assert upper_quartile_positives(ratings).astype(int).tolist() == [[0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 1]]
    assert above_median_positives(ratings).astype(int).tolist() == [[0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 1, 1]]


def test_raters_without_a_positive_are_left_out() -> None:
    positives = np.array([[True, False], [False, False]])
    assert mean_over_raters(average_precision, positives, [2, 1]) == 1
    assert np.isnan(mean_over_raters(average_precision, positives[1:], [2, 1]))
    assert mean_over_raters(average_precision, positives, [2, 1], silent=0.0) == 0.5
    assert np.isnan(mean_over_raters(average_precision, positives[1:], [2, 1], silent=0.0))


def test_of_clips_that_tie_the_earlier_is_better() -> None:
    scores = [0.5, 0.1, 0.5, 0.9, 0.1]
    np.testing.assert_array_equal(earlier_first(scores), [4, 2, 3, 5, 1])
    np.testing.assert_array_equal(np.argsort(-earlier_first(scores)), np.argsort(np.negative(scores), kind="stable"))


def test_agreement_of_raters() -> None:
    ratings = np.array([[1.0, 2.0, 5.0], [5.0, 2.0, 1.0]])
    assert agreement(average_precision, upper_quartile_positives(ratings), ratings) == pytest.approx(1 / 3)
    assert np.isnan(agreement(average_precision, np.ones((1, 3), bool), ratings[:1]))


def test_bootstrap_interval() -> None:
    values = np.random.default_rng(0).normal(0.6, 0.1, size=400)
    interval = bootstrap_interval(values)
    assert (interval.low, interval.high) == pytest.approx(
        (values.mean() - 1.96 * 0.1 / 20, values.mean() + 1.96 * 0.1 / 20), abs=0.002
    )
    assert interval == bootstrap_interval(values)
    assert str(bootstrap_interval([0.5])) == "[0.500, 0.500]"
    for bad in ([], [float("nan")]):
        with pytest.raises(ValueError, match="finite"):
            bootstrap_interval(bad)


# From the labels alone, as published with them: random, centre first (on clips of the
# first two the earlier of two equally near ones first), and how well the other rater (TVSum: the mean of all) does.
PUBLISHED = {
    "rated/labels.jsonl": (0.541, 0.565, None),
    "footage/labels.jsonl": (0.460, 0.447, 0.96),
    "tvsum/tvsum_{}.jsonl": (0.415, 0.472, 0.809),
}


def _label_files(shared: Path | None, pattern: str, scratch: Path) -> tuple[list[Path], bool]:
    """The real label files, or ones made up, with whether they are real."""
    if shared is not None:
        names = [pattern.format(part) for part in ("train", "val")] if "{}" in pattern else [pattern]
        return [shared / "annotations" / name for name in names], True
    random = np.random.default_rng(0)
    rows = []
    for number in range(40):
        ratings = random.integers(1, 6, size=(2, 16)).tolist()
        tvsum = {"vid": f"{number}", "label": np.transpose(ratings).tolist()}
        rows.append(tvsum if "{}" in pattern else {"video": f"{number}.mp4", "clip_seconds": 2, "scores": ratings})
    path = scratch / "labels.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return [path], False


@pytest.mark.parametrize("pattern", PUBLISHED)
def test_the_published_floors_come_out(shared: Path | None, tmp_path: Path, pattern: str) -> None:
    files, real = _label_files(shared, pattern, tmp_path)
    random, centre, raters = [], [], []
    for video in itertools.chain.from_iterable(read_labels(file).videos for file in files):
        assert video.clip_seconds is not None
        targets, metric = video.targets(video.clip_seconds), video.protocol.metric
        count = len(targets.clips)
        middle = -np.abs(np.arange(count) - (count - 1) / 2)
        if video.protocol is not TVSUM:
            middle -= 1e-6 * np.arange(count)
        random.append(mean_over_raters(metric, targets.positives, np.zeros(count)))
        centre.append(mean_over_raters(metric, targets.positives, middle))
        oracle = mean_over_raters(metric, targets.positives, targets.oracle)
        raters.append(oracle if "{}" in pattern else agreement(metric, targets.positives, targets.ratings))
        assert oracle >= random[-1]
    if real:
        expected = PUBLISHED[pattern]
        assert np.mean(random) == pytest.approx(expected[0], abs=0.01)
        assert np.mean(centre) == pytest.approx(expected[1], abs=0.01)
        assert expected[2] is None or np.mean(raters) == pytest.approx(expected[2], abs=0.02)
    else:
        assert np.mean(centre) == pytest.approx(np.mean(random), abs=0.1)
