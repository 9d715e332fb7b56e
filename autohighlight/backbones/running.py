"""Runs a network over many rows, a chunk at a time, so that copying overlaps with computing and memory suffices."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from autohighlight.errors import DependencyError

_IN_FLIGHT = 2
"""Chunks on their way through an accelerator at once: one computes while the next one is copied."""


class _Queued(NamedTuple):
    """A chunk that an accelerator was told to compute."""

    rows: slice
    outputs: tuple[Tensor, ...]  # on the host, pinned; filled when `done` has happened
    done: torch.cuda.Event


class ChunkedNetwork:
    """A network on a device, called with arrays of any number of rows. Safe to call from several threads.

    On CUDA each chunk goes through pinned memory and a stream of its own to the device, while the one before is
    computed; nothing waits until a result is needed. A chunk that does not fit into memory is halved, and its size
    kept for the rest of the run.
    """

    def __init__(
        self,
        network: Callable[[Tensor], tuple[Tensor, ...]],
        shapes: Sequence[tuple[int, ...]],
        device: torch.device,
        *,
        most_rows: int,
    ) -> None:
        """Takes a network whose weights are on `device`.

        Args:
            network: rows of the input, on `device`, which it does not change -> its outputs, N rows each.
            shapes: of one row of each output.
            device: where it runs.
            most_rows: rows that go through the network at once if memory allows.
        """
        self._network = network
        self._shapes = shapes
        self._device = device
        self._copying = torch.cuda.Stream(device) if device.type == "cuda" else None  # type: ignore[no-untyped-call]
        self.chunk = most_rows
        """Rows that go through the network at once; becomes less where memory turned out not to suffice."""

    def __call__(self, rows: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """uint8 (N, ...) -> float32 (N, ...) for each output. N may be 0; the array may be a view, and read-only.

        Raises:
            DependencyError: the device has not enough memory for a single row.
        """
        results = [np.empty((len(rows), *shape), np.float32) for shape in self._shapes]
        first = 0
        while first < len(rows):
            chunk = self.chunk
            first = self._run_while_fitting(rows, results, first, chunk)
            if first < len(rows):  # outside of any `except`, whose traceback would hold on to the memory
                self._shrink(chunk)
        return results

    def _run_while_fitting(
        self, rows: NDArray[np.uint8], results: list[NDArray[np.float32]], first: int, chunk: int
    ) -> int:
        """Fills `results` from row `first` on; gives the first row that did not fit, or the number of rows."""
        run = self._outputs_on_host if self._copying is None else self._outputs_by_streams
        try:
            with torch.inference_mode():
                for done, outputs in run(rows, first, chunk):
                    for result, output in zip(results, outputs, strict=True):
                        result[done] = output.numpy()
                    first = done.stop
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
        return first

    def _shrink(self, chunk: int) -> None:
        if chunk == 1:
            raise DependencyError(f"{self._device} has too little memory for this network", "use --device cpu")
        self.chunk = min(self.chunk, chunk // 2)  # another thread may have found less to be enough
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    def _outputs_on_host(
        self, rows: NDArray[np.uint8], first: int, chunk: int
    ) -> Iterator[tuple[slice, tuple[Tensor, ...]]]:
        for some in _slices(first, len(rows), chunk):
            x = torch.from_numpy(np.require(rows[some], requirements=("C", "W"))).to(self._device)
            yield some, tuple(output.float().cpu() for output in self._network(x))

    def _outputs_by_streams(
        self, rows: NDArray[np.uint8], first: int, chunk: int
    ) -> Iterator[tuple[slice, tuple[Tensor, ...]]]:
        """As `_outputs_on_host`, for CUDA. The waiting is for the chunk before last, never for the one just queued."""
        queue = deque[_Queued]()
        for some in _slices(first, len(rows), chunk):
            queue.append(self._queue(rows[some], some))
            if len(queue) == _IN_FLIGHT:
                yield _finished(queue.popleft())
        while queue:
            yield _finished(queue.popleft())

    def _queue(self, rows: NDArray[np.uint8], some: slice) -> _Queued:
        """Tells the device to copy and compute some rows, and returns at once."""
        host = torch.empty(rows.shape, dtype=torch.uint8, pin_memory=True)
        np.copyto(host.numpy(), rows)
        with torch.cuda.device(self._device):
            computing = torch.cuda.current_stream()
            with torch.cuda.stream(self._copying):
                x = host.to(self._device, non_blocking=True)
            computing.wait_stream(self._copying)  # type: ignore[arg-type]
            x.record_stream(computing)  # its memory is not given away before the network has read it
            outputs = tuple(_to_pinned(output.float()) for output in self._network(x))
            done = torch.cuda.Event()  # type: ignore[no-untyped-call]
            done.record(computing)
        return _Queued(some, outputs, done)


def _to_pinned(values: Tensor) -> Tensor:
    host = torch.empty(values.shape, dtype=values.dtype, pin_memory=True)
    return host.copy_(values, non_blocking=True)


def _slices(first: int, end: int, length: int) -> Iterator[slice]:
    for start in range(first, end, length):
        yield slice(start, min(start + length, end))


def _finished(queued: _Queued) -> tuple[slice, tuple[Tensor, ...]]:
    queued.done.synchronize()
    return queued.rows, queued.outputs


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether torch, cuDNN, cuBLAS, Metal or the operating system had no memory left to give."""
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return True
    signs = ("out of memory", "ALLOC_FAILED", "can't allocate memory")
    return any(sign in str(error) for sign in signs)


def precision_name(device: torch.device, dtype: torch.dtype) -> str:
    """How the products of a network are computed: ``float32``, ``bfloat16``, or ``tf32``.

    TF32 is what CUDA from Ampere on makes of float32 in convolutions, unless `torch.backends.cudnn.allow_tf32` is
    turned off.
    """
    is_float32_on_cuda = dtype == torch.float32 and device.type == "cuda"
    if is_float32_on_cuda and torch.backends.cudnn.allow_tf32 and torch.cuda.get_device_capability(device)[0] >= 8:
        return "tf32"
    return str(dtype).removeprefix("torch.")
