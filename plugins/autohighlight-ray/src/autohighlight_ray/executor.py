"""The executor `ray`: each task of a batch is one task of Ray; only arguments and values travel, never a video."""

from __future__ import annotations

import itertools
import logging
import pickle
import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import ray

from autohighlight.config import BatchOptions
from autohighlight.errors import DependencyError
from autohighlight.executors.protocol import Advanced, Event, Failed, Returned, Started, Task, Work
from autohighlight.executors.worker import one_line
from autohighlight.machine import THREADS_VARIABLE
from autohighlight_ray.connection import Connection
from autohighlight_ray.failures import failure_of
from autohighlight_ray.mailbox import Mail, Mailbox
from autohighlight_ray.remote_task import Gave, Raised, perform
from autohighlight_ray.settings import RaySettings
from autohighlight_ray.shares import Share, num_slots, share_of

_LOG = logging.getLogger(__name__)

_MAX_RETRIES = 1
"""A task whose worker or node dies is tried once more, in case it was not to blame."""

_SECONDS_BETWEEN_COUNTS = 2.0
"""How often the nodes are counted again: some die, and others join."""

_SECONDS_FOR_LETTERS = 1.0
"""How long the letter that a task has begun is waited for when the task is done already."""

_LETTERS_A_SECOND = 500
"""What the mailbox is given to take at most."""


@dataclass
class _Flight:
    """A task that was handed to Ray."""

    number: int
    key: str
    attempt: int = 0
    last_token: str = ""
    deadline: float | None = None


