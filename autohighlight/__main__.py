"""``python -m autohighlight`` and the ``autohighlight`` command."""

from __future__ import annotations

import sys


def main() -> int:
    """Runs the command line; gives the exit code."""
    from autohighlight.cli.main import run  # noqa: PLC0415 -- keeps `python -c "import autohighlight.__main__"` free

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
