"""What the workers do in the tests of executors."""

from __future__ import annotations

import logging
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from autohighlight.types import Progress, ProgressCallback

_LASTING = 60.0


def double(number: int, _progress: ProgressCallback) -> int:
    return 2 * number


def double_slowly(number: int, _progress: ProgressCallback) -> int:
    time.sleep(number / 10)
    return 2 * number


def own_pid(_argument: Any, _progress: ProgressCallback) -> int:
    return os.getpid()


def many_bytes(number: int, _progress: ProgressCallback) -> bytes:
    return bytes(range(250)) * (number // 250)


def environment_of(name: str, _progress: ProgressCallback) -> str | None:
    return os.environ.get(name)


def raise_value_error(message: str, _progress: ProgressCallback) -> None:
    raise ValueError(message)


def leave(code: int, _progress: ProgressCallback) -> None:
    sys.exit(code)


def give_what_cannot_be_pickled(_argument: Any, _progress: ProgressCallback) -> object:
    return lambda: None


class Stubborn:
    """Can be pickled, but not made again."""

    def __reduce__(self) -> tuple[Any, ...]:
        return int, ("no number",)


def give_what_cannot_be_read(_argument: Any, _progress: ProgressCallback) -> object:
    return Stubborn()


def die(how: int | str, _progress: ProgressCallback) -> int:
    """By a signal, or leaving with an exit code."""
    if isinstance(how, str):
        os._exit(int(how))
    os.kill(os.getpid(), how)
    time.sleep(_LASTING)
    return 0


def die_at_first(marker: Path, _progress: ProgressCallback) -> str:
    """Dies unless the marker is there, which it makes."""
    if marker.exists():
        return "alive"
    marker.touch()
    os.kill(os.getpid(), signal.SIGKILL)
    return "never"


def die_in_the_middle_of_an_answer(_argument: Any, _progress: ProgressCallback) -> None:
    import fcntl

    pipes = (number for number in range(3, 100) if Path(f"/proc/self/fd/{number}").readlink().name.startswith("pipe:"))
    answers = next(number for number in pipes if fcntl.fcntl(number, fcntl.F_GETFL) & os.O_WRONLY)
    os.write(answers, struct.pack("!Q", 1000) + b"the beginning")
    os.kill(os.getpid(), signal.SIGKILL)


def die_when_done(_argument: Any, _progress: ProgressCallback) -> int:
    subprocess.Popen(["/bin/sh", "-c", f"sleep 0.2; kill -9 {os.getpid()}"])
    return os.getpid()


def sleep(seconds: float, _progress: ProgressCallback) -> float:
    time.sleep(seconds)
    return seconds


def hang_with_a_child(note: Path, _progress: ProgressCallback) -> None:
    """Writes its number and that of a program that it starts into a file, and hangs."""
    child = subprocess.Popen(["/bin/sleep", str(_LASTING)])
    unfinished = note.with_suffix(".new")
    unfinished.write_text(f"{os.getpid()} {child.pid}")
    unfinished.rename(note)
    time.sleep(_LASTING)


def hang_with_a_grandchild(note: Path, progress: ProgressCallback) -> None:
    """As `hang_with_a_child`, with a program that has started another and has ended."""
    unfinished = note.with_suffix(".new")
    run = [sys.executable, "-c", _START_AND_LEAVE, str(unfinished), str(_LASTING)]
    subprocess.run(run, check=True)
    with unfinished.open("a") as file:
        file.write(f" {os.getpid()}")
    unfinished.rename(note)
    time.sleep(_LASTING)


_START_AND_LEAVE = """
import pathlib, subprocess, sys
pathlib.Path(sys.argv[1]).write_text(str(subprocess.Popen(["/bin/sleep", sys.argv[2]]).pid))
"""


def die_with_a_child_left(note: Path, progress: ProgressCallback) -> None:
    with note.open("a") as file:
        file.write(f"{subprocess.Popen(['/bin/sleep', str(_LASTING)]).pid} ")
    die(signal.SIGSEGV, progress)


def die_with_a_fork_left(_argument: Any, progress: ProgressCallback) -> None:
    """The fork has all that the worker has open, unless somebody closes it there."""
    if os.fork() == 0:
        time.sleep(_LASTING)
        os._exit(0)
    die(signal.SIGKILL, progress)


def report(times: int, progress: ProgressCallback) -> None:
    """Tells of progress a number of times as fast as it can, and once more after a while."""
    for number in range(times):
        progress(Progress("extract", number, times))
    time.sleep(0.5)
    progress(Progress("export", 1, 2, "parts", "nearly"))
    time.sleep(0.5)


def report_and_note(note: Path, progress: ProgressCallback) -> None:
    """Tells of progress for a second, and makes a file."""
    for number in range(100):
        progress(Progress("extract", number, 100))
        time.sleep(0.01)
    note.touch()


def say(text: str, _progress: ProgressCallback) -> None:
    """On both standard streams and in the log."""
    print(text)  # noqa: T201
    print(text.upper(), file=sys.stderr)  # noqa: T201
    logging.getLogger("autohighlight.tests").warning("logged %s", text)


def die_or_double(argument: int | str, progress: ProgressCallback) -> int:
    return die(signal.SIGSEGV, progress) if argument == "die" else double(int(argument), progress)


def hang_with_a_child_or_double(argument: Path | int, progress: ProgressCallback) -> int | None:
    return double(argument, progress) if isinstance(argument, int) else hang_with_a_child(argument, progress)
