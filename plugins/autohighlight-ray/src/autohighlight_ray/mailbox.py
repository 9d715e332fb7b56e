"""How a task tells from elsewhere that it has begun and how far it is: an actor beside the driver takes the letters.

Ray says when a task is done, and not when it begins. Nothing here can make a task fail: a letter that does not arrive
is missed, and that is all.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from autohighlight.types import Progress

_LOG = logging.getLogger(__name__)

_SECONDS_TO_ARRIVE = 2.0
"""Longest time that the beginning of a task is held up by telling of it."""

_SECONDS_OPEN = 20.0
"""How long the mailbox waits for a letter before it answers that there is none."""


@dataclass(frozen=True)
class Beginning:
    """A worker has taken up a task.

    Args:
        flight: number of the task among those that the driver has handed out.
        worker: its host and process.
        token: tells this try from others of the same task.
    """

    flight: int
    worker: str
    token: str


@dataclass
class Mail:
    """What has come since the mailbox was last emptied.

    Args:
        beginnings: in the order in which they came.
        progress: the last word of each flight.
    """

    beginnings: list[Beginning] = field(default_factory=list)
    progress: dict[int, Progress] = field(default_factory=dict)


class _Mailbox:
    """The actor: an asynchronous one, so that letters come in while the driver waits for them."""

    def __init__(self) -> None:
        self._mail = Mail()
        self._has_mail = asyncio.Event()

    async def begin(self, beginning: Beginning) -> None:
        self._mail.beginnings.append(beginning)
        self._has_mail.set()

    async def advance(self, flight: int, progress: Progress) -> None:
        self._mail.progress[flight] = progress
        self._has_mail.set()

    async def empty(self, patience: float) -> Mail:
        """Gives what is there, and waits for it so many seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._has_mail.wait(), patience)
        mail, self._mail = self._mail, Mail()
        self._has_mail.clear()
        return mail


_ACTOR: Any = ray.remote(_Mailbox)


class Mailbox:
    """The driver's side: makes the actor on the driver's own node, and another should it die.

    Attributes:
        actor: what tasks write to.
        coming: the reference that is ready when there is mail.
    """

    def __init__(self) -> None:
        self._open()

    def _open(self) -> None:
        here: Any = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        self.actor: Any = _ACTOR.options(num_cpus=0, scheduling_strategy=here).remote()
        self.coming: Any = self.actor.empty.remote(_SECONDS_OPEN)

    def take(self) -> Mail | None:
        """Gives the mail that has come, which must be ready; None if all that was there is lost."""
        try:
            mail: Mail = ray.get(self.coming)
        except RayError as error:
            _LOG.debug("the mailbox is lost, and a new one is made: %s", error)
            self._open()
            return None
        self.coming = self.actor.empty.remote(_SECONDS_OPEN)
        return mail

    def close(self) -> None:
        """Ends the actor."""
        ray.kill(self.actor)


class Reporter:
    """A task's side; may be called from any thread, as often as one likes.

    Args:
        mailbox: the actor.
        flight: number of the task.
        interval: least seconds between two letters on progress.
    """

    def __init__(self, mailbox: Any, flight: int, interval: float) -> None:
        self._mailbox = mailbox
        self._flight = flight
        self._interval = interval
        self._next = 0.0
        self._lock = threading.Lock()
        self.beginning = Beginning(flight, f"{socket.gethostname()}:{os.getpid()}", uuid.uuid4().hex)
        self.is_over = False
        """Whether the task is done; a thread that was left behind may not know."""

    def begin(self) -> None:
        """Tells that the task has begun, and waits until that has arrived, so that a crash does not overtake it."""
        try:
            ray.wait([self._mailbox.begin.remote(self.beginning)], timeout=_SECONDS_TO_ARRIVE)
        except Exception:  # noqa: BLE001 -- progress is never worth a task
            _LOG.debug("nobody is told that a task has begun", exc_info=True)

    def __call__(self, progress: Progress) -> None:
        """Passes progress on, unless that would come too soon."""
        now = time.monotonic()
        with self._lock:
            if now < self._next or self.is_over:
                return
            self._next = now + self._interval
        try:
            self._mailbox.advance.remote(self._flight, progress)
        except Exception:  # noqa: BLE001 -- progress is never worth a task
            _LOG.debug("nobody is told how far a task is", exc_info=True)
