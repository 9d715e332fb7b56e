"""Start timecode and reel name of a file, from what its container says; nothing is decoded.

Where a file says it more than once, what stands nearest to the picture wins: the tag of the video stream (of a
QuickTime file, the timecode track that belongs to it), then that of another stream, then that of the container (MXF,
Matroska, DV). A label that cannot be read, or that does not exist at the picture's rate, counts as none.
"""

from __future__ import annotations

import logging
import re
import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import av.stream
from av.container import InputContainer

from autohighlight.config import Limits
from autohighlight.errors import OptionError, printable
from autohighlight.media.source import open_source, reading
from autohighlight.timecode import Timecode, TimecodeFormat
from autohighlight.types import MediaInfo

_LOG = logging.getLogger(__name__)


def start_timecode(container: InputContainer, video: av.stream.Stream, path: Path, rate: Fraction) -> Timecode | None:
    """The label of the first frame shown; None where the file has none.

    Edit lists that hide frames hide their labels: the label is that of the first frame that a player shows.

    Args:
        container: of the file, open.
        video: the stream that is shown.
        path: the file.
        rate: of the picture, frames/s.
    """
    track_rate = _track_rate(path) if "mov" in container.format.name.split(",") else None
    for text in _tags(container, video, "timecode"):
        try:
            timecode = _read(text, track_rate or rate)
        except OptionError as error:
            _LOG.warning("%s: its timecode is left aside: %s", printable(path), error.problem)
        else:
            return timecode.at_rate(rate)
    return None


def reel_name(container: InputContainer, video: av.stream.Stream) -> str:
    """The name of the tape or card that the file came from; empty where it says none."""
    return next(_tags(container, video, "reel_name"), "")


def has_stream_timecode(media: MediaInfo) -> bool:
    """Whether the stream of the picture, or one of data, says the timecode, as in QuickTime and MP4 files.

    Of Matroska and most MXF files the container alone says it, and not every program looks there.

    Raises:
        InputError: the file cannot be read.
    """
    with open_source(media.path, media.limits or Limits()) as container:
        streams = [container.streams[media.video_stream], *container.streams.data]
        return any(name.lower() == "timecode" for stream in streams for name in stream.metadata)


def _tags(container: InputContainer, video: av.stream.Stream, name: str) -> Iterator[str]:
    """The values of a tag, the one nearest to the picture first; its name may be in capitals, as Matroska has it."""
    others = [stream for stream in container.streams if stream.index != video.index]
    for metadata in (video.metadata, *(stream.metadata for stream in others), container.metadata):
        for key, value in metadata.items():
            if key.lower() == name and value.strip():
                yield value.strip()


def _read(text: str, rate: Fraction) -> Timecode:
    """The label; where its rate has no drop-frame counting the separator before the frame means nothing."""
    if not TimecodeFormat.has_drop_frame(rate):
        text = re.sub("[;.,]", ":", text)
    return Timecode.parse(text, rate)


_WAY = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
_SAMPLE_ENTRY = struct.Struct(">4s6xH4xIIIB")  # format, data reference, flags, time scale, frame duration, frames


def _track_rate(path: Path) -> Fraction | None:
    """The rate that a QuickTime timecode track counts at, which need not be that of the picture.

    FFmpeg writes the label by this rate and does not tell it. The sample description is that of Apple's QuickTime File
    Format: "Timecode sample description".
    """
    with reading(path), path.open("rb") as file:
        for content in _sample_descriptions(file, path.stat().st_size):
            # 4 bytes of version, 4 of the number of entries, 4 of the size of the first
            if len(content) >= 12 + _SAMPLE_ENTRY.size:
                kind, _, _, scale, duration, _ = _SAMPLE_ENTRY.unpack_from(content, 12)
                if kind == b"tmcd" and scale and duration:
                    return Fraction(scale, duration)
    return None


def _sample_descriptions(file: BinaryIO, end: int, way: tuple[bytes, ...] = _WAY) -> Iterator[bytes]:
    """The beginning of each box at the end of `way`, from where `file` is to `end`.

    Boxes are those of ISO/IEC 14496-12, which has them from QuickTime; what is damaged ends the search.
    """
    while (start := file.tell()) + 8 <= end:
        size, kind = struct.unpack(">I4s", file.read(8))
        if size == 1:  # a long one
            (size,) = struct.unpack(">Q", file.read(8).rjust(8, b"\0"))
        stop = min(end, start + size) if size else end
        if stop < file.tell():
            return
        if kind == way[0] and len(way) == 1:
            yield file.read(min(64, stop - file.tell()))
        elif kind == way[0]:
            yield from _sample_descriptions(file, stop, way[1:])
        file.seek(stop)
