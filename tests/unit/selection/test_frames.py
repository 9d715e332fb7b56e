"""Highlights end on whole frames, so the reel is no longer than the budget says."""

from __future__ import annotations

from fractions import Fraction

from autohighlight.selection.frames import on_whole_frames
from autohighlight.selection.runs import Limits
from autohighlight.times import TimeRange
from tests.factories import exact, make_media

NTSC = Fraction(30000, 1001)


def spans(*edges: tuple[object, object]) -> list[TimeRange]:
    return [TimeRange(exact(start), exact(end)) for start, end in edges]  # type: ignore[arg-type]


def test_what_lies_on_frames_stays() -> None:
    ranges = spans((2, 4), (10, "12.04"))
    assert on_whole_frames(ranges, make_media(60), Limits(Fraction(2), Fraction(20), Fraction(9))) == ranges


def test_thirty_parts_of_two_seconds_are_no_longer_than_a_minute_at_an_ntsc_rate() -> None:
    ranges = spans(*((4 * n, 4 * n + 2) for n in range(30)))
    result = on_whole_frames(ranges, make_media(200, NTSC), Limits(Fraction(2), Fraction(20), Fraction(60)))
    lengths = [span.duration * NTSC for span in result]
    assert sum(lengths) == 1798  # 60 s are 1798.2 frames
    assert sorted(set(lengths)) == [59, 60]


def test_no_part_is_short_where_the_budget_has_room() -> None:
    ranges = spans(*((4 * n, 4 * n + 2) for n in range(30)))
    result = on_whole_frames(ranges, make_media(200, NTSC), Limits(Fraction(2), Fraction(20), Fraction(61)))
    assert {span.duration * NTSC for span in result} == {60}


def test_the_longest_length_is_not_passed_by_a_frame() -> None:
    limits = Limits(Fraction(2), Fraction(2), Fraction(60))
    assert on_whole_frames(spans((4, 6)), make_media(200, NTSC), limits)[0].duration * NTSC == 59


def test_the_end_of_the_video_is_not_passed_by_a_frame() -> None:
    media = make_media("10.03", 25)
    result = on_whole_frames(spans(("8.02", "10.03")), media, Limits(Fraction(2), Fraction(20), Fraction(60)))
    assert result == spans((8, 10))


def test_frames_are_counted_from_the_first_one() -> None:
    media = make_media(60, 25, start="0.013")
    result = on_whole_frames(spans(("2.013", "4.013")), media, Limits(Fraction(2), Fraction(20), Fraction(60)))
    assert result == spans(("2.013", "4.013"))


def test_a_video_of_less_than_a_frame_is_kept() -> None:
    media = make_media("0.03", 25)
    limits = Limits(media.duration, media.duration, media.duration)
    assert on_whole_frames([media.time_range], media, limits) == [media.time_range]
