"""How pictures are fitted into a size: in their own shape, also where it changes in the middle of a file.

Recordings of video calls change when a telephone is turned, broadcasts go from 4:3 to 16:9 and back. The size of each
frame is its own then, and so is the shape of its pixels where the container does not say one for all.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from autohighlight.types import MediaInfo

_SAYS_SHAPE = frozenset({"mov", "matroska", "mxf", "avi", "asf", "nut"})
"""Containers, in FFmpeg's words, whose word on the shape of pixels counts for more than that of the frames."""

_HAIR = 2
"""Pixels: bars that are narrower in sum are left out, and the picture fills the size."""


def fitted_size(shown: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """Width and height, both even, of a picture of the size `shown` once it is fitted into `size`."""
    (shown_width, shown_height), (width, height) = shown, size
    scale = min(Fraction(width, shown_width), Fraction(height, shown_height))
    return min(width, round(shown_width * scale / 2) * 2), min(height, round(shown_height * scale / 2) * 2)


def has_one_pixel_shape(media: MediaInfo) -> bool:
    """Whether the pixels of all frames have the shape of `MediaInfo.sample_aspect_ratio`."""
    return not _SAYS_SHAPE.isdisjoint(media.container.split(","))


def with_pixel_shape(media: MediaInfo) -> Iterator[tuple[str, str]]:
    """The filter that gives stored frames the shape of pixels that the container says; none where frames say it."""
    if has_one_pixel_shape(media):
        ratio = media.sample_aspect_ratio
        yield "setsar", f"sar={ratio.numerator}/{ratio.denominator}"


def fitting_scale(media: MediaInfo, inner: tuple[int, int], size: tuple[int, int]) -> str:
    """The arguments of FFmpeg's ``scale`` that fit each upright frame into a size, with no side longer.

    Args:
        media: the file that the frames are of.
        inner: width and height that a frame like the first of the file gets.
        size: width and height, in pixels, to fit others into.
    """
    width, height, ratio = media.width, media.height, media.sample_aspect_ratio
    if media.is_on_its_side:
        width, height, ratio = height, width, 1 / ratio
    # A ratio beyond 1:10 is a damaged header, see `probe`.
    shape = "st(0,if(between(sar,0.1,10),sar,1))"
    is_usual = f"eq(iw,{width})*eq(ih,{height})*lt(abs(ld(0)/{float(ratio)!r}-1),0.002)"
    scale = f"st(1,min({size[0]}/(iw*ld(0)),{size[1]}/ih))"

    def side(own: str, usual: int, whole: int) -> str:
        fitted = f"st(2,2*round({own}*ld(1)/2));if(gte(ld(2),{whole - _HAIR}),{whole},max(2,ld(2)))"
        return f"{shape};{scale};if({is_usual},{usual},{fitted})"

    return f"w={side('iw*ld(0)', inner[0], size[0])}:h={side('ih', inner[1], size[1])}:eval=frame"
