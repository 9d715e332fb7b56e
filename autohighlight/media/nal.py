"""What the headers inside a packet of H.264 or HEVC say, without decoding it."""

from __future__ import annotations

from collections.abc import Iterator

_START_CODE = b"\0\0\1"
_H264_SLICES = range(1, 6)  # ITU-T H.264, table 7-1
_HEVC_SLICES = range(32)  # ITU-T H.265, table 7-1
_HEVC_FIRST_ALWAYS_REFERENCED = 16
_MOST_UNITS = 64  # before the first slice come a few parameter sets and messages; more is damage
_MOST_BYTES = 1024  # of a unit: enough for every header


def is_unreferenced(codec: str, extradata: bytes | None, packet: bytes) -> bool:
    """Whether no other frame is predicted from the one in a packet.

    False for other codecs than H.264 and HEVC, and where the packet cannot be read.

    Args:
        codec: FFmpeg's name.
        extradata: the decoder's configuration as the container gives it.
        packet: one frame.
    """
    if codec not in ("h264", "hevc"):
        return False
    for place in _places(codec, extradata or b"", packet):
        header = packet[place]
        if codec == "h264" and header & 31 in _H264_SLICES:
            return header >> 5 & 3 == 0
        if codec == "hevc" and (kind := header >> 1 & 63) in _HEVC_SLICES:
            return kind < _HEVC_FIRST_ALWAYS_REFERENCED and kind % 2 == 0
    return False


def units(codec: str, extradata: bytes, packet: bytes) -> Iterator[bytes]:
    """The beginning of each unit in a packet, header byte first, up to 1024 bytes.

    Args:
        codec, extradata, packet: as for `is_unreferenced`.
    """
    for place in _places(codec, extradata, packet):
        yield packet[place : place + _MOST_BYTES]


def parameter_sets(extradata: bytes) -> Iterator[bytes]:
    """The sequence parameter sets of H.264 in a decoder's configuration: ISO/IEC 14496-15, section 5.3.3, or plain."""
    if extradata[:1] != b"\1":
        yield from (unit for unit in units("h264", b"", extradata) if unit[0] & 31 == 7)
        return
    place = 6
    for _ in range(extradata[5] & 31 if len(extradata) > 5 else 0):
        size = int.from_bytes(extradata[place : place + 2])
        if size and place + 2 < len(extradata):
            yield extradata[place + 2 : place + 2 + size]
        place += 2 + size


def unescaped(unit: bytes) -> bytes:
    """A unit without the bytes that keep start codes out of it: ITU-T H.264, section 7.4.1.1."""
    return unit.replace(b"\0\0\3", b"\0\0")


def _places(codec: str, extradata: bytes, packet: bytes) -> Iterator[int]:
    """Where each unit begins: after its length, as in MP4 and Matroska, or after a start code."""
    place = 0
    length_at = 21 if codec == "hevc" else 4
    if extradata[:1] == b"\1" and len(extradata) > length_at:
        width = (extradata[length_at] & 3) + 1
        for _ in range(_MOST_UNITS):
            if place + width >= len(packet):
                return
            yield place + width
            place += width + int.from_bytes(packet[place : place + width])
    else:
        for _ in range(_MOST_UNITS):
            place = packet.find(_START_CODE, place) + len(_START_CODE)
            if place < len(_START_CODE) or place >= len(packet):
                return
            yield place
