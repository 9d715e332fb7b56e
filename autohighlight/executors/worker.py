"""A worker of the executor `local`: takes orders, one after the other, and answers them.

It is a fresh interpreter that imports what its orders name, and nothing of the program that started it. Orders come by
its standard input, and answers go by its standard output: two pipes, which every system has. Whatever else reads or
writes there gets an empty input, and the file of standard error.

It leads a process group of its own, on Windows a job, so Ctrl-C does not reach it, and what it starts ends with it.
When its standard input ends, its parent has gone, however that came; then it ends itself.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import logging
import os
import pickle
import queue
import signal
import sys
import threading
import time
import traceback
from typing import NoReturn

from autohighlight.errors import printable
from autohighlight.executors import output
from autohighlight.executors.job import lead_job
from autohighlight.executors.messages import (
    GREETING,
    Answer,
    Begun,
    Gave,
    Order,
    Raised,
    Reported,
    read_message,
    write_message,
)
from autohighlight.types import Progress

_LOG = logging.getLogger(__name__)

_SECONDS_BETWEEN_REPORTS = 0.2


def main() -> NoReturn:
    """Works until standard input ends."""
    orders, answers, said = _take_standard_streams()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)  # whoever ends a worker alone means it to end
    faulthandler.enable()
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    try:
        lead_job()
    except OSError as error:
        _LOG.warning("what this worker starts may outlive it: %s", error)
    answers.write(GREETING)
    todo: queue.SimpleQueue[Order] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(orders, todo), name="orders", daemon=True).start()
    outbox = Outbox(answers)
    while True:
        carry_out(todo.get(), outbox, said)


def _take_standard_streams() -> tuple[io.FileIO, io.FileIO, int]:
    """The pipes of orders and answers, and a descriptor of the file of standard error.

    None is inherited by what this process starts; a fork gives the pipes up, else the end of the worker would not be
    seen while the fork lives.
    """
    orders, answers = io.FileIO(os.dup(0), "r"), io.FileIO(os.dup(1), "w")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # whatever the system's encoding is
    if sys.platform != "win32":
        os.register_at_fork(after_in_child=orders.close)
        os.register_at_fork(after_in_child=answers.close)
    return orders, answers, os.dup(2)


def _listen(orders: io.FileIO, todo: queue.SimpleQueue[Order]) -> None:
    """Takes orders also while one is carried out, since that is how the parent's end is noticed."""
    try:
        while (order := read_message(orders)) is not None:
            todo.put(order)
    finally:
        end_at_once()


def end_at_once() -> NoReturn:
    """Ends this process, with all that it has started if it leads a process group or a job."""
    if sys.platform != "win32" and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


class Outbox:
    """Sends answers, from any thread.

    Args:
        answers: the pipe to the parent.
    """

    def __init__(self, answers: io.FileIO) -> None:
        self._answers = answers
        self._lock = threading.Lock()
        self._reports: queue.Queue[Reported] = queue.Queue(maxsize=1)
        threading.Thread(target=self._send_reports, name="reports", daemon=True).start()

    def send(self, answer: Answer) -> None:
        """Sends an answer, and waits until it is on its way."""
        with self._lock:
            try:
                write_message(self._answers, answer)
            except OSError:  # nobody is there who could want it
                end_at_once()

    def try_to_send(self, report: Reported) -> None:
        """Sends a report without waiting for it; leaves it out while the one before is not on its way."""
        with contextlib.suppress(queue.Full):
            self._reports.put_nowait(report)

    def _send_reports(self) -> None:
        while True:
            self.send(self._reports.get())


class Reporter:
    """Tells how far an order has come, a few times a second.

    Args:
        number: of the order.
        outbox: takes the reports.
    """

    def __init__(self, number: int, outbox: Outbox) -> None:
        self._number = number
        self._outbox = outbox
        self._next = 0.0
        self.is_over = False
        """Whether the order is done; a thread that was left behind may not know."""

    def __call__(self, progress: Progress) -> None:
        """Passes it on, unless that would come too soon or need waiting."""
        now = time.monotonic()
        if now >= self._next and not self.is_over:
            self._next = now + _SECONDS_BETWEEN_REPORTS
            total = None if progress.total is None else float(progress.total)
            plain = Progress(progress.stage, float(progress.done), total, progress.unit, progress.note)
            self._outbox.try_to_send(Reported(self._number, plain))


def carry_out(order: Order, outbox: Outbox, said: int) -> None:
    """Makes the call that an order asks for, and sends what comes of it.

    Args:
        order: what to do.
        outbox: takes the answers.
        said: a descriptor of the file that standard output and error go to.
    """
    reporter = Reporter(order.number, outbox)
    value, problem, trace = b"", "", ""
    try:
        work, argument = pickle.loads(order.call)  # noqa: S301 -- from the process that started this one
        outbox.send(Begun(order.number))
        value = pickle.dumps(work(argument, reporter), pickle.HIGHEST_PROTOCOL)
    except BaseException as error:  # noqa: BLE001 -- the parent is told of it
        problem, trace = one_line(error), traceback.format_exc()
    reporter.is_over = True
    text = _written(said)
    outbox.send(Raised(order.number, problem, trace, text) if problem else Gave(order.number, value, text))


def _written(said: int) -> str:
    """What was written on standard output and error; nothing where a full disk or a plugin has prevented it."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    with contextlib.suppress(OSError):
        return output.take(said)
    return ""


def one_line(error: BaseException) -> str:
    """An error's type and message."""
    lines = traceback.format_exception_only(error)
    return printable("".join(lines).strip().replace("\n", " "))
