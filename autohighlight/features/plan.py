"""What to decode of a video for each speed: decided from the packet index, before anything is decoded.

Movement shows between frames a fraction of a second apart, and what the network sees changes between pictures a
quarter of a second apart. Neither needs every frame, nor every second whole:

- ``exact`` decodes every frame.
- ``balanced`` decodes a video of two minutes or less whole: what could be saved is less than what starting takes, and
  with few clips each measure counts for more. Of a longer one it decodes half of each second where key frames
  are dense, beginning at one: a frame can only be decoded with those before it in its group, so only a group's end
  can be left out; a clip that would have fewer than two pictures is decoded whole. Where they are not, it decodes
  every frame that others are predicted from.
- ``fast`` decodes key frames alone where there is one a clip at least, else as ``balanced`` does of a long video.

A network that looks at windows of frames needs every frame of them, so for one of these the speed says nothing: what
lies outside all windows, and is not needed to decode one, is left out, but for ``exact``.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from autohighlight.config import Speed
from autohighlight.features.windows import WindowGrid
from autohighlight.media.decode import Span, packets_of, spans
from autohighlight.media.frames import Request
from autohighlight.media.seeking import Seeking
from autohighlight.types import Clip, MediaInfo

PICTURE_SECONDS = Fraction(1, 4)
"""Time between two pictures for the network."""

KEY_PICTURE_SECONDS = Fraction(1)
"""The same where only key frames are decoded."""

GREY_SECONDS = Fraction(2, 25)
"""Time between two grey pictures: 12.5 a second. At 4 a second movement told less on the rated clips."""

_WIDEST_GAP = Fraction(5, 2)
"""Grey pictures further apart than this many times the usual gap do not show one movement."""

_SPAN_SECONDS = 12
"""About how much video is one piece of work: short enough to share out evenly, the same on every machine."""

_BURST_SECONDS = Fraction(1, 2)
"""How much of each period is decoded: two pictures, and six grey ones."""

_PERIOD_SECONDS = Fraction(1)

_SHORT_VIDEO_SECONDS = 120

_LEAST_PICTURES = 2
"""In each clip: fewer show no change."""

_LONGEST_DENSE_GROUP_SECONDS = Fraction(3, 2)
"""Key frames this close are dense: the part of a group that is left out is then never far from one that is not."""


@dataclass(frozen=True)
class Plan:
    """What to decode.

    Args:
        requests: pieces of work that do not depend on one another, in time order.
        skips_unreferenced: leave out frames that no other is predicted from.
        picture_ticks: usual distance of two neighbouring targets.
    """

    requests: tuple[Request, ...]
    skips_unreferenced: bool
    picture_ticks: int


def plan(media: MediaInfo, clips: Sequence[Clip], seeking: Seeking, speed: Speed) -> Plan:
    """Decides what to decode of a probed video."""
    if speed == "balanced" and media.duration <= _SHORT_VIDEO_SECONDS:
        speed = "exact"
    packets, starts = packets_of(media), seeking.starts
    groups = np.diff(np.append(packets.pts[starts], packets.pts.max())) * float(media.time_base)
    clip_seconds = float(np.median([float(clip.time_range.duration) for clip in clips]))
    is_entered = len(starts) > 1
    if speed == "fast" and is_entered and float(groups.max()) <= clip_seconds:
        targets = _targets(media, clips, KEY_PICTURE_SECONDS)
        wanted = _key_frames_at(media, starts, targets)
        grey_gap, step, skips = None, KEY_PICTURE_SECONDS, False
    elif speed != "exact" and is_entered and float(np.median(groups)) <= _LONGEST_DENSE_GROUP_SECONDS:
        wanted, targets = _completed(media, clips, starts, *_bursts(media, starts))
        grey_gap, step, skips = _grey_gap(media), PICTURE_SECONDS, True
    else:
        wanted, targets = None, _targets(media, clips, PICTURE_SECONDS)
        grey_gap, step, skips = _grey_gap(media), PICTURE_SECONDS, speed != "exact"
    return Plan(_requests(media, starts, wanted, targets, grey_gap), skips, int(step / media.time_base))


def plan_windows(media: MediaInfo, grid: WindowGrid, seeking: Seeking, speed: Speed) -> Plan:
    """Decides what to decode of a probed video for a network that looks at windows of frames."""
    starts = seeking.starts
    is_whole = speed == "exact" or len(starts) < 2 or len(grid.ticks) >= len(packets_of(media))
    wanted = None if is_whole else _shown_at(media, starts, grid.ticks)
    requests = _requests(media, starts, wanted, grid.ticks, _grey_gap(media))
    return Plan(requests, skips_unreferenced=False, picture_ticks=int(1 / media.frame_rate / media.time_base))


def _requests(
    media: MediaInfo,
    starts: NDArray[np.int64],
    wanted: NDArray[np.bool_] | None,
    targets: NDArray[np.int64],
    grey_gap: int | None,
) -> tuple[Request, ...]:
    widest_gap = int(_WIDEST_GAP * max(GREY_SECONDS, 1 / media.frame_rate) / media.time_base)
    return tuple(
        Request(piece, _of_piece(wanted, piece), _inside(targets, piece), grey_gap, widest_gap)
        for piece in spans(packets_of(media), _coarse(media, starts))
    )


def _shown_at(media: MediaInfo, starts: NDArray[np.int64], ticks: NDArray[np.int64]) -> NDArray[np.bool_]:
    """bool, one a packet: the frames shown at `ticks`, and those before them in their groups."""
    pts = packets_of(media).pts
    shown = np.unique(pts)
    is_needed = np.isin(pts, shown[np.maximum(0, np.searchsorted(shown, ticks, side="right") - 1)])
    wanted = np.zeros(len(pts), np.bool_)
    edges = [*starts.tolist(), len(pts)]
    for number, (start, stop) in enumerate(itertools.pairwise(edges)):
        needed = np.flatnonzero(is_needed[start:stop])
        if not len(needed):
            continue
        wanted[start : start + int(needed[-1]) + 1] = True
        if number and (pts[start + needed] < pts[start]).any():
            wanted[edges[number - 1] : start] = True  # a leading picture is predicted from the end of the group before
    return wanted


def _coarse(media: MediaInfo, starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Some of the sync points, about `_SPAN_SECONDS` apart or more."""
    pts, step = packets_of(media).pts, int(_SPAN_SECONDS / media.time_base)
    chosen = [int(starts[0])]
    for start in starts[1:]:
        if pts[start] - pts[chosen[-1]] >= step:
            chosen.append(int(start))
    return np.array(chosen, np.int64)


