"""Decodes the pieces of a plan in a few threads, and measures them."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autohighlight.features.movement import measure_pairs
from autohighlight.features.network import Network, one_torch_thread
from autohighlight.features.pictures import PictureSums
from autohighlight.features.plan import Plan
from autohighlight.features.windows import WindowSums
from autohighlight.machine import num_cores
from autohighlight.media.decode import VideoReader
from autohighlight.media.frames import FrameSampler, Request, Samples
from autohighlight.media.seeking import Seeking
from autohighlight.types import Backbone, MediaInfo, Progress, ProgressCallback, Sight

Seen = PictureSums | WindowSums
"""What the network saw in one piece."""


@dataclass
class Piece:
    """What was measured in one span.

    Attributes:
        seen: what the network saw.
        widest_gap: most ticks between two grey pictures that are compared with each other.
        pair_pts: int64 (., 2): ticks of neighbouring grey pictures.
        pairs: float32 (., M): how they differ; see `features.movement`.
        cuts: ticks of frames that begin a shot.
        first_grey, last_grey: the grey pictures at its ends with their ticks; None where there are none.
        num_lost, num_read: frames.
        undecoded: stretches, in ticks; see `VideoReader`.
    """

    seen: Seen
    widest_gap: int
    pair_pts: list[NDArray[np.int64]] = field(default_factory=list)
    pairs: list[NDArray[np.float32]] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    first_grey: tuple[int, NDArray[np.uint8]] | None = None
    last_grey: tuple[int, NDArray[np.uint8]] | None = None
    num_lost: int = 0
    num_read: int = 0
    undecoded: list[tuple[int, int]] = field(default_factory=list)


def measure(
    media: MediaInfo,
    backbone: Backbone,
    seeking: Seeking,
    todo: Plan,
    seen: Sequence[Seen],
    progress: ProgressCallback,
) -> list[Piece]:
    """Carries out a plan: a piece for each of its requests, with one of `seen`, which the network's answers go to.

    An error in one thread, or Ctrl-C, ends the others at their next frame.
    """
    num_workers = min(num_cores(), len(todo.requests))
    stop = threading.Event()
    jobs: queue.SimpleQueue[tuple[Request, Piece]] = queue.SimpleQueue()
    pieces = [Piece(sums, request.widest_gap) for request, sums in zip(todo.requests, seen, strict=True)]
    for job in zip(todo.requests, pieces, strict=True):
        jobs.put(job)
    meter = _Meter(progress, media.num_frames)
    with (
        one_torch_thread(backbone),
        Network(backbone, num_threads=max(0, num_cores() - num_workers)) as network,
        ThreadPoolExecutor(num_workers, "extract") as pool,
    ):

        def work() -> None:
            threads = max(1, num_cores() // num_workers) if num_workers > 1 else 0
            reader = VideoReader(
                media, threads=threads, is_primed=seeking.is_primed, skip_unreferenced=todo.skips_unreferenced
            )
            sampler = FrameSampler(media, backbone.input_size, backbone.resize)
            with reader, contextlib.suppress(queue.Empty):
                while not stop.is_set():
                    request, piece = jobs.get_nowait()
                    _PieceMeasurer(reader, network, request, piece, meter.add).run(sampler, stop)

        workers = [pool.submit(work) for _ in range(num_workers)]
        try:
            for worker in workers:
                worker.result()
        except BaseException:
            stop.set()
            raise
    return pieces


class _PieceMeasurer:
    """Measures one span: greys at once, pictures or windows when the network has seen them."""

    _MAX_WAITING = 4  # batches: enough to keep the network busy, too few to fill memory

    def __init__(
        self,
        reader: VideoReader,
        network: Network,
        request: Request,
        piece: Piece,
        count: Callable[[float], None],
    ) -> None:
        self._reader = reader
        self._network = network
        self._request = request
        self._piece = piece
        self._count = count
        self._waiting: deque[tuple[Future[tuple[NDArray[np.float32], Sight | None]], Any]] = deque()

    def run(self, sampler: FrameSampler, stop: threading.Event) -> None:
        """Decodes and measures the span."""
        reader, request = self._reader, self._request
        lost, read = reader.num_lost, reader.num_read
        counted = read
        num_packets = request.span.stop - request.span.first
        num_wanted = num_packets if request.wanted is None else int(request.wanted.sum())
        for batch in sampler.sample(reader, request, stop):
            self._piece.cuts += batch.cuts
            self._add_greys(batch)
            self._show(self._piece.seen.frames(batch))
            self._count((reader.num_read - counted) * num_packets / max(1, num_wanted))
            counted = reader.num_read
        self._show(self._piece.seen.rest())
        self._add_seen(0)
        self._piece.seen.finish()
        self._piece.num_lost, self._piece.num_read = reader.num_lost - lost, reader.num_read - read
        self._piece.undecoded, reader.undecoded = reader.undecoded, []

    def _show(self, batches: Iterable[tuple[Any, NDArray[np.uint8]]]) -> None:
        for which, frames in batches:
            self._waiting.append((self._network.look(frames), which))
            self._add_seen(self._MAX_WAITING)

    def _add_seen(self, max_waiting: int) -> None:
        cuts = np.array(self._piece.cuts, np.int64)
        while self._waiting and (len(self._waiting) > max_waiting or self._waiting[0][0].done()):
            seen, which = self._waiting.popleft()
            self._piece.seen.add(which, *seen.result(), cuts)

    def _add_greys(self, batch: Samples) -> None:
        if not batch.greys:
            return
        piece = self._piece
        greys, pts = batch.greys, batch.grey_pts
        if piece.last_grey is None:
            piece.first_grey = (pts[0], greys[0])
        else:
            greys, pts = [piece.last_grey[1], *greys], [piece.last_grey[0], *pts]
        piece.last_grey = (pts[-1], greys[-1])
        times = np.array(pts, np.int64)
        is_near = np.diff(times) <= self._piece.widest_gap
        piece.pair_pts.append(np.stack([times[:-1], times[1:]], axis=1)[is_near])
        piece.pairs.append(measure_pairs(np.stack(greys))[is_near])


class _Meter:
    """Counts frames from several threads and tells how far the work is."""

    def __init__(self, progress: ProgressCallback, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0.0
        self._lock = threading.Lock()

    def add(self, num_frames: float) -> None:
        with self._lock:
            self._done = min(self._done + num_frames, self._total)
            self._progress(Progress("extract", self._done, self._total))
