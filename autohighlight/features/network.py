"""Runs a backbone from several threads: at once in the thread that decodes, or beside it."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from autohighlight.types import Backbone


class Embedder:
    """Runs the network on batches of pictures: at once in the calling thread, or in threads of its own.

    Args:
        backbone: the network.
        num_threads: threads that may be used besides the callers'; an accelerator always gets one.
    """

    _MAX_WAITING = 4  # batches: enough to keep the network busy, too few to fill memory

    def __init__(self, backbone: Backbone, num_threads: int) -> None:
        self._backbone = backbone
        if backbone.device != "cpu":
            num_threads = 1
        self._pool = ThreadPoolExecutor(num_threads, "embed") if num_threads else None
        self._places = threading.Semaphore(num_threads + self._MAX_WAITING)

    def __enter__(self) -> Embedder:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=kind is not None)

    def embed(self, pictures: NDArray[np.uint8]) -> Future[NDArray[np.float32]]:
        """float32 (P, dim), sooner or later, of uint8 (P, H, W, 3)."""
        if self._pool is None:
            done: Future[NDArray[np.float32]] = Future()
            done.set_result(self._backbone.embed(pictures[:, None]))
            return done
        self._places.acquire()
        future = self._pool.submit(self._backbone.embed, pictures[:, None])
        future.add_done_callback(lambda _: self._places.release())
        return future


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
