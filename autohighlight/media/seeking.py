"""Whether decoding may begin in the middle of a file and still give the frames of a full decode.

It is found out by trying, since containers and encoders are wrong about it in too many ways to list: a decoder that
learns the encoder's version from the first packet only (4:4:4 H.264 of old x264 builds), packets marked as key frames
that are none, recovery points that recover late. The frames after a seek are compared, byte for byte, with those of
decoding up to the same place.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from autohighlight.media.decode import Span, VideoReader, packets_of, sync_points
from autohighlight.types import MediaInfo

_NUM_COMPARED = 12
"""Frames compared after each trial seek: a wrong prediction shows at once or spreads within a few."""

_NUM_SPREAD = 2
_NUM_SPREAD_OF_LONG = 5
"""Sync points tried besides the second, the last one among them; more of a video that is long."""

_LONG_SECONDS = 600


@dataclass(frozen=True)
class Seeking:
    """How a video may be entered.

    Args:
        starts: numbers of the packets at which decoding may begin, ascending; the first is 0.
        is_primed: whether the file's first packet has to be fed before (see `VideoReader`).
    """

    starts: NDArray[np.int64]
    is_primed: bool = False


@functools.lru_cache(maxsize=16)
def find_seeking(media: MediaInfo) -> Seeking:
    """The places at which decoding of a probed file may begin.

    Tried at the second, which costs no more than the first group, and at a few that are spread over the file, since it
    may have been joined from the work of several encoders. From the last one that was right before one that is wrong,
    the rest of the file is read on. A place that turns out to hold no key frame is noticed when it is entered (see
    `VideoReader`).
    """
    packets = packets_of(media)
    starts = sync_points(packets)
    if len(starts) == 1:
        return Seeking(starts)
    for is_primed in (False, True):
        if _gives_same_frames(media, starts, 1, is_primed=is_primed):
            return Seeking(starts[: 1 + _last_right(media, starts, is_primed=is_primed)], is_primed)
    return Seeking(starts[:1])


def _last_right(media: MediaInfo, starts: NDArray[np.int64], *, is_primed: bool) -> int:
    """The number of the last sync point before one that was tried and found wrong; the second is right."""
    right = 1
    num_tried = _NUM_SPREAD if media.duration < _LONG_SECONDS else _NUM_SPREAD_OF_LONG
    for number in np.unique(np.linspace(1, len(starts) - 1, 1 + num_tried).astype(np.int64))[1:].tolist():
        if not _gives_same_frames(media, starts, number, is_primed=is_primed):
            return right
        right = number
    return len(starts) - 1


def _trial(media: MediaInfo, starts: NDArray[np.int64], number: int) -> tuple[Span, Span]:
    """The frames after a sync point, reached by decoding from the one before, and by a seek."""
    packets = packets_of(media)
    start = int(starts[number])
    begin = int(packets.pts[start])
    shown = np.sort(packets.pts[start : start + 4 * _NUM_COMPARED])
    shown = shown[shown >= begin]
    end = int(shown[min(_NUM_COMPARED, len(shown)) - 1]) + 1
    inside = np.flatnonzero((packets.pts >= begin) & (packets.pts < end))
    stop = int(inside[-1]) + 1
    return Span(int(starts[number - 1]), stop, begin, end), Span(start, stop, begin, end)


def _gives_same_frames(media: MediaInfo, starts: NDArray[np.int64], number: int, *, is_primed: bool) -> bool:
    full, sought = _trial(media, starts, number)
    with (
        VideoReader(media, threads=0, is_primed=is_primed and number > 1, reads_up_to=False) as reader,
        VideoReader(media, is_primed=is_primed, reads_up_to=False) as seeker,
    ):
        expected = [frame_digest(frame) for frame in reader.frames(full)]
        return bool(expected) and expected == [frame_digest(frame) for frame in seeker.frames(sought)]


def frame_digest(frame: VideoFrame) -> bytes:
    """A digest of a frame's time and pixels, without the padding of its rows."""
    digest = hashlib.blake2b(str(frame.pts).encode(), digest_size=16)
    for number, plane in enumerate(frame.planes):
        components = [c for c in frame.format.components if c.plane == number]
        row_bytes = plane.width * sum(-(-c.bits // 8) for c in components)
        if plane.buffer_size != plane.height * plane.line_size:  # a palette
            digest.update(memoryview(plane))
            continue
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
        digest.update(rows[:, :row_bytes].tobytes())
    return digest.digest()
