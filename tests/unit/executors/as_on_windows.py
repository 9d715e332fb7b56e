"""Imported first, a process takes the Windows branches of the local executor: what only POSIX has is gone.

The part of the kernel is imitated: a job is a process that waits until the last handle of the job is closed, and then
ends what is in it. Run in a worker and in its parent.
"""

from __future__ import annotations

import ctypes
import os
import pathlib  # imported before it is said that this is Windows, as all of the standard library has to be
import signal
import subprocess
import sys
import tempfile
from typing import Any

import numpy as np

from autohighlight.executors.job import ExtendedLimits

_ONLY_POSIX = """
    fchmod fork forkpty getegid geteuid getgid getpgid getpgrp getsid getuid killpg mkfifo pread preadv pwrite
    register_at_fork setpgid setsid wait3 wait4
"""
_ONLY_POSIX_MODULES = ("fcntl", "grp", "pwd", "resource", "termios")
_ONLY_POSIX_SIGNALS = "SIGALRM SIGHUP SIGKILL SIGPIPE SIGUSR1 SIGUSR2"

_GUARD = """
import contextlib, os, signal, sys
sys.stdin.read()
with contextlib.suppress(ProcessLookupError):
    os.killpg(int(sys.argv[1]), signal.SIGKILL)
"""


class Kernel32:
    """The functions that make a job, with the checks that Windows makes."""

    class _Function:
        def __init__(self, call: Any) -> None:
            self.call = call

        def __call__(self, *arguments: Any) -> Any:
            return self.call(*arguments)

    def __init__(self) -> None:
        self.CreateJobObjectW = self._Function(lambda _attributes, _name: 17)
        self.GetCurrentProcess = self._Function(lambda: 2**64 - 1)
        self.SetInformationJobObject = self._Function(self._set)
        self.AssignProcessToJobObject = self._Function(self._assign)
        self.ends_on_close = False

    def _set(self, job: int, kind: int, limits: Any, size: int) -> int:
        assert (job, kind, size) == (17, 9, 144)
        assert isinstance(limits._obj, ExtendedLimits)
        self.ends_on_close = limits._obj.basic.limit_flags == 0x2000
        return 1

    def _assign(self, job: int, process: int) -> int:
        assert (job, process, self.ends_on_close) == (17, 2**64 - 1, True)
        guard = [sys.executable, "-c", _GUARD, str(os.getpid())]
        self.guard = subprocess.Popen(guard, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)
        return 1


def become() -> None:
    """Makes this process look like one on Windows."""
    assert pathlib.Path
    assert tempfile.gettempdir()
    assert np.ndarray
    for name in _ONLY_POSIX.split():
        if hasattr(os, name):
            delattr(os, name)
    for name in _ONLY_POSIX_SIGNALS.split():
        delattr(signal, name)
    sys.modules |= dict.fromkeys(_ONLY_POSIX_MODULES)  # type: ignore[arg-type]  # None makes an import fail
    subprocess.Popen.kill = lambda process: process.send_signal(9)  # type: ignore[method-assign]
    kernel = Kernel32()
    ctypes.WinDLL = lambda name, **_: {"kernel32": kernel}[name]  # type: ignore[attr-defined]
    subprocess.CREATE_NEW_PROCESS_GROUP = subprocess.CREATE_NO_WINDOW = 0  # type: ignore[attr-defined]
    sys.platform = "win32"


become()
