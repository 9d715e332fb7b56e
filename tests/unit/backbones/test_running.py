from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from autohighlight.backbones import running
from autohighlight.backbones.running import ChunkedNetwork, is_out_of_memory, precision_name
from autohighlight.errors import DependencyError

CPU = torch.device("cpu")
ROWS = np.arange(22, dtype=np.uint8).reshape(11, 2)


def both(x: Tensor) -> tuple[Tensor, Tensor]:
    return x.float() * 2, x[:, 0].to(torch.bfloat16)


def small_device(most: int, sizes: list[int]) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """A network that fails on more than `most` rows, as on a device with little memory."""

    def network(x: Tensor) -> tuple[Tensor, Tensor]:
        sizes.append(len(x))
        if len(x) > most:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return both(x)

    return network


def check(outputs: list[np.ndarray], rows: np.ndarray) -> None:
    doubled, first = outputs
    assert (doubled.dtype, first.dtype) == (np.float32, np.float32)
    np.testing.assert_array_equal(doubled, rows.astype(np.float32) * 2)
    np.testing.assert_array_equal(first, rows[:, 0])


@pytest.mark.parametrize("num_rows", [0, 1, 4, 5, 11])
def test_any_number_of_rows_goes_through_in_chunks(num_rows: int) -> None:
    check(ChunkedNetwork(both, [(2,), ()], CPU, most_rows=4)(ROWS[:num_rows]), ROWS[:num_rows])


def test_rows_may_be_a_view_and_read_only(recwarn: pytest.WarningsRecorder) -> None:
    rows = ROWS[::-1]
    rows.flags.writeable = False
    check(ChunkedNetwork(both, [(2,), ()], CPU, most_rows=4)(rows), rows)
    assert not recwarn


def test_a_chunk_that_does_not_fit_is_halved_and_the_size_remembered() -> None:
    sizes: list[int] = []
    network = ChunkedNetwork(small_device(3, sizes), [(2,), ()], CPU, most_rows=8)
    check(network(ROWS), ROWS)
    assert sizes == [8, 4, 2, 2, 2, 2, 2, 1]
    assert network.chunk == 2
    sizes.clear()
    check(network(ROWS[:4]), ROWS[:4])
    assert sizes == [2, 2]


def test_rows_that_were_done_before_memory_ran_out_are_kept() -> None:
    sizes: list[int] = []
    flaky = small_device(8, sizes)

    def network(x: Tensor) -> tuple[Tensor, Tensor]:
        if len(sizes) == 1 and len(x) == 4:
            sizes.append(4)
            raise RuntimeError("MPS backend out of memory")
        return flaky(x)

    check(ChunkedNetwork(network, [(2,), ()], CPU, most_rows=4)(ROWS), ROWS)
    assert sizes == [4, 4, 2, 2, 2, 1]


def test_a_device_with_no_room_for_one_row_is_said() -> None:
    with pytest.raises(DependencyError, match=r"cpu has too little memory .*--device cpu"):
        ChunkedNetwork(small_device(0, []), [(2,), ()], CPU, most_rows=4)(ROWS)


def test_other_failures_are_not_taken_for_a_lack_of_memory() -> None:
    def network(_: Tensor) -> tuple[Tensor]:
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        ChunkedNetwork(network, [(2,)], CPU, most_rows=4)(ROWS)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.cuda.OutOfMemoryError("CUDA out of memory"), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"), True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), True),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
            True,
        ),
        (RuntimeError("CUDA error: device-side assert triggered"), False),
    ],
)
def test_a_lack_of_memory_is_told_from_other_errors(error: RuntimeError, expected: bool) -> None:
    assert is_out_of_memory(error) is expected


def test_threads_may_call_at_once() -> None:
    network = ChunkedNetwork(small_device(2, []), [(2,), ()], CPU, most_rows=8)
    results: dict[int, list[np.ndarray]] = {}
    threads = [threading.Thread(target=lambda i=i: results.update({i: network(ROWS[i:])})) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i in range(6):
        check(results[i], ROWS[i:])


class FakeEvent:
    """A mark in the work of a device that is done when somebody waits for it."""

    def __init__(self, log: list[str], name: str) -> None:
        self.log, self.name = log, name

    def synchronize(self) -> None:
        self.log.append(f"wait {self.name}")


def test_with_streams_one_chunk_computes_while_the_next_is_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    log: list[str] = []
    network = ChunkedNetwork(both, [(2,), ()], CPU, most_rows=3)

    def queue(rows: np.ndarray, some: slice) -> running._Queued:
        log.append(f"queue {some.start}")
        outputs = tuple(output.float() for output in both(torch.from_numpy(rows.copy())))
        return running._Queued(some, outputs, FakeEvent(log, str(some.start)))  # type: ignore[arg-type]

    monkeypatch.setattr(network, "_copying", object())
    monkeypatch.setattr(network, "_queue", queue)
    check(network(ROWS), ROWS)
    assert log == ["queue 0", "queue 3", "wait 0", "queue 6", "wait 3", "queue 9", "wait 6", "wait 9"]


def test_tf32_is_called_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (9, 0))
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    assert precision_name(cuda, torch.float32) == "tf32"
    assert precision_name(cuda, torch.bfloat16) == "bfloat16"
    assert precision_name(CPU, torch.float32) == "float32"
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    assert precision_name(cuda, torch.float32) == "float32"
