"""How a stored picture is mirrored and turned to be shown."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from av.sidedata.sidedata import SideData
from av.video.frame import VideoFrame

from autohighlight.types import MediaInfo

_MATRIX = struct.Struct("=9i")
_MOST_OFF = math.sin(math.radians(1))
"""FFmpeg too takes what is a degree off a quarter turn for one."""


@dataclass(frozen=True)
class Orientation:
    """One of the eight ways to show a picture whose sides stay level.

    Args:
        rotation: clockwise degrees: 0, 90, 180 or 270.
        is_mirrored: whether left and right are exchanged, before the picture is turned.
        is_exact: whether this is all that the file asks for; False where it asks for an angle in between.
    """

    rotation: int = 0
    is_mirrored: bool = False
    is_exact: bool = True


def orientation_of(frame: VideoFrame) -> Orientation:
    """What a frame says: the matrix of its container's track (ISO/IEC 14496-12, section 8.3.2), or that of a message in
    the stream (H.264 and HEVC, *display orientation*)."""
    data = frame.side_data.get("DISPLAYMATRIX")
    return _nearest(*_MATRIX.unpack(bytes(data))[:5]) if isinstance(data, SideData) else Orientation()


def _nearest(a: float, b: float, _u: float, c: float, d: float) -> Orientation:
    """The orientation nearest to a matrix that takes (x, y) to (ax + cy, bx + dy); y counts downwards.

    Its scale is no part of that: FFmpeg makes it the shape of pixels.
    """
    across, down = math.hypot(a, c), math.hypot(b, d)
    if not across or not down:  # it would show nothing
        return Orientation()
    a, c, b, d = a / across, c / across, b / down, d / down
    is_mirrored = a * d < b * c
    if is_mirrored:
        a, b = -a, -b
    rotation = round(math.degrees(math.atan2(b - c, a + d)) / 90) * 90
    sine, cosine = math.sin(math.radians(rotation)), math.cos(math.radians(rotation))
    is_exact = max(abs(a - cosine), abs(b - sine), abs(c + sine), abs(d - cosine)) <= _MOST_OFF
    return Orientation(rotation % 360, is_mirrored, is_exact)


def upright(media: MediaInfo) -> Iterator[tuple[str, str]]:
    """FFmpeg's filters that bring a stored picture upright, each with its argument."""
    if media.is_mirrored:
        yield "hflip", ""
    for direction in {90: ["clock"], 180: ["clock", "clock"], 270: ["cclock"]}.get(media.rotation, []):
        yield "transpose", f"dir={direction}"
