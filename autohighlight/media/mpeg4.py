"""What the packets of MPEG-4 part 2 (DivX, XviD) hold: ISO/IEC 14496-2, sections 6.2.3 and 6.2.5."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from autohighlight.media.bits import BitReader

_PICTURE = b"\0\0\1\xb6"
_LAYERS = range(0x20, 0x30)
_B_PICTURE = 2


class Picture(Enum):
    """What a packet stands for: a frame that others are predicted from, one that none is, or none."""

    ANCHOR = 0
    B = 1
    NONE = 2


class PackedPictures:
    """Fed with each packet in decoding order, tells which picture it stands for.

    DivX and XviD put a frame and the one shown before it into one packet of an AVI, since an AVI has one packet for
    each frame shown; the next packet then holds no picture, and stands for the second of the two. A packet without a
    picture that stands for none says that nothing has changed.

    Args:
        extradata: the decoder's configuration as the container gives it.
    """

    def __init__(self, extradata: bytes) -> None:
        self._time_bits = _time_bits(extradata)
        self._waiting: list[Picture] = []

    def next(self, packet: memoryview) -> Picture:
        """What the packet stands for."""
        data = bytes(packet)
        self._time_bits = self._time_bits or _time_bits(data)
        pictures = [self._picture(data[place : place + 12]) for place in _places(data, _PICTURE)]
        if pictures != [Picture.NONE] or not self._waiting:
            self._waiting += pictures
        return self._waiting.pop(0) if self._waiting else Picture.ANCHOR

    def _picture(self, header: bytes) -> Picture:
        bits = BitReader(header[len(_PICTURE) :])
        kind = bits.read(2)
        if self._time_bits:
            while bits.read(1):  # modulo_time_base
                pass
            bits.skip(1 + self._time_bits + 1)
            if not bits.read(1) and not bits.is_over:  # vop_coded
                return Picture.NONE
        return Picture.B if kind == _B_PICTURE else Picture.ANCHOR


def _places(data: bytes, code: bytes) -> Iterator[int]:
    place = data.find(code)
    while place >= 0:
        yield place
        place = data.find(code, place + len(code))


def _time_bits(data: bytes) -> int:
    """How many bits *vop_time_increment* has, by the header of the layer; 0 where there is none."""
    for place in _places(data, b"\0\0\1"):
        if place + 3 < len(data) and data[place + 3] in _LAYERS:
            return max(1, (_time_resolution(BitReader(data[place + 4 : place + 64])) - 1).bit_length())
    return 0


def _time_resolution(bits: BitReader) -> int:
    """*vop_time_increment_resolution* of a layer's header."""
    bits.skip(9)
    has_version = bits.read(1)
    version = bits.read(4) if has_version else 1
    bits.skip(3 if has_version else 0)
    if bits.read(4) == 15:  # the shape of pixels is given by two numbers
        bits.skip(16)
    if bits.read(1):  # vol_control_parameters
        bits.skip(3)
        bits.skip(79 if bits.read(1) else 0)
    if bits.read(2) == 3 and version != 1:
        bits.skip(4)
    bits.skip(1)
    return bits.read(16)
