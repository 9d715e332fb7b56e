"""Reads the packets of a video stream, and tells when the frame in each is shown.

What a container says of that is not always so: an AVI has no times, ASF, RealMedia and some MXF have those of decoding
alone, and FFmpeg then guesses when frames that change places are shown. Where its guess cannot be right, or cannot be
checked, only the order in which a decoder gives the frames is relied on.
"""

from __future__ import annotations

import contextlib
from array import array
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av.error
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard
from av.video.stream import VideoStream
from numpy.typing import NDArray

from autohighlight.config import Limits
from autohighlight.errors import UndecodableError
from autohighlight.media.clock import check_clock
from autohighlight.media.contents import Content, content_reader
from autohighlight.media.limits import check_number_of_frames, check_ticks
from autohighlight.media.source import packets_from
from autohighlight.media.stray_times import mended
from autohighlight.types import PacketIndex

FALLBACK_RATE = Fraction(25)
"""Frames/s where nothing tells."""

_MOST_MISPLACED = 0.02  # of the frames: more than damage explains

_ORDER_BY_KIND = frozenset({"mpeg1video", "mpeg2video", "mpeg4"})
"""Codecs of which `contents` tells the order of presentation."""


_WITH_STRAY_TIMES = frozenset({"mpeg1video", "mpeg2video"})

_ORDER_NOT_GUESSED = frozenset({"h264", "hevc", "vvc"})
"""Codecs of which FFmpeg does not guess that frames change places."""

_WITHOUT_PRESENTATION = frozenset({"avi", "asf", "rm", "mxf", "gxf", "nsv", "xmv"})
"""Containers, in FFmpeg's words, that say when a packet is decoded, and not, or not always, when it is shown."""

_WITHOUT_CONTAINER = frozenset({"mpegvideo"})
"""Streams alone, of which FFmpeg makes up times of decoding, and guesses when frames are shown."""

_OF_ONE_RATE = frozenset({"h261", "h263"})
"""Streams alone, of which FFmpeg makes up times by a rate that it does not know at first."""

_DECODED_AHEAD = frozenset({"asf"})
"""Those of them whose sound is on time if the first frame is shown once the decoder gives it."""

_MOST_HELD_BACK = 32  # packets; H.264 and HEVC hold back 16 frames at most

_COUNTING_FIELDS = frozenset({"gxf"})
"""Containers whose clock counts fields. FFmpeg takes a frame to last as long as one, and shows the last too early."""

_WITH_HIDDEN_FRAMES = frozenset({"vp8", "vp9"})

_COUNTING_PACKETS = frozenset({"avi", "ivf"})
"""Containers whose clock goes on with each packet, though it shows no frame."""

VideoPacket: TypeAlias = "Packet[VideoStream]"


@dataclass
class _Packets:
    """The packets of a stream, as far as they were read; `is_cut_short` where something is missing.

    `first_stamped` is the number of the first that has a time; None where none has one.
    """

    pts: array[int] = field(default_factory=lambda: array("q"))
    dts: array[int] = field(default_factory=lambda: array("q"))
    size: array[int] = field(default_factory=lambda: array("q"))
    duration: array[int] = field(default_factory=lambda: array("q"))
    is_key: bytearray = field(default_factory=bytearray)
    is_shown: bytearray = field(default_factory=bytearray)
    content: bytearray = field(default_factory=bytearray)
    has_timestamps: bool = True
    has_decoding_times: bool = True
    is_cut_short: bool = False
    first_stamped: int | None = None

    def add(self, packet: VideoPacket, content: Content) -> None:
        shown_at = packet.pts if packet.pts is not None else packet.dts
        self.has_timestamps &= shown_at is not None
        if self.first_stamped is None and shown_at is not None:
            self.first_stamped = len(self.size)
        self.has_decoding_times &= packet.dts is not None
        self.is_cut_short |= packet.is_corrupt
        self.pts.append(shown_at or 0)
        self.dts.append(packet.dts or 0)
        self.size.append(packet.size)
        self.duration.append(packet.duration or 0)
        self.is_key.append(packet.is_keyframe)
        self.is_shown.append(not packet.is_discard)
        self.content.append(content)


