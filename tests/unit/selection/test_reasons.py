"""The words that say why a highlight was chosen."""

from __future__ import annotations

import math

import pytest

from autohighlight.config import ScoreOptions
from autohighlight.scorers import BUILTIN, FLOORS
from autohighlight.selection.reasons import PART_NAMES, reason_for
from autohighlight.times import TimeRange
from autohighlight.types import ScoreTrack
from tests.factories import exact, make_features, make_scores


def track(**parts: list[float]) -> ScoreTrack:
    return make_scores([n / 99 for n in range(100)], parts=parts)


def at(start: object, end: object) -> TimeRange:
    return TimeRange(exact(start), exact(end))  # type: ignore[arg-type]


def rank(value: float) -> list[float]:
    return [value] * 100


def test_the_two_parts_that_rank_highest_are_named_in_their_order() -> None:
    scores = track(living=rank(0.8), movement=rank(0.96), richness=rank(0.9), spread=rank(0.5))
    assert reason_for(at(10, 14), scores) == "movement in the top 4%, detail of the picture in the top 10%"


def test_ranks_are_averaged_over_what_is_shown_of_each_clip() -> None:
    movement = rank(0.0)
    movement[5:7] = [0.9, 0.8]  # 10 s to 12 s, 12 s to 14 s
    assert reason_for(at(10, 13), track(movement=movement)) == "movement in the top 14%"


def test_no_part_is_said_to_be_in_less_than_one_clip_of_the_video() -> None:
    scores = make_scores([0.1] * 9 + [0.9], parts={"movement": [1.0] * 10})
    assert reason_for(at(18, 20), scores) == "movement in the top 10%"


def test_without_a_notable_part_the_score_itself_is_told() -> None:
    scores = track(movement=rank(0.7))
    assert reason_for(at(198, 200), scores) == "highest score of the video"
    assert reason_for(at(176, 178), scores) == "score in the top 12%"


def test_a_part_that_could_not_be_measured_is_not_named() -> None:
    assert reason_for(at(198, 200), track(living=rank(math.nan))) == "highest score of the video"


@pytest.mark.parametrize(("name", "words"), [*PART_NAMES.items(), ("crowd_noise", "crowd noise")])
def test_known_parts_have_words_and_others_their_name(name: str, words: str) -> None:
    assert reason_for(at(10, 14), track(**{name: rank(0.9)})) == f"{words} in the top 10%"


def test_every_part_of_the_built_in_scorers_has_words() -> None:
    unseen = {name: values for name, values in make_features().cues.items() if name != "movement"}
    for name in (*FLOORS, "random", "fusion"):
        for features in (make_features(), make_features(cues=unseen)):
            assert set(BUILTIN[name](features, ScoreOptions()).parts) <= set(PART_NAMES)


def test_a_flat_curve_claims_nothing() -> None:
    assert reason_for(at(0, 2), make_scores([0.5] * 10)) == "no moment stands out"


def test_all_of_a_video_is_called_that() -> None:
    assert reason_for(at(0, 4), make_scores([0.2, 0.9])) == "the whole video"
    assert reason_for(at(0, 3), make_scores([0.2, 0.9])) == "highest score of the video"
    assert reason_for(at(0, 1), make_scores([0.5])) == "no moment stands out"
