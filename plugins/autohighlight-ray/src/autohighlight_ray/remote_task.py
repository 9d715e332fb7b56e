"""What a worker of Ray does with one task, and what it answers."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Any

from autohighlight.executors.protocol import Work
from autohighlight.executors.worker import one_line
from autohighlight_ray.mailbox import Beginning, Reporter


@dataclass(frozen=True)
class Gave:
    """The function has given a value.

    Args:
        beginning: of the try that did.
        value: what it gave.
    """

    beginning: Beginning
    value: Any


@dataclass(frozen=True)
class Raised:
    """An error has left the function; as text, since it may be of a class that cannot be made again elsewhere.

    Args:
        beginning: of the try in which it did.
        problem: the error on one line.
        traceback: with where it came from.
    """

    beginning: Beginning
    problem: str
    traceback: str


def perform(work: Work, argument: Any, flight: int, mailbox: Any, interval: float) -> Gave | Raised:
    """Calls a function and gives what comes of it.

    Args:
        work: the function.
        argument: what it is called with.
        flight: number of the task, for letters.
        mailbox: the actor that takes them.
        interval: least seconds between two of them.
    """
    reporter = Reporter(mailbox, flight, interval)
    reporter.begin()
    try:
        return Gave(reporter.beginning, work(argument, reporter))
    except BaseException as error:  # noqa: BLE001 -- the driver is told of it
        return Raised(reporter.beginning, one_line(error), traceback.format_exc())
    finally:
        reporter.is_over = True
