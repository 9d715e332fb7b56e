"""file -> MediaInfo: reads every packet's header and decodes one frame.

The packets tell the true times, sizes and key frames of the whole stream at the cost of reading the file; what a
container's header says of length and rate is not trusted.
"""

from __future__ import annotations

import itertools
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from autohighlight.config import Limits
from autohighlight.errors import InputError, NoVideoStreamError, UndecodableError
from autohighlight.files import Snapshot
from autohighlight.media.fields import NUM_FRAMES_TRIED, field_order, may_be_interlaced
from autohighlight.media.limits import (
    check_length,
    check_number_of_frames,
    check_picture,
    check_rate,
    check_ticks,
)
from autohighlight.media.side_data import creation_time, hdr_metadata, projection
from autohighlight.media.source import check_readable, check_unchanged, open_source, packets_from, size_too_large
from autohighlight.media.start_timecode import reel_name, start_timecode
from autohighlight.times import STANDARD_FRAME_RATES, TimeRange, nearest_standard_rate
from autohighlight.types import AudioStream, ColourInfo, FieldOrder, MediaInfo, PacketIndex

_ATTACHED_PICTURE = 0x0400 | 0x0800  # AV_DISPOSITION_ATTACHED_PIC, AV_DISPOSITION_TIMED_THUMBNAILS
_DEFAULT = 0x0001  # AV_DISPOSITION_DEFAULT
_FALLBACK_RATE = Fraction(25)
_LONGEST_USUAL_GAP = 1.5  # times the median: longer ones are frames left out
_MOST_REORDERED = 32  # frames; H.264 and HEVC hold back 16 at most
_HIGHEST_VARIABLE_RATE = Fraction(60)  # closer frames are bursts of a screen recorder, not a rate

VideoPacket: TypeAlias = "Packet[VideoStream]"

_PCM_DEPTH = re.compile(r"pcm_[sfu](\d+)")  # FFmpeg's names of uncompressed sound: pcm_s24le
_DURATION_TAG = re.compile(r"(\d+):(\d+):(\d+(?:\.\d+)?)", re.ASCII)

# ITU-T H.273 code points in FFmpeg's words
_PRIMARIES = {1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "film", 9: "bt2020",
              10: "smpte428", 11: "smpte431", 12: "smpte432", 22: "ebu3213"}  # fmt: skip
_TRANSFERS = {1: "bt709", 4: "gamma22", 5: "gamma28", 6: "smpte170m", 7: "smpte240m", 8: "linear", 9: "log100",
              10: "log316", 11: "iec61966-2-4", 12: "bt1361e", 13: "iec61966-2-1", 14: "bt2020-10",
              15: "bt2020-12", 16: "smpte2084", 17: "smpte428", 18: "arib-std-b67"}  # fmt: skip
_MATRICES = {0: "gbr", 1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "ycgco",
             9: "bt2020nc", 10: "bt2020c", 12: "chroma-derived-nc", 14: "ictcp"}  # fmt: skip
_RANGES = {1: "tv", 2: "pc"}


