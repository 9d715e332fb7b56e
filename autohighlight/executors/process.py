"""A worker of the executor `local` as its parent sees it: a process, what it answers, and how it ended."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from autohighlight.errors import DependencyError
from autohighlight.executors.messages import Answer, Frames, Order, framed
from autohighlight.executors.worker import PIECE

_LOG = logging.getLogger(__name__)

_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[2]); "
    "from autohighlight.executors.worker import main; main(int(sys.argv[1]))"
)
"""Run with ``-P``, so that no module is taken from the current folder, which may be one of downloaded files."""

_SECONDS_TO_DIE = 5.0
"""Longer than a process takes that is not stuck in the kernel, as on a network file system that is gone."""

_BYTES_SHOWN = 8192


class WorkerProcess:
    """A process that carries out orders; started at once.

    Args:
        name: of the worker.
        environment: variables that it gets besides this process's.

    Raises:
        DependencyError: the system allows no further process.
    """

    def __init__(self, name: str, environment: Mapping[str, str]) -> None:
        self.name = name
        self._frames = Frames()
        with contextlib.ExitStack() as opened:
            try:
                self._said = opened.enter_context(tempfile.TemporaryFile(prefix="autohighlight-worker-"))
                self.channel, theirs = map(opened.enter_context, socket.socketpair())
                self._process = _start(theirs.fileno(), self._said.fileno(), {**os.environ, **environment})
            except OSError as error:
                problem = f"no worker process can be started: {error.strerror or error}"
                raise DependencyError(problem, "give fewer --jobs") from error
            opened.pop_all()
        theirs.close()

    @property
    def pid(self) -> int:
        """Of the process, and of the group of all that it starts."""
        return self._process.pid

    def send(self, order: Order) -> None:
        """Hands it an order; if it has just died, `receive` will tell."""
        with contextlib.suppress(ConnectionError):
            self.channel.sendall(framed(order))

    def receive(self) -> tuple[list[Answer], bool]:
        """What it has answered since, without waiting, and whether it is still there."""
        answers: list[Answer] = []
        while True:
            try:
                piece = self.channel.recv(PIECE, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return answers, True
            except ConnectionError:
                piece = b""
            if not piece:
                return answers, False
            answers.extend(self._frames.feed(piece))

    def take_what_it_said(self) -> str:
        """The end of what it has written on its standard output and error since this was last asked."""
        handle = self._said.fileno()
        size = os.fstat(handle).st_size
        text = os.pread(handle, _BYTES_SHOWN, max(0, size - _BYTES_SHOWN)).decode("utf-8", "replace")
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)  # for the worker too, which has inherited the very same place in the file
        return text.strip()

    def kill(self) -> None:
        """Ends it and what it has started; returns before that is done.

        The group's number cannot have been given to others, since nobody has waited for its leader yet.
        """
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a dead group
                os.killpg(self.pid, signal.SIGKILL)

    def end(self) -> int:
        """Ends it and what it has started, if it still runs; gives its exit code, negative for a signal.

        How it ended before is not changed by this: a process closes its socket when its exit code is settled.
        """
        self.kill()
        self.channel.close()
        try:
            code = self._process.wait(_SECONDS_TO_DIE)
        except subprocess.TimeoutExpired:
            _LOG.warning("worker %s was killed and is still there (process %d)", self.name, self.pid)
            code = -signal.SIGKILL
        self._said.close()
        return code


def _start(descriptor: int, output: int, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    folders = json.dumps([path or str(Path.cwd()) for path in sys.path])
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _PROGRAM, str(descriptor), folders],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=[descriptor],
        start_new_session=True,
        env=environment,
    )


def how_it_ended(code: int) -> tuple[str, str]:
    """What to say of a worker that ended by itself, and what to do about it.

    Args:
        code: its exit code, negative for a signal.
    """
    shown = "run again with -v for what it said last"
    if code >= 0:
        return f"the worker left with exit code {code}", shown
    try:
        name = f"{signal.Signals(-code).name}, signal {-code}"
    except ValueError:
        name = f"signal {-code}"
    if code == -signal.SIGKILL:
        return f"the worker was killed ({name}), perhaps for want of memory", "run again with fewer --jobs"
    return f"the worker crashed ({name})", shown