def _of_piece(wanted: NDArray[np.bool_] | None, piece: Span) -> NDArray[np.bool_] | None:
    return None if wanted is None else wanted[piece.first : piece.stop]


def _inside(targets: NDArray[np.int64], piece: Span) -> NDArray[np.int64]:
    return targets[np.searchsorted(targets, piece.start_pts) : np.searchsorted(targets, piece.end_pts)]


def _targets(media: MediaInfo, clips: Sequence[Clip], step: Fraction) -> NDArray[np.int64]:
    """int64, ascending: ticks evenly inside each clip, about `step` seconds apart, at least two a clip."""
    ticks: list[int] = []
    for clip in clips:
        count = max(_LEAST_PICTURES, round(clip.time_range.duration / step))
        gap = clip.time_range.duration / count
        ticks += [int((clip.time_range.start + (k + Fraction(1, 2)) * gap) / media.time_base) for k in range(count)]
    return np.clip(np.array(ticks, np.int64), packets_of(media).pts.min(), packets_of(media).pts.max())


def _key_frames_at(media: MediaInfo, starts: NDArray[np.int64], targets: NDArray[np.int64]) -> NDArray[np.bool_]:
    """bool, one a packet: the key frames that are the last at or before a target."""
    packets = packets_of(media)
    wanted = np.zeros(len(packets), np.bool_)
    numbers = np.searchsorted(packets.pts[starts], targets, side="right") - 1
    wanted[starts[np.maximum(numbers, 0)]] = True
    is_rest = ~packets.is_shown[1:] & (packets.pts[1:] == packets.pts[:-1])  # the second field of a frame
    wanted[1:] |= is_rest & wanted[:-1]
    return wanted


def _bursts(media: MediaInfo, starts: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """The packets of the first half of each second or so, from a key frame on, and the targets of two pictures there.

    In decoding order the beginning of a group never misses what it is predicted from.
    """
    pts = packets_of(media).pts
    period, burst = int(_PERIOD_SECONDS / media.time_base), int(_BURST_SECONDS / media.time_base)
    half_frame = int(Fraction(1, 2) / media.frame_rate / media.time_base)
    wanted = np.zeros(len(pts), np.bool_)
    targets: list[int] = []
    begin = None
    for start, stop in zip(starts.tolist(), [*starts[1:].tolist(), len(pts)], strict=True):
        if begin is None or pts[start] >= begin + period - half_frame:
            begin = int(pts[start])
            targets += [begin + burst // 4, begin + burst * 3 // 4]
        shown_in_time = np.flatnonzero(pts[start:stop] <= begin + burst)
        if len(shown_in_time) and pts[start] <= begin + burst:
            wanted[start : start + int(shown_in_time[-1]) + 1] = True
    return wanted, np.minimum(np.array(targets, np.int64), pts.max())


def _completed(
    media: MediaInfo,
    clips: Sequence[Clip],
    starts: NDArray[np.int64],
    wanted: NDArray[np.bool_],
    targets: NDArray[np.int64],
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Adds what bursts leave out of clips that they give fewer than two pictures: all groups that these lie in.

    Short clips may lie between two bursts, and so may clips of a long take among short shots.
    """
    pts = packets_of(media).pts
    edges = np.array([[int(edge / media.time_base) for edge in (c.time_range.start, c.time_range.end)] for c in clips])
    counts = np.searchsorted(targets, edges[:, 1]) - np.searchsorted(targets, edges[:, 0])
    is_own = np.ones(len(targets), np.bool_)
    first_groups = np.maximum(0, np.searchsorted(pts[starts], edges[:, 0], side="right") - 1)
    group_edges = np.append(starts, len(pts))
    stops = group_edges[np.maximum(first_groups + 1, np.searchsorted(pts[starts], edges[:, 1]))]
    poor = np.flatnonzero(counts < _LEAST_PICTURES).tolist()
    for number in poor:
        wanted[starts[first_groups[number]] : stops[number]] = True
        is_own[slice(*np.searchsorted(targets, edges[number]))] = False
    added = _targets(media, [clips[number] for number in poor], PICTURE_SECONDS)
    return wanted, np.sort(np.concatenate([targets[is_own], added]))


def _grey_gap(media: MediaInfo) -> int:
    """Ticks: the frame nearest to `GREY_SECONDS` after the last is taken, so half a frame early will do."""
    return max(1, int((GREY_SECONDS - Fraction(1, 2) / media.frame_rate) / media.time_base))
