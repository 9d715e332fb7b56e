"""Samples a span of video for analysis: a few pictures in colour for the network, many small grey ones for movement.

Scaling and conversion happen inside FFmpeg's swscale; Python sees only the small results.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from autohighlight.media.colour import SdrMapper
from autohighlight.media.decode import Span, VideoReader
from autohighlight.types import MediaInfo

GREY_SIZE = (64, 96)
"""Height and width of the grey pictures: small enough to be nearly free, large enough to see a person move."""

_CUT_LEVELS = 18.0
"""Mean absolute difference of two grey pictures, in levels of 255, from which on a cut between them is looked for."""

_WIDEST_GAP = 4
"""Grey pictures further apart than this many times the least gap have undecoded frames between; a cut is not sought."""

_BATCH_PICTURES = 16
_BATCH_GREYS = 128


@dataclass(frozen=True)
class Request:
    """What to take of a span.

    Args:
        span: where.
        wanted: bool: the packets to decode; None for all (see `VideoReader.frames`).
        targets: int64, ascending: the frame shown at each of these ticks is taken as a picture.
        grey_gap: least ticks between two grey pictures; None takes none.
    """

    span: Span
    wanted: NDArray[np.bool_] | None
    targets: NDArray[np.int64]
    grey_gap: int | None


@dataclass
class Samples:
    """What was taken.

    Attributes:
        pictures: uint8 sRGB (P, H, W, 3), upright; each shown at one target or more.
        picture_pts: int64 (P,): when each begins to be shown, in ticks.
        greys: uint8 (G, 64, 96): not turned upright.
        grey_pts: int64 (G,).
        cuts: ticks of frames that differ from the one before like another shot.
    """

    pictures: list[NDArray[np.uint8]] = field(default_factory=list)
    picture_pts: list[int] = field(default_factory=list)
    greys: list[NDArray[np.uint8]] = field(default_factory=list)
    grey_pts: list[int] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        """Whether it is time to hand this batch on."""
        return len(self.pictures) >= _BATCH_PICTURES or len(self.greys) >= _BATCH_GREYS


class FrameSampler:
    """Turns decoded frames of one video into samples; not shared between threads.

    Args:
        media: a probed file.
        picture_size: height and width of the pictures; the whole frame is scaled to it.
    """

    def __init__(self, media: MediaInfo, picture_size: tuple[int, int]) -> None:
        self._media = media
        self._picture_size = picture_size
        self._turns = -media.rotation // 90
        self._to_rgb = VideoReformatter()
        self._to_grey = VideoReformatter()
        self._to_sdr = SdrMapper(media.colour.transfer) if media.colour.is_hdr else None

    def sample(self, reader: VideoReader, request: Request, stop: threading.Event) -> Iterator[Samples]:
        """The samples of one span in batches, in time order; ends early when `stop` is set."""
        batch = Samples()
        targets, next_target = request.targets, 0
        shown: VideoFrame | None = None
        grey: NDArray[np.uint8] | None = None
        grey_pts = -(1 << 62)
        passed: list[VideoFrame] = []
        for frame in reader.frames(request.span, request.wanted):
            if stop.is_set():
                return
            pts = frame.pts or 0
            due = next_target
            while due < len(targets) and targets[due] < pts:
                due += 1
            if due > next_target and shown is not None:
                self._take(shown, batch)
            next_target = due
            shown = frame
            if request.grey_gap is not None:
                if pts - grey_pts >= request.grey_gap:
                    new = self._grey(frame)
                    is_near = pts - grey_pts <= _WIDEST_GAP * request.grey_gap
                    if grey is not None and is_near and _difference(grey, new) >= _CUT_LEVELS:
                        batch.cuts.append(self._find_cut(grey, [*passed, frame]))
                    grey, grey_pts, passed = new, pts, []
                    batch.greys.append(new)
                    batch.grey_pts.append(pts)
                else:
                    passed.append(frame)
            if batch.is_full:
                yield batch
                batch = Samples()
        if next_target < len(targets) and shown is not None:
            self._take(shown, batch)
        yield batch

    def _take(self, frame: VideoFrame, batch: Samples) -> None:
        batch.pictures.append(self.picture(frame, self._picture_size))
        batch.picture_pts.append(frame.pts or 0)

    def picture(self, frame: VideoFrame, size: tuple[int, int]) -> NDArray[np.uint8]:
        """uint8 sRGB (H, W, 3): the whole frame, upright."""
        height, width = size if self._turns % 2 == 0 else size[::-1]
        form = "rgb24" if self._to_sdr is None else "rgb48le"
        scaled = self._to_rgb.reformat(frame, width, height, form, interpolation=Interpolation.AREA, threads=1)
        array: NDArray[Any] = scaled.to_ndarray()
        if self._to_sdr is not None:
            array = self._to_sdr(array)
        return np.ascontiguousarray(np.rot90(array, self._turns))

    def _grey(self, frame: VideoFrame) -> NDArray[np.uint8]:
        height, width = GREY_SIZE
        scaled = self._to_grey.reformat(frame, width, height, "gray", interpolation=Interpolation.AREA, threads=1)
        grey: NDArray[np.uint8] = scaled.to_ndarray().astype(np.uint8, copy=False)
        return grey

    def _find_cut(self, before: NDArray[np.uint8], frames: Sequence[VideoFrame]) -> int:
        """Which of the frames since `before` begins the new shot: the one that differs most from its predecessor."""
        greys = [before, *(self._grey(frame) for frame in frames)]
        jumps = [_difference(a, b) for a, b in itertools.pairwise(greys)]
        return frames[int(np.argmax(jumps))].pts or 0


def _difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(np.abs(one.astype(np.int16) - other).mean())
