"""What belongs to the whole process, and is not a plugin's to change."""

from __future__ import annotations

import locale
import os
import random
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autohighlight.errors import AutohighlightError


@contextmanager
def process_left_alone() -> Iterator[None]:
    """Fails where what runs inside changes something that the rest of the program shares.

    Random numbers of Python, numpy and torch; torch's default type, its number of threads, whether it records gradients
    and must be deterministic; numpy's handling of errors; the working folder, the locale, and what Ctrl-C does.
    Everything is as it was afterwards, whatever was found.

    Raises:
        AssertionError: the message names what was changed.
    """
    with process_restored():
        before = _state()
        yield
        changed = [name for name, value in _state().items() if value != before[name]]
    assert not changed, f"this is changed for the whole program: {', '.join(changed)}"


@contextmanager
def process_restored() -> Iterator[None]:
    """Puts back what `process_left_alone` looks at, so that what one test does is not taken for granted by the next."""
    import torch  # noqa: PLC0415 -- whoever tests an exporter without it need not wait for it

    before, of_torch = _state(), torch.random.get_rng_state()
    plain, of_numpy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(plain)
        np.random.set_state(of_numpy)
        torch.random.set_rng_state(of_torch)
        torch.set_default_dtype(before["torch.get_default_dtype"])
        torch.set_num_threads(before["torch.get_num_threads"])
        torch.set_grad_enabled(before["torch.is_grad_enabled"])
        torch.use_deterministic_algorithms(before["torch.are_deterministic_algorithms_enabled"])
        torch.set_float32_matmul_precision(before["torch.get_float32_matmul_precision"])
        torch.backends.cudnn.benchmark = before["torch.backends.cudnn.benchmark"]
        np.seterr(**before["numpy.geterr"])
        os.chdir(before["working folder"])
        locale.setlocale(locale.LC_ALL, before["locale"])
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, before["what Ctrl-C does"])


def _state() -> dict[str, Any]:
    import torch  # noqa: PLC0415

    return {
        "random numbers of Python": random.getstate(),
        "random numbers of numpy": repr(np.random.get_state()),
        "random numbers of torch": torch.random.get_rng_state().tolist(),
        "torch.get_default_dtype": torch.get_default_dtype(),
        "torch.get_num_threads": torch.get_num_threads(),
        "torch.is_grad_enabled": torch.is_grad_enabled(),
        "torch.are_deterministic_algorithms_enabled": torch.are_deterministic_algorithms_enabled(),
        "torch.get_float32_matmul_precision": torch.get_float32_matmul_precision(),
        "torch.backends.cudnn.benchmark": torch.backends.cudnn.benchmark,
        "numpy.geterr": np.geterr(),
        "working folder": Path.cwd(),
        "locale": locale.setlocale(locale.LC_ALL),
        "what Ctrl-C does": signal.getsignal(signal.SIGINT),
    }


def assert_says_why(refusal: AutohighlightError) -> None:
    """Fails where something is refused without a word."""
    assert refusal.problem.strip(), "it refuses without saying why"


class Contract:
    """What all contracts have in common: what one test changes is not there for the next."""

    @pytest.fixture(autouse=True)
    def _process_restored(self) -> Iterator[None]:
        with process_restored():
            yield
