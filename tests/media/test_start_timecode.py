"""Start timecode, reel name and sound as files of many kinds say them."""

from __future__ import annotations

import logging
import struct
from fractions import Fraction
from pathlib import Path

import av
import pytest

from autohighlight.media.probe import probe
from tests.media_factory import make_video, patch, run_ffmpeg, tone

NTSC, FAST_NTSC = "30000/1001", "60000/1001"
NUM_FRAMES = 6
MPEG2 = ("-c:v", "mpeg2video", "-q:v", 4)


@pytest.mark.parametrize(
    ("suffix", "rate", "label"),
    [
        ("mov", "24000/1001", "23:59:59:20"),
        ("mp4", 25, "10:00:00:10"),
        ("mov", NTSC, "01:00:00;02"),
        ("mov", NTSC, "01:00:00:02"),
        ("mp4", 30, "01:00:59;29"),
        ("mov", 50, "10:00:00:40"),
        ("mp4", FAST_NTSC, "00:01:00;04"),
        ("mov", 60, "00:01:00;04"),
        ("mov", 120, "10:00:00:110"),
        ("mkv", NTSC, "01:00:00;02"),
        ("mkv", 25, "10:00:00:10"),
        ("mxf", 25, "10:00:00:10"),
        ("mxf", NTSC, "01:00:00;02"),
    ],
)
def test_the_first_frame_has_the_label_that_was_stamped(
    suffix: str, rate: str | int, label: str, tmp_path: Path
) -> None:
    encoder = {"encoder": MPEG2, "size": (720, 576 if rate == 25 else 480)} if suffix == "mxf" else {}
    path = make_video(tmp_path / f"made.{suffix}", NUM_FRAMES, rate, options=("-timecode", label), **encoder)
    media = probe(path)
    assert str(media.start_timecode) == label
    assert media.start_timecode is not None
    assert media.start_timecode.format.rate == media.frame_rate == Fraction(rate)
    assert media.grid_length == NUM_FRAMES


def test_a_file_without_timecode_has_none(tmp_path: Path) -> None:
    media = probe(make_video(tmp_path / "made.mp4", NUM_FRAMES))
    assert (media.start_timecode, media.reel_name) == (None, "")


def test_the_reel_s_name_is_that_of_the_timecode_track(tmp_path: Path) -> None:
    options = ("-timecode", "10:00:00:00", "-metadata:s:v:0", "reel_name=A001 C002")
    assert probe(make_video(tmp_path / "made.mov", NUM_FRAMES, options=options)).reel_name == "A001 C002"


def test_a_timecode_track_counts_at_its_own_rate(tmp_path: Path) -> None:
    path = make_video(tmp_path / "made.mov", NUM_FRAMES, 50, options=("-timecode", "10:00:00:20"))
    # Sample description: time scale, frame duration, frames a second. Then the only sample: frames since midnight.
    patch(path, struct.pack(">IIB", 12800, 256, 50), struct.pack(">IIB", 25, 1, 25))
    patch(path, struct.pack(">I", 36000 * 50 + 20), struct.pack(">I", 36000 * 25 + 20))
    with av.open(str(path)) as container:
        assert container.streams[1].metadata["timecode"] == "10:00:00:20"
    assert str(probe(path).start_timecode) == "10:00:00:40"


def test_the_picture_s_own_timecode_wins_over_the_container_s(tmp_path: Path) -> None:
    options = ("-metadata:s:v:0", "timecode=02:00:00:00", "-metadata", "timecode=01:00:00:00")
    assert str(probe(make_video(tmp_path / "made.mkv", NUM_FRAMES, options=options)).start_timecode) == "02:00:00:00"


def test_an_edit_list_does_not_move_the_label(tmp_path: Path) -> None:
    source = make_video(tmp_path / "made.mov", 30, options=("-timecode", "10:00:00:00"))
    run_ffmpeg("-ss", "0.4", "-i", source, "-c", "copy", tmp_path / "trimmed.mov")
    media = probe(tmp_path / "trimmed.mov")
    assert media.grid_length == media.num_frames == 20
    assert str(media.start_timecode) == "10:00:00:00"


@pytest.mark.parametrize("label", ["01:01:00;00", "25:00:00:00", "late in the day"])
def test_a_label_that_does_not_exist_is_left_aside_and_said(
    label: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = make_video(tmp_path / "made.mkv", NUM_FRAMES, NTSC, options=("-metadata", f"timecode={label}"))
    with caplog.at_level(logging.WARNING):
        assert probe(path).start_timecode is None
    assert label in caplog.text
    assert "made.mkv" in caplog.text


def test_a_separator_means_nothing_at_rates_without_drop_frame(tmp_path: Path) -> None:
    path = make_video(tmp_path / "made.mkv", NUM_FRAMES, 25, options=("-metadata", "timecode=10:00:00;12"))
    assert str(probe(path).start_timecode) == "10:00:00:12"


@pytest.mark.parametrize("suffix", ["mov", "mkv"])
def test_sound_is_as_long_and_as_deep_as_the_file_says(suffix: str, tmp_path: Path) -> None:
    sound = tone(0.5)
    path = make_video(tmp_path / f"made.{suffix}", NUM_FRAMES, sound=sound)
    deep = tmp_path / f"deep.{suffix}"
    run_ffmpeg("-i", path, "-c:v", "copy", "-c:a", "pcm_s24le", deep)
    (compressed,), (uncompressed,) = probe(path).audio, probe(deep).audio
    assert (compressed.bit_depth, uncompressed.bit_depth) == (16, 24)
    for track in (compressed, uncompressed):
        assert track.duration == pytest.approx(0.5, abs=0.05)
