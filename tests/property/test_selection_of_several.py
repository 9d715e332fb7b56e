"""What every choice from several videos keeps to, whatever the videos, their scores and the options."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autohighlight.config import SelectOptions
from autohighlight.selection import several
from autohighlight.selection.budget import Material, choose_within_budget, limits_of_all, select_within_budget
from autohighlight.selection.priced import Segment
from autohighlight.selection.runs import Limits, Run
from autohighlight.selection.several import best_runs_of_several
from autohighlight.times import Length
from tests.factories import make_scores, media_of

RATES = [Fraction(25), Fraction(30000, 1001), Fraction(24000, 1001), Fraction(60)]
scores_of_clips = st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.floats(0, 1)


@st.composite
def materials(draw: st.DrawFn) -> list[Material]:
    """One to four videos of clips of one length, each with an odd one at its end, and some cuts."""
    made = []
    for number in range(draw(st.integers(1, 4))):
        values = draw(st.lists(scores_of_clips, min_size=1, max_size=20))
        lengths = [Fraction(2)] * len(values)
        lengths[-1] *= draw(st.fractions(Fraction(1, 2), Fraction(3, 2), max_denominator=50))
        track = make_scores(values, lengths, start=draw(st.sampled_from([Fraction(0), Fraction(7, 5)])))
        media = media_of(track, draw(st.sampled_from(RATES)), path=f"{number}.mp4")
        shares = draw(st.lists(st.fractions(0, 1, max_denominator=100), max_size=8))
        made.append(Material(media, track, [media.time_range.start + share * media.duration for share in shares]))
    return made


durations = (
    st.none()
    | st.fractions(2, 40, max_denominator=6).map(Length)
    | st.integers(20, 100).map(lambda n: Length(Fraction(n), "percent"))
)
options = st.builds(
    SelectOptions,
    duration=durations,
    count=st.none() | st.integers(1, 5),
    min_length=st.sampled_from([Length(Fraction(2)), Length(Fraction(3))]),
    max_length=st.sampled_from([Length(Fraction(4)), Length(Fraction(20))]),
    order=st.sampled_from(["time", "score"]),
)


@given(materials(), options)
def test_every_limit_is_kept(videos: list[Material], chosen_by: SelectOptions) -> None:
    limits = limits_of_all(videos, chosen_by)
    chosen = choose_within_budget(videos, chosen_by)
    every = [highlight for highlights in chosen for highlight in highlights]
    assert every
    assert sum(highlight.time_range.duration for highlight in every) <= limits[0].budget
    assert chosen_by.count is None or len(every) <= chosen_by.count
    for video, limit, highlights in zip(videos, limits, chosen, strict=True):
        in_time = sorted(highlight.time_range for highlight in highlights)
        assert all(before.end <= after.start for before, after in itertools.pairwise(in_time))
        for time_range in in_time:
            assert video.video.time_range.start <= time_range.start < time_range.end <= video.video.time_range.end
            assert limit.shortest - 1 / video.video.frame_rate < time_range.duration <= limit.longest
            first = (time_range.start - video.video.time_range.start) * video.video.frame_rate
            assert first.denominator == 1 or video.video.duration * video.video.frame_rate < 1
    assert choose_within_budget(videos, chosen_by) == chosen


@given(materials(), options)
def test_one_video_is_chosen_from_as_by_itself(videos: list[Material], chosen_by: SelectOptions) -> None:
    video = videos[0]
    media = media_of(video.scores, video.video.frame_rate)
    alone = select_within_budget(media, video.scores, video.shot_boundaries, chosen_by)
    assert choose_within_budget([Material(media, video.scores, video.shot_boundaries)], chosen_by) == [list(alone)]


@st.composite
def small_problems(draw: st.DrawFn) -> tuple[list[Segment], Fraction, int | None]:
    """Few pieces in few segments, all of lengths that have a common divisor."""
    segments = []
    budget = Fraction(draw(st.integers(2, 32)), 2)
    for _ in range(draw(st.integers(1, 3))):
        values = draw(st.lists(scores_of_clips, min_size=1, max_size=5))
        lengths = [draw(st.sampled_from([Fraction(1), Fraction(2), Fraction(4, 3)]))] * len(values)
        lengths[-1] *= draw(st.sampled_from([Fraction(1), Fraction(1, 2), Fraction(7, 5)]))
        times = [Fraction(3), *itertools.accumulate(lengths, initial=Fraction(3))][1:]
        shortest = Fraction(draw(st.integers(1, 3)))
        limits = Limits(shortest, shortest + draw(st.integers(0, 5)), budget)
        segments.append(Segment(times, np.array(values), limits))
    return segments, budget, draw(st.none() | st.integers(1, 3))


def worth(segment: Segment, runs: Sequence[Run]) -> float:
    times = segment.times
    return sum(float(times[piece + 1] - times[piece]) * segment.scores[piece] for run in runs for piece in range(*run))


def total(segments: Sequence[Segment], runs: Sequence[Sequence[Run]]) -> float:
    return sum(worth(segment, those) for segment, those in zip(segments, runs, strict=True))


def assert_allowed(
    segments: Sequence[Segment], runs: Sequence[Sequence[Run]], budget: Fraction, count: int | None
) -> None:
    lengths = []
    for segment, those in zip(segments, runs, strict=True):
        assert all(end < first for (_, end), (first, _) in itertools.pairwise(those))
        own = [segment.times[end] - segment.times[first] for first, end in those]
        assert all(segment.limits.shortest <= length <= segment.limits.longest for length in own)
        lengths += own
    assert sum(lengths) <= budget
    assert count is None or len(lengths) <= count


def greatest(segments: Sequence[Segment], budget: Fraction, count: int | None) -> float:
    """The greatest worth of all choices there are, tried one by one."""

    def choices(segment: Segment, first: int = 0) -> Iterator[tuple[Run, ...]]:
        yield ()
        for start, end in itertools.combinations(range(first, len(segment.times)), 2):
            if segment.limits.shortest <= segment.times[end] - segment.times[start] <= segment.limits.longest:
                yield from (((start, end), *rest) for rest in choices(segment, end + 1))

    best = {(Fraction(0), 0): 0.0}
    for segment in segments:
        grown: dict[tuple[Fraction, int], float] = {}
        for runs in choices(segment):
            seconds = sum((segment.times[end] - segment.times[start] for start, end in runs), Fraction(0))
            value = worth(segment, runs)
            for (spent, number), before in best.items():
                key = (spent + seconds, number + len(runs))
                if key[0] <= budget and (count is None or key[1] <= count):
                    grown[key] = max(grown.get(key, 0.0), before + value)
        best = grown
    return max(best.values())


@settings(max_examples=60)
@given(small_problems())
def test_no_choice_of_runs_is_worth_more(problem: tuple[list[Segment], Fraction, int | None]) -> None:
    segments, budget, count = problem
    runs = best_runs_of_several(segments, budget, count)
    assert_allowed(segments, runs, budget, count)
    assert total(segments, runs) == pytest.approx(greatest(segments, budget, count), abs=1e-6)


@settings(max_examples=60)
@given(small_problems())
def test_what_prices_decide_keeps_to_the_limits_and_is_hardly_worth_less(
    problem: tuple[list[Segment], Fraction, int | None],
) -> None:
    segments, budget, count = problem
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(several, "MOST_PIECES", 6)
        runs = best_runs_of_several(segments, budget, count)
    assert_allowed(segments, runs, budget, count)
    longest = max(segment.limits.longest for segment in segments)
    assert total(segments, runs) >= greatest(segments, budget, count) - 2 * min(float(longest), float(budget))
