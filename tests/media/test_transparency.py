"""Transparent video: what is hidden stays hidden, in every form; GIFs and their like stay transparent."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from autohighlight.config import Options
from autohighlight.errors import OptionError
from autohighlight.media.decode import VideoReader, packets_of, spans
from autohighlight.media.frames import FrameSampler
from autohighlight.media.probe import probe
from autohighlight.media.seeking import find_seeking
from autohighlight.media.thumbnails import read_thumbnails
from tests.media.gifs import make_animations
from tests.media.reels import make_reel
from tests.media.test_reel_picture import shown_picture
from tests.media_factory import decode, make_video, run_ffmpeg
from tests.whole_runs import QUICKLY, Command

SIZE = (96, 64)
RED, GREEN, WHITE = (230, 20, 20), (20, 180, 20), (255, 255, 255)
CORNER, OPAQUE, HALF = (4, 4), (32, 24), (32, 72)
"""Row and column of a place that is transparent over red, one of green, and one of white that is half seen."""

SOURCES = {
    "ProRes 4444": ("mov", ("-c:v", "prores_ks", "-profile:v", "4444"), "yuva444p10le"),
    "QuickTime Animation": ("mov", ("-c:v", "qtrle"), "argb"),
    "PNG": ("mov", ("-c:v", "png"), "rgba"),
    "PNG of 16 bits": ("mkv", ("-c:v", "png"), "rgba64be"),
    "FFV1": ("mkv", ("-c:v", "ffv1"), "yuva420p"),
    "RGB of 10 bits": ("mkv", ("-c:v", "ffv1"), "gbrap10le"),
    "VP9": ("webm", ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", 8, "-crf", 10, "-b:v", 0), "yuva420p"),
    "VP8": ("webm", ("-c:v", "libvpx", "-auto-alt-ref", 0, "-deadline", "realtime", "-b:v", "2M"), "yuva420p"),
    "GIF": ("gif", (), "rgba"),
}  # fmt: skip


def picture() -> NDArray[np.uint8]:
    """uint8 RGBA: hidden red, a green square, and a white one that is half seen."""
    made = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    made[..., :3] = RED
    made[16:48, 8:40] = (*GREEN, 255)
    made[16:48, 56:88] = (*WHITE, 128)
    return made


def make(path: Path, encoder: tuple[object, ...], pixel_format: str) -> Path:
    raw = ("-f", "rawvideo", "-pixel_format", "rgba", "-video_size", "96x64", "-framerate", 25, "-i", "pipe:0")
    if path.suffix == ".gif":
        form: tuple[object, ...] = ("-vf", "split[a][b];[a]palettegen[p];[b][p]paletteuse")
    else:
        # VP8 cannot say which matrix it has: a small picture has that of BT.601.
        tags = "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv"
        scale = "scale=out_color_matrix=bt601" if "libvpx" in encoder else f"scale=out_color_matrix=bt709,{tags}"
        form = ("-vf", f"{scale},format={pixel_format}" if "yuv" in pixel_format else f"format={pixel_format}")
    run_ffmpeg(*raw, *form, "-g", 6, *encoder, path, data=picture().tobytes() * 14)
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("alpha")
    return {name: make(folder / f"made{number}.{suffix}", encoder, pixel_format)
            for number, (name, (suffix, encoder, pixel_format)) in enumerate(SOURCES.items())}  # fmt: skip


def check(shown: NDArray[np.uint8], name: str, background: tuple[int, int, int] = (0, 0, 0)) -> None:
    half = np.rint((np.array(WHITE) * 128 + np.array(background) * 127) / 255)
    assert shown[CORNER].astype(int) == pytest.approx(background, abs=8)
    assert shown[OPAQUE].astype(int) == pytest.approx(GREEN, abs=14)
    expected = WHITE if name == "GIF" else half  # a pixel of a GIF is seen or not
    assert shown[HALF].astype(int) == pytest.approx(expected, abs=8)
    assert int(np.ptp(shown[:, 1:5].astype(int), axis=(0, 1)).max()) < 16  # in every row
    if not any(background):  # no fringe of the hidden colour
        left = shown[:, :48].astype(int)
        assert (left[..., 0] - left[..., 1]).max() < 50


@pytest.mark.parametrize("name", SOURCES)
def test_reels_thumbnails_and_what_is_scored_are_black_behind_it(name: str, made: dict[str, Path]) -> None:
    source = made[name]
    media = probe(source)
    assert media.has_alpha
    _, _, output = make_reel(source, [(2, 4), (8, 4)], crf=4)
    check(shown_picture(output), name)
    check(read_thumbnails(media, [Fraction(1, 10)], SIZE[1])[0], name)
    with VideoReader(media) as reader:
        frame = next(reader.frames(spans(packets_of(media), find_seeking(media).starts)[0]))
        sampler = FrameSampler(media, SIZE[::-1])
        assert sampler.picture(frame)[CORNER].max() < 12
        assert sampler.picture(frame)[OPAQUE].astype(int) == pytest.approx(GREEN, abs=30)  # by the matrix of BT.601
        grey = sampler.grey(frame)
        assert grey[CORNER] < 12
        assert int(grey[HALF]) == pytest.approx(255 if name == "GIF" else 128, abs=8)


@pytest.mark.parametrize("name", ["ProRes 4444", "QuickTime Animation", "PNG of 16 bits", "RGB of 10 bits", "VP9"])
@pytest.mark.parametrize(("word", "background"), [("#2040c8", (32, 64, 200)), ("White", (255, 255, 255))])
def test_another_background_is_seen_through(
    name: str, word: str, background: tuple[int, int, int], made: dict[str, Path]
) -> None:
    _, _, output = make_reel(made[name], [(2, 4)], crf=4, background=Options.of(background=word).export.background)
    check(shown_picture(output), name, background)


FORMS = [
    *(("gif", name, None) for name in SOURCES),
    *((form, name, 48) for form in ("gif", "webp", "avif") for name in ("ProRes 4444", "PNG")),
    ("webp", "VP9", None), ("avif", "VP9", None),
]  # fmt: skip


@pytest.mark.parametrize(("form", "name", "width"), FORMS)
def test_gifs_and_their_like_stay_transparent(
    form: str, name: str, width: int | None, made: dict[str, Path], tmp_path: Path
) -> None:
    source = tmp_path / made[name].name
    source.write_bytes(made[name].read_bytes())
    (written,) = make_animations(source, [(2, 8)], form, width=width)
    step = 1 if width is None else 2
    with Image.open(written.path) as image:
        assert getattr(image, "n_frames", 1) >= 1
        shown = np.asarray(image.convert("RGBA")).astype(int)
    corner, opaque, half = (shown[row // step, column // step] for row, column in (CORNER, OPAQUE, HALF))
    assert corner[3] < 8
    assert opaque == pytest.approx((*GREEN, 255), abs=20)
    assert half[:3] == pytest.approx(WHITE, abs=12)
    assert half[3] == (255 if form == "gif" or name == "GIF" else pytest.approx(128, abs=10))
    left = shown[:, : 48 // step]
    seen = left[left[..., 3] > 200]
    assert (seen[:, 0] - seen[:, 1]).max() < 60  # no fringe of the hidden colour


def test_each_frame_of_a_gif_is_cleared_before_the_next(tmp_path: Path) -> None:
    pictures = np.zeros((10, 48, 64, 4), np.uint8)
    for number, frame in enumerate(pictures):
        frame[16:32, 5 * number : 5 * number + 10] = (*GREEN, 255)
    raw = ("-f", "rawvideo", "-pixel_format", "rgba", "-video_size", "64x48", "-framerate", 10, "-i", "pipe:0")
    run_ffmpeg(*raw, "-c:v", "qtrle", "-pix_fmt", "argb", tmp_path / "made.mov", data=pictures.tobytes())
    (written,) = make_animations(tmp_path / "made.mov", [(0, 10)])
    with Image.open(written.path) as image:
        for number in range(10):
            image.seek(number)
            is_seen = np.asarray(image.convert("RGBA"))[24, :, 3] > 127
            assert np.flatnonzero(is_seen).tolist() == list(range(5 * number, min(64, 5 * number + 10)))


def test_an_unused_fourth_byte_is_no_alpha(tmp_path: Path) -> None:
    options = ("-vf", "format=bgra,lutrgb=a=0")
    source = make_video(tmp_path / "made.avi", 12, encoder=("-c:v", "rawvideo"), pixel_format="bgra", options=options)
    assert not probe(source).has_alpha
    reel, _, _ = make_reel(source, [(2, 5)])
    assert reel.numbers == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("word", ["reddish", "#12345", "rgb(1,2,3)", "", "black:color=red"])
def test_what_is_no_colour_is_said(word: str) -> None:
    with pytest.raises(OptionError, match=r"--background: cannot read .* as a colour"):
        Options.of(background=word)


def test_the_command_takes_a_background_from_the_project_too(
    made: dict[str, Path], command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "autohighlight.toml").write_text('background = "white"\n')
    assert command("reel", *QUICKLY, "-o", tmp_path / "one.mp4", made["PNG"]).code == 0
    assert command("reel", *QUICKLY, "--background", "#000000", "-o", tmp_path / "two.mp4", made["PNG"]).code == 0
    levels = [decode(tmp_path / name).lumas[0][CORNER] for name in ("one.mp4", "two.mp4")]
    assert levels == pytest.approx([235, 16], abs=4)


def test_transparent_fields_of_oblong_pixels_that_are_turned(tmp_path: Path) -> None:
    stored, source = tmp_path / "stored.mov", tmp_path / "made.mov"
    fields = "format=yuva444p10le,colorchannelmixer=aa=0,tinterlace=interleave_top,setfield=tff,setsar=4/3"
    encoder = ("-c:v", "prores_ks", "-profile:v", "4444", "-flags", "+ildct", "-pix_fmt", "yuva444p10le")
    run_ffmpeg("-f", "lavfi", "-i", "testsrc2=size=96x64:rate=50:duration=0.4", "-vf", fields, *encoder, stored)
    run_ffmpeg("-display_rotation", 90, "-display_hflip", "-i", stored, "-c", "copy", source)
    media = probe(source)
    assert (media.field_order, media.display_size, media.is_mirrored) == ("top", (64, 128), True)
    reel, _, _ = make_reel(source, [(2, 5)], background="white")
    assert all(luma.min() > 900 for luma in reel.lumas)
