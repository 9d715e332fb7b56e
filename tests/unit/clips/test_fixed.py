"""Fixed windows cover a video exactly; the last short one is handled as stated."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest

from autohighlight.clips.fixed import MAX_CLIPS, fixed_clips
from autohighlight.errors import OptionError
from autohighlight.times import Length, TimeRange
from tests.factories import make_media


def lengths(duration: object, clip_length: str, frame_rate: object = 25) -> list[Fraction]:
    clips = fixed_clips(make_media(duration, frame_rate), Length.parse(clip_length))  # type: ignore[arg-type]
    return [clip.time_range.duration for clip in clips]


@pytest.mark.parametrize(
    ("duration", "clip_length", "expected"),
    [
        (6, "2s", [2, 2, 2]),
        (7, "2s", [2, 2, 2, 1]),
        ("6.96", "2s", [2, 2, "2.96"]),
        ("1.5", "2s", ["1.5"]),
        ("0.04", "2s", ["0.04"]),
        ("2.5", "2s", ["2.5"]),
        (3, "2s", [2, 1]),
        (8, "100f", [4, 4]),
        (10, "10%", [1] * 10),
        (10, "100%", [10]),
        (10, "40%", [4, 4, 2]),
    ],
)
def test_lengths_follow_the_stated_rule(duration: object, clip_length: str, expected: list[object]) -> None:
    assert lengths(duration, clip_length) == [Fraction(length) for length in expected]  # type: ignore[arg-type]


def test_frames_are_counted_exactly_at_an_ntsc_rate() -> None:
    rate = Fraction(30000, 1001)
    clips = fixed_clips(make_media(1000 / rate * 100, rate), Length.parse("100f"))
    assert len(clips) == 1000
    assert clips[999].time_range.start == Fraction(99900 * 1001, 30000)


@pytest.mark.parametrize("start", [0, "-1/24", "1.4", 100000])
def test_clips_cover_the_video_in_order_and_are_numbered(start: str | int) -> None:
    media = make_media("61.3", "24000/1001", start=start)
    clips = fixed_clips(media, Length.parse("2s"))
    assert TimeRange(clips[0].time_range.start, clips[-1].time_range.end) == media.time_range
    assert all(a.time_range.end == b.time_range.start for a, b in itertools.pairwise(clips))
    assert [clip.index for clip in clips] == list(range(len(clips)))


def test_a_clip_of_less_than_a_frame_is_refused() -> None:
    with pytest.raises(OptionError, match=r"--clip-length 0\.01s is less than one frame of video\.mp4"):
        lengths(10, "10ms")


def test_too_many_clips_are_refused_before_they_are_made() -> None:
    with pytest.raises(OptionError, match="makes 2500000 clips"):
        lengths(MAX_CLIPS // 10, "1f")
