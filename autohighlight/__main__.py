"""``python -m autohighlight`` and the ``autohighlight`` command."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Runs the command line; gives the exit code, or leaves at once if it was interrupted."""
    from autohighlight.cli.main import INTERRUPTED, run  # noqa: PLC0415 -- keeps importing this module free

    code = run(sys.argv[1:])
    if code == INTERRUPTED:
        # Everything is cleaned up; a thread in the middle of a long call would hold up the interpreter's own end.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


if __name__ == "__main__":
    sys.exit(main())
