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
_BOXES_READ = frozenset(b"tkhd hdlr stsz stz2 tfhd trun".split())
_DEEPEST = 16
_LARGEST_PCM_SAMPLE = 256  # bytes: 64 channels of 32 bits
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
    counter = _SampleCounter(path, limits)
    with path.open("rb") as file:
        end = file.seek(0, 2)
        file.seek(0)
        for kind, content in _boxes(file, end, 0):
            counter.see(kind, content)


class _SampleCounter:
    """Counts the samples that the boxes of a file announce: pictures as frames, the samples of other tracks as less."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits
        self._num_tracks = 0
        self._num_in_fragments = 0
        self._handlers: dict[int, bytes] = {}  # track number -> what it holds
        self._track = 0

    def see(self, kind: bytes, content: bytes) -> None:
        """Takes the next box; raises `LimitError` when there is too much."""
        if kind == b"trak":
            self._num_tracks += 1
            self._track = -self._num_tracks  # until its number is read
            check_number_of_streams(self._path, self._num_tracks, self._limits)
        elif kind == b"tkhd":
            place = 20 if content[:1] == b"\1" else 12
            self._track = int.from_bytes(content[place : place + 4])
        elif kind == b"hdlr" and content[4:8] != b"dhlr":  # QuickTime tells how the data are reached as well
            self._handlers[self._track] = content[8:12]
        elif kind in (b"stsz", b"stz2") and len(content) >= 12:
            size, count = struct.unpack_from(">II", content, 4)
            is_pcm = self._handler == b"soun" and 0 < size <= _LARGEST_PCM_SAMPLE
            # PCM counts every instant as a sample, and FFmpeg reads many at once.
            check_number_of_frames(self._path, 0 if is_pcm else self._as_frames(count), self._limits)
        elif kind == b"tfhd" and len(content) >= 8:
            (self._track,) = struct.unpack_from(">I", content, 4)
        elif kind == b"trun" and len(content) >= 8:
            flags, count = struct.unpack_from(">II", content)
            self._num_in_fragments += 0 if flags & 0xF00 else self._as_frames(count)
            check_number_of_frames(self._path, self._num_in_fragments, self._limits)

    @property
    def _handler(self) -> bytes:
        return self._handlers.get(self._track, b"vide")

    def _as_frames(self, count: int) -> int:
        return count if self._handler == b"vide" else count // _SAMPLES_OTHERWISE


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
        elif kind in _BOXES_READ:
            yield kind, file.read(min(24, stop - file.tell()))
        elif kind == b"cmvd" and depth < _DEEPEST:  # the tables, compressed
            yield from _compressed(file.read(stop - file.tell())[4:], depth + 1)
        file.seek(stop)
