"""The executor `local`: processes on this computer, which work on one task at a time each.

A worker is a fresh interpreter (see `executors.worker`), not a fork, which neither CUDA nor a program with threads
would survive, and not one of `multiprocessing`, which runs the calling script a second time. Everything here works the
same on Linux, macOS and Windows; only how a worker is set apart, and ended with what it has started, differs.

However many workers there are, they come to the same results. Each may use its part of the cores for decoding and the
network, whose results do not depend on how many threads there are; sums that are taken inside torch and BLAS, whose
last bits might, are taken on one thread always. Encoders get no limit, since what x264 and x265 write depends on it.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import pickle
import queue
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass

from autohighlight.config import BatchOptions
from autohighlight.errors import OptionError
from autohighlight.executors.messages import Begun, Gave, Order, Raised, Reported
from autohighlight.executors.process import Bell, WorkerProcess, how_it_ended
from autohighlight.executors.protocol import Advanced, Event, Failed, Returned, Started, Task, Work
from autohighlight.executors.worker import one_line
from autohighlight.machine import THREADS_VARIABLE, WORKER_VARIABLE, available_memory, num_cores

_LOG = logging.getLogger(__name__)

MAX_TRIES = 2
"""How often a task is tried whose worker dies: once more, in case it was not to blame."""

_LONGEST_WAIT = 0.2
"""Seconds; on Windows, Ctrl-C is heard only between two waits."""

_CORES_A_WORKER = 4
_BYTES_A_WORKER = 2_500_000_000

_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)


def create_local_executor(options: BatchOptions) -> LocalExecutor:
    """Makes the executor that options ask for.

    Raises:
        OptionError: settings are given, of which it has none, or a timeout that is not in seconds.
    """
    for name in options.settings:
        raise OptionError(f"the executor local has no setting {name!r}", "leave --executor-options out")
    if options.timeout is not None and options.timeout.unit != "seconds":
        raise OptionError(f"the timeout {options.timeout} is no time", "give seconds, as 600s, or 1:30:00")
    timeout = None if options.timeout is None else float(options.timeout.value)
    return LocalExecutor(options.jobs or default_jobs(), timeout)


def default_jobs() -> int:
    """How many videos to work on at once: one for every four cores and 2.5 GB of available memory, at least one.

    One video alone keeps several cores busy for the most part, but waits for the disk and for single threads at its
    beginning and end; more at once fill these gaps, and more than that only take memory. Measured on two cores, a
    worker took 0.7 GB for the analysis, and with the encoder of a reel 1.2 GB at 1920x1080 and 2.7 GB at 3840x2160.
    """
    return max(1, min(num_cores() // _CORES_A_WORKER, available_memory() // _BYTES_A_WORKER))


@dataclass
class _Try:
    task: Task
    attempt: int = 1
    number: int = 0
    deadline: float | None = None


class LocalExecutor:
    """Runs tasks in processes of this computer; see `Executor`.

    Args:
        num_workers: how many, at least 1. They are started when there is something to do for them.
        timeout_seconds: longest time a task may take, its module being imported; None for any.
    """

    def __init__(self, num_workers: int, timeout_seconds: float | None = None) -> None:
        self.num_workers = num_workers
        self._timeout = timeout_seconds
        self._environment = _ONE_THREAD | {THREADS_VARIABLE: str(max(1, num_cores() // num_workers))}
        self._numbers = itertools.count(1)
        self._bell: Bell = queue.SimpleQueue()
        self._workers: list[WorkerProcess] = []
        self._busy: dict[WorkerProcess, _Try] = {}
        self._again: deque[_Try] = deque()
        self._is_closed = False

    def run(self, work: Work, tasks: Iterable[Task]) -> Generator[Event, None, None]:
        """See `Executor.run`.

        While the iterable is asked for a task, nothing else is attended to. When the iterator ends before its time, by
        Ctrl-C, an error or because it is closed, all workers are ended, and the next run starts others.

        Raises:
            ValueError: workers cannot find the function by its name.
            RuntimeError: the executor is closed, or another run is under way.
        """
        if getattr(work, "__module__", None) == "__main__":
            raise ValueError("the function is in the program itself: put it into a module that can be imported")
        try:
            pickle.dumps(work)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise ValueError(f"the function is not at the top level of a module: {error}") from error
        return self._run(work, iter(tasks))

    def close(self) -> None:
        """Ends the workers and whatever they have started, at once; may be called twice."""
        self._end_workers()
        self._is_closed = True

    def _run(self, work: Work, upcoming: Iterator[Task]) -> Generator[Event, None, None]:
        if self._is_closed or self._busy:
            raise RuntimeError("the executor is closed" if self._is_closed else "another run is under way")
        try:
            while True:
                due = self._next_due(upcoming)
                if due is not None:
                    yield from self._begin(work, due)
                elif not self._busy:
                    return
                # One task is handed out at a time, and what has happened meanwhile told before the next.
                for worker in self._heard(self._patience() if due is None else 0.0):
                    yield from self._attend(worker)
                yield from self._end_late_ones()
        except BaseException:
            self._end_workers()
            raise

    def _next_due(self, upcoming: Iterator[Task]) -> _Try | None:
        if len(self._busy) == self.num_workers:
            return None
        if self._again:
            return self._again.popleft()
        task = next(upcoming, None)
        return None if task is None else _Try(task)

    def _begin(self, work: Work, due: _Try) -> Iterator[Event]:
        try:
            call = pickle.dumps((work, due.task.argument), pickle.HIGHEST_PROTOCOL)
        except Exception as error:  # noqa: BLE001 -- whatever an argument may raise when it is pickled
            yield Failed(due.task.key, "raised", f"its argument cannot be pickled: {one_line(error)}")
            return
        idle = (worker for worker in self._workers if worker.is_there and worker not in self._busy)
        worker = next(idle, None) or self._start()
        due.number = next(self._numbers)
        due.deadline = self._new_deadline()
        self._busy[worker] = due
        worker.send(Order(due.number, call))
        yield Started(due.task.key, worker.name, due.attempt)

    def _start(self) -> WorkerProcess:
        names = {worker.name for worker in self._workers}
        name = next(name for name in map(str, itertools.count(1)) if name not in names)
        worker = WorkerProcess(name, self._environment | {WORKER_VARIABLE: f"{name}/{self.num_workers}"}, self._bell)
        self._workers.append(worker)
        return worker

    def _new_deadline(self) -> float | None:
        return None if self._timeout is None else time.monotonic() + self._timeout

    def _patience(self) -> float:
        now = time.monotonic()
        return min([_LONGEST_WAIT, *(max(0.0, due.deadline - now) for due in self._busy.values() if due.deadline)])

    def _heard(self, seconds: float) -> list[WorkerProcess]:
        """The workers that have something to say, each once; waits for the first of them, for some seconds at most."""
        heard: dict[WorkerProcess, None] = {}
        with contextlib.suppress(queue.Empty):
            heard[self._bell.get(timeout=seconds)] = None
            while True:
                heard[self._bell.get_nowait()] = None
        return [worker for worker in heard if worker in self._workers]  # others were removed meanwhile

    def _attend(self, worker: WorkerProcess) -> Iterator[Event]:
        """Hears what a worker has to say, and buries it if it is dead."""
        answers, is_there = worker.receive()
        for place, answer in enumerate(answers):
            due = self._busy.get(worker)
            if due is None or due.number != answer.number:
                continue
            key = due.task.key
            if isinstance(answer, Begun):
                due.deadline = self._new_deadline()
            elif isinstance(answer, Reported):
                if place + 1 == len(answers):  # an older one is no news
                    yield Advanced(key, answer.progress)
            else:
                _log_output(worker, key, answer.output)
                del self._busy[worker]
                yield _end_of(key, answer)
        if not is_there:
            yield from self._bury(worker)

    def _bury(self, worker: WorkerProcess) -> Iterator[Event]:
        due = self._busy.get(worker)
        code, said = self._remove(worker)
        if due is None:
            return
        _log_output(worker, due.task.key, said)
        problem, hint = how_it_ended(code)
        if due.attempt < MAX_TRIES:
            _LOG.debug("%s: %s; it is tried again", due.task.key, problem)
            self._again.append(_Try(due.task, due.attempt + 1))
        else:
            yield Failed(due.task.key, "died", problem, hint)

    def _end_late_ones(self) -> Iterator[Event]:
        late = [worker for worker, due in self._busy.items() if _is_late(due)]
        for worker in late:
            yield from self._attend(worker)  # it may be done; whoever takes the events may be late too
            due = self._busy.get(worker)
            if due is not None and _is_late(due):
                _, said = self._remove(worker)
                _log_output(worker, due.task.key, said)
                yield Failed(
                    due.task.key, "timeout", f"took longer than {self._timeout:g} s", "give it more time with --timeout"
                )

    def _end_workers(self) -> None:
        self._again.clear()
        for worker in self._workers:
            worker.kill()
        for worker in tuple(self._workers):
            self._remove(worker)

    def _remove(self, worker: WorkerProcess) -> tuple[int, str]:
        """As `WorkerProcess.end`. Works also where Ctrl-C has cut it short before."""
        self._busy.pop(worker, None)
        ended = worker.end()
        self._workers.remove(worker)
        return ended


def _is_late(due: _Try) -> bool:
    return due.deadline is not None and due.deadline <= time.monotonic()


def _log_output(worker: WorkerProcess, key: str, said: str) -> None:
    if said:
        _LOG.debug("%s: worker %s wrote: %s", key, worker.name, said)


def _end_of(key: str, answer: Gave | Raised) -> Event:
    if isinstance(answer, Raised):
        _LOG.debug("%s: %s", key, answer.traceback)
        return Failed(key, "raised", answer.problem)
    try:
        return Returned(key, pickle.loads(answer.value))  # noqa: S301 -- from a process that this one has started
    except Exception as error:  # noqa: BLE001 -- whatever a class may do when it is made again
        return Failed(key, "raised", f"its value cannot be read: {one_line(error)}")
