"""Decodes the pieces of a plan in a few threads, and measures them."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from autohighlight.features.movement import measure_pairs
from autohighlight.features.network import Embedder, num_cores, one_torch_thread
from autohighlight.features.plan import GREY_SECONDS, Plan
from autohighlight.features.sound import measure_sound
from autohighlight.media.decode import VideoReader
from autohighlight.media.frames import FrameSampler, Request
from autohighlight.media.seeking import Seeking
from autohighlight.types import Backbone, Clip, MediaInfo, Progress, ProgressCallback

_WIDEST_GAP = 2.5
"""Grey pictures further apart than this many times the usual gap do not show one movement."""


@dataclass
class Piece:
    """What was measured in one span.

    Attributes:
        embeddings: of the pictures, (P, dim), in batches, as they come from the network.
        picture_pts, pair_pts: int64 ticks.
        pairs: float32 (., len(MEASURES)): of neighbouring grey pictures, at the later one's time.
        cuts: ticks of frames that begin a shot.
    """

    embeddings: list[Future[NDArray[np.float32]]] = field(default_factory=list)
    picture_pts: list[int] = field(default_factory=list)
    pair_pts: list[int] = field(default_factory=list)
    pairs: list[NDArray[np.float32]] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)
    num_lost: int = 0
    num_read: int = 0


def measure(
    media: MediaInfo,
    clips: Sequence[Clip],
    backbone: Backbone,
    seeking: Seeking,
    todo: Plan,
    progress: ProgressCallback,
) -> tuple[list[Piece], dict[str, NDArray[np.float32]]]:
    """Carries out a plan: a piece for each of its requests, and what was measured of the sound.

    An error in one thread, or Ctrl-C, ends the others at their next frame.
    """
    cores = num_cores()
    num_workers = min(cores, len(todo.requests))
    stop = threading.Event()
    jobs: queue.SimpleQueue[tuple[int, Request]] = queue.SimpleQueue()
    for job in enumerate(todo.requests):
        jobs.put(job)
    pieces = [Piece() for _ in todo.requests]
    meter = _Meter(progress, media.num_frames)
    with one_torch_thread(backbone), contextlib.ExitStack() as stack:
        embedder = stack.enter_context(Embedder(backbone, num_threads=max(0, cores - num_workers)))
        pool = stack.enter_context(ThreadPoolExecutor(num_workers + 1, "extract"))
        sound = pool.submit(measure_sound, media, clips, stop)

        def work() -> None:
            threads = 1 if num_workers > 1 else 0
            reader = VideoReader(
                media, threads=threads, is_primed=seeking.is_primed, skip_unreferenced=todo.skips_unreferenced
            )
            sampler = FrameSampler(media, backbone.input_size)
            with reader, contextlib.suppress(queue.Empty):
                while not stop.is_set():
                    number, request = jobs.get_nowait()
                    _measure_piece(reader, sampler, request, embedder, pieces[number], meter, stop)

        workers = [pool.submit(work) for _ in range(num_workers)]
        try:
            for worker in workers:
                worker.result()
            return pieces, sound.result()
        except BaseException:
            stop.set()  # an error or Ctrl-C: the others end at their next frame
            raise


def _measure_piece(
    reader: VideoReader,
    sampler: FrameSampler,
    request: Request,
    embedder: Embedder,
    piece: Piece,
    meter: _Meter,
    stop: threading.Event,
) -> None:
    lost, read = reader.num_lost, reader.num_read
    num_packets = request.span.stop - request.span.first
    frames_per_read = num_packets / max(1, int(request.wanted.sum()) if request.wanted is not None else num_packets)
    last_grey: NDArray[np.uint8] | None = None
    last_pts = 0
    counted = reader.num_read
    for batch in sampler.sample(reader, request, stop):
        if batch.pictures:
            piece.embeddings.append(embedder.embed(np.stack(batch.pictures)))
            piece.picture_pts += batch.picture_pts
        if batch.greys:
            first = [] if last_grey is None else [last_grey]
            pts = ([] if last_grey is None else [last_pts]) + batch.grey_pts
            _add_pairs(piece, np.stack(first + batch.greys), pts, batch.cuts, _widest_gap(reader.media))
            last_grey, last_pts = batch.greys[-1], batch.grey_pts[-1]
        piece.cuts += batch.cuts
        meter.add((reader.num_read - counted) * frames_per_read)
        counted = reader.num_read
    piece.num_lost, piece.num_read = reader.num_lost - lost, reader.num_read - read


def _add_pairs(
    piece: Piece, greys: NDArray[np.uint8], pts: Sequence[int], cuts: Sequence[int], widest_gap: int
) -> None:
    """Measures neighbours, leaving out those on two sides of a cut or of a stretch that was not decoded."""
    times = np.array(pts, np.int64)
    values = measure_pairs(greys)
    is_near = np.diff(times) <= widest_gap
    for cut in cuts:
        is_near &= ~((times[:-1] < cut) & (cut <= times[1:]))
    piece.pair_pts += times[1:][is_near].tolist()
    piece.pairs.append(values[is_near])


def _widest_gap(media: MediaInfo) -> int:
    return int(_WIDEST_GAP * max(GREY_SECONDS, 1 / media.frame_rate) / media.time_base)


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
