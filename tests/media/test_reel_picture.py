"""What a reel looks like: upright, in square pixels, with the source's levels, colours and depth."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from autohighlight.config import ExportOptions
from autohighlight.errors import OptionError
from autohighlight.export.reel import write_reel
from autohighlight.media.ffmpeg import find_ffmpeg
from autohighlight.media.probe import probe
from autohighlight.timeline.model import Part, Source, Timeline
from autohighlight.types import ColourInfo
from tests.media.reels import make_reel, numbers_of
from tests.media_factory import X264, decode, make_video, run_ffmpeg, tone

X265 = ("-c:v", "libx265", "-preset", "ultrafast", "-crf", "8", "-x265-params", "log-level=error")
CUTS = [(30, 5), (5, 4)]
PATCHES = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30), (128, 128, 128), (250, 250, 250)]
PATCH_SIZE = 32


def make_patches(path: Path, encoder: Sequence[object], pixel_format: str, filters: str = "null") -> Path:
    """A still picture of six patches, three a row."""
    colours = np.array(PATCHES, np.uint8).reshape(2, 3, 3)
    picture = colours.repeat(PATCH_SIZE, axis=0).repeat(PATCH_SIZE, axis=1)
    raw = ["-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", f"{3 * PATCH_SIZE}x{2 * PATCH_SIZE}",
           "-framerate", 25, "-i", "pipe:0"]  # fmt: skip
    run_ffmpeg(*raw, "-vf", filters, *encoder, "-pix_fmt", pixel_format, path, data=picture.tobytes() * 12)
    return path


def shown_picture(path: Path) -> NDArray[np.uint8]:
    """uint8 (H, W, 3): the first frame as the ffmpeg program shows it, upright and by its tags."""
    command = [find_ffmpeg().path, "-v", "error", "-i", str(path), "-frames:v", "1", "-f", "rawvideo"]
    done = subprocess.run([*command, "-pix_fmt", "rgb24", "-"], capture_output=True, check=True)
    width, height = probe(path).display_size
    return np.frombuffer(done.stdout, np.uint8).reshape(height, width, 3)


def shown_patches(path: Path) -> NDArray[Any]:
    """(6, 3): the colours in the middle of the patches."""
    picture = shown_picture(path)
    half = PATCH_SIZE // 2
    return picture[half::PATCH_SIZE, half::PATCH_SIZE].reshape(6, 3).astype(int)


def tagged(primaries: str, transfer: str, matrix: str, levels: str = "tv", scaled: str = "") -> str:
    """Filters that convert to a matrix and range, and name them."""
    convert = f"scale=out_color_matrix={scaled or matrix}:out_range={levels}"
    names = f"color_primaries={primaries}:color_trc={transfer}:colorspace={matrix}:range={levels}"
    return f"{convert},setparams={names}"


COLOURS = {
    "BT.709": ("mp4", X264, "yuv420p", tagged("bt709", "bt709", "bt709")),
    "BT.601": ("mp4", X264, "yuv420p", tagged("smpte170m", "smpte170m", "smpte170m", scaled="bt601")),
    "full range": ("mp4", X264, "yuvj420p", tagged("bt709", "bt709", "bt709", "pc")),
    "full range 4:4:4": ("mov", ("-c:v", "mjpeg", "-q:v", 1), "yuvj444p", "null"),
    "4:2:2": ("mp4", X264, "yuv422p", tagged("bt709", "bt709", "bt709")),
    "4:4:4": ("mp4", X264, "yuv444p", tagged("bt709", "bt709", "bt709")),
    "PQ": ("mp4", X265, "yuv420p10le", tagged("bt2020", "smpte2084", "bt2020nc", scaled="bt2020")),
    "HLG": ("mp4", X265, "yuv420p10le", tagged("bt2020", "arib-std-b67", "bt2020nc", scaled="bt2020")),
    "8-bit PQ": ("mp4", X264, "yuv420p", tagged("bt2020", "smpte2084", "bt2020nc", scaled="bt2020")),
    "10-bit 4:2:2": ("mov", ("-c:v", "prores_ks"), "yuv422p10le", tagged("bt709", "bt709", "bt709")),
    "12 bits": ("mp4", X265, "yuv420p12le", tagged("bt709", "bt709", "bt709")),
    "10-bit 4:4:4 with alpha": ("mov", ("-c:v", "prores_ks", "-profile:v", "4444"), "yuva444p10le",
                                tagged("bt709", "bt709", "bt709")),
    "RGB in H.264": ("mp4", ("-c:v", "libx264rgb", "-preset", "ultrafast"), "rgb24", "null"),
    "RGB in QuickTime": ("mov", ("-c:v", "qtrle"), "rgb24", "null"),
    "RGB of 10 bits": ("mkv", ("-c:v", "ffv1"), "gbrp10le", "null"),
    "PNG with alpha": ("mov", ("-c:v", "png"), "rgba", "null"),
}  # fmt: skip


@pytest.mark.parametrize("name", COLOURS)
def test_colours_and_their_names_stay(name: str, tmp_path: Path) -> None:
    suffix, encoder, pixel_format, filters = COLOURS[name]
    source = make_patches(tmp_path / f"made.{suffix}", encoder, pixel_format, filters)
    _, _, output = make_reel(source, [(2, 5)], crf=4)
    assert shown_patches(output) == pytest.approx(shown_patches(source), abs=5)
    before, after = probe(source), probe(output)
    is_rgb = pixel_format in {"rgb24", "rgba", "gbrp10le"}
    assert (after.colour.matrix, after.colour.range.replace("unknown", "tv")) == (
        ("bt709", "tv") if is_rgb else (before.colour.matrix, before.colour.range.replace("unknown", "tv"))
    )
    assert after.colour.transfer == before.colour.transfer
    assert after.colour.primaries == before.colour.primaries
    assert (after.bit_depth > 8) == (before.bit_depth > 8)
    assert after.codec == ("hevc" if before.bit_depth > 8 else "h264")
    assert after.pixel_format in {"yuv420p", "yuvj420p", "yuv420p10le"}


def test_what_a_file_does_not_say_is_not_made_up(tmp_path: Path) -> None:
    _, _, output = make_reel(make_video(tmp_path / "made.mp4", 20), [(2, 5)])
    assert probe(output).colour == ColourInfo()


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_the_codec_asked_for_is_written_at_the_source_s_depth(codec: str, tmp_path: Path) -> None:
    source = make_video(tmp_path / "made.mkv", 20, encoder=("-c:v", "ffv1"), pixel_format="yuv420p10le")
    reel, _, output = make_reel(source, [(2, 5)], codec=codec)
    assert (probe(output).codec, probe(output).bit_depth) == (codec, 10)
    assert reel.numbers == numbers_of([(2, 5)])


def test_levels_of_ten_bits_are_not_rounded_to_eight(tmp_path: Path) -> None:
    ramp = np.tile(np.arange(64, 64 + 256, dtype="<u2"), (64, 1))  # a quarter of the range, in steps of one
    chroma = np.full((2, 32, 128), 512, "<u2")
    raw = ["-f", "rawvideo", "-pixel_format", "yuv420p10le", "-video_size", "256x64", "-framerate", 25, "-i", "pipe:0"]
    data = (ramp.tobytes() + chroma.tobytes()) * 8
    run_ffmpeg(*raw, "-c:v", "ffv1", tmp_path / "made.mkv", data=data)
    reel, _, _ = make_reel(tmp_path / "made.mkv", [(1, 4)], crf=1, codec="h264")
    levels = reel.lumas[0].mean(axis=0)
    assert levels == pytest.approx(ramp[0], abs=1.5)
    assert len(np.unique(np.rint(levels))) > 200


@pytest.mark.parametrize(
    ("size", "expected"),
    [((341, 257), (340, 256)), ((171, 128), (172, 128)), ((1, 1), (2, 2)), ((2, 2), (2, 2)), ((16, 300), (16, 300))],
)
def test_odd_sizes_become_the_nearest_even_ones(
    size: tuple[int, int], expected: tuple[int, int], tmp_path: Path
) -> None:
    source = make_video(tmp_path / "made.mp4", 40, size=size, pixel_format="yuv444p")
    reel, _, output = make_reel(source, CUTS)
    media = probe(output)
    assert (media.width, media.height, media.sample_aspect_ratio) == (*expected, 1)
    assert len(reel.lumas) == 9
    if min(size) > 2:
        assert reel.numbers == numbers_of(CUTS)


@pytest.mark.parametrize(("ratio", "expected"), [("4/3", (128, 72)), ("2/3", (96, 108)), ("2", (192, 72))])
def test_pixels_become_square_and_none_is_lost(ratio: str, expected: tuple[int, int], tmp_path: Path) -> None:
    source = make_video(tmp_path / "made.mp4", 40, options=("-vf", f"setsar={ratio}"))
    reel, _, output = make_reel(source, CUTS)
    media = probe(output)
    assert (media.width, media.height, media.sample_aspect_ratio) == (*expected, 1)
    assert reel.numbers == numbers_of(CUTS)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_pictures_are_upright(turn: int, tmp_path: Path) -> None:
    stored = make_patches(tmp_path / "stored.mp4", X264, "yuv420p", tagged("bt709", "bt709", "bt709"))
    source = tmp_path / "made.mp4"
    run_ffmpeg("-display_rotation", -turn, "-i", stored, "-c", "copy", source)
    assert probe(source).rotation == turn
    _, _, output = make_reel(source, [(2, 5)], crf=4)
    media = probe(output)
    assert media.rotation == 0
    assert (media.width, media.height) == ((96, 64) if turn % 180 == 0 else (64, 96))
    expected = np.rot90(np.array(PATCHES).reshape(2, 3, 3), -turn // 90).reshape(6, 3)
    assert shown_patches(output) == pytest.approx(expected, abs=8)
    assert np.abs(shown_picture(output).astype(int) - shown_picture(source)).mean() < 2


def test_a_suffix_that_is_no_reel_s_is_said(tmp_path: Path) -> None:
    media = probe(make_video(tmp_path / "made.mp4", 20))
    part = Part(Source(media), 0, 5, 0.5, "")
    timeline = Timeline("x", media.frame_rate, media.display_size, (part,))
    with pytest.raises(OptionError, match=r"not written as \.avi"):
        write_reel(timeline, tmp_path / "x.avi", ExportOptions(), lambda _: None)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".MP4"])
def test_every_container_of_a_reel_plays(suffix: str, tmp_path: Path) -> None:
    media = probe(make_video(tmp_path / "made.mp4", 40, sound=tone(1.6)))
    part = Part(Source(media), 3, 20, 0.5, "")
    timeline = Timeline("x", media.frame_rate, media.display_size, (part,))
    output = tmp_path / f"reel{suffix}"
    write_reel(timeline, output, ExportOptions(preset="ultrafast"), lambda _: None)
    reel = decode(output)
    assert reel.numbers == list(range(3, 23))
    assert reel.sound is not None
    assert abs(float(reel.sound_start - reel.times[0])) < 0.001
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["made.mp4", output.name])


@pytest.mark.parametrize(("pixel_format", "lines"), [
    ("yuv420p10le", []), ("yuv422p12le", ["made.mkv has 12 bits a component; the reel has 10"]),
    ("rgb48le", ["made.mkv has 16 bits a component; the reel has 10"]),
])  # fmt: skip
def test_bits_that_the_reel_cannot_hold_are_said(
    pixel_format: str, lines: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = make_video(tmp_path / "made.mkv", 12, encoder=("-c:v", "ffv1"), pixel_format=pixel_format)
    _, _, output = make_reel(source, [(2, 5)])
    assert probe(output).bit_depth == 10
    assert [record.getMessage() for record in caplog.records if " bits " in record.getMessage()] == lines