def probe(path: Path, limits: Limits | None = None) -> MediaInfo:
    """What a video file holds; see `MediaInfo`.

    Args:
        path: the file.
        limits: what it may have at most; None for the usual ones.

    Raises:
        InputError: it cannot be read, is no video, has no video stream, or not one frame of it can be decoded.
        LimitError: it has, or announces, more than is allowed.
    """
    limits = limits or Limits()
    check_readable(path)
    snapshot = Snapshot.of(path)
    with open_source(path, limits) as container:
        stream = _video_stream(container, path)
        packets, end, num_absent = _read_packets(container, stream, path, limits)
        audio = tuple(_audio_stream(s) for s in container.streams.audio if s.codec_context is not None)
        frame, fields = _first_frame(path, stream.index, limits)
        rate, is_variable = _frame_rate(stream, packets, limits)
        time_base = stream.time_base or Fraction(1, 1000)
        first = int(packets.pts[packets.is_shown].min())
        last = int(packets.pts[packets.is_shown].max())
        stop = max(end, last * time_base + (1 / rate if end <= last * time_base else 0))
        check_length(path, stop - first * time_base, limits)
        if not is_variable:
            check_rate(path, rate, limits)
        media = MediaInfo(
            path=path,
            container=container.format.name,
            video_stream=stream.index,
            codec=stream.codec_context.codec.canonical_name,
            time_base=time_base,
            time_range=TimeRange(first * time_base, stop),
            frame_rate=rate,
            is_variable_rate=is_variable,
            width=frame.width,
            height=frame.height,
            rotation=round(-frame.rotation / 90) * 90 % 360,
            sample_aspect_ratio=_aspect_ratio(stream),
            pixel_format=frame.format.name,
            bit_depth=max(component.bits for component in frame.format.components),
            colour=_colour(frame),
            audio=audio,
            num_frames=int(packets.is_shown.sum()),
            field_order=fields,
            num_frames_absent=num_absent,
            packets=packets,
            start_timecode=start_timecode(container, stream, path, rate),
            reel_name=reel_name(container, stream),
            creation_time=creation_time(container),
            hdr=hdr_metadata(frame),
            projection=projection(frame),
            num_chapters=len(container.chapters()),
            num_subtitles=len(container.streams.subtitles),
            snapshot=snapshot,
            limits=limits,
        )
    check_picture(path, *media.display_size, limits)
    check_unchanged(media)
    return media


def _video_stream(container: InputContainer, path: Path) -> VideoStream:
    """The stream that a player would show: no cover picture, the default one, the largest, the first."""
    videos = [s for s in container.streams.video if not int(s.disposition) & _ATTACHED_PICTURE]
    if not videos:
        raise NoVideoStreamError(path, "has no video stream", "name a file with moving pictures")
    readable = [s for s in videos if s.codec_context is not None]
    if not readable:
        raise UndecodableError(path, "is in a video codec that cannot be decoded here", "convert it first")
    return max(
        readable,
        key=lambda s: (bool(int(s.disposition) & _DEFAULT), (s.width or 0) * (s.height or 0), -s.index),
    )


@dataclass
class _Packets:
    """The packets of a stream, as far as they were read; `is_cut_short` where something is missing."""

    pts: array[int] = field(default_factory=lambda: array("q"))
    size: array[int] = field(default_factory=lambda: array("q"))
    duration: array[int] = field(default_factory=lambda: array("q"))
    is_key: bytearray = field(default_factory=bytearray)
    is_shown: bytearray = field(default_factory=bytearray)
    first_dts: int | None = None
    has_timestamps: bool = True
    is_cut_short: bool = False

    def add(self, packet: VideoPacket) -> None:
        shown_at = packet.pts if packet.pts is not None else packet.dts
        self.first_dts = packet.dts if not self.size else self.first_dts
        self.has_timestamps &= shown_at is not None
        self.is_cut_short |= packet.is_corrupt
        self.pts.append(shown_at or 0)
        self.size.append(packet.size)
        self.duration.append(packet.duration or 0)
        self.is_key.append(packet.is_keyframe)
        self.is_shown.append(not packet.is_discard)


def _demux(container: InputContainer, stream: VideoStream, path: Path, limits: Limits) -> _Packets:
    check_number_of_frames(path, stream.frames, limits)
    for other in container.streams:
        if other.index != stream.index:
            other.discard = Discard.all
    packets = _Packets()
    try:
        for packet in packets_from(container, stream):
            if packet.size:
                packets.add(packet)
                check_number_of_frames(path, len(packets.size), limits)
    except (av.error.FFmpegError, OSError):
        packets.is_cut_short = True
    if not packets.size:
        raise UndecodableError(path, "holds no picture: it ends before the first frame", "copy or download it again")
    return packets


