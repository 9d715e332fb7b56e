"""With which algorithms and in which precision a training computes; as before once it is over."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager

import torch

from autohighlight.errors import DependencyError
from autohighlight.training.options import Precision


def dtype_of(precision: Precision) -> torch.dtype:
    """The type that matrix products are taken in; the weights, what Adam keeps, Eq. 3 and Eq. 9 stay in float32.

    At the paper's sizes, with 150 clips a video and the same dropouts, bfloat16 turned the gradient of a first step by
    1.4 to 3.3 degrees from that of float32, and another draw of the dropouts by 20 to 79.
    """
    return torch.bfloat16 if precision == "bfloat16" else torch.float32


def products_in(dtype: torch.dtype, device: torch.device) -> AbstractContextManager[object]:
    """Matrix products of float32 numbers are taken in another type."""
    return contextlib.nullcontext() if dtype == torch.float32 else torch.autocast(device.type, dtype)


@contextlib.contextmanager
def computing(
    device: torch.device, dtype: torch.dtype, *, deterministic: bool = False, one_thread: bool = False
) -> Iterator[None]:
    """Sets what torch holds for the whole process, and puts it back.

    In float32, products are of float32 numbers, whatever was allowed before. Beside bfloat16, those of Eq. 3, whose
    factors are bfloat16 numbers then, may be taken as TF32, which holds these exactly.

    Args:
        device: where the computing is done.
        dtype: of the matrix products, float32 or bfloat16.
        deterministic: use only algorithms that give the same bits each time.
        one_thread: do not divide work on the CPU among threads.

    Raises:
        DependencyError: `deterministic` on CUDA without the setting that cuBLAS asks for.
    """
    if deterministic and device.type == "cuda":
        _check_cublas()
    precision, threads = torch.get_float32_matmul_precision(), torch.get_num_threads()
    was, warned = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    try:
        torch.set_float32_matmul_precision("high" if (device.type, dtype) == ("cuda", torch.bfloat16) else "highest")
        if one_thread:
            torch.set_num_threads(1)
        if deterministic:
            torch.use_deterministic_algorithms(True)
        yield
    finally:
        torch.set_float32_matmul_precision(precision)
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(was, warn_only=warned)


def _check_cublas() -> None:
    setting = os.environ.get("CUBLAS_WORKSPACE_CONFIG")
    if setting not in {":4096:8", ":16:8"}:
        found = f"it is {setting!r}" if setting else "it is not set"
        raise DependencyError(
            f"cuBLAS gives the same bits each time only where CUBLAS_WORKSPACE_CONFIG is :4096:8 or :16:8, and {found}",
            "set it before starting, as in CUBLAS_WORKSPACE_CONFIG=:4096:8 autohighlight ...",
        )
