"""Runs a backbone from several threads: at once in the thread that decodes, or beside it."""

from __future__ import annotations

import contextlib
import functools
import itertools
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
        self._is_accelerated = backbone.device != "cpu"
        is_beside = num_threads and not self._is_accelerated
        self._pool = ThreadPoolExecutor(num_threads, "network") if is_beside else None

    def __enter__(self) -> Network:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=kind is not None)

    def look(self, frames: NDArray[np.uint8]) -> Future[Answer]:
        """What is seen in uint8 sRGB frames (N, T, H, W, 3)."""
        if self._is_accelerated:
            return _accelerator().submit(self._backbone, frames)
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


@dataclass
class _Job:
    backbone: Backbone
    frames: NDArray[np.uint8]
    answer: Future[Answer] = field(default_factory=Future)


class _Accelerator:
    """A thread that shows an accelerator what has gathered while it was busy, in batches of one size.

    The last bits of a result may depend on the size of the batch that it was computed in, and how much has gathered on
    how busy the machine is; so every batch is filled up to the same size, and a run can be repeated to the last bit.
    """

    _BATCH = 16
    """About as many as a reader hands on at once: more would mostly be filling."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._left_over: _Job | None = None
        threading.Thread(target=self._run, name="network", daemon=True).start()

    def submit(self, backbone: Backbone, frames: NDArray[np.uint8]) -> Future[Answer]:
        """What the backbone sees in frames (N, T, H, W, 3)."""
        job = _Job(backbone, frames)
        self._jobs.put(job)
        return job.answer

    def _run(self) -> None:
        while True:
            self._answer(self._gathered())

    def _gathered(self) -> list[_Job]:
        """Waits for a job, and takes as many more for the same backbone as are there and fit."""
        jobs = [self._left_over or self._jobs.get()]
        self._left_over = None
        count = len(jobs[0].frames)
        while count < self._BATCH:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job.backbone is not jobs[0].backbone:
                self._left_over = job
                break
            jobs.append(job)
            count += len(job.frames)
        return jobs

    def _answer(self, jobs: list[_Job]) -> None:
        frames = jobs[0].frames if len(jobs) == 1 else np.concatenate([job.frames for job in jobs])
        try:
            seen = self._look(jobs[0].backbone, frames)
        except BaseException as error:  # noqa: BLE001 -- it is raised in the threads that wait
            for job in jobs:
                job.answer.set_exception(error)
            return
        stops = list(itertools.accumulate(len(job.frames) for job in jobs))
        for job, start, stop in zip(jobs, [0, *stops], stops, strict=False):
            job.answer.set_result(_rows(seen, start, stop))

    def _look(self, backbone: Backbone, frames: NDArray[np.uint8]) -> Answer:
        missing = -len(frames) % self._BATCH
        filled = np.concatenate([frames, np.repeat(frames[-1:], missing, axis=0)]) if missing else frames
        parts = [_look(backbone, filled[start : start + self._BATCH]) for start in range(0, len(filled), self._BATCH)]
        if len(parts) == 1:
            return parts[0]
        features = np.concatenate([seen for seen, _ in parts])
        sights = [sight for _, sight in parts if sight is not None]
        if not sights:
            return features, None
        cells, living = (np.concatenate([getattr(sight, name) for sight in sights]) for name in ("cells", "living"))
        return features, Sight(features, cells, living)


@functools.cache
def _accelerator() -> _Accelerator:
    """One for the whole process: cuDNN plans each layer anew for every thread, longer than a short video takes."""
    return _Accelerator()


def _rows(answer: Answer, start: int, stop: int) -> Answer:
    features, sight = answer
    rows = slice(start, stop)
    return features[rows], None if sight is None else Sight(features[rows], sight.cells[rows], sight.living[rows])


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
