"""Samples a span of video for analysis: a few pictures in colour for the network, many small grey ones for movement.

Scaling and conversion happen inside FFmpeg's swscale; Python sees only the small results.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from autohighlight.media.alpha import shows_alpha
from autohighlight.media.colour import SdrMapper
from autohighlight.media.cuts import CutWatch
from autohighlight.media.decode import Span, VideoReader
from autohighlight.types import MediaInfo

GREY_SIZE = (64, 96)
"""Height and width of the grey pictures: small enough to be nearly free, large enough to see a person move."""

_BATCH_PICTURES = 16
_BATCH_GREYS = 128


@dataclass(frozen=True)
class Request:
    """What to take of a span.

    Args:
        span: where.
        wanted: bool: the packets to decode; None for all (see `VideoReader.frames`).
        targets: int64, ascending: the frame shown at each of these ticks is taken as a picture; the first frame for
            those before it.
        grey_gap: least ticks between two grey pictures; None takes none.
        widest_gap: most ticks between two that are compared with each other.
    """

    span: Span
    wanted: NDArray[np.bool_] | None
    targets: NDArray[np.int64]
    grey_gap: int | None
    widest_gap: int


@dataclass
class Samples:
    """What was taken.

    Attributes:
        pictures: uint8 sRGB (H, W, 3) each, upright; each shown at one target or more.
        picture_targets: for each picture the targets at which it is shown, as numbers ``[first, stop)``.
        greys: uint8 (64, 96) each: not turned upright.
        grey_pts: when each begins to be shown, in ticks.
        cuts: ticks of frames that begin a shot.
    """

    pictures: list[NDArray[np.uint8]] = field(default_factory=list)
    picture_targets: list[tuple[int, int]] = field(default_factory=list)
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
        picture_size: height and width of the pictures, in pixels.
        resize: what the frame is scaled to before its middle is cut out: height and width, or the shorter side of the
            frame as shown; None: the size of the pictures, so that the whole frame is in them.
    """

    def __init__(
        self, media: MediaInfo, picture_size: tuple[int, int], resize: tuple[int, int] | int | None = None
    ) -> None:
        self._picture_size = picture_size
        self._scaled_size = _scaled_size(media, resize or picture_size)
        self._media = media
        self._to_rgb = VideoReformatter()
        self._to_grey = VideoReformatter()
        self._to_sdr = SdrMapper(media.colour.transfer) if media.colour.is_hdr else None

    def sample(self, reader: VideoReader, request: Request, stop: threading.Event) -> Iterator[Samples]:
        """The samples of one span in batches, in time order; ends early when `stop` is set.

        A cut is in the same batch as the last picture before it, or in an earlier one than the first after it.
        """
        batch = Samples()
        targets, next_target = request.targets, 0
        shown: VideoFrame | None = None
        watch = CutWatch(self.grey)
        grey_pts = -(1 << 62)
        for frame in reader.frames(request.span, request.wanted):
            if stop.is_set():
                return
            pts = frame.pts or 0
            if shown is not None:
                due = next_target + int(np.searchsorted(targets[next_target:], pts))
                if due > next_target:
                    self._take(shown, (next_target, due), batch)
                    next_target = due
            shown = frame
            if request.grey_gap is not None:
                if pts - grey_pts >= request.grey_gap:
                    is_near = pts - grey_pts <= request.widest_gap
                    batch.greys.append(watch.see(frame, is_near=is_near))
                    batch.grey_pts.append(pts)
                    grey_pts = pts
                else:
                    watch.pass_by(frame)
                batch.cuts += watch.confirmed()
            if batch.is_full and not watch.is_in_doubt:
                yield batch
                batch = Samples()
        if next_target < len(targets) and shown is not None:
            self._take(shown, (next_target, len(targets)), batch)
        batch.cuts += watch.confirmed(at_end=True)
        yield batch

    def _take(self, frame: VideoFrame, targets: tuple[int, int], batch: Samples) -> None:
        batch.pictures.append(self.picture(frame))
        batch.picture_targets.append(targets)

    def picture(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """uint8 sRGB (H, W, 3), upright; what is transparent is black."""
        height, width = self._scaled_size[::-1] if self._media.is_on_its_side else self._scaled_size
        has_alpha = shows_alpha(self._media, frame)
        form = ("rgba" if has_alpha else "rgb24") if self._to_sdr is None else ("rgba64le" if has_alpha else "rgb48le")
        scaled = self._to_rgb.reformat(frame, width, height, form, interpolation=Interpolation.AREA, threads=1)
        array: NDArray[Any] = scaled.to_ndarray()
        opacity = array[..., 3:] / np.iinfo(array.dtype).max if has_alpha else None
        if self._to_sdr is not None:
            array = self._to_sdr(array[..., :3])
        if opacity is not None:
            array = np.rint(array[..., :3] * opacity).astype(np.uint8)
        array = np.rot90(np.fliplr(array) if self._media.is_mirrored else array, -self._media.rotation // 90)
        return np.ascontiguousarray(_middle(array, self._picture_size))

    def grey(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """uint8 (64, 96): the whole frame, not turned upright."""
        height, width = GREY_SIZE
        form = "ya8" if shows_alpha(self._media, frame) else "gray"
        scaled = self._to_grey.reformat(frame, width, height, form, interpolation=Interpolation.AREA, threads=1)
        if form == "ya8":
            plane = scaled.planes[0]
            pairs = np.frombuffer(memoryview(plane), np.uint8).reshape(height, plane.line_size)[:, : 2 * width]
            return np.rint(pairs[:, ::2] * (pairs[:, 1::2] / 255)).astype(np.uint8)
        grey: NDArray[np.uint8] = scaled.to_ndarray().astype(np.uint8, copy=False)
        return grey


def _scaled_size(media: MediaInfo, resize: tuple[int, int] | int) -> tuple[int, int]:
    """Height and width, in pixels, that an upright frame is scaled to."""
    if not isinstance(resize, int):
        return resize
    width, height = media.display_size
    shorter = min(width, height)
    return resize * height // shorter, resize * width // shorter


def _middle(picture: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    """The middle of a picture (H, W, 3) that is at least of that size."""
    top, left = (round((have - want) / 2) for have, want in zip(picture.shape, size, strict=False))
    return picture[top : top + size[0], left : left + size[1]]
