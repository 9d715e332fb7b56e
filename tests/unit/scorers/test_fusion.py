from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autohighlight.config import ScoreOptions
from autohighlight.scorers.fusion import combine, fusion, log_scores, measure_parts
from autohighlight.scorers.ranks import Values
from tests.factories import CUES, make_features

NAN = float("nan")
OPTIONS = ScoreOptions()
VALUES = [0.0, 0.2, NAN, 3.5, 40.0]


def naive(values: list[float], offset: float) -> list[float]:
    """In units of the logarithms' deviation, which is at least 0.1."""
    logs = [math.log(value + offset) for value in values if not math.isnan(value)]
    mean, deviation = statistics.fmean(logs), math.sqrt(statistics.pvariance(logs) + 0.1**2)
    return [0.0 if math.isnan(value) else (math.log(value + offset) - mean) / deviation for value in values]


def parts_of(cues: dict[str, list[float]], richness: list[float] | None = None) -> dict[str, Values]:
    num_clips = len(next(iter(cues.values()), richness or []))
    of_embedding = np.zeros(num_clips) if richness is None else np.array(richness)
    embeddings = np.stack([of_embedding - 1, of_embedding + 1, of_embedding * 7, of_embedding * 9], axis=1)
    arrays = {name: np.array(values, np.float64) for name, values in cues.items()}
    return measure_parts(make_features(num_clips, embeddings=embeddings, cues=arrays))


@pytest.mark.parametrize(
    ("name", "offset", "weight"),
    [("movement", 0.5, 1), ("change", 0.001, 1), ("local_change", 0.003, 1), ("packet_size", 50, 2)],
)
def test_a_part_is_the_logarithm_in_units_of_its_deviation(name: str, offset: float, weight: float) -> None:
    expected = weight * np.array(naive(VALUES, offset))
    np.testing.assert_allclose(parts_of({name: VALUES})[name], expected, atol=1e-9)


def test_richness_is_the_mean_of_the_first_half_of_the_embedding() -> None:
    richness = [0.0, 0.3, 0.1, 2.0]
    np.testing.assert_allclose(parts_of({}, richness)["richness"], naive(richness, 0.001), atol=1e-9)


def test_living_counts_by_its_distance_from_the_mean() -> None:
    living = parts_of({"living": [0.1, 0.9, NAN, 0.2]})["living"]
    np.testing.assert_allclose(living, [3 * (0.1 - 0.4), 3 * (0.9 - 0.4), 0, 3 * (0.2 - 0.4)], atol=1e-12)


@pytest.mark.parametrize(
    ("num_clips", "expected"), [(1, [0]), (2, [0, 0]), (3, [-1, 0, -1]), (5, [-1, -0.5, 0, -0.5, -1])]
)
def test_position_is_the_distance_from_the_middle_where_there_is_one(num_clips: int, expected: list[float]) -> None:
    np.testing.assert_allclose(parts_of({"movement": [1.0] * num_clips})["position"], expected)


def test_what_varies_less_than_a_tenth_has_less_say() -> None:
    small, large = log_scores([1, 1.01], 0), log_scores([1, 100], 0)
    np.testing.assert_allclose(small, [-0.0497, 0.0497], atol=1e-4)
    np.testing.assert_allclose(large, [-1, 1], atol=1e-3)


def test_a_value_below_zero_counts_as_zero() -> None:
    np.testing.assert_array_equal(log_scores([-5, 1, 2], 0.5), log_scores([0, 1, 2], 0.5))


@pytest.mark.parametrize("num_clips", range(1, 20))
@pytest.mark.parametrize("value", [0.1, 0.7, 1.234, 12.3])
def test_what_is_the_same_wherever_it_was_measured_adds_nothing_to_the_last_bit(value: float, num_clips: int) -> None:
    parts = parts_of({name: [value] * num_clips + [NAN] for name in ("movement", "living")})
    for name in ("movement", "living"):
        assert (parts[name] == 0).all(), "else the ranks would tell clips apart that are alike"


def test_packets_stand_in_for_movement_only_where_no_movement_was_measured() -> None:
    sizes, nothing = [100.0, 900.0, 50.0, 60.0], [NAN] * 4
    assert "packet_size" not in parts_of({"movement": [NAN, NAN, 1, NAN], "packet_size": sizes})
    unmeasured = parts_of({"movement": nothing, "packet_size": sizes})
    assert (unmeasured["movement"] == 0).all()
    np.testing.assert_allclose(unmeasured["packet_size"], 2 * np.array(naive(sizes, 50)))
    np.testing.assert_array_equal(parts_of({"packet_size": sizes})["packet_size"], unmeasured["packet_size"])


