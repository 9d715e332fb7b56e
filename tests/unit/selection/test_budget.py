"""Which highlights are chosen: by budget, count, length and order; and what each error says."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from autohighlight.config import Options
from autohighlight.errors import OptionError
from autohighlight.selection.budget import limits_of, select_within_budget
from autohighlight.types import ScoreTrack, Selection
from tests.factories import exact, make_media, make_scores, media_of


def select(scores: ScoreTrack, cuts: tuple[Fraction, ...] = (), rate: Any = 25, **options: Any) -> Selection:
    return select_within_budget(media_of(scores, rate), scores, cuts, Options.of(**options).select)


def edges(selection: Selection) -> list[tuple[Fraction, Fraction]]:
    return [(highlight.time_range.start, highlight.time_range.end) for highlight in selection]


LOW, MID, TOP = 0.1, 0.5, 0.9


def test_peaks_are_taken_before_a_long_plateau() -> None:
    scores = make_scores([LOW, TOP, LOW, MID, MID, MID, MID, LOW, TOP, LOW])
    assert edges(select(scores, duration="4s")) == [(2, 4), (16, 18)]


def test_neighbours_are_one_highlight() -> None:
    scores = make_scores([LOW, TOP, TOP, TOP, LOW, LOW])
    assert edges(select(scores, duration="6s")) == [(2, 8)]


def test_a_run_longer_than_the_longest_is_cut_with_a_clip_between() -> None:
    scores = make_scores([TOP] * 7)
    assert edges(select(scores, duration="100%", max_length="6s")) == [(0, 6), (8, 14)]


def test_the_shortest_length_takes_the_better_neighbours_along() -> None:
    scores = make_scores([LOW, LOW, MID, TOP, LOW, LOW, LOW])
    assert edges(select(scores, duration="4s", min_length="4s")) == [(4, 8)]


def test_of_equal_choices_the_earliest_is_taken() -> None:
    assert edges(select(make_scores([MID] * 10), duration="6s")) == [(0, 6)]
    assert edges(select(make_scores([LOW, TOP, LOW, TOP, LOW, TOP]), duration="2s")) == [(2, 4)]


def test_a_clip_that_scores_nothing_is_no_filler() -> None:
    assert edges(select(make_scores([0, 0.5, 0, 0, 0]), duration="100%")) == [(2, 4)]


def test_where_nothing_scores_all_is_alike() -> None:
    assert edges(select(make_scores([0] * 5), duration="4s")) == [(0, 4)]


def test_count_limits_the_number_of_highlights() -> None:
    scores = make_scores([TOP, LOW, 0.8, LOW, 0.7, LOW, 0.6, LOW])
    assert edges(select(scores, duration="4s", count=1, max_length="2s")) == [(0, 2)]
    assert edges(select(scores, duration="8s", count=2, max_length="2s")) == [(0, 2), (4, 6)]


def test_order_is_of_time_or_of_score() -> None:
    scores = make_scores([MID, LOW, TOP, LOW, 0.7, LOW])
    assert edges(select(scores, duration="6s", max_length="2s")) == [(0, 2), (4, 6), (8, 10)]
    assert edges(select(scores, duration="6s", max_length="2s", order="score")) == [(4, 6), (8, 10), (0, 2)]


def test_the_last_clip_counts_at_its_own_length() -> None:
    scores = make_scores([MID, LOW, MID, LOW, TOP], ["2", "2", "2", "2", "1.48"])
    assert edges(select(scores, duration="3.5s", min_length="1s")) == [(0, 2), (8, exact("9.48"))]


def test_clips_of_any_length_are_counted_exactly() -> None:
    scores = make_scores([TOP, LOW, TOP, LOW, TOP], ["1.2", "3", "2.2", "0.4", "3.6"])
    chosen = select(scores, duration="5.8s", min_length="1s")
    assert edges(chosen) == [(exact("4.2"), exact("6.4")), (exact("6.8"), exact("10.4"))]


def test_the_score_is_the_mean_over_what_is_shown() -> None:
    scores = make_scores([0, 0.6, 0.9, 0])
    (highlight,) = select(scores, duration="4s")
    assert highlight.score == pytest.approx(0.75)


def test_ends_go_to_cuts_that_are_near() -> None:
    scores = make_scores([LOW, LOW, TOP, TOP, LOW, LOW])
    assert edges(select(scores, (exact("4.2"), exact("7.8")), duration="4s")) == [(exact("4.2"), exact("7.8"))]


@pytest.mark.parametrize(
    ("video", "options", "expected"),
    [
        (600, {}, 60),
        (200, {}, 30),
        (10, {}, 2),
        ("1.2", {}, "1.2"),
        (600, {"min_length": "90s", "max_length": "90s"}, 90),
        (600, {"duration": "1s"}, 1),
        (600, {"duration": "10%"}, 60),
        (600, {"duration": "50f"}, 2),
        (10, {"duration": "60s"}, 10),
    ],
)
def test_the_budget_is_what_the_options_come_to(video: object, options: dict[str, str], expected: object) -> None:
    limits = limits_of(make_media(video), Options.of(**options).select)  # type: ignore[arg-type]
    assert limits.budget == exact(expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lengths", "reel"),
    [([2, 1], 2), (["0.6"], "0.6"), (["0.04"], "0.04"), (["0.02"], "0.02"), (["2.96"], 2), ([2] * 7, 2)],
)
def test_a_short_video_gives_a_reel(lengths: list[Any], reel: Any) -> None:
    assert select(make_scores([MID] * len(lengths), lengths)).duration == exact(reel)


def test_a_budget_below_the_shortest_length_is_kept_to_the_letter() -> None:
    scores = make_scores([LOW, MID, TOP, LOW])
    assert edges(select(scores, duration="1s")) == [(4, 5)]


def test_lengths_that_no_whole_clips_make_are_met_all_the_same() -> None:
    chosen = select(make_scores([LOW, MID, TOP, TOP, LOW, LOW]), min_length="5s", max_length="5s", duration="5s")
    assert [highlight.time_range.duration for highlight in chosen] == [5]
    assert chosen[0].time_range.overlap(media_of(make_scores([0] * 4, 2, start=2)).time_range) == 5


def test_a_clip_longer_than_the_longest_highlight_is_divided() -> None:
    scores = make_scores([LOW, TOP, LOW], [2, 30, 2])
    (highlight,) = select(scores, duration="20s", max_length="20s", count=1)
    assert highlight.time_range.duration == 20
    assert highlight.score == pytest.approx(TOP)


def test_a_reel_is_not_a_frame_longer_than_asked_for() -> None:
    scores = make_scores([TOP if n % 2 else LOW for n in range(90)])
    chosen = select(scores, rate="30000/1001", duration="60s")
    assert len(chosen) == 30
    assert chosen.duration == 1798 * Fraction(1001, 30000)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_length": "1s"}, "--max-length 1s is less than --min-length 2s"),
        ({"duration": "10ms"}, r"--duration 0\.01s is less than one frame of video\.mp4"),
        ({"duration": "0.01%"}, r"video\.mp4 shows pictures for \d+ s only, and 0\.01% of that is less than one"),
        ({"min_length": "1ms", "max_length": "10ms"}, r"--max-length 0\.01s is less than one frame"),
    ],
)
def test_limits_that_cannot_be_meant_are_refused(options: dict[str, str], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        select(make_scores([MID] * 5), **options)
