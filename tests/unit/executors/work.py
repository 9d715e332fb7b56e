"""What the workers do in the tests of executors."""

from __future__ import annotations

import os
import time
from typing import Any

from autohighlight.types import ProgressCallback


def double(number: int, _progress: ProgressCallback) -> int:
    return 2 * number


def own_pid(_argument: Any, _progress: ProgressCallback) -> int:
    return os.getpid()


def send_signal(number: int, _progress: ProgressCallback) -> None:
    os.kill(os.getpid(), number)
    time.sleep(60)
