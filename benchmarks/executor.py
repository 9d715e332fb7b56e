"""What the executor `local` costs: the start of a worker, a task, a large value, and the end of a worker.

    python benchmarks/executor.py [--workers 1,2] [--tasks 2000] [--repeats 5]

The tasks do nothing, so all that is measured is the executor. A worker's start is the time from the first task's being
asked for to its end, when no worker is there yet; it imports nothing but the package, not torch.
"""

from __future__ import annotations

import argparse
import operator
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from autohighlight.executors.local import LocalExecutor
from autohighlight.executors.protocol import Returned, Task
from benchmarks.tables import print_provenance, print_table

WORK = operator.is_
"""Takes an argument and a callback as any work does, and is found by its name."""


def timed(executor: LocalExecutor, num_tasks: int) -> float:
    begin = time.perf_counter()
    tasks: Iterator[Task] = (Task(str(number), number) for number in range(num_tasks))
    if sum(isinstance(event, Returned) for event in executor.run(WORK, tasks)) != num_tasks:
        raise RuntimeError("not every task was done")
    return time.perf_counter() - begin


def measure(num_workers: int, num_tasks: int) -> tuple[float, float, float, float]:
    """Seconds to start, for a task with workers free for it, for one of many tasks, and to end."""
    executor = LocalExecutor(num_workers)
    start = timed(executor, num_workers)
    alone = statistics.median(timed(executor, 1) for _ in range(50))
    each = timed(executor, num_tasks) / num_tasks
    begin = time.perf_counter()
    executor.close()
    return start, alone, each, time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workers", default="1,2", help="numbers of workers")
    parser.add_argument("--tasks", type=int, default=2000, help="how many tasks")
    parser.add_argument("--repeats", type=int, default=5, help="how often, for the median")
    arguments = parser.parse_args()
    print_provenance()
    rows = [["workers", "all started (ms)", "one task (ms)", "each of many (ms)", "all ended (ms)"]]
    for workers in map(int, arguments.workers.split(",")):
        times = zip(*(measure(workers, arguments.tasks) for _ in range(arguments.repeats)), strict=True)
        rows.append([str(workers), *(f"{1000 * statistics.median(values):.2f}" for values in times)])
    print_table(rows)


if __name__ == "__main__":
    main()
