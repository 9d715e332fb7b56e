"""Pictures that are stored turned or mirrored are shown as the ffmpeg program shows them, in every form of output."""

from __future__ import annotations

import struct
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from autohighlight.media.decode import VideoReader, packets_of, spans
from autohighlight.media.ffmpeg import find_ffmpeg
from autohighlight.media.frames import FrameSampler
from autohighlight.media.probe import probe
from autohighlight.media.remarks import picture_remarks
from autohighlight.media.seeking import find_seeking
from autohighlight.media.thumbnails import read_thumbnails
from tests.media.gifs import make_animations, read_animation
from tests.media.reels import make_reel
from tests.media_factory import X264, run_ffmpeg

SIZE = (96, 64)
ONE = 0x10000
EIGHT = {  # a, b, c, d of the matrix -> clockwise degrees, whether it is mirrored before
    (1, 0, 0, 1): (0, False), (0, 1, -1, 0): (90, False), (-1, 0, 0, -1): (180, False), (0, -1, 1, 0): (270, False),
    (-1, 0, 0, 1): (0, True), (0, -1, -1, 0): (90, True), (1, 0, 0, -1): (180, True), (0, 1, 1, 0): (270, True),
}  # fmt: skip
PLAIN = struct.pack(">9I", ONE, 0, 0, 0, ONE, 0, 0, 0, 0x40000000)


