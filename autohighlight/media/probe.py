"""file -> MediaInfo: reads every packet's header and decodes one frame.

The packets tell the true times, sizes and key frames of the whole stream at the cost of reading the file; what a
container's header says of length and rate is not trusted.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import av.error
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from autohighlight.config import AudioTracks, Limits
from autohighlight.errors import UndecodableError
from autohighlight.files import Snapshot
from autohighlight.media.alpha import has_alpha
from autohighlight.media.audio_streams import read_audio_streams
from autohighlight.media.decoders import decoder_of, feed
from autohighlight.media.fields import NUM_FRAMES_TRIED, field_order, may_be_interlaced
from autohighlight.media.gaps import after_lost_key_frames, holes, joined, time_ranges, undecodable_head
from autohighlight.media.limits import check_length, check_picture, check_rate
from autohighlight.media.orientation import orientation_of
from autohighlight.media.packets import read_packets
from autohighlight.media.rates import frame_rate, without_pulldown
from autohighlight.media.side_data import creation_time, hdr_metadata, projection
from autohighlight.media.sound_tracks import with_sound
from autohighlight.media.source import (
    check_readable,
    check_unchanged,
    open_source,
    packets_from,
    reading,
    size_too_large,
)
from autohighlight.media.start_timecode import reel_name, start_timecode
from autohighlight.media.video_tracks import moving_tracks
from autohighlight.times import TimeRange
from autohighlight.types import ColourInfo, FieldOrder, MediaInfo

# ITU-T H.273 code points in FFmpeg's words
_PRIMARIES = {1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "film", 9: "bt2020",
              10: "smpte428", 11: "smpte431", 12: "smpte432", 22: "ebu3213"}  # fmt: skip
_TRANSFERS = {1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "linear", 9: "log100",
              10: "log316", 11: "iec61966-2-4", 12: "bt1361e", 13: "iec61966-2-1", 14: "bt2020-10",
              15: "bt2020-12", 16: "smpte2084", 17: "smpte428", 18: "arib-std-b67"}  # fmt: skip
_MATRICES = {0: "gbr", 1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "ycgco",
             9: "bt2020nc", 10: "bt2020c", 11: "smpte2085", 12: "chroma-derived-nc", 13: "chroma-derived-c",
             14: "ictcp", 15: "ipt-c2", 16: "ycgco-re", 17: "ycgco-ro"}  # fmt: skip
_RANGES = {1: "tv", 2: "pc"}


def probe(path: Path, limits: Limits | None = None, audio_tracks: AudioTracks | None = None) -> MediaInfo:
    """What a video file holds; see `MediaInfo`.

    Args:
        path: the file.
        limits: what it may have at most; None for the usual ones.
        audio_tracks: which of its sound tracks are used; None for ``auto``.

    Raises:
        InputError: it cannot be read, is no video, has no video stream, not one frame of it can be decoded, or it lacks
            a sound track that is asked for.
        LimitError: it has, or announces, more than is allowed.
    """
    limits = limits or Limits()
    check_readable(path)
    with reading(path):
        snapshot = Snapshot.of(path)
    with open_source(path, limits) as container:
        tracks = moving_tracks(container, path, limits)
        stream = tracks[0]
        packets, end, num_absent = read_packets(container, stream, path, limits)
        audio, undecodable_audio = read_audio_streams(container, path, limits)
        frame, fields = _first_frame(path, stream.index, limits)
        orientation = orientation_of(frame)
        time_base = stream.time_base or Fraction(1, 1000)
        packets = without_pulldown(packets, time_base)
        rate, is_variable = frame_rate(stream, packets, end, frame.pts, limits)
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
            rotation=orientation.rotation,
            is_mirrored=orientation.is_mirrored,
            is_orientation_exact=orientation.is_exact,
            has_alpha=has_alpha(frame, stream.codec_context.codec.canonical_name, container.format.name),
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
            moving_tracks=tuple(sorted(track.index for track in tracks)),
            num_chapters=len(container.chapters()),
            num_subtitles=len(container.streams.subtitles),
            snapshot=snapshot,
            limits=limits,
            undecodable_audio=undecodable_audio,
        )
        missing = holes(packets, stop, time_base, path, container.format.name, limits)
        missing += after_lost_key_frames(packets, is_variable_rate=is_variable)
        head = undecodable_head(packets, media.codec, frame.pts)
        media = replace(media, gaps=joined(time_ranges([*missing, *head], time_base), media))
    check_picture(path, *media.display_size, limits)
    media = with_sound(media, audio_tracks)
    check_unchanged(media)
    return media


def _first_frame(path: Path, stream_index: int, limits: Limits) -> tuple[VideoFrame, FieldOrder]:
    """The first frame that can be decoded, and the order of the stream's fields."""
    with open_source(path, limits) as container:
        stream = container.streams[stream_index]
        assert isinstance(stream, VideoStream)  # noqa: S101 -- for the type checker; it was chosen as one
        decoded = _decoded(container, stream, limits)
        if (frame := next(decoded, None)) is not None:
            _check_format(frame, path)
            frames = [frame]
            if may_be_interlaced(stream.codec_context, frame):
                frames += itertools.islice(decoded, NUM_FRAMES_TRIED - 1)
            return frame, field_order(stream.codec_context, frames)
        names_no_codec = container.format.name == "avi" and not stream.codec_context.codec_tag.strip("\0")
    if (size := size_too_large(path, limits)) is not None:
        check_picture(path, *size, limits)
    if names_no_codec:
        problem = "is an AVI that does not name its codec, as FFmpeg writes one with HEVC"
        raise UndecodableError(path, problem, "if it is HEVC: ffmpeg -c:v hevc -i FILE NEW.mp4")
    raise UndecodableError(path, "holds a video stream, but not one frame of it can be decoded", "it may be damaged")


def _check_format(frame: VideoFrame, path: Path) -> None:
    """Makes sure that FFmpeg's scaler reads what the frames are stored as; of those packed in bits it lacks a few."""
    if frame.format.is_bit_stream:
        try:
            frame.reformat(8, 8, "gray")
        except (av.error.FFmpegError, NotImplementedError):
            problem = f"stores its pictures as {frame.format.name}, which cannot be converted here"
            raise UndecodableError(path, problem, "convert it first") from None


def _decoded(container: InputContainer, stream: VideoStream, limits: Limits) -> Iterator[VideoFrame]:
    """The frames of a stream up to its end or to where the file cannot be read on; what is damaged is skipped."""
    decoder = decoder_of(stream, limits)
    try:
        for packet in packets_from(container, stream):
            try:
                frames = feed(decoder, packet if packet.size else None)
                yield from (frame for frame in frames if not frame.is_corrupt)
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
