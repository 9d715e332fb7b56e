from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from autohighlight.errors import UndecodableError
from autohighlight.media.probe import probe
from autohighlight.times import TimeRange
from tests.media_factory import X264, Sound, decode, make_video, run_ffmpeg, tone

PTS_JITTER = "settb=1/90000,setpts='PTS+between(N,1,58)*mod(N,3)*0.004/TB'"
"""Every ffmpeg keeps the mean: some write the last frame of such a video, others do not."""


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "avi", "webm"])
@pytest.mark.parametrize("rate", ["24000/1001", "25", "30000/1001", "60000/1001", "50", "15"])
def test_the_rate_is_exact_whatever_clock_the_container_has(rate: str, suffix: str, tmp_path: Path) -> None:
    encoder = ("-c:v", "libvpx", "-deadline", "realtime") if suffix == "webm" else X264
    media = probe(make_video(tmp_path / f"made.{suffix}", 40, rate, (32, 32), encoder=encoder))
    assert media.frame_rate == Fraction(rate)
    assert not media.is_variable_rate
    assert media.num_frames == 40
    assert float(media.duration) == pytest.approx(40 / float(Fraction(rate)), abs=0.002)


def test_jitter_is_a_variable_rate_with_a_standard_nominal_one(tmp_path: Path) -> None:
    options = ("-vf", PTS_JITTER, "-fps_mode", "passthrough", "-enc_time_base", "1/90000")
    media = probe(make_video(tmp_path / "made.mp4", 61, 30, (32, 32), options=options))
    assert (media.frame_rate, media.is_variable_rate) == (30, True)


def test_dropped_frames_leave_the_rate(tmp_path: Path) -> None:
    options = ("-vf", r"select='not(eq(mod(n\,5)\,3))'", "-fps_mode", "passthrough")
    media = probe(make_video(tmp_path / "made.mp4", 60, 25, (32, 32), options=options))
    assert (media.frame_rate, media.num_frames, media.is_variable_rate) == (25, 48, True)
    assert media.time_range == TimeRange(Fraction(0), Fraction(60, 25))


@pytest.mark.parametrize(("num_missing", "is_variable_rate"), [(0, False), (2, False), (4, True), (100, True)])
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_a_rate_varies_where_more_than_one_frame_in_a_hundred_is_missing(
    suffix: str, num_missing: int, is_variable_rate: bool, tmp_path: Path
) -> None:
    """Whether the rate varies, the end is on its grid, so the length that editors know is whole."""
    select = rf"select='not(eq(mod(n\,3)\,1)*lt(n\,{3 * num_missing}))'"
    options = ("-vf", select, "-fps_mode", "passthrough")
    media = probe(make_video(tmp_path / f"made.{suffix}", 301, 30, (32, 32), options=options))
    assert media.num_frames == 301 - num_missing
    assert (media.frame_rate, media.is_variable_rate) == (30, is_variable_rate)
    assert media.grid_length == 301


def test_one_frame_is_a_video(tmp_path: Path) -> None:
    media = probe(make_video(tmp_path / "made.mp4", 1, 25, (32, 32)))
    assert (media.num_frames, media.frame_rate, media.duration) == (1, 25, Fraction(1, 25))


def test_a_late_start_is_kept(tmp_path: Path) -> None:
    media = probe(make_video(tmp_path / "made.mp4", 25, 25, (32, 32), options=("-output_ts_offset", "7.52")))
    assert media.time_range == TimeRange(Fraction("7.52"), Fraction("8.52"))
    assert media.grid.time(1) == Fraction("7.56")


def test_everything_about_a_plain_file(tmp_path: Path) -> None:
    options = ("-vf", "setsar=4/3,setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv")
    sound = Sound(tone(2, sample_rate=44_100, num_channels=1).samples, 44_100)
    media = probe(make_video(tmp_path / "made.mp4", 50, 25, (64, 48), options=options, sound=sound))
    assert (media.width, media.height, media.sample_aspect_ratio, media.rotation) == (64, 48, Fraction(4, 3), 0)
    assert (media.codec, media.pixel_format, media.bit_depth) == ("h264", "yuv420p", 8)
    colour = media.colour
    assert (colour.primaries, colour.transfer, colour.matrix, colour.range) == ("bt709", "bt709", "bt709", "tv")
    (track,) = media.audio
    assert (track.codec, track.sample_rate, track.layout, track.num_channels) == ("aac", 44_100, "mono", 1)
    assert track.is_default
    assert media.num_frames_absent == 0
    assert media.packets is not None
    assert (len(media.packets), int(media.packets.is_key.sum())) == (50, 1)


def test_the_largest_moving_picture_is_the_video(tmp_path: Path) -> None:
    small = make_video(tmp_path / "small.mp4", 10, 25, (32, 32))
    large = make_video(tmp_path / "large.mp4", 10, 25, (96, 64))
    cover = make_video(tmp_path / "cover.png", 1, encoder=("-c:v", "png"), size=(200, 200), pixel_format="rgb24")
    both = tmp_path / "both.mp4"
    run_ffmpeg("-i", small, "-i", large, "-i", cover, "-map", "2", "-map", "0", "-map", "1", "-c", "copy",
               "-disposition:v:0", "attached_pic", both)  # fmt: skip
    media = probe(both)
    assert (media.width, media.height) == (96, 64)
    assert media.codec == "h264"


def test_a_file_cut_short_says_how_many_frames_are_absent(tmp_path: Path) -> None:
    whole = make_video(tmp_path / "whole.mp4", 100, options=("-movflags", "+faststart"))
    short = tmp_path / "short.mp4"
    short.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    media = probe(short)
    assert 0 < media.num_frames < 100
    assert media.num_frames + media.num_frames_absent == 100


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_rotation_is_clockwise(turn: int, tmp_path: Path) -> None:
    stored = make_video(tmp_path / "stored.mp4", 5, size=(64, 48))
    run_ffmpeg("-display_rotation", -turn, "-i", stored, "-c", "copy", tmp_path / "turned.mp4")
    media = probe(tmp_path / "turned.mp4")
    assert media.rotation == turn
    assert media.display_size == ((64, 48) if turn % 180 == 0 else (48, 64))


def test_a_nonsense_aspect_ratio_is_not_believed(tmp_path: Path) -> None:
    media = probe(make_video(tmp_path / "made.mp4", 5, options=("-vf", "setsar=50/1")))
    assert media.sample_aspect_ratio == 1


def test_an_avi_that_does_not_name_its_codec_is_refused_with_the_cause(tmp_path: Path) -> None:
    encoder = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error")
    unnamed = make_video(tmp_path / "made.avi", 5, encoder=encoder)
    with pytest.raises(UndecodableError, match=r"made.avi: is an AVI that does not name its codec") as caught:
        probe(unnamed)
    assert "ffmpeg -c:v hevc -i FILE NEW.mp4" in caught.value.hint
    run_ffmpeg("-c:v", "hevc", "-i", unnamed, *X264, tmp_path / "new.mp4")
    assert decode(tmp_path / "new.mp4").numbers == [*range(5)]
