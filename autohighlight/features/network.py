"""Runs a backbone from several threads: at once in the thread that decodes, or beside it."""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from autohighlight.types import Backbone, SeeingBackbone, Sight

Answer = tuple[NDArray[np.float32], Sight | None]
"""Features float32 (N, dim), and what else the network can say."""


class Network:
    """A backbone that looks at batches of pictures or windows.

    Args:
        backbone: the network.
        num_threads: threads that it may use besides the callers'; with none it runs in the calling thread. An
            accelerator always gets one of its own, which puts small batches together.
    """

    def __init__(self, backbone: Backbone, num_threads: int) -> None:
        self._backbone = backbone
        self._batches = None if backbone.device == "cpu" else _Batches(backbone)
        self._pool = ThreadPoolExecutor(num_threads, "network") if num_threads and self._batches is None else None

    def __enter__(self) -> Network:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if self._batches is not None:
            self._batches.close()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=kind is not None)

    def look(self, frames: NDArray[np.uint8]) -> Future[Answer]:
        """What is seen in uint8 sRGB frames (N, T, H, W, 3)."""
        if self._batches is not None:
            return self._batches.submit(frames)
        if self._pool is not None:
            return self._pool.submit(_look, self._backbone, frames)
        done: Future[Answer] = Future()
        done.set_result(_look(self._backbone, frames))
        return done


def _look(backbone: Backbone, frames: NDArray[np.uint8]) -> Answer:
    if isinstance(backbone, SeeingBackbone):
        sight = backbone.see(frames[:, 0])
        return sight.features, sight
    return backbone.embed(frames), None


class _Batches:
    """A thread that shows an accelerator what has gathered while it was busy, in batches of one size.

    The last bits of a result may depend on the size of the batch that it was computed in, and how much has gathered on
    how busy the machine is; so every batch is filled up to the same size, and a run can be repeated to the last bit.
    """

    def __init__(self, backbone: Backbone) -> None:
        self._backbone = backbone
        # 32 windows of 16 frames of 112 x 112 are 19 MB, 64 pictures of 224 x 224 half of that: enough to fill a GPU
        self._size = 64 if backbone.window_length == 1 else max(1, 512 // backbone.window_length)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="network", daemon=True)
        self._thread.start()

    def submit(self, frames: NDArray[np.uint8]) -> Future[Answer]:
        """What is seen in frames (N, T, H, W, 3)."""
        job = _Job(frames)
        self._jobs.put(job)
        return job.answer

    def close(self) -> None:
        """Ends the thread when it has answered what was submitted."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (jobs := self._gathered())[-1:] != [None]:
            self._answer([job for job in jobs if job is not None])
        self._answer([job for job in jobs if job is not None])

    def _gathered(self) -> list[_Job | None]:
        """Waits for a job, and takes as many more as are there and fit; ends in None where the thread is to end."""
        jobs = [self._jobs.get()]
        count = 0 if jobs[0] is None else len(jobs[0].frames)
        while jobs[-1] is not None and count < self._size:
            try:
                jobs.append(self._jobs.get_nowait())
            except queue.Empty:
                break
            count += 0 if jobs[-1] is None else len(jobs[-1].frames)
        return jobs

    def _answer(self, jobs: list[_Job]) -> None:
        if not jobs:
            return
        try:
            answers = self._look(np.concatenate([job.frames for job in jobs]))
        except BaseException as error:  # noqa: BLE001 -- it is raised in the threads that wait
            for job in jobs:
                job.answer.set_exception(error)
            return
        stops = list(itertools.accumulate(len(job.frames) for job in jobs))
        for job, start, stop in zip(jobs, [0, *stops], stops, strict=False):
            job.answer.set_result(_rows(answers, start, stop))

    def _look(self, frames: NDArray[np.uint8]) -> Answer:
        count = len(frames)
        missing = -count % self._size
        padded = np.concatenate([frames, np.repeat(frames[-1:], missing, axis=0)]) if missing else frames
        parts = [_look(self._backbone, padded[start : start + self._size]) for start in range(0, count, self._size)]
        features = np.concatenate([seen for seen, _ in parts])
        sights = [sight for _, sight in parts if sight is not None]
        if not sights:
            return features, None
        cells, living = (np.concatenate([getattr(sight, name) for sight in sights]) for name in ("cells", "living"))
        return features, Sight(features, cells, living)


@dataclass
class _Job:
    frames: NDArray[np.uint8]
    answer: Future[Answer] = field(default_factory=Future)


def _rows(answer: Answer, start: int, stop: int) -> Answer:
    features, sight = answer
    rows = slice(start, stop)
    return features[rows], None if sight is None else Sight(features[rows], sight.cells[rows], sight.living[rows])


def num_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def one_torch_thread(backbone: Backbone) -> Iterator[None]:
    """On the CPU, lets each call of the network use one core, since there are as many calls at once as cores."""
    if backbone.device != "cpu":
        yield
        return
    import torch  # noqa: PLC0415 -- the backbone has imported it if it needs it

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
