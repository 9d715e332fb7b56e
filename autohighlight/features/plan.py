"""What to decode of a video for each speed: decided from the packet index, before anything is decoded.

Movement needs frames a fraction of a second apart, the network a few pictures a clip. Neither needs every frame:

- ``exact`` decodes every frame.
- ``balanced`` decodes, of each group of pictures that is short, only as much of its beginning as shows how things
  move there; of longer ones everything that other frames are predicted from. A frame can only be decoded with those
  before it in its group, so skipping saves most where key frames are dense.
- ``fast`` decodes key frames alone where there is about one a clip at least, else as ``balanced``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from autohighlight.config import Speed
from autohighlight.media.decode import Span, packets_of, spans
from autohighlight.media.frames import Request
from autohighlight.media.seeking import Seeking
from autohighlight.types import Clip, MediaInfo

GREY_SECONDS = Fraction(2, 25)
"""Time between two grey pictures: 12.5 a second, which showed movement best on the rated clips."""

_SPAN_SECONDS = 12
"""About how much video is one piece of work; short enough to share out evenly, the same on every machine."""

_PICTURES_PER_SECOND: dict[Speed, Fraction] = {"fast": Fraction(1), "balanced": Fraction(2), "exact": Fraction(2)}

_BURST_SECONDS = Fraction(1, 2)
"""How much of the beginning of a short group ``balanced`` decodes: six grey pictures, enough to measure movement."""

_SHORT_GROUP_SECONDS = Fraction(3, 2)
"""A group of pictures this long or shorter is short: the part left out is then never far from a part decoded."""


@dataclass(frozen=True)
class Plan:
    """What to decode.

    Args:
        requests: pieces of work that do not depend on one another, in time order.
        skips_unreferenced: leave out frames that no other is predicted from.
        is_key_frames_only: nothing but key frames is decoded, so movement between near frames is not seen.
    """

    requests: tuple[Request, ...]
    skips_unreferenced: bool
    is_key_frames_only: bool


def plan(media: MediaInfo, clips: Sequence[Clip], seeking: Seeking, speed: Speed) -> Plan:
    """Decides what to decode of a probed video."""
    packets = packets_of(media)
    groups = np.diff(np.append(packets.pts[seeking.starts], packets.pts.max())) * float(media.time_base)
    clip_seconds = float(np.median([float(c.time_range.duration) for c in clips]))
    typical = float(np.median(groups)) if len(groups) else 0.0
    key_frames_only = speed == "fast" and len(seeking.starts) > 1 and float(groups.max()) <= clip_seconds
    bursts = speed != "exact" and not key_frames_only and typical <= _SHORT_GROUP_SECONDS and len(seeking.starts) > 1
    pieces = spans(packets, _coarse(media, seeking.starts))
    targets = _targets(media, clips, "fast" if key_frames_only else speed)
    requests = []
    for piece in pieces:
        wanted = None
        if key_frames_only:
            wanted = _prefixes(media, piece, seeking.starts, Fraction(0))
        elif bursts:
            wanted = _prefixes(media, piece, seeking.starts, _BURST_SECONDS)
        # The last frame is shown until the video ends, so what lies after its time belongs to it.
        stop = len(targets) if piece is pieces[-1] else np.searchsorted(targets, piece.end_pts)
        inside = targets[np.searchsorted(targets, piece.start_pts) : stop]
        requests.append(Request(piece, wanted, inside, None if key_frames_only else _grey_gap(media)))
    skips = speed != "exact" and not key_frames_only
    return Plan(tuple(requests), skips, key_frames_only)


def _coarse(media: MediaInfo, starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Some of the sync points, about `_SPAN_SECONDS` apart or more."""
    pts, step = packets_of(media).pts, int(_SPAN_SECONDS / media.time_base)
    chosen = [int(starts[0])]
    for start in starts[1:]:
        if pts[start] - pts[chosen[-1]] >= step:
            chosen.append(int(start))
    return np.array(chosen, np.int64)


def _prefixes(media: MediaInfo, piece: Span, starts: NDArray[np.int64], seconds: Fraction) -> NDArray[np.bool_]:
    """bool (piece.stop - piece.first,): each group's packets from its key frame to the last that is shown in time.

    In decoding order a prefix never misses what it is predicted from.
    """
    pts = packets_of(media).pts
    wanted = np.zeros(piece.stop - piece.first, np.bool_)
    inside = starts[(starts >= piece.first) & (starts < piece.stop)]
    for start, stop in zip(inside, [*inside[1:], piece.stop], strict=True):
        limit = pts[start] + int(seconds / media.time_base)
        shown_in_time = np.flatnonzero(pts[start:stop] <= limit)
        wanted[start - piece.first : start - piece.first + int(shown_in_time[-1]) + 1] = True
    return wanted


def _targets(media: MediaInfo, clips: Sequence[Clip], speed: Speed) -> NDArray[np.int64]:
    """int64, ascending: the ticks at which pictures are taken, evenly inside each clip."""
    ticks: list[int] = []
    first = int(media.time_range.start / media.time_base)
    for clip in clips:
        count = max(2, round(clip.time_range.duration * _PICTURES_PER_SECOND[speed]))
        step = clip.time_range.duration / count
        ticks += [int((clip.time_range.start + (k + Fraction(1, 2)) * step) / media.time_base) for k in range(count)]
    return np.maximum(np.array(ticks, np.int64), first)


def _grey_gap(media: MediaInfo) -> int:
    """Ticks: the frame nearest to `GREY_SECONDS` after the last is taken, so half a frame early will do."""
    return max(1, int((GREY_SECONDS - Fraction(1, 2) / media.frame_rate) / media.time_base))
