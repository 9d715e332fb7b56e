"""The executor `local`: each task ends once, whatever happens to its worker, and nothing is left behind."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from autohighlight.executors.local import LocalExecutor
from autohighlight.executors.protocol import Event, Failed, Returned, Started, Task
from tests.unit.executors import work


@pytest.fixture
def executor() -> Iterator[LocalExecutor]:
    made = LocalExecutor(2)
    yield made
    made.close()


def tasks(*arguments: Any) -> list[Task]:
    return [Task(f"task {number}", argument) for number, argument in enumerate(arguments)]


def ends(events: Any) -> dict[str, Event]:
    """What became of each task; each ended once."""
    last = [event for event in events if isinstance(event, Returned | Failed)]
    assert len({event.key for event in last}) == len(last)
    return {event.key: event for event in last}


def test_each_task_gives_its_value(executor: LocalExecutor) -> None:
    events = list(executor.run(work.double, tasks(*range(200))))
    assert ends(events) == {f"task {number}": Returned(f"task {number}", 2 * number) for number in range(200)}
    assert {event.worker for event in events if isinstance(event, Started)} == {"1", "2"}


def test_a_worker_that_dies_each_time_fails_its_task_alone(executor: LocalExecutor) -> None:
    events = list(executor.run(work.send_signal, tasks(signal.SIGSEGV)))
    assert events == [
        Started("task 0", "1", 1),
        Started("task 0", "1", 2),
        Failed("task 0", "died", "the worker crashed (SIGSEGV, signal 11)", "run again with -v for what it said last"),
    ]
