"""Exact time: ranges, frames, lengths as people write them, clocks as people read them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from autohighlight.errors import OptionError
from autohighlight.times import (
    STANDARD_FRAME_RATES,
    FrameGrid,
    Length,
    TimeRange,
    format_clock,
    nearest_standard_rate,
)

NTSC = Fraction(30000, 1001)


def span(start: int, end: int) -> TimeRange:
    return TimeRange(Fraction(start), Fraction(end))


@pytest.mark.parametrize(("start", "end"), [(1, 1), (2, 1)])
def test_a_time_range_is_never_empty(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="ends after it starts"):
        span(start, end)


def test_a_time_range_knows_its_length_and_middle() -> None:
    assert span(-1, 4).duration == 5
    assert span(-1, 4).middle == Fraction(3, 2)


@pytest.mark.parametrize(
    ("other", "expected"), [((0, 10), 4), ((5, 6), 1), ((0, 5), 2), ((7, 9), 0), ((0, 3), 0), ((20, 30), 0)]
)
def test_overlap_is_what_lies_in_both(other: tuple[int, int], expected: int) -> None:
    assert span(3, 7).overlap(span(*other)) == expected
    assert span(*other).overlap(span(3, 7)) == expected


def test_time_ranges_are_ordered_by_start_then_end() -> None:
    assert sorted([span(2, 3), span(1, 5), span(1, 2)]) == [span(1, 2), span(1, 5), span(2, 3)]


def test_a_grid_counts_from_its_origin() -> None:
    grid = FrameGrid(Fraction(25), Fraction(-1, 25))
    assert grid.time(0) == Fraction(-1, 25)
    assert grid.time(26) == 1
    assert (grid.floor(Fraction("0.05")), grid.nearest(Fraction("0.05")), grid.ceil(Fraction("0.05"))) == (2, 2, 3)


def test_halfway_between_two_frames_goes_to_the_later() -> None:
    grid = FrameGrid(Fraction(10))
    assert grid.nearest(Fraction("0.05")) == 1
    assert grid.nearest(Fraction("-0.05")) == 0


def test_a_hundred_thousand_ntsc_frames_do_not_drift() -> None:
    assert FrameGrid(NTSC).time(100_000) == Fraction(100_000 * 1001, 30000)


@pytest.mark.parametrize("rate", [0, -25])
def test_a_frame_rate_is_above_zero(rate: int) -> None:
    with pytest.raises(ValueError, match="above 0"):
        FrameGrid(Fraction(rate))
    with pytest.raises(ValueError, match="above 0"):
        nearest_standard_rate(Fraction(rate))


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        ("29.97", NTSC),
        ("23.98", Fraction(24000, 1001)),
        ("30", Fraction(30)),
        ("29.99", Fraction(30)),
        ("14.9", Fraction(15)),
        ("1", Fraction(10)),
        ("1000", Fraction(240)),
        ("22", Fraction(24000, 1001)),
    ],
)
def test_the_nearest_standard_rate_is_nearest_by_ratio(rate: str, expected: Fraction) -> None:
    assert nearest_standard_rate(Fraction(rate)) == expected


def test_every_standard_rate_is_its_own_nearest() -> None:
    assert [nearest_standard_rate(rate) for rate in STANDARD_FRAME_RATES] == list(STANDARD_FRAME_RATES)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("60s", 60, "seconds"),
        ("60", 60, "seconds"),
        (" 2.5S ", "2.5", "seconds"),
        ("1:30", 90, "seconds"),
        ("90:00", 5400, "seconds"),
        ("1:02:03.5", "3723.5", "seconds"),
        ("1m30s", 90, "seconds"),
        ("1h", 3600, "seconds"),
        ("2h0.5s", "7200.5", "seconds"),
        ("500ms", "0.5", "seconds"),
        ("100f", 100, "frames"),
        ("10%", 10, "percent"),
        ("0.5%", "0.5", "percent"),
        (30, 30, "seconds"),
        (0.1, "0.1", "seconds"),
        (1e-05, "0.00001", "seconds"),
        (Fraction(1, 3), "1/3", "seconds"),
        (Length(Fraction(7), "frames"), 7, "frames"),
    ],
)
def test_lengths_are_read_as_people_write_them(text: Any, value: Any, unit: Any) -> None:
    assert Length.parse(text) == Length(Fraction(value), unit)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "s",
        "abc",
        "-5s",
        "1:60",
        "1:2:3:4",
        "5 s",
        "1e3",
        "10s%",
        "1..5",
        "s1",
        "1h2h",
        "nan",
        "9" * 5000,
        "%",
    ],
)
def test_what_is_no_length_is_refused_and_shown(text: str) -> None:
    with pytest.raises(OptionError, match="cannot read") as caught:
        Length.parse(text)
    assert "1:30" in caught.value.hint
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0", "above 0"),
        ("0:00", "above 0"),
        ("0%", "above 0"),
        (-1, "above 0"),
        ("101%", "101% is more than the whole"),
        ("2.5f", r"2\.5f is not a whole number of frames"),
        (float("nan"), "finite"),
        (float("inf"), "finite"),
    ],
)
def test_lengths_that_cannot_be_meant_are_refused(text: Any, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Length.parse(text)


def test_a_length_in_seconds_depends_on_its_unit() -> None:
    whole = Fraction(200)
    assert Length.parse("3s").seconds(whole=whole, frame_rate=NTSC) == 3
    assert Length.parse("100f").seconds(whole=whole, frame_rate=NTSC) == Fraction(100 * 1001, 30000)
    assert Length.parse("15%").seconds(whole=whole, frame_rate=NTSC) == 30


@pytest.mark.parametrize(
    ("text", "shown"),
    [("1:30", "90s"), ("100f", "100f"), ("12.5%", "12.5%"), ("500ms", "0.5s"), ("100.0000001s", "100s")],
)
def test_a_length_is_shown_with_its_unit(text: str, shown: str) -> None:
    assert str(Length.parse(text)) == shown


@pytest.mark.parametrize(
    ("time", "decimals", "shown"),
    [
        (0, 1, "0:00.0"),
        (Fraction("59.96"), 1, "1:00.0"),
        (Fraction("3599.99"), 0, "1:00:00"),
        (3723.5, 1, "1:02:03.5"),
        (Fraction(-1, 24), 3, "-0:00.042"),
        (Fraction(-1, 1000), 1, "0:00.0"),
        (360000, 0, "100:00:00"),
    ],
)
def test_clocks_are_rounded_before_they_are_divided(time: Any, decimals: int, shown: str) -> None:
    assert format_clock(time, decimals=decimals) == shown
