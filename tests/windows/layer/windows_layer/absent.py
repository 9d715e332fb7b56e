"""What Python has on POSIX alone, taken away from the package under test; and the little that it has on Windows alone.

Source: the availability notes in Python's documentation of `os`, `signal`, `socket`, `select`, `time`, `subprocess`.
"""

from __future__ import annotations

import builtins
import ctypes
import errno
import fcntl
import os
import platform
import re
import select
import signal
import socket
import subprocess
import sys
import time
import types
from collections.abc import Mapping
from typing import Any

PACKAGE = "autohighlight"

_MODULES = {
    "crypt", "curses", "fcntl", "grp", "nis", "posix", "pty", "pwd", "readline", "resource", "spwd", "syslog",
    "termios", "tty",
}  # fmt: skip

_NAMES = {
    os: r"""
        O_(?!(APPEND|BINARY|CREAT|EXCL|RDONLY|RDWR|TRUNC|WRONLY)$).*|sched_.*|SCHED_.*|posix_.*|POSIX_.*
        |set(?!env$|_inheritable$).*|get(?!_exec_path$|_handle_inheritable$|_inheritable$|_terminal_size$|cwdb?$|envb?$
        |login$|pid$|ppid$).*|W(?!_OK$).*|wait(?!pid$|status_to_exitcode$).*|fork.*|pidfd_.*|memfd_.*|eventfd.*|EFD_.*
        |MFD_.*|ST_.*|RTLD_.*|PRIO_.*|XATTR_.*|GRND_.*|chroot|l?chown|confstr|copy_file_range|ctermid|f(chdir|chmod|chown
        |datasync|pathconf|statvfs)|initgroups|killpg|listxattr|lockf|major|makedev|minor|mk(fifo|nod)|nice|openpty
        |pathconf|pipe2|p(read|write)v?|readv|register_at_fork|removexattr|sendfile|splice|statvfs|sync|sysconf|tc[gs].*
        |ttyname|uname|unshare|writev
    """,
    signal: r"""
        SIG(?!(ABRT|FPE|ILL|INT|SEGV|TERM|_DFL|_IGN)$)[A-Z_].*|ITIMER_.*|pthread_.*|sig(?!nal$).*|setitimer|getitimer
        |alarm|pause
    """,
    socket: r"""
        MSG_(?!(OOB|PEEK|DONTROUTE|WAITALL|TRUNC|CTRUNC)$).*|AF_(?!(INET|INET6|UNSPEC)$).*|CMSG_.*|SCM_.*|SO_REUSEPORT
        |send_fds|recv_fds
    """,
    select: "e?poll|E?POLL.*",
    time: "tzset|pthread_.*|clock_.*|CLOCK_.*",
}
"""By module: what is not there."""

_BREAK = 21
_VALUES: Mapping[types.ModuleType, Mapping[str, object]] = {
    sys: {"platform": "win32"},
    os: {"name": "nt"},
    signal: {"SIGBREAK": _BREAK},
}
"""By module: what is something else."""


def is_ours(depth: int = 2) -> bool:
    """Whether the code `depth` frames up is of the package under test."""
    name = sys._getframe(depth).f_globals.get("__name__") or ""
    return name == PACKAGE or name.startswith(f"{PACKAGE}.")


def install() -> None:
    """Takes away what Windows does not have, and adds what it has."""
    for module in {**_NAMES, **_VALUES}:
        pattern = re.compile(re.sub(r"\s", "", _NAMES.get(module, "")))
        _hide(module, {name for name in vars(module) if pattern.fullmatch(name)}, _VALUES.get(module, {}))
    _hide_modules()
    _refuse_signals()
    _start_programs_as_windows()
    plain_system = platform.system
    platform.system = lambda: "Windows" if is_ours() else plain_system()
    ctypes.WinDLL = lambda _name, **_options: _Kernel()  # type: ignore[attr-defined]
    sys.modules["msvcrt"] = _msvcrt()


def _hide(module: types.ModuleType, names: set[str], instead: Mapping[str, object]) -> None:
    """Makes names missing, or something else, for the package, and leaves them to all others (PEP 562)."""
    kept = {name: vars(module).pop(name) for name in names | set(instead) if name in vars(module)}

    def missing(name: str) -> Any:
        if name in kept and not is_ours():
            return kept[name]
        if name in instead and is_ours():
            return instead[name]
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}", name=name, obj=module)

    vars(module)["__getattr__"] = missing


def _hide_modules() -> None:
    plain_import = builtins.__import__

    def import_(name: str, *arguments: Any, **options: Any) -> types.ModuleType:
        if name in _MODULES and is_ours():
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return plain_import(name, *arguments, **options)

    builtins.__import__ = import_


def _refuse_signals() -> None:
    plain_signal = signal.signal
    known = {signal.SIGABRT, signal.SIGFPE, signal.SIGILL, signal.SIGINT, signal.SIGSEGV, signal.SIGTERM, _BREAK}

    def signal_(number: int, handler: Any) -> Any:
        if number not in known and is_ours():
            raise ValueError("invalid signal value")
        return plain_signal(number, handler)

    signal.signal = signal_


_LONGEST_COMMAND = 32_766  # characters: lpCommandLine of CreateProcessW


def _start_programs_as_windows() -> None:
    """Windows refuses what only a fork can do, and long command lines; it takes flags of its own."""
    plain_init = subprocess.Popen.__init__

    def init(self: subprocess.Popen[Any], args: Any, *arguments: Any, **options: Any) -> None:
        options.pop("creationflags", None)
        if options.get("preexec_fn") is not None or options.get("pass_fds"):
            raise ValueError("preexec_fn and pass_fds are not supported on Windows platforms")
        is_text = options.get("text") or options.get("universal_newlines")
        if is_text and options.get("encoding") is None and any(map(is_ours, (2, 3, 4))):
            raise EncodingWarning(f"what {args} writes is read without an encoding")
        words = [args] if isinstance(args, str | bytes | os.PathLike) else args
        if len(subprocess.list2cmdline([os.fspath(word) for word in words])) > _LONGEST_COMMAND:
            raise FileNotFoundError(errno.ENOENT, "The filename or extension is too long")
        plain_init(self, args, *arguments, **options)

    subprocess.Popen.__init__ = init  # type: ignore[method-assign]
    for number, name in enumerate(("CREATE_NEW_PROCESS_GROUP", "CREATE_NO_WINDOW", "DETACHED_PROCESS")):
        setattr(subprocess, name, 1 << number)


class _Kernel:
    """Of ``kernel32``: functions that succeed and do nothing."""

    def __getattr__(self, name: str) -> Any:
        function = type(name, (), {"__call__": lambda _self, *_arguments: 1})()
        setattr(self, name, function)
        return function


def _msvcrt() -> types.ModuleType:
    """Locks of whole files, all that is needed of the module; each handle has its own, as on Windows."""
    module = types.ModuleType("msvcrt")

    def locking(descriptor: int, mode: int, _num_bytes: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_UN if mode == 0 else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PermissionError(errno.EACCES, "Permission denied") from None

    vars(module).update(locking=locking, LK_UNLCK=0, LK_LOCK=1, LK_NBLCK=2, LK_RLCK=3, LK_NBRLCK=4)
    return module
