"""Which processes there are, from what ``/proc`` tells."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path


def status_of(pid: int) -> tuple[str, int]:
    """The state of a process and its parent; ``X`` and 0 where it is no more."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return "X", 0
    return fields[0], int(fields[1])


def children_of(pid: int) -> list[int]:
    """The processes that a process has started; zombies count."""
    parents = {int(path.name): status_of(int(path.name)) for path in Path("/proc").glob("[0-9]*")}
    return [child for child, (_, parent) in parents.items() if parent == pid]


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    return status_of(pid)[0] not in {"X", "Z"}


def still_running(pids: Iterable[int], seconds: float) -> list[int]:
    """Those that run on after a time, which is not waited for where none does."""
    deadline = time.monotonic() + seconds
    left = list(pids)
    while (left := [pid for pid in left if is_running(pid)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def wait_for(path: Path, seconds: float = 20.0) -> str:
    """The content of a file that is about to be there."""
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not come"
        time.sleep(0.02)
    return path.read_text("utf-8")
