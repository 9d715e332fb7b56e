"""Sees what is opened and who calls: a folder watched by the kernel, and a listening socket."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_IN_OPEN, _IN_ACCESS = 0x20, 0x01
_EVENT = struct.Struct("iIII")  # see inotify(7)


class Watch:
    """Which files of a folder are opened or read while it lasts, by whatever part of this process or another."""

    def __init__(self, folder: Path) -> None:
        self._descriptor = _LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if _LIBC.inotify_add_watch(self._descriptor, os.fsencode(folder), _IN_OPEN | _IN_ACCESS) < 0:
            raise OSError(ctypes.get_errno(), "inotify_add_watch", str(folder))

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def opened(self) -> set[str]:
        """The names of the files that were, since this was last asked; the folder itself is left out."""
        names = set()
        with contextlib.suppress(BlockingIOError):
            while events := os.read(self._descriptor, 65_536):
                place = 0
                while place < len(events):
                    _, _, _, length = _EVENT.unpack_from(events, place)
                    name = events[place + _EVENT.size : place + _EVENT.size + length].rstrip(b"\0")
                    names.add(os.fsdecode(name))
                    place += _EVENT.size + length
        return names - {""}


class Listener:
    """A port of this computer that nobody has a reason to call."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(0.02)
        self.port: int = self._server.getsockname()[1]
        self._datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._datagrams.bind(("127.0.0.1", self.port))
        self._datagrams.settimeout(0.02)

    def was_called(self) -> bool:
        """Whether somebody has connected or sent something."""
        with contextlib.suppress(TimeoutError):
            self._server.accept()[0].close()
            return True
        with contextlib.suppress(TimeoutError):
            self._datagrams.recv(1)
            return True
        return False

    def close(self) -> None:
        self._server.close()
        self._datagrams.close()


@contextlib.contextmanager
def listening() -> Iterator[Listener]:
    """A port while it lasts."""
    listener = Listener()
    try:
        yield listener
    finally:
        listener.close()
