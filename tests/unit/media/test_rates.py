"""The rate that editors mean is found where a file says nearly that, and where film is shown at 60 fields/s."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from autohighlight.media.probe import probe
from tests.media.reels import make_reel
from tests.media_factory import make_video, run_ffmpeg


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "avi"])
@pytest.mark.parametrize(("written", "meant"), [
    ("90000/3002", "30000/1001"), ("1199/50", "24000/1001"), ("90020/3000", "30"), ("2997/100", "30000/1001"),
    ("5994/100", "60000/1001"), ("25.005", "25"), ("120000/1001", "120000/1001"), ("240000/1001", "240000/1001"),
    ("240", "240"), ("29.5", "29.5"), ("28", "28"), ("14.985", "14.985"),
])  # fmt: skip
def test_a_rate_a_hair_off_a_standard_one_is_that(written: str, meant: str, suffix: str, tmp_path: Path) -> None:
    media = probe(make_video(tmp_path / f"made.{suffix}", 150, written, (32, 32)))
    assert (media.frame_rate, media.is_variable_rate, media.num_frames) == (Fraction(meant), False, 150)
    assert float(media.duration) == pytest.approx(150 / float(Fraction(written)), abs=0.003)  # the times are kept


def test_the_times_of_a_long_file_are_kept_where_its_rate_is_nearly_a_standard_one(tmp_path: Path) -> None:
    media = probe(make_video(tmp_path / "made.mp4", 4000, "90020/3000", (16, 16)))
    assert (media.frame_rate, media.is_variable_rate, media.num_frames) == (30, False, 4000)
    assert float(media.duration) == pytest.approx(4000 * 3000 / 90020, abs=0.001)
    assert media.grid_length == round(media.duration * 30) == 3999


@pytest.mark.parametrize("suffix", ["ts", "m2ts", "mkv"])
def test_a_clock_of_fields_does_not_double_the_rate(suffix: str, tmp_path: Path) -> None:
    media = probe(make_video(tmp_path / f"made.{suffix}", 50, 25, (64, 48), encoder=("-c:v", "mpeg1video", "-bf", 2)))
    assert (media.frame_rate, media.num_frames) == (25, 50)


@pytest.mark.parametrize("rate", ["120000/1001", "240000/1001", "60000/1001", "240"])
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_reel_of_a_high_rate_is_even(rate: str, suffix: str, tmp_path: Path) -> None:
    source = make_video(tmp_path / f"made.{suffix}", 300, rate, (64, 48))
    reel, timeline, path = make_reel(source, [(20, 200)])
    assert timeline.frame_rate == Fraction(rate)
    distances = np.diff([float(time) for time in reel.times]) * float(Fraction(rate))
    assert np.abs(distances - 1).max() < 0.01
    assert reel.numbers == list(range(20, 220))
    assert probe(path).frame_rate == Fraction(rate)


_SEQUENCE, _GROUP, _PICTURE, _EXTENSION = (b"\0\0\1" + code for code in (b"\xb3", b"\xb8", b"\0", b"\xb5"))
_CADENCE = [(1, 1), (0, 0), (0, 1), (1, 0)]  # top field first, first field repeated: 3, 2, 3, 2 fields


def make_pulled_down(path: Path, num_frames: int) -> Path:
    """A film on DVD: 23.976 frames/s, each marked to be shown for two or three fields of 59.94 in turn."""
    film, dvd = path.with_suffix(".m2v"), path.with_suffix(".dvd.mpg")
    make_video(
        film,
        num_frames,
        "24000/1001",
        (128, 96),
        encoder=("-c:v", "mpeg2video", "-bf", 2, "-q:v", 4, "-sc_threshold", 10**9),
    )
    content = bytearray(film.read_bytes())
    picture_order = frames_before = frames_seen = 0
    for place in range(len(content) - 4):
        code = content[place : place + 4]
        if code == _SEQUENCE:
            content[place + 7] = content[place + 7] & 0xF0 | 4  # 29.97 frames/s on the screen
        elif code == _GROUP:
            frames_before = frames_seen
        elif code == _PICTURE:
            picture_order = frames_before + (content[place + 4] << 2 | content[place + 5] >> 6)
            frames_seen += 1
        elif code == _EXTENSION and content[place + 4] >> 4 == 1:
            content[place + 5] &= ~0x08  # a sequence of which not every frame is shown for two fields
        elif code == _EXTENSION and content[place + 4] >> 4 == 8:
            top, repeated = _CADENCE[picture_order % 4]
            content[place + 7] = content[place + 7] & ~0x82 | top << 7 | repeated << 1
            content[place + 8] |= 0x80  # a progressive frame
    film.write_bytes(content)
    run_ffmpeg("-i", film, "-c", "copy", dvd)
    if path.suffix == ".mpg":
        return dvd
    run_ffmpeg("-fflags", "+genpts", "-i", dvd, "-c", "copy", path)
    return path


@pytest.mark.parametrize("suffix", ["mpg", "ts", "mkv"])
def test_film_on_a_dvd_has_the_rate_of_the_film_and_an_even_reel(suffix: str, tmp_path: Path) -> None:
    source = make_pulled_down(tmp_path / f"made.{suffix}", 72)
    media = probe(source)
    assert (media.frame_rate, media.is_variable_rate, media.num_frames) == (Fraction(24000, 1001), False, 72)
    assert media.field_order == "progressive"
    assert float(media.duration) == pytest.approx(72 * 1001 / 24000, abs=0.03)
    reel, _, _ = make_reel(source, [(10, 50)])
    assert reel.numbers == list(range(10, 60))
