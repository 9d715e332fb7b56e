"""Trainings in processes of their own."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import torch


class Jobs:
    """Trainings in other processes, one thread each; the results come in the order of the jobs."""

    def __init__(self, workers: int):
        self.pool = ProcessPoolExecutor(workers, get_context("spawn"), torch.set_num_threads, (1,))

    def run(self, function: Callable[..., Any], jobs: Iterable[tuple[Any, ...]]) -> list[Any]:
        """The results of the function called with each job's arguments."""
        waiting = [self.pool.submit(function, *job) for job in jobs]
        started, results = time.monotonic(), []
        for number, future in enumerate(waiting, 1):
            results.append(future.result())
            print(f"\r{number}/{len(waiting)} trainings, {time.monotonic() - started:.0f} s ", end="", file=sys.stderr)
        print(file=sys.stderr)
        return results
