"""Frames as pictures to be looked at anywhere: upright, in square pixels, in sRGB."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from autohighlight.media.colour import SdrMapper
from autohighlight.media.orientation import upright
from autohighlight.media.playback import FrameConformer, conformed_colour, shown_matrix
from autohighlight.media.shape import fitted_size, fitting_scale, with_pixel_shape
from autohighlight.types import ColourInfo, MediaInfo


class PictureMaker(FrameConformer):
    """Turns the frames of one source into pictures; HDR is mapped to SDR by the rule of `media.colour`.

    A file that does not name its matrix is read by `shown_matrix`.

    Args:
        media: a probed file.
        size: width and height of the pictures, in pixels. A frame of the file's usual shape is scaled to fill them; one
            of another shape is fitted in, with black bars.
    """

    def __init__(self, media: MediaInfo, size: tuple[int, int]) -> None:
        self._to_sdr = SdrMapper(media.colour.transfer) if media.colour.is_hdr else None
        super().__init__(media, size, "rgb24" if self._to_sdr is None else "rgb48le")
        self._inner = size

    def picture(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """uint8 sRGB (H, W, 3), C-contiguous."""
        array: NDArray[Any] = self(frame).to_ndarray()
        return np.ascontiguousarray(array if self._to_sdr is None else self._to_sdr(array))

    def filters(self, frame: VideoFrame) -> Iterator[tuple[str, str]]:
        """Turns the frame, then scales it and reads its colours in one step."""
        yield from with_pixel_shape(self._media)
        yield from upright(self._media)
        flags = "flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"
        scale = f"{fitting_scale(self._media, self._size, self._size)}:{flags}"
        if not frame.format.is_rgb:
            colour = conformed_colour(self._media)
            levels = "tv" if colour.range == "unknown" else colour.range
            scale += f":in_color_matrix={shown_matrix(self._media)}:in_range={levels}"
        yield "scale", scale
        yield "format", f"pix_fmts={self._pixel_format}"


STANDARD_COLOUR = ColourInfo("bt709", "bt709", "bt709", "tv")
"""What pictures of the standard range have that have nothing else in common."""


class SdrConformer(FrameConformer):
    """As `FrameConformer`, for HDR frames in a sequence of `STANDARD_COLOUR`.

    The light is mapped as for scoring and for GIFs, see `media.colour`, and written as sRGB, which is how screens show
    what is called BT.709.
    """

    def __init__(self, media: MediaInfo, size: tuple[int, int], pixel_format: str) -> None:
        super().__init__(media, size, pixel_format, STANDARD_COLOUR)
        self._maker = PictureMaker(media, fitted_size(media.display_size, size))

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        """The frame as the sequence needs it."""
        conformed = super().__call__(VideoFrame.from_ndarray(self._maker.picture(frame), "rgb24"))
        self.is_refitted = self._maker.is_refitted
        return conformed

    def filters(self, frame: VideoFrame) -> Iterator[tuple[str, str]]:
        """What is left to do of pictures that are upright and as large as they are to be."""
        yield from self.scaled(frame, f"w={frame.width}:h={frame.height}")