def _read_packets(
    container: InputContainer, stream: VideoStream, path: Path, limits: Limits
) -> tuple[PacketIndex, Fraction, int]:
    """The packets, the end of the last shown frame in seconds, and how many announced frames are not in the file."""
    read = _demux(container, stream, path, limits)
    count = len(read.size)
    times = np.array(read.pts) if read.has_timestamps else np.arange(count) * _ticks_per_frame(stream)
    has_timestamps = read.has_timestamps
    check_ticks(path, times, stream, limits)
    is_avi = container.format.name == "avi"
    if has_timestamps and is_avi and read.first_dts is not None and _are_guessed(times, read.first_dts):
        has_timestamps = False
        times -= int(times[0]) - read.first_dts
    if has_timestamps:
        _check_clock(times, stream, path)
    is_shown = np.array(read.is_shown, bool)
    if not is_shown.any():
        is_shown[:] = True  # an edit list that hides everything is damage
    last = int(np.flatnonzero(times == times[is_shown].max())[-1])
    packets = PacketIndex(
        pts=times,
        size=np.array(read.size),
        is_key=np.array(read.is_key, bool),
        is_shown=is_shown,
        has_timestamps=has_timestamps,
    )
    end = (int(times[last]) + read.duration[last]) * (stream.time_base or Fraction(1, 1000))
    num_absent = max(0, stream.frames - count) if read.is_cut_short else 0
    return packets, end, num_absent


def _check_clock(times: NDArray[np.int64], stream: VideoStream, path: Path) -> None:
    """Makes sure that time only goes on, as it does not where recordings were joined without being rewritten.

    Decoding order differs from that of presentation by a few frames: across a pause those may be seconds, but then they
    are few.

    Raises:
        InputError: the clock jumps back; half of the file would be lost if its times were believed.
    """
    behind = np.maximum.accumulate(times) - times
    is_far = behind > int(2 / (stream.time_base or Fraction(1, 1000)))
    ends = np.append(np.flatnonzero(~is_far), len(times))
    runs = np.diff(np.concatenate([[-1], ends])) - 1
    if runs.max() > _MOST_REORDERED:
        place = int(ends[np.argmax(runs > _MOST_REORDERED)] - runs[np.argmax(runs > _MOST_REORDERED)])
        raise InputError(
            path,
            f"its clock jumps back after {place:,} frames, as in recordings that were joined as they were",
            "rewrite it first: ffmpeg -i FILE -c copy NEW.mp4",
        )


def _are_guessed(times: NDArray[np.int64], first_dts: int) -> bool:
    """Whether the times of an AVI, which has none, are those of decoding put off, though frames may change places.

    Of H.264 and HEVC FFmpeg knows the order of presentation only once they are decoded.
    """
    return int(times[0]) != first_dts and bool((np.diff(times) > 0).all())


def _ticks_per_frame(stream: VideoStream) -> int:
    rate = stream.guessed_rate or stream.average_rate or _FALLBACK_RATE
    return max(1, round(1 / (rate * (stream.time_base or Fraction(1, 1000)))))


def _first_frame(path: Path, stream_index: int, limits: Limits) -> tuple[VideoFrame, FieldOrder]:
    """The first frame that can be decoded, and the order of the stream's fields."""
    with open_source(path, limits) as container:
        stream = container.streams[stream_index]
        assert isinstance(stream, VideoStream)  # noqa: S101 -- for the type checker; it was chosen as one
        decoded = _decoded(container, stream)
        if (frame := next(decoded, None)) is not None:
            frames = [frame]
            if may_be_interlaced(stream.codec_context, frame):
                frames += itertools.islice(decoded, NUM_FRAMES_TRIED - 1)
            return frame, field_order(stream.codec_context, frames)
    if (size := size_too_large(path, limits)) is not None:
        check_picture(path, *size, limits)
    raise UndecodableError(path, "holds a video stream, but not one frame of it can be decoded", "it may be damaged")


def _decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """The frames of a stream up to its end or to where the file cannot be read on; damaged packets are skipped."""
    try:
        for packet in packets_from(container, stream):
            try:
                yield from stream.codec_context.decode(packet if packet.size else None)
            except av.error.InvalidDataError:
                continue  # damaged: a later packet may decode
    except (av.error.FFmpegError, OSError):
        return


def _aspect_ratio(stream: VideoStream) -> Fraction:
    ratio = stream.sample_aspect_ratio
    # A ratio beyond 1:10 is a damaged header, not a picture.
    return ratio if ratio and Fraction(1, 10) <= ratio <= 10 else Fraction(1)


