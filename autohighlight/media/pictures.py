"""Frames as pictures to be looked at anywhere: upright, in square pixels, in sRGB."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from autohighlight.media.colour import SdrMapper
from autohighlight.media.playback import SCALER_MATRICES, FrameConformer, conformed_colour, upright
from autohighlight.types import MediaInfo


class PictureMaker(FrameConformer):
    """Turns the frames of one source into pictures; HDR is mapped to SDR by the rule of `media.colour`.

    A file that does not name its matrix is read as players read it: that of BT.709 from 720 lines on, that of BT.601
    below.

    Args:
        media: a probed file.
        size: width and height of the pictures, in pixels; the frame is scaled to fill them.
    """

    def __init__(self, media: MediaInfo, size: tuple[int, int]) -> None:
        self._to_sdr = SdrMapper(media.colour.transfer) if media.colour.is_hdr else None
        super().__init__(media, size, "rgb24" if self._to_sdr is None else "rgb48le")

    def picture(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """uint8 sRGB (H, W, 3), C-contiguous."""
        array: NDArray[Any] = self(frame).to_ndarray()
        return np.ascontiguousarray(array if self._to_sdr is None else self._to_sdr(array))

    def filters(self, frame: VideoFrame) -> Iterator[tuple[str, str]]:
        """Turns the frame, then scales it and reads its colours in one step."""
        yield from upright(self._media.rotation)
        flags = "flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"
        scale = f"w={self._size[0]}:h={self._size[1]}:{flags}"
        if not frame.format.is_rgb:
            colour = conformed_colour(self._media)
            levels = "tv" if colour.range == "unknown" else colour.range
            scale += f":in_color_matrix={_matrix(self._media)}:in_range={levels}"
        yield "scale", scale
        yield "format", f"pix_fmts={self._pixel_format}"


def _matrix(media: MediaInfo) -> str:
    """The scaler's word for the matrix of a source of Y'CbCr."""
    name = conformed_colour(media).matrix
    if name in SCALER_MATRICES or name == "bt709":
        return SCALER_MATRICES.get(name, name)
    return "bt709" if media.width >= 1280 or media.height > 576 else "bt601"
