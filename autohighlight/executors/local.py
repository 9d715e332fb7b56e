"""The executor `local`: processes on this computer, one task at a time each."""

from __future__ import annotations

import itertools
import logging
import os
import pickle
import selectors
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from autohighlight.config import BatchOptions
from autohighlight.errors import DependencyError, OptionError
from autohighlight.executors.messages import Begun, Gave, Order, Raised, Reported
from autohighlight.executors.process import WorkerProcess, how_it_ended
from autohighlight.executors.protocol import Advanced, Event, Failed, Returned, Started, Task, Work
from autohighlight.executors.worker import one_line
from autohighlight.machine import THREADS_VARIABLE, available_memory, num_cores

_LOG = logging.getLogger(__name__)

MAX_TRIES = 2
"""How often a task is tried whose worker dies: once more, in case it was not to blame."""

_CORES_A_WORKER = 4
_BYTES_A_WORKER = 1_500_000_000


def create_local_executor(options: BatchOptions) -> LocalExecutor:
    """Makes the executor that options ask for.

    Raises:
        OptionError: settings are given, of which it has none, or a timeout that is not in seconds.
        DependencyError: the system has no process groups, without which nothing can be ended for sure.
    """
    if not hasattr(os, "killpg"):
        raise DependencyError("the executor local needs a POSIX system, as Linux or macOS", "give another --executor")
    for name in options.settings:
        raise OptionError(f"the executor local has no setting {name!r}", "leave --executor-options out")
    if options.timeout is not None and options.timeout.unit != "seconds":
        raise OptionError(f"the timeout {options.timeout} is no time", "give seconds, as 600s, or 1:30:00")
    timeout = None if options.timeout is None else float(options.timeout.value)
    return LocalExecutor(options.jobs or default_jobs(), timeout)


