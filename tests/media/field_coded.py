"""Writes H.264 whose frames are stored as two fields, in a packet each: no encoder at hand does.

The pictures are not compressed (macroblocks of the kind I_PCM), so the headers are all there is to it: ITU-T H.264,
section 7.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.media_factory import coded_picture, run_ffmpeg

SIZE = (64, 96)
_BLOCK = 16
_FRAME_NUM_BITS = 4
_ORDER_BITS = 8


class _Bits:
    def __init__(self) -> None:
        self._bits: list[str] = []

    def put(self, value: int, length: int) -> _Bits:
        self._bits.append(f"{value:0{length}b}")
        return self

    def golomb(self, *values: int) -> _Bits:
        for value in values:
            code = f"{value + 1:b}"
            self._bits.append("0" * (len(code) - 1) + code)
        return self

    def aligned(self) -> bytes:
        text = "".join(self._bits)
        text += "0" * (-len(text) % 8)
        return bytes(int(text[place : place + 8], 2) for place in range(0, len(text), 8))


def _unit(header: int, content: bytes) -> bytes:
    escaped = bytearray()
    for byte in content:
        if byte <= 3 and escaped[-2:] == b"\0\0":
            escaped.append(3)
        escaped.append(byte)
    return b"\0\0\0\1" + bytes([header]) + bytes(escaped)


def _parameters() -> bytes:
    width, height = SIZE[0] // _BLOCK, SIZE[1] // (2 * _BLOCK)
    sequence = _Bits().put(77, 8).put(0, 8).put(30, 8).golomb(0, _FRAME_NUM_BITS - 4, 0, _ORDER_BITS - 4)
    sequence.golomb(1).put(0, 1)
    sequence.golomb(width - 1, height - 1).put(0, 1).put(0, 1)  # fields are allowed, and chosen by frame
    sequence.put(1, 1).put(0, 1).put(1, 1)  # direct_8x8_inference, no cropping, VUI follows
    sequence.put(0, 4).put(1, 1).put(1, 32).put(50, 32).put(1, 1).put(0, 4).put(1, 1)  # 50 fields/s
    picture = _Bits().golomb(0, 0).put(0, 2).golomb(0, 0, 0).put(0, 3).golomb(0, 0, 0).put(1, 1).put(0, 2).put(1, 1)
    return _unit(0x67, sequence.aligned()) + _unit(0x68, picture.aligned())


def _field(number: int, lines: NDArray[np.uint8], *, is_bottom: bool, is_second: bool, is_key: bool) -> bytes:
    is_idr = is_key and not is_second
    header = _Bits().golomb(0, 7, 0).put(number % (1 << _FRAME_NUM_BITS), _FRAME_NUM_BITS).put(1, 1).put(is_bottom, 1)
    header.golomb(*[0] * is_idr).put(2 * number + is_second, _ORDER_BITS).put(0, 2 if is_idr else 1)
    header.golomb(0, 1)  # slice_qp_delta, no deblocking
    content = b""
    for top in range(0, lines.shape[0], _BLOCK):
        for left in range(0, lines.shape[1], _BLOCK):
            content += header.golomb(25).aligned()
            content += lines[top : top + _BLOCK, left : left + _BLOCK].tobytes() + b"\x80" * 128
            header = _Bits()
    return _unit(0x65 if is_idr else 0x61, content + b"\x80")


def make_field_coded(path: Path, numbers: Sequence[int], *, is_top_first: bool = True) -> Path:
    """A video of 25 frames/s whose frames show these numbers; a key frame every 12."""
    stream = b""
    for place, number in enumerate(numbers):
        picture = coded_picture(number, SIZE)
        is_key = place % 12 == 0
        stream += _parameters() if is_key else b""
        for is_second in (False, True):
            is_bottom = is_second == is_top_first
            stream += _field(place % 12, picture[is_bottom::2], is_bottom=is_bottom, is_second=is_second, is_key=is_key)
    raw = path.with_suffix(".h264")
    raw.write_bytes(stream)
    if path != raw:
        run_ffmpeg("-i", raw, "-c", "copy", path)
    return path
