"""Pictures whose shape changes in the middle of a file are fitted into the shape of the first, in every form."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from numpy.typing import NDArray

from autohighlight.media.probe import probe
from autohighlight.media.thumbnails import read_thumbnails
from tests.media.gifs import make_animations, read_animation
from tests.media.reels import make_reel
from tests.media_factory import X264, run_ffmpeg
from tests.whole_runs import QUICKLY, Command

VP8 = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", 8, "-b:v", "1M")
VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", 8, "-b:v", "1M")
MPEG2 = ("-c:v", "mpeg2video", "-q:v", 2)
LENGTH = 30
"""Frames of each half."""

CASES = {  # container, encoder, size and shape of pixels of each half
    "call that is turned": ("webm", VP8, ((128, 96), "1"), ((96, 128), "1")),
    "VP9 of another shape": ("webm", VP9, ((128, 72), "1"), ((96, 96), "1")),
    "joined recordings": ("ts", X264, ((128, 96), "1"), ((192, 96), "1")),
    "16:9 after 4:3": ("ts", MPEG2, ((96, 72), "1"), ((96, 72), "4/3")),
    "4:3 after 16:9": ("ts", MPEG2, ((96, 72), "4/3"), ((96, 72), "1")),
}


def make_half(path: Path, size: tuple[int, int], pixels: str, encoder: Sequence[object]) -> Path:
    """A bright square, in stored pixels, a third or so of the shorter side, in the middle of a grey picture."""
    side = 32 if size != (96, 72) else 24
    box = f"drawbox=x=(iw-{side})/2:y=(ih-{side})/2:w={side}:h={side}:c=white:t=fill"
    grey = f"color=gray:size={size[0]}x{size[1]}:rate=25:duration={LENGTH / 25}"
    run_ffmpeg(
        "-f", "lavfi", "-i", grey, "-vf", f"{box},setsar={pixels}", "-g", 15, *encoder, "-pix_fmt", "yuv420p", path
    )
    return path


def join(path: Path, halves: Sequence[Path]) -> Path:
    listed = path.with_suffix(".txt")
    listed.write_text("".join(f"file '{half.name}'\n" for half in halves))
    run_ffmpeg("-f", "concat", "-i", listed, "-c", "copy", path)
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("shapes")
    files = {}
    for number, (name, (suffix, encoder, *halves)) in enumerate(CASES.items()):
        parts = [
            make_half(folder / f"{number}-{half}.{suffix}", size, pixels, encoder)
            for half, (size, pixels) in enumerate(halves)
        ]
        files[name] = join(folder / f"case{number}.{suffix}", parts)
    return files


def square(luma: NDArray[Any]) -> tuple[int, int]:
    """Width and height of what is bright."""
    is_bright = luma > 200
    return int(is_bright.any(axis=0).sum()), int(is_bright.any(axis=1).sum())


def bars(luma: NDArray[Any]) -> tuple[int, int]:
    """How many columns and rows are black."""
    is_dark = luma < 40
    return int(is_dark.all(axis=0).sum()), int(is_dark.all(axis=1).sum())


def expected(name: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """What the square measures in the second half, and how much of the picture is bars, in the size of the first."""
    _, _, *halves = CASES[name]
    shown = [(float(width * Fraction(pixels)), float(height)) for (width, height), pixels in halves]
    (whole_width, whole_height), (width, height) = shown
    scale = min(whole_width / width, whole_height / height)
    stored, pixels = halves[1]
    side = (24 if stored == (96, 72) else 32) * scale
    sides = (round(side * float(Fraction(pixels))), round(side))
    return sides, (round(whole_width - width * scale), round(whole_height - height * scale))


@pytest.mark.parametrize("name", CASES)
def test_the_second_half_is_fitted_into_the_shape_of_the_first(
    name: str, made: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    source = made[name]
    sides, black = expected(name)
    with caplog.at_level(logging.WARNING, "autohighlight"):
        reel, _, _ = make_reel(source, [(5, 10), (LENGTH - 5, 10), (LENGTH + 18, 8)], crf=6)
    assert bars(reel.lumas[0]) == (0, 0)
    for number in (16, 19, 20, 27):
        assert square(reel.lumas[number]) == pytest.approx(sides, abs=2)
        assert bars(reel.lumas[number]) == pytest.approx(black, abs=2)
    assert square(reel.lumas[14]) == square(reel.lumas[0])
    assert [record.getMessage() for record in caplog.records if "shape" in record.getMessage()] == [
        f"{source.name}: its picture changes shape; what differs from the first one is fitted in with black bars"
    ]


@pytest.mark.parametrize("name", CASES)
def test_gifs_and_thumbnails_too(name: str, made: dict[str, Path], caplog: pytest.LogCaptureFixture) -> None:
    source = made[name]
    sides, black = expected(name)
    media = probe(source)
    with caplog.at_level(logging.WARNING, "autohighlight"):
        (gif,) = make_animations(source, [(LENGTH - 4, 12)])
    second = read_animation(gif.path).lumas[-1]
    height = media.display_size[1]
    (thumbnail,) = read_thumbnails(media, [media.time_range.end - Fraction(1, 10)], height)
    for luma in (second, thumbnail[..., 1]):
        assert square(luma) == pytest.approx(sides, abs=2)
        assert bars(luma) == pytest.approx(black, abs=2)
    assert len([record for record in caplog.records if "shape" in record.getMessage()]) == 1


def test_another_size_of_one_shape_fills_the_picture_and_is_not_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    halves = [
        make_half(tmp_path / f"{width}.webm", (width, height), "1", VP8) for width, height in ((160, 90), (320, 180))
    ]
    source = join(tmp_path / "made.webm", halves)
    with caplog.at_level(logging.WARNING, "autohighlight"):
        reel, _, _ = make_reel(source, [(LENGTH - 5, 10)], crf=6)
    assert bars(reel.lumas[-1]) == (0, 0)
    assert square(reel.lumas[-1]) == pytest.approx((16, 16), abs=2)
    assert not [record for record in caplog.records if "shape" in record.getMessage()]


@pytest.mark.parametrize("name", ["call that is turned", "16:9 after 4:3"])
def test_the_whole_job_goes_through(name: str, made: dict[str, Path], command: Command, tmp_path: Path) -> None:
    done = command("reel", *QUICKLY, "--duration", "95%", "-o", tmp_path / "reel.mp4", made[name])
    assert done.code == 0
    assert done.err.count("changes shape") == 1
    assert probe(tmp_path / "reel.mp4").num_frames > LENGTH + 20
