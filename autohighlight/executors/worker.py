"""A worker of the executor `local`: takes orders from a socket, one after the other, and answers them.

It is a fresh interpreter that imports what its orders name, and nothing of the program that started it. It leads a
session of its own, so Ctrl-C does not reach it, and whatever it starts can be ended with it. When the socket closes,
its parent has gone, however that came; then it ends itself and all that it has started.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import pickle
import queue
import signal
import socket
import sys
import threading
import time
import traceback
from typing import NoReturn

from autohighlight.errors import printable
from autohighlight.executors.messages import Answer, Begun, Frames, Gave, Order, Raised, Reported, framed
from autohighlight.types import Progress

PIECE = 1 << 18
"""Most bytes taken from a socket at once."""

_SECONDS_BETWEEN_REPORTS = 0.2


def main(descriptor: int) -> NoReturn:
    """Works until the other end of a socket is closed.

    Args:
        descriptor: of the socket.
    """
    channel = socket.socket(fileno=descriptor)
    channel.set_inheritable(False)
    os.register_at_fork(after_in_child=channel.close)  # else a worker's end would not be seen while that one lives
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)  # whoever ends a worker alone means it to end
    faulthandler.enable()
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(channel, orders), name="orders", daemon=True).start()
    outbox = Outbox(channel)
    while True:
        carry_out(orders.get(), outbox)


def _listen(channel: socket.socket, orders: queue.SimpleQueue[Order]) -> None:
    """Takes orders also while one is carried out, since that is how the parent's end is noticed."""
    frames = Frames()
    try:
        while piece := channel.recv(PIECE):
            for order in frames.feed(piece):
                orders.put(order)
    finally:
        end_own_group()


def end_own_group() -> NoReturn:
    """Ends this process at once, with all that it has started if it leads a group of its own."""
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


class Outbox:
    """Sends answers, from any thread.

    Args:
        channel: a connected socket.
    """

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._lock = threading.Lock()

    def send(self, answer: Answer) -> None:
        """Sends an answer, and waits until it is on its way."""
        content = framed(answer)
        with self._lock:
            self._send(content)

    def try_to_send(self, answer: Answer) -> None:
        """Sends a small answer if that needs no waiting; leaves it out otherwise."""
        content = framed(answer)
        if self._lock.acquire(blocking=False):
            try:
                with contextlib.suppress(BlockingIOError):
                    sent = self._channel.send(content, socket.MSG_DONTWAIT)
                    self._send(content[sent:])
            except ConnectionError:
                end_own_group()
            finally:
                self._lock.release()

    def _send(self, content: bytes) -> None:
        try:
            self._channel.sendall(content)
        except OSError:  # nobody is there who could want it
            end_own_group()


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


def carry_out(order: Order, outbox: Outbox) -> None:
    """Makes the call that an order asks for, and sends what comes of it."""
    reporter = Reporter(order.number, outbox)
    answer: Gave | Raised
    try:
        work, argument = pickle.loads(order.call)  # noqa: S301 -- from the process that started this one
        outbox.send(Begun(order.number))
        answer = Gave(order.number, pickle.dumps(work(argument, reporter), pickle.HIGHEST_PROTOCOL))
    except BaseException as error:  # noqa: BLE001 -- the parent is told of it
        answer = Raised(order.number, one_line(error), traceback.format_exc())
    reporter.is_over = True
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # the disk is full, or a plugin has closed it
            stream.flush()
    outbox.send(answer)


def one_line(error: BaseException) -> str:
    """An error's type and message."""
    lines = traceback.format_exception_only(error)
    return printable("".join(lines).strip().replace("\n", " "))
