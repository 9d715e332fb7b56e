"""Decodes stretches of a video: the very frames that decoding the whole file would give, without doing so.

A *span* is a stretch of presentation time that begins at a sync point (a key frame that everything before it is
shown before) and can be decoded alone. Packets are fed by their number in the `PacketIndex`, so what is decoded is
decided before anything is.
"""

from __future__ import annotations

import contextlib
import itertools
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from types import TracebackType
from typing import TypeAlias

import av.error
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from autohighlight.config import Limits
from autohighlight.media.decoders import decoder_of, feed
from autohighlight.media.nal import is_unreferenced
from autohighlight.media.source import changed, check_unchanged, open_probed, packets_from
from autohighlight.types import MediaInfo, PacketIndex

_FRAME_PER_PACKET = frozenset({"h264", "hevc", "mpeg2video", "prores", "mjpeg"})
"""Codecs of which every packet holds one frame that is shown."""

_FRAME_PER_SHOWN_PACKET = frozenset({"mpeg1video", "mpeg4", "vp8", "vp9", "av1"})
"""Codecs of which it is told which packets hold a frame that is shown: see `contents`."""

_TOLD_STRETCH = Fraction(1, 4)
"""Seconds: two such stretches at the end of one span and the beginning of the next may be one that matters."""

_NO_FRAME_THREADS = frozenset({"hevc"})
"""Codecs whose decoder may wait for itself without end where several threads decode frames of a damaged stream."""

_UNKNOWN_TO_SCALER = frozenset({3, 8, *range(10, 18)})
"""Matrices (ITU-T H.273) that FFmpeg's scaler does not take, as YCgCo and ICtCp. Their frames are marked as those of
BT.2020, so that they are scaled as they are; `MediaInfo.colour` still names what they are."""

_SCALED_AS = 9

_TRANSFERS_UNKNOWN_TO_SCALER = frozenset({9, 10})
"""Transfer functions that make the scaler fail, though it is not asked to convert them: the logarithmic ones."""

_UNSPECIFIED = 2

VideoPacket: TypeAlias = "Packet[VideoStream]"


@dataclass(frozen=True)
class Span:
    """A stretch of a video that can be decoded alone.

    Args:
        first, stop: the packets to feed, ``[first, stop)`` in decoding order; `first` is a sync point.
        start_pts, end_pts: the frames shown in ``[start_pts, end_pts)``, in ticks, belong to it.
    """

    first: int
    stop: int
    start_pts: int
    end_pts: int


def packets_of(media: MediaInfo) -> PacketIndex:
    """The packet index of a probed file.

    Raises:
        ValueError: the media was described by hand, not probed.
    """
    if media.packets is None:
        raise ValueError(f"{media.path} has not been probed")
    return media.packets


def sync_points(packets: PacketIndex) -> NDArray[np.int64]:
    """Numbers of the packets that decoding can begin at: key frames shown after all that is decoded before them.

    Packets that follow one and are shown before it (the leading pictures of an open group) belong to the span before.
    A time that two frames claim is a guess of the container's, and no place to divide at.

    Returns:
        int64 (S,), ascending, the first 0.
    """
    if not packets.has_timestamps:
        return np.zeros(1, np.int64)
    keys = np.flatnonzero(packets.is_key & packets.is_shown)
    latest_before = np.maximum.accumulate(np.concatenate([[np.iinfo(np.int64).min], packets.pts[:-1]]))
    ticks, count = np.unique(packets.pts[packets.is_shown], return_counts=True)
    is_alone = np.isin(packets.pts[keys], ticks[count == 1])
    usable = keys[(packets.pts[keys] > latest_before[keys]) & is_alone]
    return usable if len(usable) and usable[0] == 0 else np.concatenate([[0], usable])


def spans(packets: PacketIndex, starts: NDArray[np.int64]) -> list[Span]:
    """Divides the whole video at the given sync points (S,); the first span begins with the first packet."""
    edges = [int(packets.pts.min()), *(int(packets.pts[s]) for s in starts[1:]), int(packets.pts.max()) + 1]
    cuts = [int(s) for s in starts] + [len(packets)]
    result = []
    for number, first in enumerate(cuts[:-1]):
        start, end = edges[number], edges[number + 1]
        # The leading pictures of the next key frame need it: feed through the last packet shown before it.
        stop = cuts[number + 1]
        while stop < len(packets) and (packets.pts[stop : stop + 32] < end).any():
            stop += int(np.flatnonzero(packets.pts[stop : stop + 32] < end)[-1]) + 1
        result.append(Span(first, stop, start, end))
    return result


