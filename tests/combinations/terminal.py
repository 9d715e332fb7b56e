"""A program on a pseudo-terminal, so that it draws as it does for people, and Ctrl-C reaches it as theirs does."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_BECOME_ITS_OWN = (
    "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)
"""Run before the program: makes the pseudo-terminal the one that controls it."""

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x07\r]")
_CURSOR = re.compile(r"\x1b\[\?25([hl])")


@dataclass
class Terminal:
    """A running program, and all that it has drawn so far.

    Args:
        process: the program.
        handle: of the side of the terminal where a person sits.
    """

    process: subprocess.Popen[bytes]
    handle: int
    drawn: str = ""
    _rest: bytes = field(default=b"", repr=False)

    @property
    def lines(self) -> list[str]:
        """Every line that was ever drawn, without colours and movements of the cursor."""
        return [_CONTROL.sub("", line).rstrip() for line in re.split(r"\r\n|\n|\r(?=\x1b)", self.drawn)]

    @property
    def shows_cursor(self) -> bool:
        """Whether a person sees the cursor again."""
        moves = _CURSOR.findall(self.drawn)
        return not moves or moves[-1] == "h"

    def press(self, keys: str) -> None:
        """Types something; ``\\x03`` is Ctrl-C."""
        os.write(self.handle, keys.encode())

    def read_until(self, is_enough: Callable[[str], bool], seconds: float = 60.0) -> None:
        """Reads what is drawn until it is enough, or the program ends."""
        deadline = time.monotonic() + seconds
        while not is_enough(self.drawn):
            assert time.monotonic() < deadline, f"nothing for {seconds} s more: {self.drawn[-2000:]}"
            if not self._read():
                return

    def wait(self, seconds: float = 60.0) -> int:
        """Reads until the program ends; gives its exit code."""
        self.read_until(lambda _: False, seconds)
        return self.process.wait(timeout=seconds)

    def _read(self) -> bool:
        ready, _, _ = select.select([self.handle], [], [], 0.2)
        if not ready:
            return self.process.poll() is None
        try:
            data = os.read(self.handle, 65536)
        except OSError:  # Linux says EIO once nobody has the other side open
            return False
        self._rest += data
        text = self._rest.decode("utf-8", "ignore")
        self.drawn += text
        self._rest = b""
        return bool(data)


@contextlib.contextmanager
def on_terminal(
    words: Sequence[str], folder: Path, *, columns: int = 80, environment: Mapping[str, str] | None = None
) -> Iterator[Terminal]:
    """Starts ``python WORDS`` on a terminal; it is killed at the end if it still runs.

    Args:
        words: for the Python interpreter.
        folder: where it runs.
        columns: how wide the terminal is.
        environment: variables beside those of this process.
    """
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-c", _BECOME_ITS_OWN, *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        env={**inherited, "TERM": "xterm-256color", **(environment or {})},
    )
    os.close(theirs)
    terminal = Terminal(process, ours)
    try:
        yield terminal
    finally:
        process.kill()
        process.wait()
        os.close(ours)
