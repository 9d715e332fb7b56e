"""SMPTE timecode at its known corners; every label of a day is in tests/property/test_timecode.py."""

from __future__ import annotations

from fractions import Fraction

import pytest

from autohighlight.errors import OptionError
from autohighlight.timecode import RATES, Timecode, TimecodeFormat

NTSC = {n: Fraction(n * 1000, 1001) for n in (24, 30, 48, 60, 120)}


def drop_frame(rate: Fraction | int) -> TimecodeFormat:
    return TimecodeFormat(Fraction(rate), is_drop_frame=True)


@pytest.mark.parametrize(
    ("rate", "frame", "label"),
    [
        (NTSC[30], 1799, "00:00:59;29"),
        (NTSC[30], 1800, "00:01:00;02"),
        (NTSC[30], 17981, "00:09:59;29"),
        (NTSC[30], 17982, "00:10:00;00"),
        (NTSC[30], 107892, "01:00:00;00"),
        (30, 1800, "00:01:00;02"),
        (NTSC[60], 3599, "00:00:59;59"),
        (NTSC[60], 3600, "00:01:00;04"),
        (60, 215784, "01:00:00;00"),
        (NTSC[120], 7199, "00:00:59;119"),
        (NTSC[120], 7200, "00:01:00;008"),
    ],
)
def test_drop_frame_leaves_labels_out_and_no_frames(rate: Fraction | int, frame: int, label: str) -> None:
    assert drop_frame(rate).label(frame) == label
    assert Timecode.parse(label, Fraction(rate)) == Timecode(drop_frame(rate), frame)


@pytest.mark.parametrize(
    ("rate", "frame", "label"),
    [
        (NTSC[24], 86400, "01:00:00:00"),
        (24, 23, "00:00:00:23"),
        (25, 25 * 3600 * 10 + 10, "10:00:00:10"),
        (NTSC[30], 1800, "00:01:00:00"),
        (50, 49, "00:00:00:49"),
        (10, 9, "00:00:00:09"),
        (100, 99, "00:00:00:99"),
        (120, 110, "00:00:00:110"),
        (120, 2, "00:00:00:002"),
        (Fraction(25, 2), 12, "00:00:01:00"),
        (Fraction(1, 2), 3, "00:00:03:00"),
    ],
)
def test_non_drop_frame_labels_count_frames(rate: Fraction | int, frame: int, label: str) -> None:
    assert TimecodeFormat(Fraction(rate)).label(frame) == label
    assert Timecode.parse(label, Fraction(rate)).frame == frame


@pytest.mark.parametrize(
    "text", ["00:01:00;02", "00;01;00;02", "00:01:00.02", "00:01:00,02", "0:1:0;2", " 00:01:00;02 "]
)
def test_drop_frame_is_read_in_all_its_forms(text: str) -> None:
    assert str(Timecode.parse(text, NTSC[30])) == "00:01:00;02"


@pytest.mark.parametrize(
    ("text", "rate", "problem"),
    [
        ("01:01:00;00", NTSC[30], "leaves this label out"),
        ("01:01:00;01", 30, "leaves this label out"),
        ("01:01:00;03", NTSC[60], "leaves this label out"),
        ("01:01:00;007", NTSC[120], "leaves this label out"),
        ("00:00:00:25", 25, "at 25 frames a second"),
        ("00:00:00:24", NTSC[24], "at 24 frames a second"),
        ("24:00:00:00", 25, "no timecode"),
        ("00:60:00:00", 25, "no timecode"),
        ("00:00:60:00", 25, "no timecode"),
        ("01:00:00;00", NTSC[24], "no drop-frame counting"),
        ("01:00:00;00", 25, "no drop-frame counting"),
        ("01:00:00;00", 50, "no drop-frame counting"),
        ("01:00:00", 25, "cannot read"),
        ("", 25, "cannot read"),
        ("-01:00:00:00", 25, "cannot read"),
        ("01:00:00:0a", 25, "cannot read"),
        ("٠١:00:00:00", 25, "cannot read"),
        ("9" * 5000, 25, "cannot read"),
    ],
)
def test_labels_that_do_not_exist_are_refused(text: str, rate: Fraction | int, problem: str) -> None:
    with pytest.raises(OptionError, match=problem) as caught:
        Timecode.parse(text, Fraction(rate))
    assert "01:00:00:00" in caught.value.hint
    assert len(str(caught.value)) < 200


def test_a_day_passes_midnight() -> None:
    last = Timecode.parse("23:59:59;29", NTSC[30])
    assert str(last + 1) == "00:00:00;00"
    assert str(Timecode(last.format) + -1) == "23:59:59;29"
    assert last.format.frames_per_day == 2589408


def test_a_timecode_outside_the_day_is_none() -> None:
    with pytest.raises(ValueError, match="within a day"):
        Timecode(TimecodeFormat(Fraction(25)), 25 * 86400)
    with pytest.raises(ValueError, match="within a day"):
        Timecode(TimecodeFormat(Fraction(25)), -1)


def test_a_format_without_a_rate_is_none() -> None:
    with pytest.raises(ValueError, match="above 0"):
        TimecodeFormat(Fraction(0))


def test_an_hour_of_ntsc_labels_is_not_an_hour() -> None:
    assert Timecode.parse("01:00:00:00", NTSC[30]).seconds == Fraction(36036, 10)
    assert Timecode.parse("01:00:00;00", NTSC[30]).seconds == Fraction(107892 * 1001, 30000)
    assert [TimecodeFormat(rate).is_ntsc for rate in (NTSC[24], NTSC[60], Fraction(24))] == [True, True, False]


@pytest.mark.parametrize(
    ("label", "rate", "other", "expected"),
    [
        ("10:00:00:12", 25, 50, "10:00:00:24"),
        ("10:00:00:49", 50, 25, "10:00:00:24"),
        ("00:01:00;02", NTSC[30], NTSC[60], "00:01:00;04"),
        ("00:01:00;05", NTSC[60], NTSC[30], "00:01:00;02"),
        ("00:01:00;02", NTSC[30], NTSC[24], "00:01:00:01"),
        ("01:00:00:23", NTSC[24], 25, "01:00:00:23"),
    ],
)
def test_a_label_is_found_on_frames_of_another_rate(
    label: str, rate: Fraction | int, other: Fraction | int, expected: str
) -> None:
    assert str(Timecode.parse(label, Fraction(rate)).at_rate(Fraction(other))) == expected


@pytest.mark.parametrize(
    ("rate", "keeps_time", "is_smpte"),
    [
        (25, True, True),
        (NTSC[24], True, True),
        (NTSC[60], True, True),
        (15, True, False),
        (NTSC[120], True, False),
        (Fraction(25, 2), False, False),
        (Fraction("29.97"), False, False),
    ],
)
def test_which_rates_have_timecode(rate: Fraction | int, keeps_time: bool, is_smpte: bool) -> None:
    assert TimecodeFormat(Fraction(rate)).keeps_time == keeps_time
    assert (rate in RATES) == is_smpte
