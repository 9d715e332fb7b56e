"""Every way to store a pixel, and every tag of colour, that FFmpeg knows goes through all that looks at pictures."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

from autohighlight.errors import UndecodableError
from autohighlight.media.decode import VideoReader, packets_of, spans
from autohighlight.media.frames import FrameSampler
from autohighlight.media.pictures import PictureMaker
from autohighlight.media.probe import probe
from autohighlight.media.seeking import find_seeking
from autohighlight.media.thumbnails import read_thumbnails
from tests.media.gifs import read_animation
from tests.media.reels import make_reel
from tests.media_factory import X264, coded_picture, make_video, read_number, run_ffmpeg
from tests.whole_runs import Command

_SIZE = (64, 48)
_COMMON = ("pal8", "yuv410p", "yuv444p12le", "uyvy422", "gray", "gray10le", "monow", "rgb24", "bgr0", "rgba",
           "gbrp10le", "gbrap", "rgb555le", "rgb8", "nv12", "p010le", "ya8", "yuva444p10le", "xyz12le",
           "yuvj420p")  # fmt: skip
_NOT_CONVERTED = ("rgb4", "bgr4")
"""Formats that FFmpeg's scaler writes, but does not read."""
_MISREAD = ("rgb565be", "rgb555be", "bgr565be", "bgr555be")
"""Formats that the scaler of FFmpeg 8.1 turns into RGB wrongly; a reel, which needs none, is right."""
_WITHOUT_DECODER = ("yuvj411p",)


def _told(*arguments: str) -> list[str]:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def _writable_formats() -> list[str]:
    """The pixel formats that FFmpeg's scaler can write, as its list marks them."""
    listed = [line.split() for line in _told("-pix_fmts")]
    return [words[1] for words in listed if len(words) >= 4 and len(words[0]) == 5 and words[0][1] == "O"]


def _make(path: Path, pixel_format: str) -> bool:
    """Whether a file of uncompressed pictures in that format can be made."""
    palette = ("-vf", "split[a][b];[a]palettegen=reserve_transparent=0[p];[b][p]paletteuse")
    options = palette if pixel_format == "pal8" else ()
    try:
        make_video(path, 8, 25, _SIZE, encoder=("-c:v", "rawvideo"), pixel_format=pixel_format, options=options)
    except AssertionError:
        return False
    return True


def _check_format(source: Path) -> None:
    media = probe(source)
    name = media.pixel_format
    reel, _, _ = make_reel(source, [(2, 4)])
    assert reel.numbers == [2, 3, 4, 5], name
    with VideoReader(media) as reader:
        frames = list(reader.frames(spans(packets_of(media), find_seeking(media).starts)[0]))
    sampler = FrameSampler(media, (48, 64))
    pictures = [read_thumbnails(media, [media.time_range.start], 48)[0][..., 0], sampler.grey(frames[0])]
    pictures += [PictureMaker(media, _SIZE).picture(frames[0])[..., 0], sampler.picture(frames[0])[..., 0]]
    if media.has_alpha:
        pictures.append(PictureMaker(media, _SIZE, background=None).picture(frames[0])[..., 0])
    assert [read_number(picture) for picture in pictures] == [0] * len(pictures), name


@pytest.mark.parametrize("pixel_format", _COMMON)
def test_pictures_of_a_common_format_come_through(pixel_format: str, command: Command, tmp_path: Path) -> None:
    source = tmp_path / "made.nut"
    assert _make(source, pixel_format)
    _check_format(source)
    done = command(
        "gif", "--scorer", "movement", "--min-length", "0.2s", "--count", 1, "-o", tmp_path / "made.gif", source
    )
    assert done.code == 0
    first = read_number(read_animation(tmp_path / "made.gif").lumas[0])
    assert first in range(8)


@pytest.mark.slow
def test_pictures_of_every_format_come_through(tmp_path: Path) -> None:
    done = []
    for pixel_format in set(_writable_formats()) - {*_NOT_CONVERTED, *_MISREAD, *_WITHOUT_DECODER}:
        source = tmp_path / f"{pixel_format}.nut"
        # Where the container has no name for a format, what is read is another one.
        if _make(source, pixel_format) and probe(source).pixel_format == pixel_format:
            _check_format(source)
            done.append(pixel_format)
        source.unlink(missing_ok=True)
    assert len(done) > 120