class VideoReader:
    """Decodes spans of one video; not shared between threads.

    Args:
        media: a probed file.
        threads: decoder threads; 0 lets FFmpeg decide.
        is_primed: feed the file's first packet before a seek's, for decoders that learn something from it alone.
        skip_unreferenced: leave out the frames that no other is predicted from.
        reads_up_to: where a seek fails, decode all that comes before; else such a span gives no frames.

    Attributes:
        num_lost: frames that could not be decoded, or only damaged, so far; of codecs whose packets may hold no
            frame or several, those that the decoder refused.
        num_read: frames decoded so far.
        num_failed_seeks: spans that a seek did not reach, so that all that comes before had to be decoded.
        undecoded: stretches, in ticks, of which frames were due, so far, and none came; of `_TOLD_STRETCH` or more.
    """

    def __init__(
        self,
        media: MediaInfo,
        *,
        threads: int = 1,
        is_primed: bool = False,
        skip_unreferenced: bool = False,
        reads_up_to: bool = True,
    ) -> None:
        self.media = media
        self.num_lost = 0
        self.num_read = 0
        self.num_failed_seeks = 0
        self.undecoded: list[tuple[int, int]] = []
        self._threads = threads
        self._is_primed = is_primed
        self._reads_up_to = reads_up_to
        # Where frames are told apart by their number alone, none may be left out.
        self._skip_unreferenced = skip_unreferenced and packets_of(media).has_timestamps
        self._container: InputContainer | None = None
        self._stream: VideoStream | None = None
        self._decoder: VideoCodecContext | None = None
        self._has_begun = False
        self._due: list[int] = []

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        if self._container is not None:
            self._container.close()
            self._container = self._stream = self._decoder = None

    def frames(self, span: Span, wanted: NDArray[np.bool_] | None = None) -> Iterator[VideoFrame]:
        """The frames of a span in order of presentation, each with its `pts`; damaged ones left out and counted.

        Args:
            span: what to decode.
            wanted: bool (span.stop - span.first,): the packets to feed; None feeds all. Those left out must not be
                needed by those fed.

        Raises:
            InputError: the file has changed since it was probed; told at the end too, of what was read before.
        """
        num_lost, num_read = self.num_lost, self.num_read
        came = array("q")
        for frame in self._read(span, wanted):
            came.append(frame.pts or 0)
            yield frame
        if self.media.codec in _FRAME_PER_PACKET:
            missing = len(self._due) - (self.num_read - num_read)
            self.num_lost = max(self.num_lost, num_lost + missing)
        if self.media.codec in _FRAME_PER_PACKET | _FRAME_PER_SHOWN_PACKET and packets_of(self.media).has_timestamps:
            self.undecoded += self._missed(np.array(came), span)
        check_unchanged(self.media)

    def _missed(self, came: NDArray[np.int64], span: Span) -> list[tuple[int, int]]:
        """The stretches of a span in which frames were due and none came."""
        due = np.sort(np.array(self._due, np.int64))
        frame_ticks = int(1 / self.media.frame_rate / self.media.time_base)
        begins, stops = np.append(span.start_pts, np.sort(came) + frame_ticks), np.append(np.sort(came), span.end_pts)
        is_missed = np.searchsorted(due, begins) < np.searchsorted(due, stops)
        is_told = stops - begins >= int(_TOLD_STRETCH / self.media.time_base)
        return [(int(begins[n]), int(stops[n])) for n in np.flatnonzero(is_missed & is_told)]

    def _read(self, span: Span, wanted: NDArray[np.bool_] | None) -> Iterator[VideoFrame]:
        num_lost = self.num_lost
        frames = self._timed(self._decode(self._packets_from(span.first), span, wanted), span)
        head = next(frames, None)
        if head is None:
            return
        begins_with_key_frame = packets_of(self.media).pts[span.first] == span.start_pts
        if span.first > 0 and begins_with_key_frame and head.pict_type != PictureType.I:
            # What the container marks as a key frame is none, or does not decode here: read up to the place instead.
            self.num_failed_seeks += 1
            if not self._reads_up_to:
                return
            self.num_lost = num_lost
            self.close()
            numbered = self._all_packets()
            frames = self._timed(self._decode(numbered, replace(span, first=0), None), span)
        else:
            frames = itertools.chain([head], frames)
        for frame in frames:
            self.num_read += 1
            yield frame

    def _timed(self, frames: Iterator[VideoFrame], span: Span) -> Iterator[VideoFrame]:
        """Those frames that belong to the span; a time is made up where the file gives none."""
        index = packets_of(self.media)
        previous: int | None = None
        in_order = [] if index.has_timestamps else np.sort(index.pts[index.is_shown]).tolist()
        num_lost = self.num_lost
        for number, frame in enumerate(frames):
            place = number + self.num_lost - num_lost  # a frame that cannot be decoded has its time too
            if place < len(in_order):
                frame.pts = in_order[place]
            elif frame.pts is None or not index.has_timestamps:
                frame.pts = span.start_pts if previous is None else previous + _ticks_per_frame(index)
            previous = frame.pts
            if span.start_pts <= frame.pts < span.end_pts:
                yield frame

    def _decode(
        self, packets: Iterator[tuple[int, VideoPacket]], span: Span, wanted: NDArray[np.bool_] | None
    ) -> Iterator[VideoFrame]:
        index = packets_of(self.media)
        self._due = []
        for number, packet in packets:
            if number >= span.stop:
                break
            if number >= span.first and (wanted is None or wanted[number - span.first]):
                if self._is_due(number, packet, span):
                    self._due.append(int(index.pts[number]))
                if index.stamp is not None and number < len(index):
                    packet.pts = int(index.pts[number])  # the decoder gives it to the frame
                yield from self._feed(packet)
        yield from self._feed(None)

    def _is_due(self, number: int, packet: VideoPacket, span: Span) -> bool:
        """Whether a packet is to give a frame of the span."""
        index = packets_of(self.media)
        if not (index.is_shown[number] and span.start_pts <= index.pts[number] < span.end_pts):
            return False
        if not self._skip_unreferenced:
            return True
        _, stream = self._source()
        return not is_unreferenced(self.media.codec, stream.codec_context.extradata, bytes(packet))

    def _feed(self, packet: VideoPacket | None) -> Iterator[VideoFrame]:
        self._source()
        assert self._decoder is not None  # noqa: S101 -- for the type checker; the source is open
        try:
            frames = feed(self._decoder, packet)
        except av.error.EOFError:
            return
        except av.error.FFmpegError:
            self.num_lost += 1
            return
        for frame in frames:
            if frame.is_corrupt:
                self.num_lost += 1
            else:
                if frame.colorspace in _UNKNOWN_TO_SCALER:
                    frame.colorspace = _SCALED_AS
                if frame.color_trc in _TRANSFERS_UNKNOWN_TO_SCALER:
                    frame.color_trc = _UNSPECIFIED
                yield frame

    def _packets_from(self, first: int) -> Iterator[tuple[int, VideoPacket]]:
        """The file's packets, numbered as in the index, from number `first` or earlier on; the decoder is fresh."""
        if self._is_primed or self._container is None:
            self.close()
        container, stream = self._source()
        assert self._decoder is not None  # noqa: S101 -- for the type checker; the source is open
        self._decoder.flush_buffers()
        index = packets_of(self.media)
        has_begun, self._has_begun = self._has_begun, True
        if first > 0:
            if self._is_primed:
                primer = next(packets_from(container, stream))
                with contextlib.suppress(av.error.FFmpegError):  # damaged, it teaches the decoder nothing
                    self._decoder.decode(primer)
            stamp = int((index.pts if index.stamp is None else index.stamp)[first])
            if (packets := _sought(container, stream, stamp, int(index.size[first]))) is not None:
                return enumerate(packets, first)
            # The container's seek missed the place: read, without decoding, up to it instead.
            self.close()
            container, stream = self._source()
        elif has_begun:
            self.close()
            container, stream = self._source()
        return self._all_packets()

    def _all_packets(self) -> Iterator[tuple[int, VideoPacket]]:
        """All the packets of a file just opened, numbered as in the index."""
        container, stream = self._source()
        self._has_begun = True
        return self._unchanged(_with_data(container, stream))

    def _unchanged(self, packets: Iterator[VideoPacket]) -> Iterator[tuple[int, VideoPacket]]:
        sizes = packets_of(self.media).size
        for number, packet in enumerate(packets):
            if number < len(sizes) and packet.size != sizes[number]:
                raise changed(self.media)
            yield number, packet

    def _source(self) -> tuple[InputContainer, VideoStream]:
        if self._container is None or self._stream is None:
            self._container, self._stream = self._open()
            self._has_begun = False
        return self._container, self._stream

    def _open(self) -> tuple[InputContainer, VideoStream]:
        container = open_probed(self.media)
        stream = container.streams[self.media.video_stream] if self._fits(container) else None
        if not isinstance(stream, VideoStream):
            container.close()
            raise changed(self.media)
        for other in container.streams:
            if other.index != stream.index:
                other.discard = Discard.all
        self._decoder = decoder_of(stream, self.media.limits or Limits())
        self._decoder.thread_count = self._threads
        self._decoder.thread_type = "SLICE" if self.media.codec in _NO_FRAME_THREADS else "AUTO"
        if self._skip_unreferenced:
            self._decoder.skip_frame = "NONREF"
        return container, stream

    def _fits(self, container: InputContainer) -> bool:
        return self.media.video_stream < len(container.streams)


def _sought(container: InputContainer, stream: VideoStream, stamp: int, size: int) -> Iterator[VideoPacket] | None:
    """The packets from the one with this time and size on; None where the container's seek fails or misses it."""
    try:
        container.seek(stamp, stream=stream, backward=True)
    except av.error.FFmpegError:  # it has no index, as a Matroska file in which no packet is marked as a key frame
        return None
    packets = _with_data(container, stream)
    for packet in packets:
        if packet.pts == stamp and packet.size == size:
            return itertools.chain([packet], packets)
        if packet.is_keyframe and packet.pts is not None and packet.pts > stamp:
            break
    return None


def _with_data(container: InputContainer, stream: VideoStream) -> Iterator[VideoPacket]:
    """The stream's packets until the file or its readable part ends, without the empty one that marks the end."""
    try:
        for packet in packets_from(container, stream):
            if packet.size:
                yield packet
    except (av.error.FFmpegError, OSError):
        return  # damage that the probe has met and counted


def _ticks_per_frame(index: PacketIndex) -> int:
    return max(1, round((int(index.pts.max()) - int(index.pts.min())) / max(1, len(index) - 1)))
