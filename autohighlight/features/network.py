"""Runs a backbone from several threads: at once in the thread that decodes, or beside it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from autohighlight.types import Backbone, SeeingBackbone, Sight


class Network:
    """A backbone that looks at batches of pictures.

    Args:
        backbone: the network.
        num_threads: threads that it may use besides the callers'; with none it runs in the calling thread. An
            accelerator always gets one of its own.
    """

    def __init__(self, backbone: Backbone, num_threads: int) -> None:
        self._backbone = backbone
        if backbone.device != "cpu":
            num_threads = 1
        self._pool = ThreadPoolExecutor(num_threads, "network") if num_threads else None

    def __enter__(self) -> Network:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=kind is not None)

    def look(self, pictures: NDArray[np.uint8]) -> Future[tuple[NDArray[np.float32], Sight | None]]:
        """Features float32 (P, dim) of uint8 (P, H, W, 3), and what else the network can say of them."""
        if self._pool is not None:
            return self._pool.submit(self._look, pictures)
        done: Future[tuple[NDArray[np.float32], Sight | None]] = Future()
        done.set_result(self._look(pictures))
        return done

    def _look(self, pictures: NDArray[np.uint8]) -> tuple[NDArray[np.float32], Sight | None]:
        if isinstance(self._backbone, SeeingBackbone):
            sight = self._backbone.see(pictures)
            return sight.features, sight
        return self._backbone.embed(pictures[:, None]), None


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
