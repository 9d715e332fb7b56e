"""Prints the lowest version of every package that ``pyproject.toml`` lets the program run with, as pip reads them.

The bounds stand in ``pyproject.toml`` alone; packages that tests need besides have the versions of ``constraints.txt``.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

EXTRAS = ("aaf", "remote", "models", "testing")
"""Extras of users; ``docs`` and ``dev`` are of those who work on the project itself."""

READERS = ("s3fs",)
"""What reads addresses for `fsspec`, whose version it has; users install it besides, so ``dev`` names it."""

TOOLS = ("hypothesis", "jsonschema", "lxml", "olefile", "pytest-xdist")

_BOUND = re.compile(r"(?P<package>[\w.-]+(?:\[[\w,]+\])?)>=(?P<lowest>[\w.]+)(?:,<[\w.]+)?")


def lowest(root: Path) -> list[str]:
    """``name==version`` of every direct dependency, at its lower bound."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(each for extra in EXTRAS for each in extras[extra])]
    wanted += [each for each in extras["dev"] if each.startswith(READERS)]
    bounds = {each: _BOUND.fullmatch(each) for each in wanted}
    if without := [each for each, bound in bounds.items() if bound is None]:
        raise SystemExit(f"without a plain lower bound: {', '.join(without)}")
    return [f"{bound['package']}=={bound['lowest']}" for bound in bounds.values() if bound]


def tools(root: Path) -> list[str]:
    """``name==version`` of what only the tests need."""
    pinned = (root / "constraints.txt").read_text("utf-8").splitlines()
    return [line for line in pinned if line.partition("==")[0] in TOOLS]


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[1]
    sys.stdout.write("\n".join(lowest(root) + tools(root)) + "\n")