def default_jobs() -> int:
    """How many videos to work on at once: one for every four cores and 1.5 GB of available memory, at least one."""
    memory = available_memory()
    by_memory = num_cores() if memory is None else memory // _BYTES_A_WORKER
    return int(max(1, min(num_cores() // _CORES_A_WORKER, by_memory)))


@dataclass
class _Try:
    task: Task
    attempt: int
    number: int = 0
    deadline: float | None = None


class LocalExecutor:
    """Runs tasks in processes of this computer; see `Executor`.

    Args:
        num_workers: how many.
        timeout_seconds: longest time a task may take; None for any.
    """

    def __init__(self, num_workers: int, timeout_seconds: float | None = None) -> None:
        self.num_workers = num_workers
        self._timeout = timeout_seconds
        self._environment = {THREADS_VARIABLE: str(max(1, num_cores() // num_workers))}
        self._numbers = itertools.count(1)
        self._selector = selectors.DefaultSelector()
        self._idle: list[WorkerProcess] = []
        self._busy: dict[WorkerProcess, _Try] = {}

    def run(self, work: Work, tasks: Iterable[Task]) -> Iterator[Event]:
        """See `Executor.run`. While the iterable is asked for its next task, nothing else is attended to.

        Raises:
            ValueError: workers could not find the function by its name.
            RuntimeError: another run is under way.
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
        workers = [*self._idle, *self._busy]
        for worker in workers:
            worker.kill()
        for worker in workers:
            self._remove(worker)

    def _run(self, work: Work, upcoming: Iterator[Task]) -> Iterator[Event]:
        if self._busy:
            raise RuntimeError("another run is under way")
        again: deque[_Try] = deque()
        is_done = False
        try:
            while True:
                if len(self._busy) < self.num_workers and not (is_done and not again):
                    due = again.popleft() if again else next((_Try(task, 1) for task in upcoming), None)
                    if due is None:
                        is_done = True
                    else:
                        yield from self._begin(work, due)
                elif not self._busy:
                    return
                can_begin = len(self._busy) < self.num_workers and not (is_done and not again)
                for worker in self._heard_from(0.0 if can_begin else self._patience()):
                    yield from self._attend(worker, again)
                yield from self._end_late_ones()
        except BaseException:
            self.close()
            raise

    def _begin(self, work: Work, due: _Try) -> Iterator[Event]:
        try:
            call = pickle.dumps((work, due.task.argument), pickle.HIGHEST_PROTOCOL)
        except Exception as error:  # noqa: BLE001 -- whatever pickling an argument may raise
            yield Failed(due.task.key, "raised", f"its argument cannot be pickled: {one_line(error)}")
            return
        worker = self._idle.pop() if self._idle else self._start()
        self._busy[worker] = due
        due.number = next(self._numbers)
        due.deadline = self._deadline()
        worker.send(Order(due.number, call))
        yield Started(due.task.key, worker.name, due.attempt)

    def _deadline(self) -> float | None:
        return None if self._timeout is None else time.monotonic() + self._timeout

    def _start(self) -> WorkerProcess:
        names = {worker.name for worker in self._busy}
        name = next(str(number) for number in itertools.count(1) if str(number) not in names)
        worker = WorkerProcess(name, self._environment)
        self._selector.register(worker.channel, selectors.EVENT_READ, worker)
        return worker

    def _patience(self) -> float | None:
        deadlines = [due.deadline for due in self._busy.values() if due.deadline is not None]
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    def _heard_from(self, seconds: float | None) -> list[WorkerProcess]:
        return [key.data for key, _ in self._selector.select(seconds)]

    def _attend(self, worker: WorkerProcess, again: deque[_Try]) -> Iterator[Event]:
        answers, is_there = worker.receive()
        for answer in answers:
            due = self._busy.get(worker)
            if due is None or due.number != answer.number:
                continue
            key = due.task.key
            if isinstance(answer, Begun):
                due.deadline = self._deadline()
            elif isinstance(answer, Reported):
                yield Advanced(key, answer.progress)
            else:
                self._log_what_it_said(worker, key)
                self._idle.append(worker)
                del self._busy[worker]
                yield _ended(key, answer)
        if not is_there:
            yield from self._bury(worker, again)

    def _bury(self, worker: WorkerProcess, again: deque[_Try]) -> Iterator[Event]:
        due = self._busy.get(worker)
        if due is not None:
            self._log_what_it_said(worker, due.task.key)
        code = self._remove(worker)
        if due is None:
            return
        problem, hint = how_it_ended(code)
        if due.attempt < MAX_TRIES:
            _LOG.debug("%s: %s; it is tried again", due.task.key, problem)
            again.append(_Try(due.task, due.attempt + 1))
        else:
            yield Failed(due.task.key, "died", problem, hint)

    def _end_late_ones(self) -> Iterator[Event]:
        now = time.monotonic()
        late = [worker for worker, due in self._busy.items() if due.deadline is not None and due.deadline <= now]
        for worker in late:
            key = self._busy[worker].task.key
            self._log_what_it_said(worker, key)
            self._remove(worker)
            yield Failed(key, "timeout", f"took longer than {self._timeout:g} s", "give a longer --timeout")

    def _remove(self, worker: WorkerProcess) -> int:
        self._selector.unregister(worker.channel)
        self._busy.pop(worker, None)
        if worker in self._idle:
            self._idle.remove(worker)
        return worker.end()

    def _log_what_it_said(self, worker: WorkerProcess, key: str) -> None:
        said = worker.take_what_it_said()
        if said:
            _LOG.debug("%s: worker %s wrote: %s", key, worker.name, said)


def _ended(key: str, answer: Gave | Raised) -> Event:
    if isinstance(answer, Raised):
        _LOG.debug("%s: %s", key, answer.traceback)
        return Failed(key, "raised", answer.problem)
    try:
        return Returned(key, pickle.loads(answer.value))  # noqa: S301 -- from a process that this one has started
    except Exception as error:  # noqa: BLE001 -- whatever a class may do when it is made again
        return Failed(key, "raised", f"its value cannot be read: {one_line(error)}")
