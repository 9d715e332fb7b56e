from __future__ import annotations

from fractions import Fraction

import pytest

from autohighlight.timecode import Timecode
from autohighlight.timeline.events import FrameSpan, events, whole_sequence, whole_source, whole_source_at
from autohighlight.timeline.model import Marker, Part, Source, Timeline
from autohighlight.times import TimeRange
from tests.factories import make_media

NTSC = Fraction(30000, 1001)
START = Timecode.parse("10:00:00;00", NTSC)
SOURCE = Source(make_media(60, NTSC, start=5, start_timecode=START))


def labels(span: FrameSpan) -> tuple[str, str]:
    return str(span.timecode_in), str(span.timecode_out)


def test_a_part_is_placed_on_both_clocks() -> None:
    parts = (Part(SOURCE, 60, 30, 0.5, ""), Part(SOURCE, 1790, 8, 0.5, "", markers=(Marker("m", "", 2, 3),)))
    timeline = Timeline("x", NTSC, (2, 2), parts, is_drop_frame=True)
    one, two = events(timeline)
    assert (one.number, one.part, one.source_length) == (1, parts[0], 30)
    assert labels(one.record) == ("01:00:00;00", "01:00:01;00")
    assert labels(one.source) == ("10:00:02;00", "10:00:03;00")
    assert (one.num_before, one.num_after) == (60, 1798 - 90)
    assert (two.record.first, two.record.end, two.source.first, two.source.end) == (30, 38, 1790, 1798)
    assert labels(two.source) == ("10:00:59;20", "10:00:59;28")
    assert (two.num_before, two.num_after) == (1790, 0)
    assert two.record.time_range == TimeRange(Fraction(1001, 1000), 38 / NTSC)
    assert two.source.timecode_range.start == START.seconds + 1790 / NTSC
    (marker,) = two.markers
    assert (labels(marker.record), labels(marker.source)) == (
        ("01:00:01;02", "01:00:01;05"),
        ("10:00:59;22", "10:00:59;25"),
    )
    assert labels(whole_sequence(timeline)) == ("01:00:00;00", "01:00:01;08")
    assert (whole_source(SOURCE).num_frames, str(whole_source(SOURCE).timecode_in)) == (1798, "10:00:00;00")


def test_labels_pass_midnight_and_seconds_do_not_go_back() -> None:
    late = Source(make_media(60, 25, start_timecode=Timecode.parse("23:59:59:00", Fraction(25))))
    (event,) = events(Timeline("x", Fraction(25), (2, 2), (Part(late, 0, 50, 0.5, ""),)))
    assert labels(event.source) == ("23:59:59:00", "00:00:01:00")
    assert event.source.timecode_range == TimeRange(Fraction(86399), Fraction(86401))


@pytest.mark.parametrize(
    ("rate", "frames", "length"),
    [(50, (10, 30), Fraction(20)), ("12.5", (10, 15), Fraction(5)), (24, (10, 20), Fraction(48, 5))],
)
def test_a_source_of_another_rate_is_counted_at_its_own(
    rate: str | int, frames: tuple[int, int], length: Fraction
) -> None:
    source = Source(make_media(60, rate))
    (event,) = events(Timeline("x", Fraction(25), (2, 2), (Part(source, 10, 10, 0.5, ""),)))
    assert (event.source.first, event.source.end) == frames
    assert event.source_length == length
    assert event.source.rate == source.rate
    assert event.record.rate == 25


@pytest.mark.parametrize(
    ("rate", "first", "frames", "whole"),
    [(25, 10, (10, 20), 1500), (50, 11, (6, 16), 1500), (24, 10, (11, 21), 1500), ("12.5", 10, (20, 30), 1500)],
)
def test_a_source_is_counted_at_the_rate_of_the_sequence_too(
    rate: str | int, first: int, frames: tuple[int, int], whole: int
) -> None:
    source = Source(make_media(60, rate))
    (event,) = events(Timeline("x", Fraction(25), (2, 2), (Part(source, first, 10, 0.5, ""),)))
    span = event.source_at_record_rate
    assert (span.first, span.end, span.rate) == (*frames, 25)
    shown = [int(frame * source.rate / 25) for frame in range(span.first, span.end)]
    assert event.source.first <= shown[0] <= shown[-1] < event.source.end
    assert whole_source_at(source, Fraction(25)).num_frames == whole


def test_a_frame_that_a_source_has_begun_counts_at_another_rate() -> None:
    assert whole_source_at(Source(make_media(1, 30)), Fraction(25)).num_frames == 25
    assert whole_source_at(Source(make_media(1, 24)), Fraction(25)).num_frames == 25
    assert whole_source_at(Source(make_media("0.5", 24)), Fraction(25)).num_frames == 13


def test_a_span_is_never_empty() -> None:
    with pytest.raises(ValueError, match="at least one frame"):
        FrameSpan(3, 3, START)
