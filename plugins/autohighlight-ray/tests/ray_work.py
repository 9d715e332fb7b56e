"""What the workers do in the tests; found by name, since this folder is on their path."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from autohighlight.types import Progress, ProgressCallback

_CALLS: list[int] = []


def double(number: int, _progress: ProgressCallback) -> int:
    return 2 * number


def count_calls(_argument: Any, _progress: ProgressCallback) -> tuple[int, int]:
    """The worker, and how often it was called."""
    _CALLS.append(1)
    return os.getpid(), len(_CALLS)


def threads(_argument: Any, _progress: ProgressCallback) -> tuple[str | None, str | None]:
    return os.environ.get("AUTOHIGHLIGHT_THREADS"), os.environ.get("CUDA_VISIBLE_DEVICES")


class UnreadableError(Exception):
    """Cannot be made again from what pickle keeps of it."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one}\n{other}")


def raise_error(argument: Any, _progress: ProgressCallback) -> None:
    raise UnreadableError("one", str(argument))


def leave(code: int, _progress: ProgressCallback) -> None:
    raise SystemExit(code)


def give_what_cannot_travel(_argument: Any, _progress: ProgressCallback) -> Any:
    return threading.Lock()


def send_signal(number: int, _progress: ProgressCallback) -> None:
    os.kill(os.getpid(), number)
    time.sleep(60)


def die_once(mark: Path, _progress: ProgressCallback) -> str:
    """Ends its worker unless there is a mark, which it leaves."""
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), 9)
    return "done"


def start_and_wait(mark: Path, _progress: ProgressCallback) -> None:
    """Starts a program that would outlive the worker, and waits."""
    child = subprocess.Popen(["sleep", "300"])
    mark.write_text(str(child.pid))
    time.sleep(300)


def advance(steps: int, progress: ProgressCallback) -> int:
    for step in range(steps):
        progress(Progress("extract", step, steps))
        time.sleep(0.01)
    return steps


def slow_square(argument: tuple[int, float, str], progress: ProgressCallback) -> int:
    """Leaves a line a try in a file, and takes its time."""
    number, seconds, diary = argument
    with Path(diary).open("a") as file:
        file.write(f"{number} {os.getpid()}\n")
    progress(Progress("extract", 0, 1))
    time.sleep(seconds)
    return number * number
