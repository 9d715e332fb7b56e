"""What this computer has to give: cores and memory, as far as this process may use them."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator
from pathlib import Path

from autohighlight.errors import OptionError, printable

THREADS_VARIABLE = "AUTOHIGHLIGHT_THREADS"
"""The environment variable that says how many cores to use at most."""

WORKER_VARIABLE = "AUTOHIGHLIGHT_WORKER"
"""The environment variable that tells a worker which of how many it is: ``2/4``."""


def num_cores() -> int:
    """How many cores this process may use.

    Those that it is allowed to run on, bounded by the time that a container is given of them (``cpu.max`` of Linux's
    control groups, version 2), and by the environment variable ``AUTOHIGHLIGHT_THREADS``.

    Raises:
        OptionError: the variable holds no number from 1.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    text = os.environ.get(THREADS_VARIABLE, "")
    if text and not (text.isascii() and text.isdigit() and int(text)):
        raise OptionError(f"{THREADS_VARIABLE} is {printable(text)!r}", "set it to a number from 1, or not at all")
    return min([allowed, *_quotas(), *([int(text)] if text else [])])


def place_among_workers() -> tuple[int, int]:
    """Which worker this process is, from 0, and of how many that share this computer; (0, 1) where it is alone.

    Raises:
        OptionError: the environment variable ``AUTOHIGHLIGHT_WORKER`` says no such thing.
    """
    text = os.environ.get(WORKER_VARIABLE, "1/1")
    place, _, number = text.partition("/")
    if not (place.isdecimal() and number.isdecimal() and 1 <= int(place) <= int(number)):
        raise OptionError(f"{WORKER_VARIABLE} is {printable(text)!r}", "do not set it: it is for workers of a batch")
    return int(place) - 1, int(number)


def available_memory() -> int:
    """Bytes of memory that programs can have now without others being swapped out.

    What the system calls available, bounded by the limit of the control groups that this process is in.
    """
    import psutil  # noqa: PLC0415 -- only a batch asks

    limits = [int(text) for text in _control_group("memory.max") if text.isdigit()]
    return min([int(psutil.virtual_memory().available), *limits])


def _quotas() -> Iterator[int]:
    for text in _control_group("cpu.max"):
        quota, _, period = text.partition(" ")
        if quota.isdigit() and period.isdigit() and int(period):
            yield max(1, math.ceil(int(quota) / int(period)))


def _control_group(name: str, mount: Path = Path("/sys/fs/cgroup")) -> Iterator[str]:
    """What a file says in this process's control group and in those around it."""
    try:
        lines = Path("/proc/self/cgroup").read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        if line.startswith("0::/"):  # version 2; the others are of version 1
            own = mount / line.removeprefix("0::/")
            for folder in (own, *own.parents):
                if folder.is_relative_to(mount):
                    with contextlib.suppress(OSError, UnicodeDecodeError):
                        yield (folder / name).read_text("utf-8").strip()
