"""Windows of several frames, for backbones that look at motion: where they lie, and the sums by clip of what is seen.

Section 4.1 of the paper: a window of 16 consecutive frames is "a part of a clip if it overlaps by at least 50% with
the clip", and a clip's feature is the mean over its windows. The frames of a window may lie in two pieces of work;
such a window is put together from both, so that no frame is decoded twice.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from autohighlight.features.sums import SumsByClip
from autohighlight.media.decode import packets_of
from autohighlight.media.frames import Samples
from autohighlight.types import Clip, MediaInfo, Sight

_GATHERED = 4
"""Windows that are shown at once on a CPU: with one at a time torch takes twice as long in float32."""


@dataclass(frozen=True, eq=False)
class WindowGrid:
    """Where the windows of one video lie.

    Args:
        length: T, frames in each.
        ticks: int64 (F,), ascending: when the frames that the windows are made of begin to be shown.
        starts: int64 (W,), ascending: each window's first frame, as a number into `ticks`; the others follow it there.
        clips: for each window the numbers of the clips that it belongs to, ascending.
    """

    length: int
    ticks: NDArray[np.int64]
    starts: NDArray[np.int64]
    clips: tuple[tuple[int, ...], ...]

    def __len__(self) -> int:
        return len(self.starts)


def lay_windows(
    media: MediaInfo, clips: Sequence[Clip], *, length: int, stride: int, frame_rate: float | None
) -> WindowGrid:
    """Lays windows over a video.

    One begins every `stride` frames, from the first on, as long as all its frames are there; in a video of fewer frames
    the last one stays. It belongs to every clip that holds at least half of its frames. A clip that none belongs to (it
    is shorter than half a window, or the stride has stepped over it) gets one of its own around its middle.

    Args:
        media: a probed file.
        clips: in time order; they may overlap.
        length: T, frames in a window.
        stride: frames from the start of one window to that of the next.
        frame_rate: frames/s of the frames in a window; None: every frame of the video.
    """
    frames = _frame_ticks(media, frame_rate)
    frames = np.concatenate([frames, np.full(max(0, length - len(frames)), frames[-1])])
    edges = np.array([[int(e / media.time_base) for e in (c.time_range.start, c.time_range.end)] for c in clips])
    bounds = np.searchsorted(frames, edges)  # (N, 2): numbers of each clip's first frame, and of the one after its last
    regular = np.arange(0, len(frames) - length + 1, stride)
    low, high = windows_of(bounds, regular, length)
    poor = np.flatnonzero(high <= low)
    own = np.clip((bounds[poor].sum(axis=1) - length) // 2, 0, len(frames) - length)
    starts = np.union1d(regular, own)
    low, high = windows_of(bounds, starts, length)
    low[poor] = np.searchsorted(starts, own)
    high[poor] = low[poor] + 1
    members: list[list[int]] = [[] for _ in starts]
    for clip, (first, stop) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
        for window in range(first, stop):
            members[window].append(clip)
    is_used = np.zeros(len(frames), np.bool_)
    for offset in range(length):
        is_used[starts + offset] = True
    places = np.cumsum(is_used) - 1
    return WindowGrid(length, frames[is_used], places[starts], tuple(map(tuple, members)))


def _frame_ticks(media: MediaInfo, frame_rate: float | None) -> NDArray[np.int64]:
    packets = packets_of(media)
    shown = np.unique(packets.pts[packets.is_shown] if packets.is_shown.any() else packets.pts)
    if frame_rate is None:
        return shown
    count = max(1, int(float(media.duration) * frame_rate))
    ticks = shown[0] + (np.arange(count) / (frame_rate * float(media.time_base))).astype(np.int64)
    return np.asarray(np.minimum(ticks, shown[-1]), np.int64)


def windows_of(
    bounds: NDArray[np.int64], starts: NDArray[np.int64], length: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers ``[low, high)`` of the windows at least half of whose frames each clip (N, 2) holds; maybe none."""
    half = (length + 1) // 2
    low = np.searchsorted(starts, bounds[:, 0] - (length - half))
    high = np.searchsorted(starts, bounds[:, 1] - half, side="right")
    return low, np.where(bounds[:, 1] - bounds[:, 0] >= half, np.maximum(high, low), low)


