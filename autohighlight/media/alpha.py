"""Transparent pictures: titles, overlays, recordings of windows.

FFmpeg hands out straight alpha: the colours of a pixel are not multiplied by how much of it is seen, and those under a
transparent one may be anything. Pictures are multiplied before they are put over a background or scaled, so that no
hidden colour shows at the edges.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from av.video.format import VideoFormat
from av.video.frame import VideoFrame

from autohighlight.types import MediaInfo

Background: TypeAlias = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""

BLACK: Background = (0, 0, 0)

_UNUSED_BYTE = frozenset({"rawvideo", "huffyuv"})
"""Codecs whose fourth byte means nothing in an AVI (BI_RGB of 32 bits), and is 0 as a rule."""

_FORMATS = "gbrap|gbrap10le|gbrap12le|gbrap16le"
"""What FFmpeg's filters for alpha work on."""


def has_alpha(frame: VideoFrame, codec: str, container: str) -> bool:
    """Whether pixels may be transparent.

    Args:
        frame: of the file.
        codec, container: FFmpeg's names.
    """
    if container == "avi" and codec in _UNUSED_BYTE:
        return False
    return _has_alpha(frame.format) or (codec == "png" and frame.format.name == "pal8")


def shows_alpha(media: MediaInfo, frame: VideoFrame) -> bool:
    """Whether pixels of this frame may be transparent."""
    return media.has_alpha and (_has_alpha(frame.format) or frame.format.name == "pal8")


def _has_alpha(form: VideoFormat) -> bool:
    return any(component.is_alpha for component in form.components)


def premultiplied(colours: str) -> Iterator[tuple[str, str]]:
    """The filters that turn a frame into RGB, multiplied by its alpha.

    Args:
        colours: how FFmpeg's ``scale`` is to read those of the frame.
    """
    yield "scale", ":".join(filter(None, (colours, "flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp")))
    yield "format", f"pix_fmts={_FORMATS}"
    yield "premultiply", "inplace=1"


def laid_over(background: Background) -> Iterator[tuple[str, str]]:
    """The filters that put what `premultiplied` gives over a background; the alpha then means nothing.

    It is for a later scaling to leave it out: where the scaler of FFmpeg 8.1 only drops it from more than 8 bits, the
    last row of each slice is black.
    """
    if any(background):
        red, green, blue = (level / 255 for level in background)
        yield "lutrgb", "a=negval"
        yield "colorchannelmixer", f"ra={red}:ga={green}:ba={blue}"
