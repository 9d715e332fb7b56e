"""What a packet holds, as its first bytes say: a frame, half of one, or none that is shown.

A packet is not always a frame. H.264 may store the two fields of a frame in a packet each, VP8 and VP9 have pictures
that others are predicted from and that are never shown, and MPEG-4 has packets that only say "as before".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import TypeAlias

from autohighlight.media.bits import BitReader
from autohighlight.media.h264 import FieldPairs
from autohighlight.media.mpeg4 import PackedPictures, Picture


class Content(IntEnum):
    """What a packet adds to the frames that are shown.

    `B_FRAME` is told only of codecs whose B-frames are all shown between the two frames decoded before them.
    """

    FRAME = 0
    B_FRAME = 1
    SECOND_FIELD = 2
    NOTHING = 3


ContentReader: TypeAlias = Callable[[memoryview], Content]

_OF_MPEG4 = {Picture.ANCHOR: Content.FRAME, Picture.B: Content.B_FRAME, Picture.NONE: Content.NOTHING}
_MOST_READ = 4096  # bytes in which a picture's header is looked for


def content_reader(codec: str, extradata: bytes | None) -> ContentReader | None:
    """What tells the contents of a stream's packets, to be fed with each in decoding order; None where all are frames.

    It says `FRAME` of what it cannot read.

    Args:
        codec: FFmpeg's name.
        extradata: the decoder's configuration as the container gives it.
    """
    if codec == "h264":
        fields = FieldPairs(extradata or b"")
        if not fields.may_be_needed:
            return None
        return lambda packet: Content.SECOND_FIELD if fields.completes(packet) else Content.FRAME
    if codec == "mpeg4":
        pictures = PackedPictures(extradata or b"")
        return lambda packet: _OF_MPEG4[pictures.next(packet)]
    return {"vp8": _vp8, "vp9": _vp9, "mpeg1video": _mpeg2, "mpeg2video": _mpeg2}.get(codec)


def _vp8(packet: memoryview) -> Content:
    """RFC 6386, section 9.1: the bit *show_frame*."""
    return Content.FRAME if packet[0] & 16 else Content.NOTHING


def _vp9(packet: memoryview) -> Content:
    """Whether one of the packet's frames is shown: VP9 bitstream specification, section 6.2 and annex B."""
    return Content.FRAME if any(_is_vp9_shown(frame) for frame in _vp9_frames(packet)) else Content.NOTHING


def _is_vp9_shown(frame: memoryview) -> bool:
    bits = BitReader(bytes(frame[:2]))
    bits.skip(2)
    profile = bits.read(1) | bits.read(1) << 1
    bits.skip(1 if profile == 3 else 0)
    if bits.read(1):  # show_existing_frame
        return True
    bits.skip(1)  # frame_type
    return bits.read(1) == 1


def _vp9_frames(packet: memoryview) -> Iterator[memoryview]:
    """The frames of a superframe; the packet itself where it is none."""
    marker = packet[-1]
    count, width = (marker & 7) + 1, (marker >> 3 & 3) + 1
    table = len(packet) - 2 - count * width
    if marker >> 5 != 0b110 or table < 0 or packet[table] != marker:
        yield packet
        return
    place = 0
    for number in range(count):
        begin = table + 1 + number * width
        size = int.from_bytes(packet[begin : begin + width], "little")
        if size and place + size <= table:
            yield packet[place : place + size]
        place += size


def _mpeg2(packet: memoryview) -> Content:
    """ISO/IEC 13818-2, section 6.2.3: *picture_coding_type*, in the same place as in MPEG-1."""
    head = bytes(packet[:_MOST_READ])
    place = head.find(b"\0\0\1\0")
    if place < 0 or place + 5 >= len(head):
        return Content.FRAME
    return Content.B_FRAME if head[place + 5] >> 3 & 7 == 3 else Content.FRAME
