"""What every selection keeps to, whatever the video, its scores and the options."""

from __future__ import annotations

import dataclasses
import itertools
from fractions import Fraction
from math import floor

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from autohighlight.config import SelectOptions
from autohighlight.selection.budget import limits_of, select_within_budget
from autohighlight.selection.pieces import pieces_of
from autohighlight.selection.runs import Limits, Run, best_runs
from autohighlight.times import Length, TimeRange
from autohighlight.types import MediaInfo, ScoreTrack, Selection
from tests.factories import make_scores, media_of

RATES = [Fraction(25), Fraction(30000, 1001), Fraction(24000, 1001), Fraction(60), Fraction(12)]
scores_of_clips = st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.floats(0, 1)
seconds = st.fractions(min_value=Fraction(1, 5), max_value=12, max_denominator=12)


@st.composite
def tracks(draw: st.DrawFn, max_clips: int = 40) -> ScoreTrack:
    """Clips of one length with an odd one at the end, or of any lengths."""
    values = draw(st.lists(scores_of_clips, min_size=1, max_size=max_clips))
    if draw(st.booleans()):
        lengths = [draw(st.sampled_from([Fraction(2), Fraction(4), Fraction(1001, 1000)]))] * len(values)
        lengths[-1] *= draw(st.fractions(Fraction(1, 2), Fraction(3, 2), max_denominator=50))
    else:
        lengths = draw(st.lists(seconds, min_size=len(values), max_size=len(values)))
    start = draw(st.sampled_from([Fraction(0), Fraction(-1, 24), Fraction(7, 5)]))
    return make_scores(values, lengths, start=start)


@st.composite
def cases(draw: st.DrawFn) -> tuple[MediaInfo, ScoreTrack, list[Fraction], SelectOptions]:
    track = draw(tracks())
    media = media_of(track, draw(st.sampled_from(RATES)))
    shares = draw(st.lists(st.fractions(0, 1, max_denominator=100), max_size=20))
    boundaries = [media.time_range.start + share * media.duration for share in shares]
    shortest, more = draw(seconds), draw(st.just(Fraction(0)) | seconds)
    duration = draw(st.none() | seconds.map(Length) | st.integers(1, 100).map(lambda n: Length(Fraction(n), "percent")))
    if duration is not None:
        frame = 1 / media.frame_rate
        assume(duration.seconds(whole=media.duration, frame_rate=media.frame_rate) >= min(frame, media.duration))
    options = SelectOptions(
        duration=duration,
        count=draw(st.none() | st.integers(1, 5)),
        min_length=Length(shortest),
        max_length=Length(shortest + more),
        order=draw(st.sampled_from(["time", "score"])),
    )
    return media, track, boundaries, options


@given(cases())
def test_every_limit_is_kept(case: tuple[MediaInfo, ScoreTrack, list[Fraction], SelectOptions]) -> None:
    media, track, boundaries, options = case
    selection = select_within_budget(media, track, boundaries, options)
    limits = limits_of(media, options)
    assert len(selection) >= 1
    assert selection.duration <= limits.budget
    if options.count is not None:
        assert len(selection) <= options.count
    in_time = sorted(highlight.time_range for highlight in selection)
    assert all(before.end <= after.start for before, after in itertools.pairwise(in_time))
    assert in_time[0].start >= media.time_range.start
    assert in_time[-1].end <= media.time_range.end
    for highlight in selection:
        length = highlight.time_range.duration
        assert limits.shortest - 1 / media.frame_rate < length <= limits.longest
        assert 0 <= highlight.score <= 1
        assert highlight.reason
    assert_in_order(selection, options.order)
    assert_on_frames(selection)


def assert_in_order(selection: Selection, order: str) -> None:
    if order == "time":
        keys = [(highlight.time_range.start, 0.0) for highlight in selection]
    else:
        keys = [(Fraction(0), -highlight.score) for highlight in selection]
    assert keys == sorted(keys)


def assert_on_frames(selection: Selection) -> None:
    media = selection.media
    if media.duration * media.frame_rate < 1:
        return
    for highlight in selection:
        for time in (highlight.time_range.start, highlight.time_range.end):
            assert ((time - media.time_range.start) * media.frame_rate).denominator == 1


@given(cases())
def test_the_same_input_gives_the_same_selection(
    case: tuple[MediaInfo, ScoreTrack, list[Fraction], SelectOptions],
) -> None:
    media, track, boundaries, options = case
    first = select_within_budget(media, track, boundaries, options)
    assert select_within_budget(media, track, list(reversed(boundaries)), options) == first