class RayExecutor:
    """Runs tasks on Ray; see `autohighlight.executors.protocol.Executor`.

    As many are handed to Ray as have room in the cluster, or as the option ``jobs`` says; the others wait in the
    iterable.

    Args:
        options: how the batch is run; see `RaySettings`.

    Raises:
        OptionError: a setting that is not there or cannot be meant.
        DependencyError: no cluster answers, or none of its nodes has room for a task.
    """

    def __init__(self, options: BatchOptions) -> None:
        self._settings = RaySettings.of(options)
        self._connection = Connection(self._settings.address)
        try:
            nodes = self._connection.nodes()
            self.share = share_of(nodes, self._settings)
            slots = num_slots(nodes, self.share)
            if not slots:
                raise DependencyError(
                    f"no node of the cluster has room for a task, which takes {_words(self.share)}",
                    "give a task less by --executor-options, as num_cpus=1,memory=1GB",
                )
            self._mailbox = Mailbox()
        except BaseException:
            self._connection.close()
            raise
        self.num_workers = self._settings.jobs or slots
        self._counted = time.monotonic()
        self._numbers = itertools.count(1)
        self._flights: dict[Any, _Flight] = {}
        self._is_open = True

    def run(self, work: Work, tasks: Iterable[Task]) -> Generator[Event, None, None]:
        """See `Executor.run`. While the iterable is asked for a task, nothing else is attended to.

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
        """Ends the tasks under way; Ray on this computer is ended, a cluster is left. May be called twice."""
        if self._is_open:
            self._is_open = False
            self._cancel_all()
            self._mailbox.close()
            self._connection.close()

    def _run(self, work: Work, upcoming: Iterator[Task]) -> Generator[Event, None, None]:
        if self._flights or not self._is_open:
            raise RuntimeError("another run is under way" if self._is_open else "the executor is closed")
        is_done = False
        try:
            while True:
                has_room = not is_done and len(self._flights) < self._room()
                if has_room:
                    task = next(upcoming, None)
                    is_done = task is None
                    if task is not None:
                        yield from self._begin(work, task)
                elif is_done and not self._flights:
                    return
                yield from self._attend(0.0 if has_room else self._patience())
                yield from self._end_late_ones()
        finally:
            self._cancel_all()

    def _room(self) -> int:
        """How many tasks Ray may have; counted again from time to time unless the options say it."""
        now = time.monotonic()
        if self._settings.jobs is None and now >= self._counted + _SECONDS_BETWEEN_COUNTS:
            self._counted = now
            slots = num_slots(self._connection.nodes(), self.share)
            if slots == 0 and self.num_workers > 0:
                _LOG.warning("no node of the cluster has room for a task any more; the batch waits for one")
            self.num_workers = slots
        return self.num_workers

    def _begin(self, work: Work, task: Task) -> Iterator[Event]:
        flight = _Flight(next(self._numbers), task.key)
        interval = max(0.5, self.num_workers / _LETTERS_A_SECOND)
        try:
            handed_out = self._remote().remote(work, task.argument, flight.number, self._mailbox.actor, interval)
        except (TypeError, pickle.PicklingError, AttributeError) as error:
            yield Failed(task.key, "raised", f"its argument cannot be pickled: {one_line(error)}")
            return
        self._flights[handed_out] = flight

    def _remote(self) -> Any:
        """The function of Ray that performs tasks; its workers are kept, as are the networks in them."""
        share = self.share
        return _PERFORM.options(
            num_cpus=share.num_cpus,
            num_gpus=share.num_gpus,
            memory=share.memory or None,
            max_retries=_MAX_RETRIES,
            retry_exceptions=False,
            runtime_env={"env_vars": _variables(share)},
        )

    def _patience(self) -> float:
        """Seconds until something is due that nobody tells of."""
        deadlines = [flight.deadline for flight in self._flights.values() if flight.deadline is not None]
        return max(0.0, min([_SECONDS_BETWEEN_COUNTS, *(due - time.monotonic() for due in deadlines)]))

    def _attend(self, seconds: float) -> Iterator[Event]:
        """Tells of what has happened, after waiting so long for something to."""
        watched = [self._mailbox.coming, *self._flights]
        if not ray.wait(watched, timeout=seconds)[0]:
            return
        ready, _ = ray.wait(watched, num_returns=len(watched), timeout=0)
        ended = [reference for reference in ready if reference in self._flights]
        if len(ended) < len(ready):
            yield from self._read(self._mailbox.take())
        for reference in ended:
            yield from self._finish(reference)

    def _read(self, mail: Mail | None) -> Iterator[Event]:
        by_number = {flight.number: flight for flight in self._flights.values()}
        if mail is None:  # what has begun meanwhile, nobody knows: the time of all others runs from now
            for flight in by_number.values():
                flight.deadline = flight.deadline or self._deadline()
            return
        for beginning in mail.beginnings:
            if beginning.flight in by_number:
                yield self._started(by_number[beginning.flight], beginning.worker, beginning.token)
        for number, progress in mail.progress.items():
            if number in by_number:
                yield Advanced(by_number[number].key, progress)

    def _started(self, flight: _Flight, worker: str, token: str) -> Started:
        flight.attempt += 1
        flight.last_token = token
        flight.deadline = self._deadline()
        return Started(flight.key, worker, flight.attempt)

    def _deadline(self) -> float | None:
        seconds = self._settings.timeout_seconds
        return None if seconds is None else time.monotonic() + seconds

    def _finish(self, reference: Any) -> Iterator[Event]:
        flight = self._flights[reference]
        try:
            answer: Gave | Raised | None = ray.get(reference)
            failed = None
        except Exception as error:  # noqa: BLE001 -- errors of Ray, and whatever a class does when it is made again
            _LOG.debug("%s: %s", flight.key, error)
            answer, failed = None, failure_of(flight.key, error)
        yield from self._read_what_is_missing(flight, answer)
        del self._flights[reference]
        if failed is not None:
            yield failed
        elif isinstance(answer, Raised):
            _LOG.debug("%s: %s", flight.key, answer.traceback)
            yield Failed(flight.key, "raised", answer.problem)
        elif answer is not None:
            yield Returned(flight.key, answer.value)

    def _read_what_is_missing(self, flight: _Flight, answer: Gave | Raised | None) -> Iterator[Event]:
        """Sees to it that the beginning of a task is told before its end."""

        def is_missing() -> bool:
            return flight.last_token != answer.beginning.token if answer else flight.attempt <= _MAX_RETRIES

        give_up = time.monotonic() + (_SECONDS_FOR_LETTERS if answer else _SECONDS_FOR_LETTERS / 4)
        while is_missing() and (left := give_up - time.monotonic()) > 0:
            if ray.wait([self._mailbox.coming], timeout=left)[0]:
                yield from self._read(self._mailbox.take())
        if answer and is_missing():
            yield self._started(flight, answer.beginning.worker, answer.beginning.token)

    def _end_late_ones(self) -> Iterator[Event]:
        now = time.monotonic()
        late = [ref for ref, flight in self._flights.items() if flight.deadline is not None and flight.deadline <= now]
        for reference in late:
            if ray.wait([reference], timeout=0)[0]:  # whoever takes the events may be late too
                yield from self._finish(reference)
                continue
            flight = self._flights.pop(reference)
            ray.cancel(reference, force=True)
            problem = f"took longer than {self._settings.timeout_seconds:g} s"
            yield Failed(flight.key, "timeout", problem, "give it more time with --timeout")

    def _cancel_all(self) -> None:
        flights, self._flights = self._flights, {}
        if ray.is_initialized():
            for reference in flights:
                ray.cancel(reference, force=True)


_PERFORM: Any = ray.remote(max_calls=0)(perform)
"""Workers are never ended after so many calls, as Ray else does where GPUs are used."""


_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
"""Sums inside torch and BLAS are taken on one thread: their last bits may depend on how many there are."""


def _variables(share: Share) -> dict[str, str]:
    """The environment of workers: threads as the executor `local` gives them, so that results are the same.

    Ray itself says which GPUs a task has, but hides none from one that has none.
    """
    hidden = {} if share.num_gpus else {"CUDA_VISIBLE_DEVICES": ""}
    return {THREADS_VARIABLE: str(share.num_threads), **_ONE_THREAD, **hidden}


def _words(share: Share) -> str:
    words = [f"{share.num_cpus:g} CPUs"]
    if share.num_gpus:
        words.append(f"{share.num_gpus:g} GPUs")
    if share.memory:
        words.append(f"{share.memory / 1e9:g} GB of memory")
    return ", ".join(words)
