"""Runs programs as they would run on Windows, as far as that can be imitated: see `windows_layer`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

LAYER = Path(__file__).with_name("layer")
REPOSITORY = Path(__file__).resolve().parents[2]


def run_on_windows(words: Sequence[object], root: Path, *, cwd: str = ".") -> subprocess.CompletedProcess[bytes]:
    """Runs Python with these arguments; the files below `root` are as on Windows, the user's own among them.

    Its console has the code page 1252.

    Args:
        words: arguments of Python.
        root: the folder.
        cwd: the working folder, relative to it.
    """
    root = root.resolve()
    paths = [str(LAYER), str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {
        "PYTHONPATH": os.pathsep.join(paths),
        "WINDOWS_LAYER_ROOT": str(root),
        "PYTHONIOENCODING": "cp1252",
        "PYTHONUTF8": "0",
        "PYTHONWARNDEFAULTENCODING": "1",  # the layer makes it an error where the package reads or writes text
        "AUTOHIGHLIGHT_CACHE_DIR": str(root / "user" / "cache"),
        "AUTOHIGHLIGHT_DATA_DIR": str(root / "user" / "data"),
    }
    command = [sys.executable, *map(str, words)]
    return subprocess.run(
        command, cwd=root / cwd, env=os.environ | environment, capture_output=True, timeout=300, check=False
    )
