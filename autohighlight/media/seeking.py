"""Whether decoding may begin in the middle of a file and still give the frames of a full decode.

It is found out by trying, since containers and encoders are wrong about it in too many ways to list: a decoder that
learns the encoder's version from the first packet only (4:4:4 H.264 of old x264 builds), packets marked as key frames
that are none, recovery points that recover late. The frames after a seek are compared, byte for byte, with those of
decoding up to the same place.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
from dataclasses import dataclass

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from autohighlight.media.decode import Span, VideoReader, packets_of, sync_points
from autohighlight.types import MediaInfo

_NUM_COMPARED = 12
"""Frames compared after each trial seek: a wrong prediction shows at once or spreads within a few."""


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

    Tried at the second, which costs no more than the first group; a place that turns out to hold no key frame after all
    is noticed when it is entered (see `VideoReader`).
    """
    packets = packets_of(media)
    starts = sync_points(packets)
    if len(starts) == 1:
        return Seeking(starts)
    full, sought = _trial(media, starts)
    for is_primed in (False, True):
        if _gives_same_frames(media, full, sought, is_primed=is_primed):
            return Seeking(starts, is_primed)
    return Seeking(starts[:1])


def _trial(media: MediaInfo, starts: NDArray[np.int64]) -> tuple[Span, Span]:
    """The frames after the second sync point, reached by decoding from the file's beginning, and by a seek."""
    packets = packets_of(media)
    start = int(starts[1])
    begin = int(packets.pts[start])
    shown = np.sort(packets.pts[start : start + 4 * _NUM_COMPARED])
    shown = shown[shown >= begin]
    end = int(shown[min(_NUM_COMPARED, len(shown)) - 1]) + 1
    inside = np.flatnonzero((packets.pts >= begin) & (packets.pts < end))
    stop = int(inside[-1]) + 1
    return Span(0, stop, begin, end), Span(start, stop, begin, end)


def _gives_same_frames(media: MediaInfo, full: Span, sought: Span, *, is_primed: bool) -> bool:
    with VideoReader(media, threads=0) as reader, VideoReader(media, is_primed=is_primed) as seeker:
        pairs = itertools.zip_longest(reader.frames(full), seeker.frames(sought))
        is_same = all(a is not None and b is not None and frame_digest(a) == frame_digest(b) for a, b in pairs)
        return is_same and seeker.num_failed_seeks == 0


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