def read_packets(
    container: InputContainer, stream: VideoStream, path: Path, limits: Limits
) -> tuple[PacketIndex, Fraction, int]:
    """The packets, the end of the last shown frame in seconds, and how many announced frames are not in the file.

    Raises:
        InputError: the file has no packets, or its clock jumps.
        LimitError: there are more than are allowed.
    """
    read = _demux(container, stream, path, limits)
    read.has_timestamps &= container.format.name not in _OF_ONE_RATE
    count = len(read.size)
    content = np.array(read.content)
    numbers = np.maximum(0, np.cumsum(content < Content.SECOND_FIELD) - 1)
    times = np.array(read.pts) if read.has_timestamps else _made_up(read, numbers, stream)
    durations = np.array(read.duration) * (container.format.name not in _COUNTING_FIELDS)  # 0: not known
    check_ticks(path, times, stream, limits)
    _join_fields(content, times, durations)
    is_shown = np.array(read.is_shown, bool) & (content < Content.SECOND_FIELD)
    if not is_shown.any():
        is_shown = content < Content.SECOND_FIELD  # an edit list that hides everything is damage
    times, stamp, has_timestamps = _presentation(read, times, is_shown, container, stream)
    if has_timestamps and (stamp is None or stream.codec_context.codec.canonical_name in _WITH_STRAY_TIMES):
        check_clock(times, stream.time_base or Fraction(1, 1000), path, container.format.name)
    last = int(np.flatnonzero(is_shown & (times == times[is_shown].max()))[-1])
    packets = PacketIndex(
        pts=times,
        size=np.array(read.size),
        is_key=np.array(read.is_key, bool),
        is_shown=is_shown,
        has_timestamps=has_timestamps,
        stamp=stamp,
    )
    end = int(times[last] + durations[last]) * (stream.time_base or Fraction(1, 1000))
    num_absent = max(0, stream.frames - count) if read.is_cut_short else 0
    return packets, end, num_absent


def _made_up(read: _Packets, numbers: NDArray[np.integer], stream: VideoStream) -> NDArray[np.int64]:
    """Times one frame apart, where not every packet has one: the first that is in the file says where they begin.

    A packet of an MPEG program stream may hold several frames, and has one time for all of them.
    """
    first, ticks = read.first_stamped, _ticks_per_frame(stream)
    begin = 0 if first is None else read.pts[first] - int(numbers[first]) * ticks
    return np.asarray(begin + numbers * ticks, np.int64)


def _presentation(
    read: _Packets,
    times: NDArray[np.int64],
    is_shown: NDArray[np.bool_],
    container: InputContainer,
    stream: VideoStream,
) -> tuple[NDArray[np.int64], NDArray[np.int64] | None, bool]:
    """When each packet's frame is shown, the container's times where they differ, and whether this is known."""
    if not read.has_timestamps:
        return times, None, False
    content, codec = np.array(read.content), stream.codec_context.codec.canonical_name
    is_hidden = content == Content.NOTHING
    is_put_off = read.has_decoding_times and read.pts[0] != read.dts[0]
    if container.format.name in _COUNTING_FIELDS and codec in _ORDER_BY_KIND and read.has_decoding_times:
        delay = read.pts[0] - read.dts[0]
        return _timed_by_kind(np.array(read.dts) + delay, content, is_shown), times, True
    if _are_believed(times, content, is_shown, container, stream, is_put_off=is_put_off):
        counts_hidden = codec in _WITH_HIDDEN_FRAMES and container.format.name in _COUNTING_PACKETS
        mended_times = times - np.cumsum(is_hidden) if counts_hidden else times
        if codec in _WITH_STRAY_TIMES and container.format.name == "mpeg":
            mended_times = _without_stray_times(read, times, is_shown)
        return mended_times, (None if (mended_times == times).all() else times), True
    slots = np.array(read.dts) if read.has_decoding_times else times
    if container.format.name in _DECODED_AHEAD and codec in _ORDER_NOT_GUESSED:
        slots = slots + _num_held_back(container, stream) * _ticks_per_frame(stream)
    is_clear = bool((np.diff(np.sort(slots[is_shown])) > 0).all()) and not is_hidden.any()
    if is_clear and codec in _ORDER_BY_KIND:
        return _timed_by_kind(slots, content, is_shown), times, True
    return _in_order(slots, is_shown), None, False


def _num_held_back(container: InputContainer, stream: VideoStream) -> int:
    """How many further packets the decoder takes before it gives the first frame."""
    num_fed = 0
    with contextlib.suppress(av.error.FFmpegError, OSError):
        container.seek(0)
        for num_fed, packet in enumerate(packets_from(container, stream)):
            if num_fed >= _MOST_HELD_BACK or stream.codec_context.decode(packet):
                break
    return num_fed