@pytest.mark.parametrize("pixel_format", _NOT_CONVERTED)
def test_a_format_that_cannot_be_converted_is_refused_by_name(pixel_format: str, tmp_path: Path) -> None:
    source = tmp_path / "made.nut"
    assert _make(source, pixel_format)
    with pytest.raises(UndecodableError, match=f"stores its pictures as {pixel_format}"):
        probe(source)


@pytest.mark.parametrize(("suffix", "encoder", "pixel_format"), [
    ("avi", ("-c:v", "zmbv"), "pal8"), ("avi", ("-c:v", "msrle"), "pal8"), ("mov", ("-c:v", "qtrle"), "rgb24"),
    ("avi", ("-c:v", "cinepak"), "rgb24"), ("mkv", ("-c:v", "png"), "pal8"), ("gif", (), "pal8"),
    ("flv", ("-c:v", "flashsv"), "bgr24"), ("avi", ("-c:v", "msvideo1"), "rgb555le"),
])  # fmt: skip
def test_screen_recordings_with_palettes_become_reels(
    suffix: str, encoder: tuple[str, ...], pixel_format: str, tmp_path: Path
) -> None:
    palette = ("-vf", "split[a][b];[a]palettegen=reserve_transparent=0[p];[b][p]paletteuse")
    options = palette if pixel_format == "pal8" else ()
    source = tmp_path / f"made.{suffix}"
    make_video(source, 12, 25, _SIZE, encoder=encoder, pixel_format=pixel_format, options=options)
    reel, _, _ = make_reel(source, [(2, 8)])
    assert reel.numbers == list(range(2, 10))


_OPTIONS = {"color_primaries": "primaries", "color_trc": "transfer", "colorspace": "matrix"}
_NOT_WRITTEN = {"ebu3213", "jedec-p22", "vgamut", "vlog", "ycgco-re", "ycgco-ro", "ipt-c2"}
"""Names that x264 has no code for: a reel of such a source is made, and does not say it."""


def _colour_names(option: str) -> list[str]:
    names, is_in = [], False
    for line in _told("-h", "filter=setparams"):
        words = line.split()
        if len(words) > 1 and words[1] == "<int>":
            is_in = words[0] == option
        elif is_in and len(words) > 1 and words[1].isdecimal() and words[0] not in ("unknown", "unspecified"):
            names.append(words[0])
    return names


@pytest.mark.parametrize("option", _OPTIONS)
def test_a_reel_keeps_every_tag_of_colour(option: str, tmp_path: Path) -> None:
    names = _colour_names(option)
    assert len(names) >= 11
    data = b"".join(coded_picture(number, _SIZE).tobytes() for number in range(6))
    for name in names:
        source = tmp_path / f"{name}.mkv"
        raw = ("-f", "rawvideo", "-pixel_format", "gray", "-video_size", "64x48", "-framerate", 25, "-i", "pipe:0")
        tagged = ("-vf", f"format=yuv420p,setparams={option}={name}")
        run_ffmpeg(*raw, *tagged, *(X264 if name not in _NOT_WRITTEN else ("-c:v", "ffv1")), source, data=data)
        media = probe(source)
        reel, _, path = make_reel(source, [(1, 4)])
        assert reel.numbers == [1, 2, 3, 4], name
        read_thumbnails(media, [media.time_range.start], 32)
        if name not in _NOT_WRITTEN:
            tags = [getattr(probe(file).colour, _OPTIONS[option]) for file in (source, path)]
            assert tags == [name, name]


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize(("primaries", "matrix"), [(22, 1), (1, 15), (1, 16), (22, 17)])
def test_a_reel_keeps_tags_that_encoders_do_not_know(primaries: int, matrix: int, codec: str, tmp_path: Path) -> None:
    tags = f"h264_metadata=colour_primaries={primaries}:transfer_characteristics=1:matrix_coefficients={matrix}"
    source = make_video(tmp_path / "made.mp4", 5, size=(64, 48), options=("-bsf:v", tags))
    make_reel(source, [(0, 5)], codec=codec)
    assert probe(tmp_path / "reel.mp4").colour == probe(source).colour
    assert "unknown" not in (probe(source).colour.primaries, probe(source).colour.matrix)