def _colour(frame: VideoFrame) -> ColourInfo:
    return ColourInfo(
        primaries=_PRIMARIES.get(int(frame.color_primaries), "unknown"),
        transfer=_TRANSFERS.get(int(frame.color_trc), "unknown"),
        matrix=_MATRICES.get(int(frame.colorspace), "unknown"),
        range=_RANGES.get(int(frame.color_range), "unknown"),
    )


def _audio_stream(stream: av.AudioStream) -> AudioStream:
    context = stream.codec_context
    start = (stream.start_time or 0) * (stream.time_base or Fraction(0))
    return AudioStream(
        index=stream.index,
        codec=context.codec.canonical_name,
        sample_rate=context.sample_rate,
        layout=context.layout.name,
        num_channels=context.layout.nb_channels,
        language=stream.language or "",
        start=start,
        is_default=bool(int(stream.disposition) & _DEFAULT),
        duration=_audio_duration(stream, start),
        bit_depth=int(depth[1]) if (depth := _PCM_DEPTH.match(context.codec.canonical_name)) else 16,
    )


def _audio_duration(stream: av.AudioStream, start: Fraction) -> Fraction | None:
    """As the container's header says; Matroska tells the end instead, in a tag."""
    if stream.duration is not None and stream.time_base is not None:
        return stream.duration * stream.time_base
    if clock := _DURATION_TAG.fullmatch(stream.metadata.get("DURATION", "")):
        hours, minutes, seconds = (Fraction(field) for field in clock.groups())
        duration = hours * 3600 + minutes * 60 + seconds - start
        return duration if duration > 0 else None
    return None


def _frame_rate(stream: VideoStream, packets: PacketIndex, limits: Limits) -> tuple[Fraction, bool]:
    """The nominal rate and whether frames are unevenly spaced.

    A rate is the true one if every frame lies on its grid, to within the rounding of the container's clock, and most
    grid places hold a frame. Otherwise the rate varies, and the nearest standard rate to that of the usual frames
    is the nominal one: phones and screen recorders stamp frames of one length with gaps and jitter.
    """
    times = np.sort(packets.pts[packets.is_shown])
    time_base = stream.time_base or Fraction(1, 1000)
    guesses = [r for r in (stream.guessed_rate, stream.average_rate, stream.base_rate) if r]
    if len(times) < 2 or times[-1] == times[0]:
        usable = [r for r in guesses if 1 <= r <= 300]
        return (usable[0] if usable else _FALLBACK_RATE), False
    plausible = [r for r in guesses if r <= limits.max_fps]
    # 1000000/33333 is 30 as a clock of microseconds writes it; the NTSC rates lie ten times as far from whole ones.
    meant = [(nearest_standard_rate(rate), rate) for rate in plausible]
    written = [standard for standard, rate in meant if abs(standard / rate - 1) < Fraction(1, 10_000)]
    for rate in [*written, *plausible, *STANDARD_FRAME_RATES]:
        if _lies_on_grid(times, time_base, rate):
            return rate, False
    gaps = np.diff(times)
    gaps = gaps[gaps > 0]
    usual = gaps[gaps <= _LONGEST_USUAL_GAP * np.median(gaps)].mean()  # the mean sees through jitter
    rate = 1 / (Fraction(float(usual)) * time_base)
    return min(nearest_standard_rate(rate), _HIGHEST_VARIABLE_RATE), True


def _lies_on_grid(times: NDArray[np.int64], time_base: Fraction, rate: Fraction) -> bool:
    # The clock rounds each time to a tick; containers that count in milliseconds, to one of those.
    tolerance = max(float(time_base), 0.001) * 1.01
    places = (times - times[0]).astype(np.float64) * float(time_base * rate)
    numbers = np.rint(places)
    spread = np.abs(places - numbers).max() / float(rate)
    # At least half of the places are held, and no place twice.
    return bool(
        spread <= min(tolerance, 0.25 / float(rate))
        and (np.diff(numbers) >= 1).all()
        and numbers[-1] + 1 <= 2 * len(times)
    )