def _demux(container: InputContainer, stream: VideoStream, path: Path, limits: Limits) -> _Packets:
    check_number_of_frames(path, stream.frames, limits)
    for other in container.streams:
        if other.index != stream.index:
            other.discard = Discard.all
    packets = _Packets()
    content_of = content_reader(stream.codec_context.codec.canonical_name, stream.codec_context.extradata)
    try:
        for packet in packets_from(container, stream):
            if packet.size:
                packets.add(packet, content_of(memoryview(packet)) if content_of else Content.FRAME)
                check_number_of_frames(path, len(packets.size), limits)
    except (av.error.FFmpegError, OSError):
        packets.is_cut_short = True
    if not packets.size:
        raise UndecodableError(path, "holds no picture: it ends before the first frame", "copy or download it again")
    return packets


def _join_fields(content: NDArray[np.integer], times: NDArray[np.int64], durations: NDArray[np.int64]) -> None:
    """Gives second fields the time of the first, and frames the duration of both of their fields."""
    second = np.flatnonzero(content == Content.SECOND_FIELD)
    times[second] = times[second - 1]
    durations[second - 1] += durations[second]


def _are_believed(
    times: NDArray[np.int64],
    content: NDArray[np.integer],
    is_shown: NDArray[np.bool_],
    container: InputContainer,
    stream: VideoStream,
    *,
    is_put_off: bool,
) -> bool:
    """Whether the times can be those of presentation; `is_put_off`: the first is later than that of decoding."""
    context = stream.codec_context
    codec = context.codec.canonical_name
    shown = times[is_shown]
    if codec in _ORDER_BY_KIND:
        if container.format.name in _WITHOUT_CONTAINER:
            return False
        expected = shown[_order_of_presentation(content[is_shown] == Content.B_FRAME)]
        return len(shown) < 2 or float((np.diff(expected) <= 0).mean()) <= _MOST_MISPLACED
    names = container.format.name.split(",")
    is_guess = not _WITHOUT_PRESENTATION.isdisjoint(names) or (
        "matroska" in names and context.codec_tag.strip("\0") != ""  # a track that is an AVI's, taken over as it was
    )
    if not is_guess:
        return True
    changes_places = bool((np.diff(shown) < 0).any())
    if codec in _ORDER_NOT_GUESSED:
        # Frames change places only where the container says so. Otherwise the times are of decoding, at times put off.
        return changes_places or not (context.has_b_frames or is_put_off)
    return not context.has_b_frames


def _order_of_presentation(is_b: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The numbers of the frames, given in decoding order, as they are shown: B-frames before the frame before them."""
    anchor = np.cumsum(~is_b)
    return np.lexsort((np.arange(len(is_b)), ~is_b, anchor))


def _timed_by_kind(
    slots: NDArray[np.int64], content: NDArray[np.integer], is_shown: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Times for frames whose order of presentation is known by their kinds: the first shown has the earliest slot."""
    times = slots.copy()
    shown = np.flatnonzero(is_shown)
    times[shown[_order_of_presentation(content[shown] == Content.B_FRAME)]] = np.sort(slots[shown])
    return times


def _without_stray_times(read: _Packets, times: NDArray[np.int64], is_shown: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The times of MPEG-1 and MPEG-2 with the wrong ones mended, those before the first key frame by themselves.

    Nothing is known of the latter where a program stream was cut: they are laid right before what can be decoded.
    """
    content, even = np.array(read.content), times.copy()
    first_key = max(0, read.is_key.find(1))
    for part in (np.flatnonzero(is_shown[first_key:]) + first_key, np.flatnonzero(is_shown[:first_key])):
        order = part[_order_of_presentation(content[part] == Content.B_FRAME)]
        even[order] = mended(times[order])
        if len(order) > 1 and order[-1] < first_key:
            step = int(np.median(np.diff(even[order])))
            even[order] += even[np.flatnonzero(is_shown[first_key:]) + first_key].min() - step - even[order].max()
    return even


def _in_order(times: NDArray[np.int64], is_shown: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Times for frames of which only the order is known: of the packets shown the first has the earliest, and so on."""
    ordered = times.copy()
    ordered[is_shown] = np.sort(times[is_shown])
    return ordered


def _ticks_per_frame(stream: VideoStream) -> int:
    rate = stream.guessed_rate or stream.average_rate or FALLBACK_RATE
    return max(1, round(1 / (rate * (stream.time_base or Fraction(1, 1000)))))
