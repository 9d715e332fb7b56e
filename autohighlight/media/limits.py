"""Refuses what asks for more than a video may, before memory or time is spent on it.

A few bytes in a header can announce a picture of 30,000 x 30,000 pixels, a billion frames or a year of playing time.
What is allowed is in `config.Limits`; what is beyond it is refused with the name of the limit and the value to set.
Where a decoder meets a larger picture in the middle of a stream, it refuses that picture: see `decoder_options`.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from autohighlight.config import Limits
from autohighlight.errors import InputError, LimitError

_MOST_TICKS = 1 << 62  # so that sums and differences of a few stay within 64 bits
_FURTHEST_YEARS = 1000  # from zero: live streams count from 1970, QuickTime from 1904
_SECONDS_PER_YEAR = 365 * 24 * 3600

_SAMPLES_OTHERWISE = 10
"""Tracks that hold no pictures may have so many times the samples: sound has some hundred packets a second."""

_BOXES_OF_BOXES = frozenset(b"moov trak mdia minf stbl edts mvex moof traf dinf udta tref cmov".split())
_DEEPEST = 16
_MOST_COMPRESSED = 1 << 26  # bytes, uncompressed


def refuse(path: Path, problem: str, limit: str, needed: Fraction | int) -> LimitError:
    """What to raise where a limit is exceeded.

    Args:
        path: the file.
        problem: what it has too much of.
        limit: name of the field of `Limits`.
        needed: what that would have to be.
    """
    value = f"{float(needed):.6g}" if needed < 1 else f"{-(-needed // 1)}"
    return LimitError(path, problem, f"if that is right, allow it with --limits {limit}={value}")


def decoder_options(limits: Limits) -> dict[str, str]:
    """Options of every decoder: the largest picture that it makes room for."""
    return {"max_pixels": str(min(int(limits.pixels), 2**31 - 1))}


def check_picture(path: Path, width: int, height: int, limits: Limits) -> None:
    """Makes sure that a picture is not too large.

    Raises:
        LimitError: it is.
    """
    if width * height > limits.pixels:
        problem = f"its picture of {width:,} x {height:,} has more than {int(limits.pixels):,} pixels"
        raise refuse(path, problem, "pixels", width * height)


def check_streams(path: Path, container: InputContainer, limits: Limits) -> None:
    """Makes sure that there are not too many streams, and that none of moving pictures says that it is too large.

    Raises:
        LimitError: there are, or one does.
    """
    check_number_of_streams(path, len(container.streams), limits)
    for stream in container.streams.video:
        if stream.codec_context is not None:
            check_picture(path, stream.width or 0, stream.height or 0, limits)


def check_number_of_streams(path: Path, number: int, limits: Limits) -> None:
    """Makes sure that there are not too many streams.

    Raises:
        LimitError: there are.
    """
    if number > limits.streams:
        raise refuse(path, f"it has {number:,} streams, more than {int(limits.streams):,}", "streams", number)


def check_number_of_frames(path: Path, number: int, limits: Limits) -> None:
    """Makes sure that a stream has, or says that it has, not too many frames.

    Raises:
        LimitError: it has.
    """
    if number > limits.frames:
        raise refuse(path, f"it has {number:,} frames, more than {int(limits.frames):,}", "frames", number)


def check_ticks(path: Path, ticks: NDArray[np.int64], stream: VideoStream, limits: Limits) -> None:
    """Makes sure that the frames' times can be reckoned with, do not span too long, and are not too dense.

    Args:
        path: the file.
        ticks: (N,), of the frames, in the stream's time base, in any order.
        stream: theirs.
        limits: what is allowed.

    Raises:
        InputError: they are further from zero than any clock is.
        LimitError: they span too long, or there are too many in a second.
    """
    first, last = int(ticks.min()), int(ticks.max())
    time_base = stream.time_base or Fraction(1, 1000)
    furthest = max(abs(first), abs(last))
    if furthest > _MOST_TICKS or furthest * time_base > _FURTHEST_YEARS * _SECONDS_PER_YEAR:
        raise InputError(
            path,
            "its clock is more than a thousand years from zero",
            "it is damaged, or was made to look so; ffmpeg -i FILE -c copy NEW.mp4 may mend it",
        )
    check_length(path, (last - first) * time_base, limits)
    if last > first and (rate := (len(ticks) - 1) / ((last - first) * time_base)) > limits.max_fps:
        problem = f"it has {float(rate):,.0f} frames in a second, more than {float(limits.max_fps):,g}"
        raise refuse(path, problem, "max_fps", rate)


def check_length(path: Path, seconds: Fraction, limits: Limits) -> None:
    """Makes sure that a video does not play too long.

    Raises:
        LimitError: it does.
    """
    hours = seconds / 3600
    if hours > limits.hours:
        problem = f"it plays for {float(hours):,.1f} hours, more than {float(limits.hours):,g}"
        raise refuse(path, problem, "hours", hours)


def check_rate(path: Path, rate: Fraction, limits: Limits) -> None:
    """Makes sure that evenly spaced frames are not too far apart.

    Raises:
        LimitError: they are.
    """
    if rate < limits.min_fps:
        problem = f"its frames are {float(1 / rate):,.0f} s apart, more than {float(1 / limits.min_fps):,g} s"
        raise refuse(path, problem, "min_fps", rate * Fraction(999, 1000))


def check_boxes(path: Path, limits: Limits) -> None:
    """Makes sure that an MP4 or QuickTime file does not announce more tracks or samples than are allowed.

    FFmpeg makes room for every sample that the tables announce as soon as it opens the file, and some tables need no
    byte for a sample: `stsz` with one size for all, and `trun` without fields. Boxes are those of ISO/IEC 14496-12; in
    files of other kinds nothing is found.

    Raises:
        LimitError: it does.
    """
    num_tracks = num_frames = 0
    with path.open("rb") as file:
        end = file.seek(0, 2)
        file.seek(0)
        is_sound = False
        for kind, content in _boxes(file, end, 0):
            if kind == b"trak":
                num_tracks += 1
                is_sound = False
                check_number_of_streams(path, num_tracks, limits)
            elif kind == b"hdlr":
                is_sound = content[8:12] == b"soun"
            elif kind in (b"stsz", b"stz2") and len(content) >= 12:
                (count,) = struct.unpack_from(">I", content, 8)
                _check_samples(path, count, content, limits, is_sound=is_sound)
            elif kind == b"trun" and len(content) >= 8:
                flags, count = struct.unpack_from(">II", content)
                num_frames += 0 if flags & 0xF00 else count
                check_number_of_frames(path, num_frames, limits)


def _check_samples(path: Path, count: int, table: bytes, limits: Limits, *, is_sound: bool) -> None:
    size = struct.unpack_from(">I", table, 4)[0]
    if is_sound and 0 < size <= 64:
        return  # PCM counts every instant as a sample, and FFmpeg reads many at once
    check_number_of_frames(path, count // _SAMPLES_OTHERWISE if is_sound else count, limits)


def _compressed(content: bytes, depth: int) -> Iterator[tuple[bytes, bytes]]:
    try:
        boxes = zlib.decompressobj().decompress(content, _MOST_COMPRESSED)
    except zlib.error:
        return
    yield from _boxes(io.BytesIO(boxes), len(boxes), depth)


def _boxes(file: BinaryIO, end: int, depth: int) -> Iterator[tuple[bytes, bytes]]:
    """The kind and the beginning of each box from where `file` is to `end`, and of those inside; damage ends it."""
    while (start := file.tell()) + 8 <= end:
        size, kind = struct.unpack(">I4s", file.read(8))
        if size == 1:  # a long one
            (size,) = struct.unpack(">Q", file.read(8).rjust(8, b"\0"))
        stop = min(end, start + size) if size else end
        if stop < file.tell():
            return
        if kind in _BOXES_OF_BOXES and depth < _DEEPEST:
            yield kind, b""
            yield from _boxes(file, stop, depth + 1)
        elif kind in (b"hdlr", b"stsz", b"stz2", b"trun"):
            yield kind, file.read(min(16, stop - file.tell()))
        elif kind == b"cmvd" and depth < _DEEPEST:  # the tables, compressed
            yield from _compressed(file.read(stop - file.tell())[4:], depth + 1)
        file.seek(stop)
