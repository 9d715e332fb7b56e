"""Several scorers as one: how they are named, and what becomes of their scores, parts and reasons."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from autohighlight.config import ScoreOptions
from autohighlight.default_plugins import load_plugins
from autohighlight.errors import OptionError
from autohighlight.plugins import Registry
from autohighlight.scorers import check_selector, may_use_selector
from autohighlight.scorers.combined import Term, combine_tracks, find_scorer, parse_terms
from autohighlight.selection.reasons import reason_for
from autohighlight.types import FeatureTrack, ScoreTrack
from tests.factories import make_features, make_scores

SCORERS = load_plugins(installed=False).scorers
KNOWN = {"fusion", "movement", "spread", "movement+spread", "spread+centre", "centre", "audio", "a:2", "a"}


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("fusion", [Term("fusion")]),
        ("movement+spread", [Term("movement+spread")]),
        ("fusion+audio:0.3", [Term("fusion"), Term("audio", 0.3)]),
        ("fusion:2+audio:0.50", [Term("fusion", 2), Term("audio", 0.5)]),
        ("movement+spread+centre", [Term("movement+spread"), Term("centre")]),
        ("movement+spread:2", [Term("movement+spread", 2)]),
        ("spread+movement", [Term("spread"), Term("movement")]),
        ("movement+spread+centre+audio", [Term("movement+spread"), Term("centre"), Term("audio")]),
        ("fusion:0+audio", [Term("audio")]),
        ("a:2", [Term("a:2")]),
        ("a:3+fusion", [Term("a", 3), Term("fusion")]),
        ("a:2:4+fusion", [Term("a:2", 4), Term("fusion")]),
    ],
)
def test_a_name_stands_for_scorers_with_weights(text: str, terms: list[Term]) -> None:
    assert parse_terms(text, KNOWN) == tuple(terms)


def test_where_the_longest_name_leads_nowhere_a_shorter_one_is_taken() -> None:
    assert parse_terms("a+b+c", {"a", "a+b", "b+c"}) == (Term("a"), Term("b+c"))


def test_a_name_of_a_family_may_have_a_weight() -> None:
    scorers: Registry[Any] = Registry("scorer")
    for name in ("fusion", "ear:*"):
        scorers.add(name, object(), "tests")
    assert parse_terms("ear:left", scorers) == (Term("ear:left"),)
    assert parse_terms("ear:left:0.5+fusion+ear:right", scorers) == (
        Term("ear:left", 0.5),
        Term("fusion"),
        Term("ear:right"),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("loudness", "no scorer is called 'loudness'"),
        ("fusion+loudness", "no scorer is called 'loudness'"),
        ("loudness:2+fusion", "no scorer is called 'loudness'"),
        ("fusion+", "a scorer is missing beside a +"),
        ("+fusion", "a scorer is missing beside a +"),
        ("fusion:high+audio", "the weight of fusion cannot be 'high'"),
        ("fusion:-1+audio", "the weight of fusion cannot be '-1'"),
        ("fusion:nan+audio", "the weight of fusion cannot be 'nan'"),
        ("fusion:+audio", "the weight of fusion cannot be ''"),
        ("fusion:0", "every scorer has weight 0"),
        ("fusion:0+audio:0.0", "every scorer has weight 0"),
        ("fusion+audio+fusion:2", "the scorer fusion is named twice"),
        ("+".join(["fusion"] * 17), "17 scorers are more than can be combined"),
    ],
)
def test_what_cannot_be_meant_is_said(text: str, message: str) -> None:
    with pytest.raises(OptionError) as caught:
        parse_terms(text, KNOWN)
    assert message in caught.value.problem
    assert caught.value.hint


@pytest.mark.parametrize("text", ["loudness", "fusion+loudness", "loudness:0.5+fusion", ""])
def test_an_unknown_scorer_lists_those_there_are(text: str) -> None:
    with pytest.raises(OptionError, match=r"no scorer is called .* \(there are: centre, contrastive, fusion"):
        find_scorer(text, SCORERS)


def scored(text: str, features: FeatureTrack | None = None) -> ScoreTrack:
    return find_scorer(text, SCORERS)(features or make_features(), ScoreOptions(scorer=text))


@pytest.mark.parametrize("text", ["fusion", "fusion:0.3", "fusion+movement:0", "centre:0+fusion:7"])
def test_a_scorer_alone_stays_as_it_is(text: str) -> None:
    alone, track = scored("fusion"), scored(text)
    np.testing.assert_array_equal(track.values, alone.values)
    assert track.scorer == "fusion"
    assert track.parts.keys() == alone.parts.keys()
    assert track.part_weights == alone.part_weights == {}
    assert find_scorer("fusion", SCORERS) is SCORERS["fusion"]


def test_scores_are_the_weighted_mean_of_standard_scores_moved_to_0_and_1() -> None:
    values = {"one": [0.0, 0.0, 0.0, 1.0], "other": [0.2, 0.4, 0.2, 0.4]}
    tracks = {name: make_scores(numbers) for name, numbers in values.items()}
    track = combine_tracks("one+other:0.5", tracks, {"one": 1.0, "other": 0.5})
    root = 3**0.5  # standard scores are -1/root three times and root; then -1 and 1 by turns
    sums = np.array([-1 / root - 0.5, -1 / root + 0.5, -1 / root - 0.5, root + 0.5])
    np.testing.assert_allclose(track.values, (sums - sums[0]) / (sums[3] - sums[0]))
    assert track.scorer == "one+other:0.5"
    assert track.clips == tracks["one"].clips


def test_scorers_that_contradict_each_other_leave_nothing() -> None:
    tracks = {"one": make_scores([0.1, 0.2, 0.3]), "other": make_scores([0.9, 0.5, 0.1])}
    assert combine_tracks("one+other", tracks, {"one": 1.0, "other": 1.0}).values.tolist() == [0.5, 0.5, 0.5]


def test_a_scorer_to_which_no_two_clips_differ_has_no_say() -> None:
    tracks = {"one": make_scores([0.1, 0.4, 0.2]), "other": make_scores([0.7, 0.7, 0.7])}
    track = combine_tracks("one+other:9", tracks, {"one": 1.0, "other": 9.0})
    np.testing.assert_allclose(track.values, [0, 1, 1 / 3])


def test_each_scorer_is_told_its_own_name_and_all_else() -> None:
    told: list[ScoreOptions] = []

    def scorer(features: FeatureTrack, options: ScoreOptions) -> ScoreTrack:
        told.append(options)
        return SCORERS["centre"](features, options)

    options = ScoreOptions(scorer="one+other:2", adapt=True)
    find_scorer("one+other:2", {"one": scorer, "other": scorer})(make_features(), options)
    assert told == [dataclasses.replace(options, scorer=name) for name in ("one", "other")]


def test_a_combination_can_be_sent_to_a_worker() -> None:
    scorer = find_scorer("fusion+centre:0.3", SCORERS)
    again = pickle.loads(pickle.dumps(scorer))  # noqa: S301 -- our own bytes
    features, options = make_features(), ScoreOptions(scorer="fusion+centre:0.3")
    np.testing.assert_array_equal(again(features, options).values, scorer(features, options).values)


def combined(parts: Mapping[str, Mapping[str, list[float]]], weights: Mapping[str, float]) -> ScoreTrack:
    """Ten clips; the scores are those of the first part of each scorer."""
    tracks = {name: make_scores(next(iter(own.values())), parts=own) for name, own in parts.items()}
    return combine_tracks("+".join(parts), tracks, weights)


RISING = [n / 9 for n in range(10)]


def test_parts_are_those_of_all_with_the_weight_of_their_scorer() -> None:
    track = scored("fusion+centre:0.25+spread:2")
    assert set(track.parts) == {*scored("fusion").parts, "centre", "spread"}
    assert track.part_weights["movement"] == 1
    assert track.part_weights["centre"] == 0.25
    assert track.part_weights["spread"] == 2


def test_different_parts_of_one_name_are_told_apart() -> None:
    track = combined({"eye": {"detail": RISING}, "ear": {"detail": RISING[::-1]}}, {"eye": 1, "ear": 1})
    assert set(track.parts) == {"detail (eye)", "detail (ear)"}


def test_a_combination_may_be_part_of_another() -> None:
    inner = combined({"eye": {"detail": RISING}, "ear": {"loudness": RISING}}, {"eye": 1, "ear": 0.5})
    outer = combine_tracks("both", {"inner": inner, "eye": make_scores(RISING)}, {"inner": 2.0, "eye": 1.0})
    assert outer.part_weights == {"detail": 2, "loudness": 1}


def test_the_reason_begins_with_what_counts_most() -> None:
    lively = combined({"eye": {"detail": [*RISING[:-1], 0.9]}, "ear": {"loudness": RISING}}, {"eye": 1, "ear": 0.3})
    assert reason_for(lively.clips[9].time_range, lively) == "detail in the top 10%, loudness in the top 10%"
    heavier = combined({"eye": {"detail": RISING}, "ear": {"loudness": [*RISING[:-1], 0.9]}}, {"eye": 1, "ear": 2})
    assert reason_for(heavier.clips[9].time_range, heavier) == "loudness in the top 10%, detail in the top 10%"


def test_what_hardly_counts_is_no_reason() -> None:
    track = combined({"eye": {"detail": RISING}, "ear": {"loudness": RISING}}, {"eye": 1, "ear": 0.05})
    assert reason_for(track.clips[9].time_range, track) == "detail in the top 10%"


@pytest.mark.parametrize(
    ("name", "uses"),
    [
        ("contrastive", True),
        ("contrastive+fusion:0.3", True),
        ("fusion+contrastive:0", False),
        ("fusion+centre", False),
        ("movement+spread", False),
        ("fusion+audio", True),  # a plugin's may
    ],
)
def test_a_selector_that_no_scorer_uses_is_refused(name: str, uses: bool) -> None:
    assert may_use_selector(name) is uses
    if uses:
        check_selector(ScoreOptions(scorer=name, adapt=True))
    else:
        with pytest.raises(OptionError, match="has no use for --adapt"):
            check_selector(ScoreOptions(scorer=name, adapt=True))
