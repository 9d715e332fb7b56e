"""Runs the ffmpeg program to encode short moving pictures: GIF with a palette of its own, WebP, AVIF."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np
from numpy.typing import NDArray

from autohighlight.errors import DependencyError
from autohighlight.media.encode import arguments_of, run_encoder
from autohighlight.media.ffmpeg import COMPLETE, FFmpegProgram, find_ffmpeg
from autohighlight.media.source import file_url

ENCODERS = {"gif": "gif", "webp": "libwebp_anim", "avif": "libaom-av1"}
"""Form of a moving picture -> FFmpeg's name of its encoder."""

_WEBP_QUALITY = 75
_AVIF_CRF = 30  # looks as WebP does at 75, and is smaller
_BAYER_SCALE = 3  # 2, the usual, shows as a grid on even walls; 3 does not, and still hides bands
_SCALING = "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"
_PALETTE_SIZE = (16, 16)
_UNLIKELY_COLOUR = "0x010203"  # nothing is missed in a picture by the pixels that have it already


@dataclass(frozen=True)
class Pictures:
    """What is to be shown.

    Args:
        frames: called for each pass over them; uint8 sRGB (H, W, 3) each, C-contiguous; (H, W, 4) with straight alpha.
        num_frames: how many.
        size: their width and height, in pixels.
        frame_rate: frames/s.
        has_alpha: whether the frames have four channels.
    """

    frames: Callable[[], Iterator[NDArray[np.uint8]]]
    num_frames: int
    size: tuple[int, int]
    frame_rate: Fraction
    has_alpha: bool = False


def encode_animation(
    form: str,
    pictures: Pictures,
    size: tuple[int, int],
    output: Path,
    *,
    plays: int,
    dither: str | None = None,
    program: str | None = None,
) -> None:
    """Encodes pictures into `output`.

    GIF counts time in hundredths of a second, and WebP in thousandths. Each frame begins at the tick nearest to its
    time, so no error adds up, and the last one ends at the tick nearest to the end.

    Args:
        form: ``gif``, ``webp`` or ``avif``.
        pictures: what is shown.
        size: width and height that they are scaled to.
        output: a new file; GIF makes another beside it, for the palette.
        plays: how often it is played; 0 is without end.
        dither: FFmpeg's name of how a GIF mixes the colours of its palette; None: FFmpeg's default.
        program: the ffmpeg program that is chosen; see `find_ffmpeg`.

    Raises:
        OSError: the disk is full.
        OutputError: the encoder failed.
        DependencyError: no ffmpeg program, or one without the encoder, or one that cannot say how often AVIF is played.
    """
    found = find_ffmpeg(program)
    found.require(ENCODERS[form])
    if form == "avif":
        _check_avif(found, plays)
    stream = _input(pictures)
    if size != pictures.size:
        stream = _scaled(stream, pictures, size)
    if form == "gif":
        palette = output.with_name("palette.bgra")
        _run(found, form, _palette_of(stream), pictures, palette, **_RAW)
        node, options = _with_palette(stream, palette, dither), _gif_options(pictures, plays)
    elif form == "webp":
        # libwebp takes RGB and converts it more carefully than a scaler would.
        node = stream.filter("format", "bgra")
        options = {"quality": _WEBP_QUALITY, "loop": plays}
    else:
        node, options = (
            _avif_streams(stream, pictures),
            {"crf": _AVIF_CRF, "b:v": 0, "cpu-used": 6, "row-mt": 1, "loop": plays},
        )
    _run(found, form, node, pictures, output, **{"c:v": ENCODERS[form], **options})


def _check_avif(program: FFmpegProgram, plays: int) -> None:
    """Makes sure that the program can write an AVIF that is played so often.

    FFmpeg writes animated AVIF from 5.1 on. How often it is played is in an edit list (ISO/IEC 23008-12, section 9.6),
    which FFmpeg before 6.0 leaves out without a word, and without it players go on for ever.
    """
    needed = "6.0" if plays else "5.1"
    if not program.is_at_least(needed):
        what = "an AVIF that ends" if plays else "AVIF"
        problem = f"{what} needs FFmpeg {needed}, and {program.path} is {program.version}"
        raise DependencyError(problem, f"{'leave --loop out, or ' if plays else ''}{COMPLETE}")


_RAW = {"f": "rawvideo", "c:v": "rawvideo", "pix_fmt": "bgra"}


def _input(pictures: Pictures) -> Any:
    return ffmpeg.input(
        "pipe:0", format="rawvideo", pixel_format="rgba" if pictures.has_alpha else "rgb24", video_size=pictures.size,
        framerate=str(pictures.frame_rate),
    ).video  # fmt: skip


def _run(program: FFmpegProgram, form: str, node: Any, pictures: Pictures, output: Path, **options: object) -> None:
    streams = node if isinstance(node, list) else [node]
    described = ffmpeg.output(*streams, file_url(output), map_metadata=-1, **program.every_frame(), **options)
    frames = ([frame] for frame in pictures.frames())
    run_encoder(program, ENCODERS[form], arguments_of(described), frames, output)


def _scaled(stream: Any, pictures: Pictures, size: tuple[int, int]) -> Any:
    """The pictures in another size; hidden colours add nothing to those beside them."""
    if not pictures.has_alpha:
        return stream.filter("scale", *size, flags=_SCALING)
    multiplied = stream.filter("format", "gbrap").filter("premultiply", inplace=1)
    scaled = multiplied.filter("scale", *size, flags=_SCALING).filter("unpremultiply", inplace=1)
    return scaled.filter("format", "rgba")


def _palette_of(stream: Any) -> Any:
    """The palette of what changes.

    FFmpeg counts the colours of pixels before each change, so those that appear and stay would be left out. A last
    frame in which all changes has them counted.
    """
    last = stream.filter("tpad", stop=1, stop_mode="add", color=_UNLIKELY_COLOUR)
    return last.filter("palettegen", stats_mode="diff")


def _with_palette(stream: Any, palette: Path, dither: str | None) -> Any:
    mixed = {} if dither is None else {"dither": dither}
    colours = ffmpeg.input(file_url(palette), format="rawvideo", pixel_format="bgra", video_size=_PALETTE_SIZE)
    return ffmpeg.filter(
        [stream, colours.video], "paletteuse", bayer_scale=_BAYER_SCALE, diff_mode="rectangle", **mixed
    )


def _gif_options(pictures: Pictures, plays: int) -> dict[str, object]:
    def tick(frame: int) -> int:
        return math.floor(frame * 100 / pictures.frame_rate + Fraction(1, 2))

    last = pictures.num_frames - 1
    # The file says how often it is repeated, 0 being without end, and to be played once it says nothing.
    loop = {0: 0, 1: -1}.get(plays, plays - 1)
    return {"final_delay": tick(last + 1) - tick(last), "loop": loop}


def _avif_streams(stream: Any, pictures: Pictures) -> list[Any]:
    """The colours and, where there is one, the alpha, which is a stream of its own."""
    if not pictures.has_alpha:
        return [_in_bt709(stream)]
    both = stream.filter_multi_output("split")
    alpha = both[1].filter("alphaextract").filter("format", "gray")
    return [_in_bt709(both[0]), alpha.filter("setparams", colorspace="bt709")]  # that of RGB needs three planes


def _in_bt709(stream: Any) -> Any:
    converted = stream.filter("scale", out_color_matrix="bt709", out_range="pc", flags=_SCALING)
    named = {"color_primaries": "bt709", "color_trc": "iec61966-2-1", "colorspace": "bt709", "range": "pc"}
    return converted.filter("format", "yuv420p").filter("setparams", **named)
