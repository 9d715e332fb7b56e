"""The sound tracks of a container: what each holds, and which can be decoded."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import av
import av.error
from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.stream import Discard, Disposition

from autohighlight.config import Limits
from autohighlight.media.channels import settled_layout
from autohighlight.media.source import open_source, packets_from
from autohighlight.types import AudioStream

_DEFAULT = 0x0001  # AV_DISPOSITION_DEFAULT

_PCM_DEPTH = re.compile(r"pcm_[sfu](\d+)")  # FFmpeg's names of uncompressed sound: pcm_s24le
_DURATION_TAG = re.compile(r"(\d+):(\d+):(\d+(?:\.\d+)?)", re.ASCII)


def read_audio_streams(
    container: InputContainer, path: Path, limits: Limits
) -> tuple[tuple[AudioStream, ...], tuple[int, ...]]:
    """The tracks that can be decoded, and the index of each that cannot.

    A track without packets is neither: a Blu-ray announces AC-3 beside TrueHD that may not be there. One that begins
    late in a transport stream has not said what it is when the container is opened, so its first frame is looked for.

    Args:
        container: the open file; nothing has been read from it.
        path: its path.
        limits: what it may have at most.
    """
    known, undecodable = list[AudioStream](), list[int]()
    for stream in container.streams.audio:
        if not _has_decoder(stream):
            undecodable.append(stream.index)
        elif stream.codec_context.sample_rate > 0:
            known.append(_audio_stream(stream, *settled_layout(stream)))
        else:
            frame, has_packets = _first_frame(path, stream.index, limits)
            if frame is not None:
                known.append(_audio_stream(stream, frame.layout.name, frame.layout.nb_channels, frame))
            elif has_packets:
                undecodable.append(stream.index)
    return tuple(known), tuple(undecodable)


def _has_decoder(stream: av.AudioStream) -> bool:
    return stream.codec_context is not None


def _first_frame(path: Path, index: int, limits: Limits) -> tuple[AudioFrame | None, bool]:
    """The first frame of a track that can be decoded, and whether the track has any packet at all."""
    has_packets = False
    with open_source(path, limits) as container:
        stream = container.streams[index]
        assert isinstance(stream, av.AudioStream)  # noqa: S101 -- for the type checker; it was one before
        for other in container.streams:
            if other.index != index:
                other.discard = Discard.all
        try:
            for packet in packets_from(container, stream):
                has_packets = has_packets or packet.size > 0
                try:
                    if frames := stream.codec_context.decode(packet if packet.size else None):
                        return frames[0], True
                except av.error.InvalidDataError:
                    continue  # damaged: a later packet may decode
        except (av.error.FFmpegError, OSError):
            pass  # it cannot be read on
    return None, has_packets


def _audio_stream(
    stream: av.AudioStream, layout: str, num_channels: int, frame: AudioFrame | None = None
) -> AudioStream:
    """Describes a track; `frame` tells the sample rate and the beginning where the container does not."""
    context, start = stream.codec_context, (stream.start_time or 0) * (stream.time_base or Fraction(0))
    if frame is not None and frame.pts is not None:
        start = frame.pts * (frame.time_base or Fraction(0))
    return AudioStream(
        index=stream.index,
        codec=context.codec.canonical_name,
        sample_rate=context.sample_rate if frame is None else frame.sample_rate,
        layout=layout,
        num_channels=num_channels,
        language=stream.language or "",
        start=start,
        is_default=bool(int(stream.disposition) & _DEFAULT),
        duration=_duration(stream, start),
        bit_depth=int(depth[1]) if (depth := _PCM_DEPTH.match(context.codec.canonical_name)) else 16,
        title=stream.metadata.get("title") or stream.metadata.get("name") or "",
        dispositions=tuple(flag.name or "" for flag in Disposition if int(stream.disposition) & flag),
    )


def _duration(stream: av.AudioStream, start: Fraction) -> Fraction | None:
    """As the container's header says; Matroska tells the end instead, in a tag."""
    if stream.duration is not None and stream.time_base is not None:
        return stream.duration * stream.time_base
    if clock := _DURATION_TAG.fullmatch(stream.metadata.get("DURATION", "")):
        hours, minutes, seconds = (Fraction(field) for field in clock.groups())
        duration = hours * 3600 + minutes * 60 + seconds - start
        return duration if duration > 0 else None
    return None
