"""Picture and sound of a reel: the right frames, the right moments, the same length."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from autohighlight.media.probe import probe
from tests.media.made_files import KINDS, NUM_FRAMES, make_kind, shown_numbers
from tests.media.reels import SIZE, click_delays, make_flashes, make_reel, numbers_of
from tests.media_factory import X264, make_video, tone


@pytest.mark.parametrize(("rate", "sample_rate"), [("25", 48_000), ("30000/1001", 44_100)])
def test_a_hundred_parts_do_not_drift(rate: str, sample_rate: int, tmp_path: Path) -> None:
    frame_rate = Fraction(rate)
    period = round(frame_rate)
    source = make_flashes(tmp_path / "made.mp4", 101, frame_rate, ("-c:a", "aac", "-b:a", "192k"), sample_rate)
    reel, timeline, output = make_reel(source, [(k * period + 5, 11 + k % 3) for k in range(100)])
    assert len(reel.lumas) == timeline.num_frames
    delays = click_delays(reel)
    assert len(delays) == 100
    assert np.abs(delays).max() < 0.002  # a frame is 0.033 s or more, the priming of AAC 0.021 s
    with av.open(str(output)) as container:
        lengths = [float(s.duration * s.time_base) for s in container.streams if s.duration and s.time_base]
        starts = [s.start_time for s in container.streams]
    assert starts == [0, 0]
    assert lengths == pytest.approx([float(timeline.duration)] * 2, abs=0.001)
    gaps = {b - a for a, b in zip(reel.times, reel.times[1:], strict=False)}
    assert gaps == {1 / frame_rate}


@pytest.mark.parametrize(
    ("suffix", "codec", "latest"),
    [
        ("mov", "pcm_s16le", 0.001),
        ("mkv", "libopus", 0.002),
        ("mkv", "flac", 0.002),
        ("mkv", "libvorbis", 0.002),
        ("mp4", "libmp3lame", 0.002),
        ("ts", "aac", 0.002),
        ("ts", "ac3", 0.002),
        ("mpg", "mp2", 0.002),
        ("flv", "aac", 0.002),
        ("webm", "libopus", 0.002),
        ("avi", "pcm_s16le", 0.001),
        ("avi", "libmp3lame", 0.030),  # AVI has no place for an encoder's delay; players are as late
    ],
)
def test_sound_of_every_kind_stays_with_its_picture(suffix: str, codec: str, latest: float, tmp_path: Path) -> None:
    source = make_flashes(tmp_path / f"made.{suffix}", 8, Fraction(25), ("-c:a", codec))
    reel, timeline, _ = make_reel(source, [(k * 25 + 5, 17) for k in (5, 1, 3, 0)])
    assert len(reel.lumas) == timeline.num_frames
    delays = click_delays(reel)
    assert len(delays) == 4
    assert np.abs(delays).max() < latest


@pytest.mark.parametrize("kind", KINDS)
def test_the_frames_of_a_reel_are_those_asked_for(kind: str, tmp_path: Path) -> None:
    cuts = [(30, 10), (5, 8), (45, 5), (0, 1), (59, 1)]
    reel, timeline, _ = make_reel(make_kind(kind, tmp_path), cuts)
    shown = shown_numbers(kind)
    assert reel.numbers == [shown[number] for number in numbers_of(cuts)]
    assert len(reel.lumas) == timeline.num_frames


def test_a_part_that_ends_after_the_video_holds_its_last_frame(tmp_path: Path) -> None:
    reel, _, _ = make_reel(make_kind("closed groups", tmp_path), [(57, 6)])
    assert reel.numbers == [57, 58, 59, 59, 59, 59]


@pytest.mark.parametrize(
    ("rate", "suffix"),
    [
        ("24000/1001", "mp4"),
        ("30000/1001", "mkv"),
        ("60000/1001", "webm"),
        ("120", "mp4"),
        ("179/6", "mp4"),
        ("10", "mp4"),
    ],
)
def test_the_rate_is_the_source_s_to_the_last_digit(rate: str, suffix: str, tmp_path: Path) -> None:
    encoder = ("-c:v", "libvpx", "-deadline", "realtime") if suffix == "webm" else X264
    source = make_video(tmp_path / f"made.{suffix}", NUM_FRAMES, rate, encoder=encoder)
    reel, timeline, output = make_reel(source, [(40, 10), (3, 10)])
    assert probe(output).frame_rate == timeline.frame_rate == Fraction(rate)
    assert reel.numbers == numbers_of([(40, 10), (3, 10)])


def test_crossfades_share_frames_and_mix_them(tmp_path: Path) -> None:
    def level(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
        return np.full(size[::-1], 40 if number < 50 else 200, np.uint8)

    source = make_video(tmp_path / "made.mp4", 100, 25, SIZE, picture=level, sound=tone(4))
    reel, timeline, output = make_reel(source, [(10, 30), (60, 30), (10, 4)], transition="crossfade")
    assert len(reel.lumas) == timeline.num_frames - 10 - 2  # 0.4 s, and half of the part of four frames
    levels = [float(luma.mean()) for luma in reel.lumas]
    dark, bright = levels[0], levels[25 + 10]
    assert levels[:20] == pytest.approx([dark] * 20, abs=2)
    mixed = [dark + (bright - dark) * (step + 1) / 11 for step in range(10)]
    assert levels[20:30] == pytest.approx(mixed, abs=2)
    assert levels[30:48] == pytest.approx([bright] * 18, abs=2)
    assert levels[48:50] == pytest.approx([dark + (bright - dark) * part / 3 for part in (2, 1)], abs=2)
    assert levels[50:] == pytest.approx([dark] * 2, abs=3)
    with av.open(str(output)) as container:
        assert {float(s.duration * s.time_base) for s in container.streams} == {52 / 25}  # type: ignore[operator]


def test_a_crossfade_moves_both_parts_on(tmp_path: Path) -> None:
    def halves(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
        picture = np.full(size[::-1], 30, np.uint8)
        picture[:, : size[0] // 2] += np.uint8(number)
        return picture

    source = make_video(tmp_path / "made.mp4", 100, 25, SIZE, picture=halves)
    reel, _, _ = make_reel(source, [(0, 20), (60, 20)], transition="crossfade", crf=1)
    left = np.array([float(luma[:, : SIZE[0] // 2].mean()) for luma in reel.lumas])
    weight = np.clip((np.arange(30) - 9) / 11, 0, 1)
    numbers = (1 - weight) * np.arange(30) + weight * (60 + np.arange(-10, 20))
    grey_to_limited = 219 / 255
    assert left - left[0] == pytest.approx(numbers * grey_to_limited, abs=2)
