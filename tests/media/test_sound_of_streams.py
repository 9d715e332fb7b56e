"""Sound that is hard to enter: cut in the middle of a frame, begun late, without an index."""

from __future__ import annotations

import logging
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.media.reels import click_delays, make_flashes, make_reel
from tests.media_factory import X264, decode, make_video, run_ffmpeg, tone

_MPEG2 = ("-vf", "noise=alls=8:allf=t", "-c:v", "mpeg2video", "-q:v", 4)
_CUTS = [(5, 30), (105, 30), (180, 60)]


@pytest.mark.parametrize(
    ("suffix", "sound"),
    [
        ("vob", ("-c:a", "ac3")),
        ("vob", ("-c:a", "mp2")),
        ("mpg", ("-c:a", "mp2")),
        ("ts", ("-c:a", "ac3")),
        ("ts", ("-c:a", "eac3")),
        ("ts", ("-c:a", "mp2")),
        ("m2ts", ("-c:a", "ac3")),
        ("mkv", ("-c:a", "ac3")),
        ("mkv", ("-c:a", "dca", "-strict", "experimental", "-b:a", "768k")),
        ("avi", ("-c:a", "ac3")),
    ],
)
def test_sound_is_in_time_in_every_part_and_nothing_is_called_damaged(
    suffix: str, sound: tuple[str, ...], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = make_flashes(tmp_path / "made.mkv", 12, Fraction(25), ("-c:a", "pcm_s16le"))
    source = tmp_path / f"source.{suffix}"
    run_ffmpeg("-i", made, *_MPEG2, *sound, source)
    with caplog.at_level(logging.WARNING):
        reel, _, _ = make_reel(source, _CUTS)
    delays, as_played = click_delays(reel), float(np.median(click_delays(decode(source))))
    assert len(delays) >= 4
    late = np.minimum(_within_a_frame(delays), _within_a_frame(delays - as_played))  # encoders may delay sound too
    assert late.max() < 0.005
    assert not any("damage" in message for message in caplog.messages)


def _within_a_frame(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far times are from a whole frame, since FFmpeg's program streams may show a flash one frame late."""
    return np.abs((seconds + 0.02) % 0.04 - 0.02)


@pytest.mark.parametrize("suffix", ["mkv", "flv", "ts", "mov", "mp4", "nut"])
def test_sound_that_begins_late_is_silent_before(suffix: str, tmp_path: Path) -> None:
    picture = make_video(tmp_path / "picture.mp4", 300, encoder=(*X264, "-g", 25))
    heard = make_video(tmp_path / "heard.mp4", 100, sound=tone(4))
    source = tmp_path / f"source.{suffix}"
    run_ffmpeg("-i", picture, "-itsoffset", 8, "-i", heard, "-map", "0:v", "-map", "1:a", "-c", "copy", source)
    reel, timeline, _ = make_reel(source, [(100, 50), (225, 50)])
    assert len(reel.lumas) == timeline.num_frames
    assert reel.sound is not None
    level = np.abs(reel.sound).max(axis=0)
    assert level[: round(1.9 * reel.sample_rate)].max() < 0.01
    assert level[round(2.2 * reel.sample_rate) : round(3.8 * reel.sample_rate)].max() > 0.1
