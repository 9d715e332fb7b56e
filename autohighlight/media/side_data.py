"""What a file says beside its pictures and sound: light levels of HDR10, 360° projection, time of recording."""

from __future__ import annotations

import struct
import sys
from datetime import UTC, datetime
from fractions import Fraction

from av.container import InputContainer
from av.sidedata.sidedata import SideData
from av.video.frame import VideoFrame

from autohighlight.types import HdrMetadata, Projection

_MASTERING_DISPLAY = struct.Struct("=20i2i")  # AVMasteringDisplayMetadata: ten rationals, has_primaries, has_luminance
_LIGHT_LEVEL = struct.Struct("=2I")  # AVContentLightMetadata
_PROJECTIONS: dict[int, Projection] = {
    0: "equirectangular",
    1: "cubemap",
    2: "equirectangular",
}  # AVSphericalProjection

_CHROMATICITY_STEP = 50_000  # SMPTE ST 2086 counts chromaticity in 1/50000, and luminance in 1/10000 cd/m²
_LUMINANCE_STEP = 10_000


def hdr_metadata(frame: VideoFrame) -> HdrMetadata | None:
    """The static metadata of HDR10 (SMPTE ST 2086 and CTA-861.3); None where the file has none."""
    display, light = _side_data(frame, "MASTERING_DISPLAY_METADATA"), _side_data(frame, "CONTENT_LIGHT_LEVEL")
    mastering = None if display is None else _mastering_display(display)
    levels = None if light is None else _LIGHT_LEVEL.unpack_from(light)
    return HdrMetadata(mastering, levels) if mastering or levels else None


def _mastering_display(data: bytes) -> tuple[int, ...] | None:
    *numbers, has_primaries, has_luminance = _MASTERING_DISPLAY.unpack_from(data)
    if not (has_primaries and has_luminance and all(numbers[1::2])):
        return None
    values = [Fraction(over, under) for over, under in zip(numbers[::2], numbers[1::2], strict=True)]
    chromaticities, (darkest, brightest) = values[:8], values[8:]
    return (
        *(round(value * _CHROMATICITY_STEP) for value in chromaticities),
        round(brightest * _LUMINANCE_STEP),
        round(darkest * _LUMINANCE_STEP),
    )


def projection(frame: VideoFrame) -> Projection:
    """How a 360° picture is unrolled; ``flat`` of usual video."""
    data = _side_data(frame, "SPHERICAL")
    return "flat" if data is None else _PROJECTIONS.get(int.from_bytes(data[:4], sys.byteorder), "other")


def _side_data(frame: VideoFrame, kind: str) -> bytes | None:
    data = frame.side_data.get(kind)
    return bytes(data) if isinstance(data, SideData) else None


def creation_time(container: InputContainer) -> datetime | None:
    """When the recording began, as the container says; None where it is silent or says nothing of use.

    Cameras whose clock was never set write the year their container counts from.
    """
    words = container.metadata.get("creation_time") or container.metadata.get("CREATION_TIME") or ""
    try:
        time = datetime.fromisoformat(words)
    except ValueError:
        return None
    time = time if time.tzinfo else time.replace(tzinfo=UTC)
    return time if time.year > 1970 else None
