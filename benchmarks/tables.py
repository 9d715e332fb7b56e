"""What is printed first, and tables as Markdown has them."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shlex
import sys
from collections.abc import Sequence

import autohighlight


def print_provenance() -> None:
    """The command, and the versions that it ran with."""
    print("$", shlex.join(["python", os.path.relpath(sys.argv[0]), *sys.argv[1:]]))
    versions = [f"autohighlight {autohighlight.__version__}"]  # which need not be installed
    versions += [f"{name} {importlib.metadata.version(name)}" for name in ("torch", "numpy")]
    print(", ".join([f"Python {platform.python_version()}", *versions, platform.machine(), f"{os.cpu_count()} cores"]))


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """The first row is the heading; every row has as many cells."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for number, row in enumerate(rows):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")
        if number == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
