"""A strip of small pictures of a video, cheaply."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from autohighlight.media.decode import Span, VideoReader, packets_of, spans
from autohighlight.media.pictures import PictureMaker
from autohighlight.media.seeking import find_seeking
from autohighlight.media.source import check_unchanged
from autohighlight.types import MediaInfo

_NEAR_SECONDS = Fraction(1, 4)
"""A frame at most this much before the time asked for will do: often the key frame, which costs nothing more."""


def read_thumbnails(media: MediaInfo, times: Sequence[Fraction], height: int) -> list[NDArray[np.uint8]]:
    """uint8 sRGB (height, W, 3) for each time (seconds): the frame shown then or shortly before, upright.

    Black where nothing could be decoded. W follows from the aspect ratio as displayed.
    """
    width = max(1, round(height * media.display_size[0] / media.display_size[1]))
    maker = PictureMaker(media, (width, height))
    seeking = find_seeking(media)
    all_spans = spans(packets_of(media), seeking.starts)
    begins = np.array([span.start_pts for span in all_spans])
    pictures = []
    with VideoReader(media, threads=0, is_primed=seeking.is_primed) as reader:
        for time in times:
            tick = int(time / media.time_base)
            span = all_spans[max(0, int(np.searchsorted(begins, tick, side="right")) - 1)]
            frame = _frame_near(reader, span, tick, int(_NEAR_SECONDS / media.time_base))
            black = np.zeros((height, width, 3), np.uint8)
            pictures.append(black if frame is None else maker.picture(frame))
    check_unchanged(media)
    return pictures


def _frame_near(reader: VideoReader, span: Span, tick: int, tolerance: int) -> VideoFrame | None:
    latest: VideoFrame | None = None
    for frame in reader.frames(span):
        if latest is not None and (frame.pts or 0) > tick:
            break
        latest = frame
        if tick - (frame.pts or 0) <= tolerance:
            break
    return latest
