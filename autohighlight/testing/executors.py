"""What an executor has to keep to: see `autohighlight.executors.protocol.Executor`."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest

from autohighlight.config import BatchOptions
from autohighlight.executors.protocol import Advanced, Event, Executor, Failed, Returned, Started, Task
from autohighlight.plugins import ExecutorFactory
from autohighlight.types import Progress, ProgressCallback


def double(argument: int, progress: ProgressCallback) -> int:
    """Twice the argument; fails, or its worker dies, for some: see the tests."""
    progress(Progress("work", argument, None))
    if argument == _RAISES:
        raise ValueError("thirteen")
    if argument == _DIES:
        os._exit(1)
    if argument == _TAKES_LONG:
        time.sleep(600)
    return 2 * argument


_RAISES, _DIES, _TAKES_LONG = 13, 17, 19


class ExecutorContract:
    """Tests of an executor; a subclass says in `factory` which.

    Workers import this module, so it has to be where they run.
    """

    def factory(self) -> ExecutorFactory:
        """What the plugin registers."""
        raise NotImplementedError(f"{type(self).__name__} does not say what to test: define factory()")

    @pytest.fixture
    def options(self) -> BatchOptions:
        """What the factory is given."""
        return BatchOptions(jobs=2)

    def test_every_task_ends_once_with_its_value(self, options: BatchOptions) -> None:
        events = self._run(options, range(7))
        assert {event.key: event.value for event in events if isinstance(event, Returned)} == {
            str(number): 2 * number for number in range(7)
        }
        self._check(events, range(7))

    def test_nothing_to_do_is_done_at_once(self, options: BatchOptions) -> None:
        assert self._run(options, []) == []

    def test_an_error_of_the_work_fails_its_task_alone(self, options: BatchOptions) -> None:
        events = self._run(options, [1, _RAISES, 2])
        self._check(events, [1, _RAISES, 2])
        (failed,) = [event for event in events if isinstance(event, Failed)]
        assert (failed.key, failed.cause) == (str(_RAISES), "raised")
        assert "thirteen" in failed.problem, "it does not say what was wrong"

    def test_a_worker_that_dies_fails_its_task_alone(self, options: BatchOptions) -> None:
        events = self._run(options, [1, 2, _DIES, 3, 4])
        self._check(events, [1, 2, _DIES, 3, 4])
        (failed,) = [event for event in events if isinstance(event, Failed)]
        assert (failed.key, failed.cause) == (str(_DIES), "died")

    def test_as_many_tasks_run_at_once_as_were_asked_for(self, options: BatchOptions) -> None:
        with self._executor(options) as executor:
            assert executor.num_workers >= 1
            list(executor.run(double, _tasks(range(5))))

    def test_tasks_are_taken_as_workers_become_free(self, options: BatchOptions) -> None:
        with self._executor(options) as executor:
            events = executor.run(double, (Task(str(n), n) for n in itertools.count(100)))
            ended = (event for event in events if isinstance(event, Returned))
            assert len(list(itertools.islice(ended, 5))) == 5
            _close(events)

    def test_leaving_early_stops_what_is_under_way(self, options: BatchOptions) -> None:
        began = time.monotonic()
        with self._executor(options) as executor:
            events = executor.run(double, _tasks([_TAKES_LONG, _TAKES_LONG]))
            assert any(isinstance(event, Started) for event in events)
            _close(events)
        assert time.monotonic() - began < 300, "it waited for a task that nobody wants any more"

    def test_it_may_run_twice_and_be_closed_twice(self, options: BatchOptions) -> None:
        with self._executor(options) as executor:
            for _ in range(2):
                events = list(executor.run(double, _tasks(range(3))))
                self._check(events, range(3))
        executor.close()

    def _run(self, options: BatchOptions, arguments: Iterable[int]) -> list[Event]:
        with self._executor(options) as executor:
            return list(executor.run(double, _tasks(arguments)))

    @contextmanager
    def _executor(self, options: BatchOptions) -> Iterator[Executor]:
        executor = self.factory()(options)
        try:
            yield executor
        finally:
            executor.close()

    @staticmethod
    def _check(events: list[Event], arguments: Iterable[int]) -> None:
        keys = [str(argument) for argument in arguments]
        ends = [event.key for event in events if isinstance(event, Returned | Failed)]
        assert sorted(ends) == sorted(keys), "not every task ends once"
        for key in keys:
            of_task = [event for event in events if event.key == key]
            assert isinstance(of_task[0], Started), f"task {key} is told of before it was started"
            assert isinstance(of_task[-1], Returned | Failed), f"task {key} is told of after its end"
            attempts = [event.attempt for event in of_task if isinstance(event, Started)]
            assert attempts == list(range(1, len(attempts) + 1)), "tries are counted from 1 on"
            assert all(isinstance(event, Started | Advanced) for event in of_task[:-1])


def _tasks(arguments: Iterable[int]) -> list[Task]:
    return [Task(str(argument), argument) for argument in arguments]


def _close(events: Iterator[Event]) -> None:
    close = getattr(events, "close", None)
    assert close is not None, "the iterator of events cannot be closed: write run() as a generator"
    close()