def matrix(a: float, b: float, c: float, d: float) -> bytes:
    return struct.pack(">9i", *(round(ONE * value) for value in (a, b)), 0, *(round(ONE * value) for value in (c, d)),
                       0, 0, 0, 0x40000000)  # fmt: skip


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four corners of different colours."""
    path = tmp_path_factory.mktemp("stored") / "stored.mp4"
    corners = np.array([[(220, 30, 30), (30, 200, 30)], [(40, 40, 220), (240, 240, 240)]], np.uint8)
    data = corners.repeat(SIZE[1] // 2, axis=0).repeat(SIZE[0] // 2, axis=1).tobytes() * 12
    raw = ("-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", "96x64", "-framerate", 25, "-i", "pipe:0")
    tags = "scale=out_color_matrix=bt709,setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv"
    run_ffmpeg(*raw, "-vf", tags, *X264, "-pix_fmt", "yuv420p", path, data=data)
    return path


def turned(stored: Path, numbers: bytes, path: Path) -> Path:
    """A copy whose picture has that matrix; the file has one too, which comes first."""
    content = stored.read_bytes()
    place = content.index(b"tkhd")
    path.write_bytes(content[:place] + content[place:].replace(PLAIN, numbers, 1))
    return path


def as_ffmpeg_shows(path: Path) -> NDArray[np.int16]:
    command = [find_ffmpeg().path, "-v", "error", "-i", str(path), "-frames:v", "1", "-f", "rawvideo"]
    done = subprocess.run([*command, "-pix_fmt", "rgb24", "-"], capture_output=True, check=True)
    width, height = probe(path).display_size
    return np.frombuffer(done.stdout, np.uint8).reshape(height, width, 3).astype(np.int16)


def difference(one: NDArray[np.uint8], other: NDArray[np.int16]) -> float:
    assert one.shape == other.shape
    return float(np.abs(one.astype(np.int16) - other).mean())


@pytest.mark.parametrize("numbers", EIGHT)
def test_every_output_is_upright(numbers: tuple[int, int, int, int], stored: Path, tmp_path: Path) -> None:
    source = turned(stored, matrix(*numbers), tmp_path / "made.mp4")
    media = probe(source)
    assert (media.rotation, media.is_mirrored) == EIGHT[numbers]
    assert list(picture_remarks(media)) == []
    expected = as_ffmpeg_shows(source)
    width, height = media.display_size
    _, _, reel = make_reel(source, [(2, 4)], crf=4)
    assert difference(as_ffmpeg_shows(reel).astype(np.uint8), expected) < 3
    (gif,) = make_animations(source, [(2, 4)])
    assert difference(read_animation(gif.path).pictures[0], expected) < 4
    (thumbnail,) = read_thumbnails(media, [Fraction(1, 10)], height)
    assert difference(thumbnail, expected) < 3
    with VideoReader(media) as reader:
        frame = next(reader.frames(spans(packets_of(media), find_seeking(media).starts)[0]))
        assert difference(FrameSampler(media, (height, width)).picture(frame), expected) < 8  # by another matrix


@pytest.mark.parametrize("numbers", EIGHT)
def test_it_is_read_from_matroska_and_from_messages_in_the_stream(
    numbers: tuple[int, int, int, int], stored: Path, tmp_path: Path
) -> None:
    source = turned(stored, matrix(*numbers), tmp_path / "made.mp4")
    run_ffmpeg("-i", source, "-c", "copy", tmp_path / "made.mkv")
    media = probe(tmp_path / "made.mkv")
    assert (media.rotation, media.is_mirrored) == EIGHT[numbers]
    rotation, is_mirrored = EIGHT[numbers]
    # H.264, D.2.25: the picture is mirrored, then turned anticlockwise.
    flip = ":flip=horizontal" if is_mirrored else ""
    message = f"h264_metadata=display_orientation=insert:rotate={(360 - rotation) % 360}{flip}"
    run_ffmpeg("-i", stored, "-c", "copy", "-bsf:v", message, tmp_path / "made.ts")
    media = probe(tmp_path / "made.ts")
    assert (media.rotation, media.is_mirrored) == EIGHT[numbers]


@pytest.mark.parametrize(
    ("numbers", "rotation", "is_mirrored"),
    [
        ((2, 0, 0, 2), 0, False),
        ((0, 0.5, -0.5, 0), 90, False),
        ((0, 0.75, 0.75, 0), 270, True),
        ((0.0002, 1, -1, -0.0003), 90, False),
        ((-0.9999, 0.008, -0.008, -1.0001), 180, False),
    ],
)
def test_scale_and_noise_change_no_orientation(
    numbers: tuple[float, float, float, float], rotation: int, is_mirrored: bool, stored: Path, tmp_path: Path
) -> None:
    media = probe(turned(stored, matrix(*numbers), tmp_path / "made.mp4"))
    assert (media.rotation, media.is_mirrored, media.is_orientation_exact) == (rotation, is_mirrored, True)


@pytest.mark.parametrize(
    ("numbers", "rotation"), [((0.866, 0.5, -0.5, 0.866), 0), ((0.5, 0.866, -0.866, 0.5), 90), ((1, 0.4, 0.4, 1), 0)]
)
def test_a_slant_becomes_the_nearest_quarter_turn_and_is_said(
    numbers: tuple[float, float, float, float], rotation: int, stored: Path, tmp_path: Path
) -> None:
    media = probe(turned(stored, matrix(*numbers), tmp_path / "made.mp4"))
    assert (media.rotation, media.is_orientation_exact) == (rotation, False)
    (line,) = picture_remarks(media)
    assert line.startswith("made.mp4 asks for its picture to be shown at a slant")


def test_a_matrix_of_nothing_is_left_aside(stored: Path, tmp_path: Path) -> None:
    media = probe(turned(stored, matrix(0, 0, 0, 0), tmp_path / "made.mp4"))
    assert (media.rotation, media.is_mirrored) == (0, False)


@pytest.mark.parametrize("numbers", [(0, 1, -1, 0), (0, 1, 1, 0), (1, 0, 0, -1)])
def test_odd_sides_and_oblong_pixels_that_are_turned(numbers: tuple[int, int, int, int], tmp_path: Path) -> None:
    plain = tmp_path / "plain.mp4"
    run_ffmpeg(
        "-f", "lavfi", "-i", "testsrc=size=71x51:rate=25:duration=0.4", "-vf", "setsar=4/3,format=yuv444p", *X264, plain
    )
    source = turned(plain, matrix(*numbers), tmp_path / "made.mp4")
    media = probe(source)
    shown = (96, 52) if not numbers[1] else (52, 94)
    assert media.display_size == pytest.approx(shown, abs=2)
    _, _, output = make_reel(source, [(0, 4)], crf=4)
    expected = tmp_path / "expected.mp4"
    width, height = media.display_size
    run_ffmpeg("-i", source, "-vf", f"scale={width}:{height}:flags=bicubic,setsar=1", *X264, "-crf", 4, expected)
    assert difference(as_ffmpeg_shows(output).astype(np.uint8), as_ffmpeg_shows(expected)) < 8
