"""Which packets of H.264 hold the second field of a frame: ITU-T H.264, sections 7.3.2.1.1, 7.3.3 and 7.4.1.2.4."""

from __future__ import annotations

from dataclasses import dataclass

from autohighlight.media.bits import BitReader
from autohighlight.media.nal import parameter_sets, unescaped, units

_WITH_CHROMA_FORMAT = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})  # profile_idc
_PARAMETERS = 7
_SLICES = (1, 2, 5)
_SLICE_HEADER = 32  # bytes: the fields in question are among the first


@dataclass(frozen=True)
class _Parameters:
    """Of a sequence parameter set.

    Args:
        may_have_fields: whether pictures may be fields.
        frame_num_bits: length of *frame_num* in slice headers.
        has_colour_planes: whether slice headers name a colour plane.
    """

    may_have_fields: bool
    frame_num_bits: int
    has_colour_planes: bool


class FieldPairs:
    """Finds second fields: fed with each packet in decoding order, tells whether it completes the frame before.

    Args:
        extradata: the decoder's configuration as the container gives it.
    """

    def __init__(self, extradata: bytes) -> None:
        self._extradata = extradata
        self._parameters: _Parameters | None = None
        self._waiting: tuple[int, int] | None = None  # frame_num and parity of a field whose other has not come
        for unit in parameter_sets(extradata):
            self._parameters = _read_parameters(unit)

    @property
    def may_be_needed(self) -> bool:
        """Whether there may be fields at all, as far as it is known before the first packet."""
        return self._parameters is None or self._parameters.may_have_fields

    def completes(self, packet: memoryview) -> bool:
        """Whether the packet holds the second field of a frame."""
        for unit in units("h264", self._extradata, bytes(packet)):
            kind = unit[0] & 31
            if kind == _PARAMETERS:
                self._parameters = _read_parameters(unit)
            elif kind in _SLICES:
                waiting, self._waiting = self._waiting, self._field(unit)
                if waiting is None or self._waiting is None or self._waiting != (waiting[0], 1 - waiting[1]):
                    return False
                self._waiting = None
                return True
        return False

    def _field(self, unit: bytes) -> tuple[int, int] | None:
        """*frame_num*, and 1 for a bottom field, of a slice; None of a whole frame's."""
        if self._parameters is None or not self._parameters.may_have_fields:
            return None
        bits = BitReader(unescaped(unit[1:_SLICE_HEADER]))
        for _ in range(3):  # first_mb_in_slice, slice_type, pic_parameter_set_id
            bits.read_golomb()
        bits.skip(2 if self._parameters.has_colour_planes else 0)
        frame_num = bits.read(self._parameters.frame_num_bits)
        return (frame_num, bits.read(1)) if bits.read(1) else None


def _read_parameters(unit: bytes) -> _Parameters:
    bits = BitReader(unescaped(unit[1:]))
    profile = bits.read(8)
    bits.skip(16)
    bits.read_golomb()
    has_colour_planes = profile in _WITH_CHROMA_FORMAT and _skip_chroma_format(bits)
    frame_num_bits = bits.read_golomb() + 4
    _skip_picture_order(bits)
    bits.read_golomb()  # max_num_ref_frames
    bits.skip(1)
    for _ in range(2):  # width and height
        bits.read_golomb()
    return _Parameters(not bits.read(1), frame_num_bits, has_colour_planes)


def _skip_chroma_format(bits: BitReader) -> bool:
    """Reads what the higher profiles add; whether each colour plane is coded by itself."""
    chroma_format = bits.read_golomb()
    has_colour_planes = chroma_format == 3 and bits.read(1) == 1
    for _ in range(2):  # bit depths
        bits.read_golomb()
    bits.skip(1)
    if bits.read(1):  # scaling matrices
        for number in range(12 if chroma_format == 3 else 8):
            if bits.read(1):
                _skip_scaling_list(bits, 16 if number < 6 else 64)
    return has_colour_planes


def _skip_scaling_list(bits: BitReader, size: int) -> None:
    """Section 7.3.2.1.1.1: ends early where the next scale becomes 0."""
    scale = 8
    for _ in range(size):
        scale = (scale + bits.read_signed_golomb()) % 256
        if scale == 0:
            return


def _skip_picture_order(bits: BitReader) -> None:
    kind = bits.read_golomb()
    if kind == 0:
        bits.read_golomb()
    elif kind == 1:
        bits.skip(1)
        for _ in range(2):
            bits.read_golomb()
        for _ in range(min(255, bits.read_golomb())):
            bits.read_golomb()
