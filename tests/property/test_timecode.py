"""Frames to labels and back for 24 hours at each rate, against OpenTimelineIO's opentime and against plain counting."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from opentimelineio import opentime

from autohighlight.errors import OptionError
from autohighlight.timecode import Timecode, TimecodeFormat

RATES = [Fraction(n) for n in (24, 25, 30, 48, 50, 60, 100, 120)] + [
    Fraction(n * 1000, 1001) for n in (24, 30, 48, 60, 120)
]
FORMATS = [TimecodeFormat(rate) for rate in RATES] + [
    TimecodeFormat(rate, is_drop_frame=True) for rate in RATES if TimecodeFormat.has_drop_frame(rate)
]
OF_OPENTIME = [f for f in FORMATS if f.nominal_rate <= 60 and (f.is_ntsc or not f.is_drop_frame)]
"""Those that opentime counts; drop-frame at 30 and 60 it refuses, and rates above 60."""


def name_of(format_: TimecodeFormat) -> str:
    return f"{format_.rate} {'DF' if format_.is_drop_frame else 'NDF'}"


every_format = pytest.mark.parametrize("format_", FORMATS, ids=name_of)


def counted(format_: TimecodeFormat, hour: int) -> NDArray[np.int64]:
    """int64 (4, F): the labels of an hour, as ST 12-1 tells it: counted in full, some left out."""
    fields = np.indices((1, 60, 60, format_.nominal_rate)).reshape(4, -1)
    fields[0] = hour
    if not format_.is_drop_frame:
        return fields
    _, minutes, seconds, frames = fields
    return fields[:, ~((minutes % 10 != 0) & (seconds == 0) & (frames < format_.nominal_rate // 15))]


def frames_of_opentime(format_: TimecodeFormat) -> int:
    """How many labels opentime gives before it begins again: a day of time, though NTSC labels last 86 s longer."""
    return min(format_.frames_per_day, int(24 * 3600 * format_.rate))


def of_opentime(format_: TimecodeFormat, frame: int) -> str:
    rate = float(format_.rate)
    return opentime.to_timecode(opentime.RationalTime(frame, rate), rate, drop_frame=format_.is_drop_frame)


@every_format
def test_the_labels_around_every_minute_are_those_counted(format_: TimecodeFormat) -> None:
    frame = 0
    drop = format_.nominal_rate // 15 if format_.is_drop_frame else 0
    for minute in range(24 * 60):
        first = drop if minute % 10 else 0
        hours, minutes = divmod(minute, 60)
        assert format_.fields(frame) == (hours, minutes, 0, first)
        assert format_.fields(frame - 1) == (
            (hours - (minutes == 0)) % 24,
            (minutes - 1) % 60,
            59,
            format_.nominal_rate - 1,
        )
        assert format_.frame(hours, minutes, 0, first) == frame
        frame += 60 * format_.nominal_rate - first
    assert frame == format_.frames_per_day


@pytest.mark.slow
@every_format
def test_every_label_of_a_day_is_that_counted(format_: TimecodeFormat) -> None:
    frame = 0
    for hour in range(24):
        expected = counted(format_, hour)
        numbers = np.arange(frame, frame + expected.shape[1])
        np.testing.assert_array_equal(format_.fields(numbers), expected)  # type: ignore[arg-type] -- it only counts
        frame += expected.shape[1]
    assert frame == format_.frames_per_day


@pytest.mark.parametrize("format_", OF_OPENTIME, ids=name_of)
def test_labels_are_those_of_opentime(format_: TimecodeFormat) -> None:
    ten_minutes = 600 * format_.nominal_rate
    sampled = {*range(0, frames_of_opentime(format_), 997), *range(ten_minutes - 50, ten_minutes + 50)}
    for frame in sorted(sampled):
        assert format_.label(frame) == of_opentime(format_, frame)
        assert opentime.from_timecode(format_.label(frame), float(format_.rate)).value == frame


@pytest.mark.slow
def test_every_drop_frame_label_of_a_day_is_that_of_opentime() -> None:
    format_ = TimecodeFormat(Fraction(30000, 1001), is_drop_frame=True)
    for frame in range(format_.frames_per_day):
        assert format_.label(frame) == of_opentime(format_, frame)


@given(st.sampled_from(FORMATS), st.integers(-(10**9), 10**9))
def test_a_label_is_read_as_its_frame(format_: TimecodeFormat, frame: int) -> None:
    timecode = Timecode(format_) + frame
    assert Timecode.parse(str(timecode), format_.rate) == timecode
    assert timecode.frame == frame % format_.frames_per_day
    assert format_.label(frame) == str(timecode)


@given(st.sampled_from(FORMATS), st.integers(0, 10**7), st.integers(-(10**7), 10**7))
def test_labels_are_added_to_as_frames_are(format_: TimecodeFormat, frame: int, more: int) -> None:
    assert Timecode(format_) + frame + more == Timecode(format_) + (frame + more)


@given(st.sampled_from([f for f in FORMATS if f.is_ntsc and f.is_drop_frame]), st.integers(0, 10**7))
def test_drop_frame_labels_keep_up_with_the_clock(format_: TimecodeFormat, frame: int) -> None:
    timecode = Timecode(format_) + frame
    hours, minutes, seconds, frames = format_.fields(timecode.frame)
    shown = hours * 3600 + minutes * 60 + seconds + Fraction(frames, format_.nominal_rate)
    assert -Fraction(1, 10) < shown - timecode.seconds < Fraction(1, 6)  # of that 86.4 ms gather in a day


@given(st.sampled_from(FORMATS), st.integers(0, 10**7), st.sampled_from(RATES))
def test_every_label_is_found_at_every_rate(format_: TimecodeFormat, frame: int, rate: Fraction) -> None:
    timecode = Timecode(format_) + frame
    other = timecode.at_rate(rate)
    assert other.format.fields(other.frame)[:3] == format_.fields(timecode.frame)[:3]
    if rate == format_.rate:
        assert other == timecode


@given(st.text() | st.from_regex(r"\d\d[:;]\d\d[:;]\d\d[:;.,]\d\d\d?", fullmatch=True), st.sampled_from(RATES))
def test_any_text_is_a_timecode_or_an_option_error(text: str, rate: Fraction) -> None:
    try:
        timecode = Timecode.parse(text, rate)
    except OptionError:
        return
    assert timecode.format.rate == rate
