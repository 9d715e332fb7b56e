"""What a GIF looks like: upright, in square pixels, in the colours of the video, whatever its depth and range."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from autohighlight.media.colour import SdrMapper
from autohighlight.media.probe import probe
from tests.media.gifs import make_animations, read_animation
from tests.media.test_reel_picture import COLOURS, PATCH_SIZE, PATCHES, X265, make_patches, tagged
from tests.media_factory import X264, make_video, read_number, run_ffmpeg

FORMS = ("gif", "webp", "avif")
HDR = ("PQ", "HLG", "8-bit PQ")


def patches(picture: NDArray[np.uint8]) -> NDArray[np.int64]:
    """(6, 3): the colours in the middle of the patches."""
    height, width = picture.shape[:2]
    rows, columns = (np.array([1, 3]) * height) // 4, (np.array([1, 3, 5]) * width) // 6
    return picture[np.ix_(rows, columns)].reshape(6, 3).astype(int)


@pytest.mark.parametrize("name", [name for name in COLOURS if name not in HDR])
def test_colours_are_those_of_the_video(name: str, tmp_path: Path) -> None:
    suffix, encoder, pixel_format, filters = COLOURS[name]
    source = make_patches(tmp_path / f"made.{suffix}", encoder, pixel_format, filters)
    (made,) = make_animations(source, [(2, 8)], dither="none")
    assert patches(read_animation(made.path).pictures[0]) == pytest.approx(np.array(PATCHES), abs=8)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_keeps_colours(form: str, tmp_path: Path) -> None:
    source = make_patches(tmp_path / "made.mp4", X264, "yuv420p", tagged("bt709", "bt709", "bt709"))
    (made,) = make_animations(source, [(2, 8)], form)
    assert patches(read_animation(made.path).pictures[-1]) == pytest.approx(np.array(PATCHES), abs=10)


@pytest.mark.parametrize(("size", "matrix"), [((640, 360), "bt601"), ((1280, 720), "bt709")])
def test_a_file_that_names_no_matrix_is_read_as_players_read_it(
    size: tuple[int, int], matrix: str, tmp_path: Path
) -> None:
    scale = f"scale={size[0]}:{size[1]}:flags=neighbor:out_color_matrix={matrix}:out_range=tv,"
    untagged = "setparams=color_primaries=unknown:color_trc=unknown:colorspace=unknown"
    encoder = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", 4)
    source = make_patches(tmp_path / "made.mp4", encoder, "yuv420p", f"{scale}format=yuv420p,{untagged}")
    assert probe(source).colour.matrix == "unknown"
    (made,) = make_animations(source, [(2, 8)], width=96, dither="none")
    assert patches(read_animation(made.path).pictures[0]) == pytest.approx(np.array(PATCHES), abs=8)


@pytest.mark.parametrize("name", HDR)
@pytest.mark.parametrize("form", ["gif", "avif"])
def test_hdr_is_mapped_to_sdr_by_the_rule_of_the_package(name: str, form: str, tmp_path: Path) -> None:
    suffix, encoder, pixel_format, filters = COLOURS[name]
    source = make_patches(tmp_path / f"made.{suffix}", encoder, pixel_format, filters)
    (made,) = make_animations(source, [(2, 8)], form)
    # The patches' numbers are what is in the file, meant as signals of PQ or HLG in BT.2020.
    signals = (np.array(PATCHES).reshape(2, 3, 3) * 257).astype(np.uint16)
    expected = SdrMapper(probe(source).colour.transfer)(signals).reshape(6, 3)
    assert patches(read_animation(made.path).pictures[0]) == pytest.approx(expected.astype(int), abs=14)


def test_ten_bits_are_rounded_once(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(64, 940, 256).astype("<u2"), (64, 1))
    chroma = np.full((2, 32, 128), 512, "<u2")
    raw = ["-f", "rawvideo", "-pixel_format", "yuv420p10le", "-video_size", "256x64", "-framerate", 25, "-i", "pipe:0"]
    run_ffmpeg(*raw, "-c:v", "ffv1", tmp_path / "made.mkv", data=(ramp.tobytes() + chroma.tobytes()) * 8)
    (made,) = make_animations(tmp_path / "made.mkv", [(1, 4)], dither="none")
    levels = read_animation(made.path).lumas[0].mean(axis=0)
    assert levels == pytest.approx(np.linspace(0, 255, 256), abs=2.5)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_pictures_are_upright(turn: int, tmp_path: Path) -> None:
    stored = make_patches(tmp_path / "stored.mp4", X264, "yuv420p", tagged("bt709", "bt709", "bt709"))
    source = tmp_path / "made.mp4"
    run_ffmpeg("-display_rotation", -turn, "-i", stored, "-c", "copy", source)
    (made,) = make_animations(source, [(2, 5)])
    shown = read_animation(made.path).pictures[0]
    expected = np.rot90(np.array(PATCHES).reshape(2, 3, 3), -turn // 90)
    assert made.size == (shown.shape[1], shown.shape[0]) == (expected.shape[1] * 32, expected.shape[0] * 32)
    half = PATCH_SIZE // 2
    assert shown[half::PATCH_SIZE, half::PATCH_SIZE].astype(int) == pytest.approx(expected, abs=10)


@pytest.mark.parametrize(("ratio", "expected"), [("4/3", (128, 72)), ("2/3", (96, 108)), ("2", (192, 72))])
def test_pixels_become_square(ratio: str, expected: tuple[int, int], tmp_path: Path) -> None:
    source = make_video(tmp_path / "made.mp4", 40, options=("-vf", f"setsar={ratio}"))
    (made,) = make_animations(source, [(4, 20)])
    assert made.size == expected
    assert [read_number(luma) for luma in read_animation(made.path).lumas] == list(range(4, 24, 2))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("size", "width", "expected"),
    [
        ((16, 16), None, (16, 16)),
        ((16, 300), None, (16, 300)),
        ((64, 112), None, (64, 112)),
        ((540, 960), None, (270, 480)),
        ((540, 960), 101, (101, 180)),
        ((640, 360), 333, (333, 187)),
        ((96, 72), 4000, (96, 72)),
        ((341, 257), None, (340, 256)),
    ],
)
def test_any_size_becomes_the_one_asked_for_and_is_never_enlarged(
    form: str, size: tuple[int, int], width: int | None, expected: tuple[int, int], tmp_path: Path
) -> None:
    source = make_video(tmp_path / "made.mp4", 20, size=size, pixel_format="yuv444p")
    (made,) = make_animations(source, [(4, 10)], form, width=width)
    shown = read_animation(made.path)
    assert made.size == (shown.pictures[0].shape[1], shown.pictures[0].shape[0]) == expected
    assert [read_number(luma) for luma in shown.lumas] == list(range(4, 14, 2))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 500)])
def test_the_smallest_of_videos_is_a_moving_picture(form: str, size: tuple[int, int], tmp_path: Path) -> None:
    source = make_video(tmp_path / "made.mkv", 20, size=size, encoder=("-c:v", "ffv1"), pixel_format="yuv444p")
    (made,) = make_animations(source, [(4, 10)], form)
    assert read_animation(made.path).pictures[0].shape == (made.size[1], made.size[0], 3)


def test_each_has_a_palette_of_its_own(tmp_path: Path) -> None:
    """Reds only, then blues only: each GIF has more of them than one palette for both would have room for."""
    reds, blues = np.zeros((2, 32, 256, 3), np.uint8)
    reds[..., 0] = blues[..., 2] = np.arange(256)
    data = reds.tobytes() * 20 + blues.tobytes() * 20
    raw = ["-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", "256x32", "-framerate", 25, "-i", "pipe:0"]
    run_ffmpeg(*raw, "-c:v", "ffv1", "-pix_fmt", "gbrp", tmp_path / "made.mkv", data=data)
    made = make_animations(tmp_path / "made.mkv", [(2, 10), (22, 10)], dither="none")
    for animation, channel in zip(made, (0, 2), strict=True):
        shown = read_animation(animation.path).pictures[0]
        assert len(np.unique(shown[0, :, channel])) > 200
        assert shown[..., [c for c in range(3) if c != channel]].max() <= 2


@pytest.mark.parametrize("dither", ["bayer", "sierra2_4a", "floyd_steinberg", "none"])
def test_every_way_of_mixing_colours_is_taken(dither: str, tmp_path: Path) -> None:
    (made,) = make_animations(make_video(tmp_path / "made.mp4", 20), [(2, 10)], dither=dither)
    assert [read_number(luma) for luma in read_animation(made.path).lumas] == list(range(2, 12, 2))


def test_hevc_of_ten_bits_and_a_variable_rate(tmp_path: Path) -> None:
    source = make_video(
        tmp_path / "made.mkv", 40, Fraction(30), encoder=X265, pixel_format="yuv420p10le",
        options=("-vf", r"select='not(eq(mod(n\,7)\,2))'", "-fps_mode", "vfr"),
    )  # fmt: skip
    (made,) = make_animations(source, [(4, 20)])
    there = [number for number in range(40) if number % 7 != 2]
    expected = [max(n for n in there if n <= instant) for instant in range(4, 24, 2)]
    assert [read_number(luma) for luma in read_animation(made.path).lumas] == expected


def test_a_colour_that_appears_and_stays_is_in_the_palette(tmp_path: Path) -> None:
    source = tmp_path / "made.mkv"
    dialog = "drawbox=x=20:y=12:w=50:h=40:c=red:t=fill:enable=gte(n\\,6)"
    run_ffmpeg("-f", "lavfi", "-i", "color=gray:size=96x64:rate=10:duration=1", "-vf", dialog, "-c:v", "ffv1", source)
    (made,) = make_animations(source, [(2, 8)])
    first, *_, last = read_animation(made.path).pictures
    assert first[30, 40].astype(int) == pytest.approx((128, 128, 128), abs=8)
    assert last[30, 40].astype(int) == pytest.approx((254, 0, 0), abs=12)
