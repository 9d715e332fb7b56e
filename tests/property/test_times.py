"""Time holds together, whatever the numbers."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from autohighlight.errors import OptionError
from autohighlight.times import FrameGrid, Length, TimeRange, format_clock, nearest_standard_rate

times = st.fractions(min_value=-10_000, max_value=1_000_000, max_denominator=120_000)
rates = st.fractions(min_value=Fraction(1, 10), max_value=1000, max_denominator=1001)
ranges = st.tuples(times, times).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: TimeRange(*sorted(pair)))


@given(rates, times, st.integers(-(10**9), 10**9))
def test_a_frame_is_found_again_at_its_time(rate: Fraction, origin: Fraction, frame: int) -> None:
    grid = FrameGrid(rate, origin)
    time = grid.time(frame)
    assert grid.floor(time) == grid.nearest(time) == grid.ceil(time) == frame


@given(rates, times, times)
def test_floor_nearest_and_ceil_agree(rate: Fraction, origin: Fraction, time: Fraction) -> None:
    grid = FrameGrid(rate, origin)
    assert grid.time(grid.floor(time)) <= time < grid.time(grid.floor(time) + 1)
    assert grid.time(grid.ceil(time) - 1) < time <= grid.time(grid.ceil(time))
    assert abs(grid.time(grid.nearest(time)) - time) <= 1 / rate / 2


@given(ranges, ranges)
def test_overlap_is_the_same_either_way_and_in_both(one: TimeRange, other: TimeRange) -> None:
    assert one.overlap(other) == other.overlap(one)
    assert 0 <= one.overlap(other) <= min(one.duration, other.duration)
    assert one.overlap(one) == one.duration


@given(rates)
def test_no_standard_rate_is_nearer_by_ratio(rate: Fraction) -> None:
    nearest = nearest_standard_rate(rate)
    assert nearest_standard_rate(nearest) == nearest


@given(st.integers(1, 10**9), st.sampled_from(["s", "f", "%"]))
def test_a_length_that_is_shown_is_read_as_itself(number: int, suffix: str) -> None:
    whole_or_thousandths = Fraction(number, 1 if suffix == "f" else 10**6)
    if suffix == "%" and whole_or_thousandths > 100:
        whole_or_thousandths = 100 / whole_or_thousandths
        whole_or_thousandths = Fraction(max(1, round(whole_or_thousandths * 1000)), 1000)
    unit = {"s": "seconds", "f": "frames", "%": "percent"}[suffix]
    length = Length(whole_or_thousandths, unit)  # type: ignore[arg-type]
    assert Length.parse(str(length)) == length


@given(st.text())
def test_any_text_is_a_length_or_an_option_error(text: str) -> None:
    try:
        length = Length.parse(text)
    except OptionError:
        return
    assert length.value > 0


@given(times, st.integers(0, 6))
def test_a_clock_read_back_is_the_time_to_its_last_digit(time: Fraction, decimals: int) -> None:
    shown = format_clock(time, decimals=decimals)
    parts = [Fraction(part) for part in shown.lstrip("-").split(":")]
    seconds = sum(part * 60**place for place, part in enumerate(reversed(parts)))
    assert abs(seconds - abs(time)) <= Fraction(1, 2 * 10**decimals)
    assert all(part < 60 for part in parts[1:])
