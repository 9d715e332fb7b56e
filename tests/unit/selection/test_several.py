from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from autohighlight.config import SelectOptions
from autohighlight.errors import OptionError
from autohighlight.selection import several
from autohighlight.selection.budget import Material, choose_within_budget, limits_of_all
from autohighlight.selection.priced import PricedVideos, Prices, Segment
from autohighlight.selection.runs import Limits
from autohighlight.selection.several import best_runs_of_several
from autohighlight.times import Length
from tests.factories import make_scores, media_of


def material(
    values: list[float], clip_length: float | list[float] = 2, rate: int = 25, name: str = "video"
) -> Material:
    track = make_scores(values, clip_length)
    return Material(media_of(track, rate, path=f"{name}.mp4"), track, ())


def spans(chosen: list[list]) -> list[list[tuple[float, float]]]:  # type: ignore[type-arg]
    return [[(float(h.time_range.start), float(h.time_range.end)) for h in those] for those in chosen]


def options(duration: str | None = None, **others: object) -> SelectOptions:
    return SelectOptions(duration=Length.parse(duration) if duration else None, **others)  # type: ignore[arg-type]


def test_the_best_of_all_videos_share_one_budget() -> None:
    videos = [material([0.1, 0.9, 0.1]), material([0.2, 0.3, 0.2]), material([0.8, 0.1, 0.7])]
    assert spans(choose_within_budget(videos, options("6s"))) == [[(2, 4)], [], [(0, 2), (4, 6)]]


def test_the_end_of_one_video_and_the_start_of_the_next_are_two_highlights() -> None:
    videos = [material([0.1, 0.1, 0.9]), material([0.8, 0.1, 0.1])]
    assert spans(choose_within_budget(videos, options("4s"))) == [[(4, 6)], [(0, 2)]]
    assert spans(choose_within_budget(videos, options("4s", count=1))) == [[(2, 6)], []]


def test_percentages_and_the_default_are_of_all_footage() -> None:
    videos = [material([0.5] * 10), material([0.5] * 30)]
    assert [limits.budget for limits in limits_of_all(videos, options("10%"))] == [8, 8]
    assert [limits.budget for limits in limits_of_all(videos, options())] == [12, 12]
    long = [material([0.5] * 300), material([0.5] * 300)]
    assert [limits.budget for limits in limits_of_all(long, options())] == [60, 60]


def test_the_count_is_of_all_highlights() -> None:
    videos = [material([0.1, 0.9, 0.1, 0.8, 0.1]), material([0.1, 0.7, 0.1])]
    assert spans(choose_within_budget(videos, options("30s", count=2, max_length=Length.parse("2s")))) == [
        [(2, 4), (6, 8)],
        [],
    ]


def test_a_video_without_a_score_is_left_out_unless_none_has_any() -> None:
    dull, lively = material([0.0, 0.0]), material([0.0, 0.5])
    assert spans(choose_within_budget([dull, lively], options("4s"))) == [[], [(2, 4)]]
    assert sum(len(those) for those in choose_within_budget([dull, dull], options("4s"))) >= 1


def test_each_video_keeps_its_own_frames() -> None:
    videos = [material([0.9, 0.1], rate=24), material([0.9, 0.1], rate=25)]
    videos[0] = Material(media_of(videos[0].scores, "24000/1001"), videos[0].scores, ())
    chosen = choose_within_budget(videos, options("4s"))
    for video, (highlight,) in zip(videos, chosen, strict=True):
        assert (highlight.time_range.duration * video.video.frame_rate).denominator == 1


def test_what_is_left_of_the_budget_lets_an_end_move_to_a_cut() -> None:
    first, second = material([0.9, 0.1, 0.1]), material([0.8, 0.1, 0.1])
    cut = Material(second.video, second.scores, (Fraction(12, 5),))
    assert spans(choose_within_budget([first, cut], options("5s"))) == [[(0, 2)], [(0, 2.4)]]
    assert spans(choose_within_budget([first, cut], options("4s"))) == [[(0, 2)], [(0.4, 2.4)]]  # all of it goes along


def test_limits_that_one_video_cannot_keep_to_are_refused_by_its_name() -> None:
    with pytest.raises(OptionError, match="slow"):
        limits_of_all([material([0.5]), material([0.5], rate=1, name="slow")], options("0.5s"))


def segments_of(num_videos: int, num_pieces: int, seed: int = 0) -> list[Segment]:
    random = np.random.default_rng(seed)
    made = []
    for _ in range(num_videos):
        end = Fraction(int(random.integers(25, 75)), 25)
        times = [*(Fraction(2 * n) for n in range(num_pieces)), 2 * (num_pieces - 1) + end]
        made.append(Segment(times, random.random(num_pieces), Limits(Fraction(2), Fraction(20), Fraction(60))))
    return made


def worth(segments: list[Segment], runs: list[list[tuple[int, int]]]) -> float:
    return sum(
        float(segment.times[piece + 1] - segment.times[piece]) * float(segment.scores[piece])
        for segment, those in zip(segments, runs, strict=True)
        for run in those
        for piece in range(*run)
    )


@pytest.mark.parametrize(("budget", "count"), [(60, None), (600, None), (60, 7), (3000, None)])
def test_prices_find_what_the_programme_finds(budget: int, count: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    segments = segments_of(20, 60)
    exact = best_runs_of_several(segments, Fraction(budget), count)
    monkeypatch.setattr(several, "MOST_PIECES", 300)
    priced = best_runs_of_several(segments, Fraction(budget), count)
    assert worth(segments, priced) == pytest.approx(worth(segments, exact), rel=0.001 if count is None else 0.03)


def test_more_budget_than_footage_takes_all_that_is_worth_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(several, "MOST_PIECES", 5)
    limits = Limits(Fraction(2), Fraction(20), Fraction(100))
    segments = [Segment([Fraction(2 * n) for n in range(5)], np.array([0.5, 0.4, 0.9, 0.1]), limits)] * 2
    assert best_runs_of_several(segments, Fraction(100), None) == [[(0, 4)], [(0, 4)]]


def test_videos_side_by_side_are_each_solved_as_alone() -> None:
    segments = [*segments_of(3, 40, seed=1), *segments_of(2, 7, seed=2), *segments_of(1, 1, seed=3)]
    prices = Prices(0.6, 0.3)
    together = PricedVideos(segments).choose(prices)
    for number, segment in enumerate(segments):
        alone = PricedVideos([segment]).choose(prices)
        assert together.runs(number) == alone.runs(0)
        assert together.num_runs[number] == len(alone.runs(0))
        seconds = sum(float(segment.times[end] - segment.times[start]) for start, end in alone.runs(0))
        assert together.seconds[number] == pytest.approx(seconds)
        assert together.worth[number] == pytest.approx(worth([segment], [alone.runs(0)]))
