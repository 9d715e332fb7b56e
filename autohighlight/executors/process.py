"""A worker of the executor `local` as its parent sees it: a process, what it answers, and how it ended.

Pipes cannot be waited for together on every system, so each worker has two threads here: one hands it its orders, and
one takes its answers and rings a bell that the executor waits for.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from autohighlight.errors import DependencyError
from autohighlight.executors import output
from autohighlight.executors.messages import Answer, Order, Reported, read_greeting, read_message, write_message

_LOG = logging.getLogger(__name__)

_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from autohighlight.executors.worker import main; main()"
)
"""Run with ``-P``, so that no module is taken from the current folder, which may be one of downloaded files."""

_SECONDS_TO_DIE = 5.0
"""Longer than a process takes that is not stuck in the kernel, as on a network file system that is gone."""

_KILLED = -9
"""The exit code of a process that was killed by SIGKILL."""

if sys.platform == "win32":
    # A console of its own, without a window: events of ours, such as Ctrl-C, reach neither it nor what it starts.
    _CREATION_FLAGS = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
else:
    _CREATION_FLAGS = 0

Bell = queue.SimpleQueue["WorkerProcess"]
"""Holds a worker each time when it may have something new to say."""


class WorkerProcess:
    """A process that carries out orders; started at once.

    Args:
        name: of the worker.
        environment: variables that it gets besides this process's.
        bell: rung when there is something to receive.

    Raises:
        DependencyError: the system allows no further process.
    """

    def __init__(self, name: str, environment: Mapping[str, str], bell: Bell) -> None:
        self.name = name
        self.is_there = True
        """Whether it was still there when it was last heard of."""
        self._bell = bell
        self._orders: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
        self._answers: deque[Answer] = deque()
        self._lock = threading.Lock()  # of the answers
        self._threads: list[threading.Thread] = []
        with contextlib.ExitStack() as opened:
            try:
                self._said = opened.enter_context(tempfile.TemporaryFile(prefix="autohighlight-worker-"))
                self._process = _start(self._said.fileno(), {**os.environ, **environment})
            except OSError as error:
                problem = f"no worker process can be started: {error.strerror or error}"
                raise DependencyError(problem, "give fewer --jobs") from error
            opened.pop_all()
        self._attend_to_pipes()

    def _attend_to_pipes(self) -> None:
        """Starts the threads; each closes its pipe, which ends when the process does."""
        for pipe, attend in ((self._process.stdin, self._deliver), (self._process.stdout, self._listen)):
            assert isinstance(pipe, io.FileIO)  # noqa: S101 -- for the type checker; it is asked for without a buffer
            thread = threading.Thread(target=attend, args=(pipe,), name=f"worker {self.name}", daemon=True)
            try:
                thread.start()
            except BaseException:
                self.kill()
                raise
            self._threads.append(thread)

    def send(self, order: Order) -> None:
        """Hands it an order, without waiting; if it has just died, `receive` will tell."""
        self._orders.put(order)

    def _deliver(self, pipe: io.FileIO) -> None:
        with pipe, contextlib.suppress(OSError):  # the process is no more
            while (order := self._orders.get()) is not None:
                write_message(pipe, order)

    def receive(self) -> tuple[list[Answer], bool]:
        """What it has answered since, without waiting, and whether it is still there."""
        with self._lock:
            is_there, answers = self.is_there, list(self._answers)
            self._answers.clear()
        return answers, is_there

    def _listen(self, pipe: io.FileIO) -> None:
        try:
            with pipe, contextlib.suppress(OSError):
                before = read_greeting(pipe)
                if before:
                    _LOG.debug("worker %s wrote while it started: %s", self.name, before.decode("utf-8", "replace"))
                while (answer := read_message(pipe)) is not None:
                    self._keep(answer)
        finally:
            with self._lock:
                self.is_there = False
            self._bell.put(self)

    def _keep(self, answer: Answer) -> None:
        """Keeps an answer until it is received; of reports that nobody takes, only the last."""
        with self._lock:
            if isinstance(answer, Reported) and self._answers and isinstance(self._answers[-1], Reported):
                self._answers.pop()
            self._answers.append(answer)
        self._bell.put(self)

    def kill(self) -> None:
        """Ends it and what it has started; returns before that is done.

        The group's number cannot have been given to others, since nobody has waited for its leader yet. On Windows, the
        process of a virtual environment is a launcher; its interpreter is in a job of the launcher's, and ends with it.
        """
        if sys.platform == "win32":
            self._process.kill()  # and the system ends its job, see `executors.job`
        elif self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a dead group
                os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> tuple[int, str]:
        """Ends it and what it has started, if it still runs.

        How it ended before is not changed by this: a process closes its pipes when its exit code is settled.

        Returns:
            Its exit code, negative for a signal, and the end of what it wrote on standard output and error since its
            last answer.
        """
        self.kill()
        self._orders.put(None)
        try:
            code = self._process.wait(_SECONDS_TO_DIE)
        except subprocess.TimeoutExpired:
            _LOG.warning("worker %s was killed and is still there (process %d)", self.name, self._process.pid)
            code = _KILLED
        for thread in self._threads:
            thread.join(_SECONDS_TO_DIE)
        with self._said:
            return code, output.take(self._said.fileno())


def _start(said: int, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    folders = json.dumps([path or str(Path.cwd()) for path in sys.path])
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _PROGRAM, folders],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=said,
        env=environment,
        start_new_session=True,  # on POSIX, as the flags are on Windows
        creationflags=_CREATION_FLAGS,
    )


_MEMORY, _FATAL = 0xC0000017, 0xC0000000
_WINDOWS_CODES = {
    0xC0000005: "access violation",
    _MEMORY: "no memory",
    0xC000001D: "illegal instruction",
    0xC0000094: "integer division by zero",
    0xC00000FD: "stack overflow",
    0xC000012D: "no memory",  # STATUS_COMMITMENT_LIMIT
    0xC0000135: "a DLL was not found",
    0xC0000142: "a DLL could not be started",
    0xC0000374: "heap corruption",
    0xC0000409: "abort",  # STATUS_STACK_BUFFER_OVERRUN, which abort() of the C library ends with
}
"""What processes end with on Windows, of the NTSTATUS values in MS-ERREF, section 2.3.1."""


def how_it_ended(code: int) -> tuple[str, str]:
    """What to say of a worker that ended by itself, and what to do about it.

    Args:
        code: its exit code; negative for a signal, from 0xC0000000 for an exception of Windows.
    """
    shown, fewer = "run again with -v for what it said last", "run again with fewer --jobs"
    if code >= _FATAL:
        name = _WINDOWS_CODES.get(code, "")
        ended = f"the worker crashed ({name + ', ' if name else ''}code 0x{code:08X})"
        return ended, fewer if name == _WINDOWS_CODES[_MEMORY] else shown
    if code >= 0:
        return f"the worker left with exit code {code}", shown
    try:
        name = f"{signal.Signals(-code).name}, signal {-code}"
    except ValueError:
        name = f"signal {-code}"
    if code == _KILLED:
        return f"the worker was killed ({name}), perhaps for want of memory", fewer
    return f"the worker crashed ({name})", shown