def test_a_backbone_that_knows_no_places_and_things_leaves_their_parts_out() -> None:
    features = make_features(8)
    seen = {name: values for name, values in features.cues.items() if name not in ("living", "local_change")}
    without = make_features(8, cues=seen)
    assert set(measure_parts(without)) == {"movement", "change", "richness", "position"}
    nothing = np.full(8, NAN, np.float32)
    unmeasured = make_features(8, cues=seen | {"living": nothing, "local_change": nothing})
    np.testing.assert_array_equal(fusion(without, OPTIONS).values, fusion(unmeasured, OPTIONS).values)


def test_the_score_is_the_sum_of_the_parts_stretched_to_the_unit() -> None:
    features = make_features(12)
    total = np.sum(list(measure_parts(features).values()), axis=0)
    expected = (total - total.min()) / (total.max() - total.min())
    scores = fusion(features, OPTIONS)
    np.testing.assert_allclose(scores.values, expected, atol=1e-9)
    assert scores.scorer == "fusion"
    assert set(scores.parts) == {"movement", "change", "local_change", "richness", "living", "position"}
    for name, part in measure_parts(features).items():
        assert np.argsort(scores.parts[name], kind="stable").tolist() == np.argsort(part, kind="stable").tolist()


def test_parts_may_be_left_out() -> None:
    assert combine({"a": [0, 1, 3]}).tolist() == pytest.approx([0, 1 / 3, 1])
    assert combine({"a": [0, 1, 3], "b": [3, 1, 0]}).tolist() == [1, 0, 1]
    assert combine({"a": [0.1, 0.3], "b": [0.2, 0.0]}).tolist() == [0.5, 0.5], "the same in exact arithmetic"


@pytest.mark.parametrize("num_clips", [1, 2])
def test_clips_between_which_nothing_differs_get_a_half(num_clips: int) -> None:
    cues = {name: np.ones(num_clips, np.float32) for name in CUES}
    features = make_features(num_clips, cues=cues, embeddings=np.ones((num_clips, 4), np.float32))
    assert fusion(features, OPTIONS).values.tolist() == [0.5] * num_clips
    assert fusion(make_features(1), OPTIONS).values.tolist() == [0.5]


def test_cues_that_it_does_not_know_change_nothing() -> None:
    features = make_features(9)
    others = {"loudness": np.arange(9, dtype=np.float32), "faces": np.full(9, NAN, np.float32)}
    with_others = fusion(make_features(9, cues=others | dict(features.cues)), OPTIONS)
    np.testing.assert_array_equal(with_others.values, fusion(features, OPTIONS).values)
    assert list(with_others.parts) == list(fusion(features, OPTIONS).parts)


rows = st.lists(
    st.lists(st.one_of(st.floats(0, 1000, width=32), st.just(NAN)), min_size=len(CUES), max_size=len(CUES)),
    min_size=1,
    max_size=12,
)


@given(rows)
def test_any_measures_give_a_score_and_unmeasured_clips_get_no_rank_of_their_own(rows: list[list[float]]) -> None:
    cues = {name: np.array(column, np.float32) for name, column in zip(CUES, zip(*rows, strict=True), strict=True)}
    scores = fusion(make_features(len(rows), cues=cues), OPTIONS)
    assert scores.values.max() in (0.5, 1)
    for part in scores.parts.values():
        assert ((part >= 0) & (part <= 1)).all()


@given(rows)
def test_a_clip_that_beats_all_others_in_every_part_gets_1(rows: list[list[float]]) -> None:
    best = len(rows) // 2
    table = np.nan_to_num(np.array([*rows[:best], [2000.0] * len(CUES), *rows[best:]], np.float32))
    embeddings = np.random.default_rng(0).random((len(table), 4), np.float32)
    embeddings[best] = 2
    if len(table) % 2 == 0:  # no clip is in the very middle: one more at the end
        table, embeddings = np.concatenate([table, table[:1] * 0]), np.concatenate([embeddings, embeddings[:1] * 0])
    cues = dict(zip(CUES, table.T, strict=True))
    scores = fusion(make_features(len(table), cues=cues, embeddings=embeddings), OPTIONS)
    assert scores.values[best] == 1
    assert (np.delete(scores.values, best) < 1).all()
