"""Frames as pictures to be looked at anywhere: upright, in square pixels, in sRGB."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from autohighlight.media.alpha import BLACK, Background, laid_over, premultiplied, shows_alpha
from autohighlight.media.colour import SdrMapper
from autohighlight.media.orientation import upright
from autohighlight.media.playback import FrameConformer, conformed_colour, shown_matrix
from autohighlight.media.shape import fitted_size, fitting_scale, with_pixel_shape
from autohighlight.types import ColourInfo, MediaInfo

_PIXEL_FORMATS = {(False, False): "rgb24", (False, True): "rgba", (True, False): "rgb48le", (True, True): "rgba64le"}
"""By whether the frames are HDR, and whether alpha is kept."""


class PictureMaker(FrameConformer):
    """Turns the frames of one source into pictures; HDR is mapped to SDR by the rule of `media.colour`.

    A file that does not name its matrix is read by `shown_matrix`.

    Args:
        media: a probed file.
        size: width and height of the pictures, in pixels. A frame of the file's usual shape is scaled to fill them; one
            of another shape is fitted in, with black bars.
        background: what is seen where the frame is transparent; None keeps it transparent.
    """

    def __init__(self, media: MediaInfo, size: tuple[int, int], background: Background | None = BLACK) -> None:
        self._to_sdr = SdrMapper(media.colour.transfer) if media.colour.is_hdr else None
        self._keeps_alpha = background is None
        pixel_format = _PIXEL_FORMATS[media.colour.is_hdr, self._keeps_alpha]
        super().__init__(media, size, pixel_format, background=background or BLACK)
        self._inner = size

    def picture(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """uint8 sRGB (H, W, 3), C-contiguous; (H, W, 4) with straight alpha where it is kept."""
        array: NDArray[Any] = self(frame).to_ndarray()
        if self._to_sdr is not None:
            shades, alpha = self._to_sdr(array[..., :3]), (array[..., 3:] >> 8).astype(np.uint8)
            array = np.concatenate([shades, alpha], axis=-1)
        return np.ascontiguousarray(array)

    def filters(self, frame: VideoFrame) -> Iterator[tuple[str, str]]:
        """Turns the frame, then scales it and reads its colours in one step, unless alpha comes between."""
        has_alpha = shows_alpha(self._media, frame)
        read = "" if frame.format.is_rgb or frame.format.name == "pal8" else self._read_as()
        if has_alpha:
            yield from premultiplied(read)
            yield from () if self._keeps_alpha else laid_over(self._background)
        yield from with_pixel_shape(self._media)
        yield from upright(self._media)
        flags = "flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"
        scale = f"{fitting_scale(self._media, self._size, self._size)}:{flags}"
        yield "scale", f"{scale}:{read}" if read and not has_alpha else scale
        if has_alpha and self._keeps_alpha:
            yield "unpremultiply", "inplace=1"
        yield "format", f"pix_fmts={self._pixel_format}"

    def _read_as(self) -> str:
        colour = conformed_colour(self._media)
        levels = "tv" if colour.range == "unknown" else colour.range
        return f"in_color_matrix={shown_matrix(self._media)}:in_range={levels}"


STANDARD_COLOUR = ColourInfo("bt709", "bt709", "bt709", "tv")
"""What pictures of the standard range have that have nothing else in common."""


class SdrConformer(FrameConformer):
    """As `FrameConformer`, for HDR frames in a sequence of `STANDARD_COLOUR`.

    The light is mapped as for scoring and for GIFs, see `media.colour`, and written as sRGB, which is how screens show
    what is called BT.709.
    """

    def __init__(
        self, media: MediaInfo, size: tuple[int, int], pixel_format: str, background: Background = BLACK
    ) -> None:
        super().__init__(media, size, pixel_format, STANDARD_COLOUR)
        self._maker = PictureMaker(media, fitted_size(media.display_size, size), background)

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        """The frame as the sequence needs it."""
        conformed = super().__call__(VideoFrame.from_ndarray(self._maker.picture(frame), "rgb24"))
        self.is_refitted = self._maker.is_refitted
        return conformed

    def filters(self, frame: VideoFrame) -> Iterator[tuple[str, str]]:
        """What is left to do of pictures that are upright and as large as they are to be."""
        yield from self.scaled(f"w={frame.width}:h={frame.height}", is_rgb=True)
