"""What the executor `local` and its workers say to each other: pickled messages, each after its length."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from autohighlight.types import Progress

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
    """From a worker: the function's value, pickled."""

    number: int
    value: bytes


@dataclass(frozen=True)
class Raised:
    """From a worker: an error left the function.

    Args:
        number: of the order.
        problem: its type and message, one line.
        traceback: all that Python says of it.
    """

    number: int
    problem: str
    traceback: str


Answer = Begun | Reported | Gave | Raised


def framed(message: Order | Answer) -> bytes:
    """The bytes that are sent."""
    content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(content)) + content


class Frames:
    """Puts messages together again from the pieces in which they arrive; what is incomplete waits for the rest."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, piece: bytes) -> Iterator[Any]:
        """The messages that this piece makes complete."""
        self._bytes += piece
        while len(self._bytes) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._bytes)
            end = _LENGTH.size + length
            if len(self._bytes) < end:
                return
            content = bytes(memoryview(self._bytes)[_LENGTH.size : end])
            del self._bytes[:end]
            yield pickle.loads(content)  # noqa: S301 -- from a process that this one has started, or that started it
