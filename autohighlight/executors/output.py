"""What a worker writes on its standard output and error: a temporary file, of which the end is kept."""

from __future__ import annotations

import os

_BYTES_SHOWN = 8192


def take(descriptor: int) -> str:
    """The end of what was written to a file since this was last asked; the file is empty afterwards.

    The worker, what it starts and its parent share one place in the file, on every system. So it is asked by the
    worker itself between two tasks, and by its parent when the worker has ended.

    Raises:
        OSError: it is no file, or cannot be read.
    """
    size = os.lseek(descriptor, 0, os.SEEK_END)
    os.lseek(descriptor, max(0, size - _BYTES_SHOWN), os.SEEK_SET)
    text = os.read(descriptor, _BYTES_SHOWN).decode("utf-8", "replace")
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return text.strip()
