"""Runs a backbone from several threads: at once in the thread that decodes, or beside it."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

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
            accelerator always gets one of its own.
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
            return _accelerator().submit(_look_in_full_batches, self._backbone, frames)
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


_BATCH = 16
"""Frames in every batch of an accelerator: about as many as a reader hands on at once, more would mostly be filling."""


def _look_in_full_batches(backbone: Backbone, frames: NDArray[np.uint8]) -> Answer:
    """What is seen in frames (N, T, H, W, 3), in batches that are filled up with the last frame.

    The last bits of a result may depend on how many frames are in its batch, on which place it has among them, and on
    what else is there. So no batch holds frames of two callers, of which nobody knows who comes first: a run can be
    repeated to the last bit, with however many threads.
    """
    missing = -len(frames) % _BATCH
    filled = np.concatenate([frames, np.repeat(frames[-1:], missing, axis=0)]) if missing else frames
    parts = [_look(backbone, filled[start : start + _BATCH]) for start in range(0, len(filled), _BATCH)]
    number, sights = len(frames), [sight for _, sight in parts if sight is not None]
    features = np.concatenate([seen for seen, _ in parts])[:number]
    if not sights:
        return features, None
    cells, living = (
        np.concatenate([getattr(sight, name) for sight in sights])[:number] for name in ("cells", "living")
    )
    return features, Sight(features, cells, living)


@functools.cache
def _accelerator() -> ThreadPoolExecutor:
    """One thread for the whole process: cuDNN plans each layer anew for every one, longer than a short video takes."""
    return ThreadPoolExecutor(1, "network")


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
