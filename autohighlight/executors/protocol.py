"""What an executor is: it runs one function on many arguments somewhere, and tells what becomes of each.

An executor knows neither videos nor highlights. The function is at the top level of a module, so that a worker on this
machine or another finds it by name; its argument and its value are pickled. The function gives a value whatever is
wrong with a video, so an error that leaves it is a fault of the program. What an executor answers for is the rest: a
worker that dies, as by a segmentation fault in a decoder, a task that takes too long, and work that is shared fairly.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from autohighlight.types import Progress, ProgressCallback

Work = Callable[[Any, ProgressCallback], Any]
"""``work(argument, progress) -> value``: a function at the top level of a module."""


@dataclass(frozen=True)
class Task:
    """One call of the function.

    Args:
        key: names it; no two tasks of a run have the same.
        argument: pickled, small: a path, never the bytes of a video.
    """

    key: str
    argument: Any


@dataclass(frozen=True)
class Started:
    """A worker has taken up a task; told again for each further try.

    Args:
        key: of the task.
        worker: names the worker as long as it lives: ``1``, or ``node-3:17``.
        attempt: counts from 1.
    """

    key: str
    worker: str
    attempt: int = 1


@dataclass(frozen=True)
class Advanced:
    """How far a task has come; may be left out, and comes as often as is fit to be shown."""

    key: str
    progress: Progress


@dataclass(frozen=True)
class Returned:
    """A task is done, and this is what the function gave."""

    key: str
    value: Any


@dataclass(frozen=True)
class Failed:
    """A task came to nothing, after as many tries as it is due.

    Args:
        key: of the task.
        cause: ``died``: its worker did, each time; ``timeout``: it took longer than allowed, and its worker was ended;
            ``raised``: an error left the function.
        problem: what happened, one line, as ``the worker was killed (signal 9), perhaps for want of memory``.
        hint: what to do about it, one line or empty.
    """

    key: str
    cause: Literal["died", "timeout", "raised"]
    problem: str
    hint: str = ""


Event = Started | Advanced | Returned | Failed


class Executor(Protocol):
    """Runs tasks; made by an `ExecutorFactory`, and closed by whoever asked for it.

    Attributes:
        num_workers: how many tasks run at once at most.
    """

    num_workers: int

    def run(self, work: Work, tasks: Iterable[Task]) -> Generator[Event, None, None]:
        """Runs every task and tells of each in the order in which things happen.

        Each task ends in just one `Returned` or `Failed`, whatever happens to workers. Tasks are taken from the
        iterable as workers become free, so it may be long or slow, and memory does not grow with it. Workers live on
        until `close`, so that what the function keeps in its module, as a network, is loaded once a worker. Closing
        the iterator early stops the tasks under way.
        """
        ...

    def close(self) -> None:
        """Ends the workers and whatever they have started, at once; may be called twice."""
        ...
