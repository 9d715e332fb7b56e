"""What the headers inside a packet of H.264 or HEVC say, without decoding it."""

from __future__ import annotations

from collections.abc import Iterator

_START_CODE = b"\0\0\1"
_H264_SLICES = range(1, 6)  # ITU-T H.264, table 7-1
_HEVC_SLICES = range(32)  # ITU-T H.265, table 7-1
_HEVC_FIRST_ALWAYS_REFERENCED = 16
_MOST_UNITS = 64  # before the first slice come a few parameter sets and messages; more is damage


def is_unreferenced(codec: str, extradata: bytes | None, packet: bytes) -> bool:
    """Whether no other frame is predicted from the one in a packet.

    False for other codecs than H.264 and HEVC, and where the packet cannot be read.

    Args:
        codec: FFmpeg's name.
        extradata: the decoder's configuration as the container gives it.
        packet: one frame.
    """
    for header in _headers(codec, extradata or b"", packet):
        if codec == "h264" and header & 31 in _H264_SLICES:
            return header >> 5 & 3 == 0
        if codec == "hevc" and (kind := header >> 1 & 63) in _HEVC_SLICES:
            return kind < _HEVC_FIRST_ALWAYS_REFERENCED and kind % 2 == 0
    return False


def _headers(codec: str, extradata: bytes, packet: bytes) -> Iterator[int]:
    """The first byte of each unit: after its length, as in MP4 and Matroska, or after a start code."""
    place = 0
    if extradata[:1] == b"\1":
        width = (extradata[21 if codec == "hevc" else 4] & 3) + 1
        for _ in range(_MOST_UNITS):
            if place + width >= len(packet):
                return
            yield packet[place + width]
            place += width + int.from_bytes(packet[place : place + width])
    else:
        for _ in range(_MOST_UNITS):
            place = packet.find(_START_CODE, place) + len(_START_CODE)
            if place < len(_START_CODE) or place >= len(packet):
                return
            yield packet[place]