@dataclass
class Seams:
    """The windows whose frames lie in several pieces of work; shared by the threads.

    Args:
        length: T, frames in a window.

    Attributes:
        features: what was seen in those that are complete: number of the window -> float32 (dim,).
    """

    length: int
    features: dict[int, NDArray[np.float32]] = field(default_factory=dict)
    _unfinished: dict[int, dict[int, NDArray[np.uint8]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, window: int, offset: int, frame: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
        """Adds frame number `offset` of a window; gives the window (T, H, W, 3) if it is complete now."""
        with self._lock:
            frames = self._unfinished.setdefault(window, {})
            frames[offset] = frame
            if len(frames) < self.length:
                return None
            del self._unfinished[window]
        return np.stack([frames[number] for number in range(self.length)])


class WindowSums:
    """Adds up what is seen in the windows of one piece of a video.

    Args:
        grid: the windows of the whole video.
        first, stop: the piece has the frames ``[first, stop)`` of the grid.
        seams: where the windows go that begin or end in another piece.

    Attributes:
        by_clip: what was seen so far in the windows that lie wholly in the piece.
        ends: the features of the first and the last of these: number of the window -> float32 (dim,).
    """

    def __init__(self, grid: WindowGrid, first: int, stop: int, seams: Seams) -> None:
        self.by_clip = SumsByClip()
        self.ends: dict[int, NDArray[np.float32]] = {}
        self._grid = grid
        self._first = first
        self._seams = seams
        self._frames: deque[NDArray[np.uint8]] = deque(maxlen=grid.length)
        self._gathered: dict[int, NDArray[np.uint8]] = {}
        begin = int(np.searchsorted(grid.starts, first))
        self._own = range(begin, int(np.searchsorted(grid.starts, stop - grid.length, side="right")))
        self._last: tuple[int, NDArray[np.float32]] | None = None

    def frames(self, samples: Samples) -> Iterator[tuple[list[int], NDArray[np.uint8]]]:
        """What the network is to be shown after some samples: windows uint8 (W, T, H, W, 3), with their numbers.

        Those that lie wholly in the piece are gathered: networks are slow with one at a time. One on a seam is shown
        alone: when it is complete depends on the other threads, and what it is shown with may change its last bits.
        """
        for picture, (first, stop) in zip(samples.pictures, samples.picture_targets, strict=True):
            for place in range(self._first + first, self._first + stop):
                for window, frames in self._completed(place, picture):
                    if window not in self._own:
                        yield [window], frames[None]
                        continue
                    self._gathered[window] = frames
                    if len(self._gathered) == _GATHERED:
                        yield from self.rest()

    def rest(self) -> Iterator[tuple[list[int], NDArray[np.uint8]]]:
        """The windows that have been gathered and not yet shown."""
        gathered, self._gathered = self._gathered, {}
        if gathered:
            yield list(gathered), np.stack(list(gathered.values()))

    def _completed(self, place: int, frame: NDArray[np.uint8]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """The windows that the frame of that number completes."""
        self._frames.append(frame)
        starts, length = self._grid.starts, self._grid.length
        low, high = np.searchsorted(starts, [place - length, place], side="right").tolist()
        for window in range(low, high):
            if window not in self._own:
                seam = self._seams.put(window, place - int(starts[window]), frame)
                if seam is not None:
                    yield window, seam
            elif starts[window] + length - 1 == place:
                yield window, np.stack(self._frames)

    def add(
        self, windows: Sequence[int], features: NDArray[np.float32], _sight: Sight | None, _cuts: NDArray[np.int64]
    ) -> None:
        """Adds what was seen, float32 (W, dim), in the windows of these numbers."""
        for window, seen in zip(windows, features, strict=True):
            if window not in self._own:
                self._seams.features[window] = seen.copy()  # not a view that keeps the whole batch
                continue
            for clip in self._grid.clips[window]:
                self.by_clip.of(clip, len(seen)).add_seen(seen)
            if self._last is not None:
                add_step(self.by_clip, self._grid, self._last, (window, seen))
            self._last = (window, seen)
            if window in (self._own[0], self._own[-1]):
                self.ends[window] = seen.copy()

    def finish(self) -> None:
        """Forgets the last frames."""
        self._last = None
        self._frames.clear()


def add_step(
    sums: SumsByClip, grid: WindowGrid, before: tuple[int, NDArray[np.float32]], after: tuple[int, NDArray[np.float32]]
) -> None:
    """Adds the step from one window, its number and its feature (dim,), to the next, to the clips of both."""
    if after[0] == before[0] + 1:
        for clip in set(grid.clips[before[0]]) & set(grid.clips[after[0]]):
            sums.of(clip, len(after[1])).add_step(before[1], after[1])


def join(grid: WindowGrid, pieces: Sequence[WindowSums], seams: Seams) -> SumsByClip:
    """Sums of what lies between the pieces: the windows on their seams, and the steps from one piece to the next."""
    sums = SumsByClip()
    owner = {window: number for number, piece in enumerate(pieces) for window in piece.ends}
    known = {window: seen for piece in pieces for window, seen in piece.ends.items()} | seams.features
    for window in sorted(seams.features):
        for clip in grid.clips[window]:
            sums.of(clip, len(known[window])).add_seen(known[window])
    for before, after in itertools.pairwise(sorted(known)):
        if before not in owner or owner[before] != owner.get(after):
            add_step(sums, grid, (before, known[before]), (after, known[after]))
    return sums