@settings(max_examples=50)
@given(cases(), st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=3))
def test_every_clip_could_be_chosen(
    case: tuple[MediaInfo, ScoreTrack, list[Fraction], SelectOptions], places: list[float]
) -> None:
    """Raise one clip far above the rest and it, or at least a part of it, is in the reel."""
    media, track, _, options = case
    limits = limits_of(media, options)
    pieces = pieces_of(track, limits)
    num_pieces = len(pieces.scores) - 1  # a rest at the very end may be too short for a highlight
    for piece in {floor(place * num_pieces) for place in places} if num_pieces else ():
        alone = np.zeros(len(pieces.scores))
        alone[piece] = 1
        assert any(first <= piece < end for first, end in best_runs(pieces.times, alone, limits))


@st.composite
def small_problems(draw: st.DrawFn) -> tuple[ScoreTrack, Limits]:
    track = draw(tracks(max_clips=7))
    shortest = draw(seconds)
    longest = shortest + draw(st.just(Fraction(0)) | seconds)
    budget = draw(st.fractions(min_value=1, max_value=30, max_denominator=6))
    return track, Limits(shortest, longest, budget, draw(st.none() | st.integers(1, 3)))


@given(small_problems())
def test_no_choice_of_runs_is_worth_more(problem: tuple[ScoreTrack, Limits]) -> None:
    track, limits = problem
    times = [*(clip.time_range.start for clip in track.clips), track.clips[-1].time_range.end]
    runs = best_runs(times, track.values, limits)
    lengths = [times[end] - times[first] for first, end in runs]
    assert all(limits.shortest <= length <= limits.longest for length in lengths)
    assert sum(lengths) <= limits.budget
    assert limits.count is None or len(runs) <= limits.count
    assert all(end < first for (_, end), (first, _) in itertools.pairwise(runs))
    chosen = sum(worth(run, times, track.values) for run in runs)
    assert abs(chosen - greatest(times, track.values, limits)) < 1e-6


def worth(run: Run, times: list[Fraction], scores: np.ndarray) -> float:
    return sum(float(times[p + 1] - times[p]) * float(scores[p]) for p in range(*run))


def greatest(times: list[Fraction], scores: np.ndarray, limits: Limits) -> float:
    """The greatest worth of all choices there are, tried one by one."""

    def best_from(first: int, budget: Fraction, count: int) -> float:
        best = 0.0
        if count == 0:
            return best
        for start, end in itertools.combinations(range(first, len(times)), 2):
            length = times[end] - times[start]
            if limits.shortest <= length <= min(limits.longest, budget):
                rest = best_from(end + 1, budget - length, count - 1)
                best = max(best, worth((start, end), times, scores) + rest)
        return best

    return best_from(0, limits.budget, limits.count or len(times))


@given(st.lists(scores_of_clips, min_size=30, max_size=60), st.sampled_from(RATES))
def test_a_budget_is_used_to_the_clip(values: list[float], rate: Fraction) -> None:
    """With scores above 0, all of the budget is used but for less than a clip."""
    track = make_scores([0.1 + 0.9 * value for value in values])
    media = media_of(track, rate)
    selection = select_within_budget(media, track, [], SelectOptions(duration=Length.parse("20s")))
    assert floor(selection.duration * rate) >= floor(Fraction(20) * rate) - len(selection)


@given(
    cases(),
    st.lists(st.tuples(st.fractions(0, 1, max_denominator=40), st.fractions(0, 1, max_denominator=40)), max_size=4),
)
def test_no_highlight_reaches_into_a_gap(
    case: tuple[MediaInfo, ScoreTrack, list[Fraction], SelectOptions], shares: list[tuple[Fraction, Fraction]]
) -> None:
    media, track, boundaries, options = case
    gaps, end = list[TimeRange](), media.time_range.start
    for low, high in sorted((min(pair), max(pair)) for pair in shares):
        begin, stop = (media.time_range.start + share * media.duration for share in (low, high))
        if begin >= end and stop > begin:
            gaps.append(TimeRange(begin, stop))
            end = stop
    frame = 1 / media.frame_rate
    shown = media.duration - sum((gap.duration for gap in gaps), Fraction(0))
    assume(shown >= frame * (len(gaps) + 1))
    selection = select_within_budget(dataclasses.replace(media, gaps=tuple(gaps)), track, boundaries, options)
    assert len(selection) > 0
    for highlight in selection:
        assert all(highlight.time_range.overlap(gap) <= frame for gap in gaps)  # half a frame at either end
    limits = limits_of(media, options)
    assert selection.duration <= limits.budget
    assert len(selection) <= (limits.count or len(selection))
