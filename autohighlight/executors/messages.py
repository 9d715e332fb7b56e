"""What the executor `local` and its workers say to each other: pickled messages, each after its length.

They pass through pipes and are read by threads that wait for them, since that works the same on every system.
"""

from __future__ import annotations

import io
import pickle
import struct
from dataclasses import dataclass
from typing import Any

from autohighlight.types import Progress

GREETING = b"\0autohighlight worker\0"
"""The first bytes of a worker. What stands before was printed while Python started, by a ``.pth`` file for example."""

_LENGTH = struct.Struct("!Q")


@dataclass(frozen=True)
class Order:
    """To a worker: make a call.

    Args:
        number: of the order; the worker repeats it.
        call: the function and its argument, pickled.
    """

    number: int
    call: bytes


@dataclass(frozen=True)
class Begun:
    """From a worker: the function's module is imported, and the call begins."""

    number: int


@dataclass(frozen=True)
class Reported:
    """From a worker: how far it has come."""

    number: int
    progress: Progress


@dataclass(frozen=True)
class Gave:
    """From a worker: the function's value.

    Args:
        number: of the order.
        value: pickled.
        output: the end of what was written on standard output and error meanwhile.
    """

    number: int
    value: bytes
    output: str = ""


@dataclass(frozen=True)
class Raised:
    """From a worker: an error left the function.

    Args:
        number: of the order.
        problem: its type and message, one line.
        traceback: all that Python says of it.
        output: the end of what was written on standard output and error meanwhile.
    """

    number: int
    problem: str
    traceback: str
    output: str = ""


Answer = Begun | Reported | Gave | Raised


def write_message(pipe: io.FileIO, message: Order | Answer) -> None:
    """Writes a message, and waits until the pipe has all of it.

    Raises:
        OSError: nobody reads at the other end any more.
    """
    content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    left = memoryview(_LENGTH.pack(len(content)) + content)
    while left:
        left = left[pipe.write(left) :]


def read_message(pipe: io.FileIO) -> Any:
    """The next message, waited for; None at the end of the pipe, also where a message breaks off.

    Raises:
        OSError: the pipe cannot be read.
    """
    head = _read(pipe, _LENGTH.size)
    content = None if head is None else _read(pipe, *_LENGTH.unpack(head))
    return None if content is None else pickle.loads(content)  # noqa: S301 -- from our parent, or a worker of ours


def _read(pipe: io.FileIO, num_bytes: int) -> bytearray | None:
    content = bytearray(num_bytes)
    left = memoryview(content)
    while left:
        num_read = pipe.readinto(left)
        if not num_read:
            return None
        left = left[num_read:]
    return content


def read_greeting(pipe: io.FileIO) -> bytes | None:
    """Reads up to and with the greeting; gives what stands before it, or None where the pipe ends first.

    Raises:
        OSError: the pipe cannot be read.
    """
    read = bytearray()
    while not read.endswith(GREETING):
        byte = pipe.read(1)
        if not byte:
            return None
        read += byte
    return bytes(read.removesuffix(GREETING))
