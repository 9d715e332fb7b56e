"""The paper's benchmarks and analyses as commands: ``autohighlight benchmark`` and ``autohighlight analyse``.

Importing this imports neither torch nor numpy.
"""

from __future__ import annotations

import argparse

from autohighlight.hookspecs import hookimpl

autohighlight_requires = "1.0"


@hookimpl
def autohighlight_register_commands(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """``analyse`` and ``benchmark``."""
    from autohighlight_research.commands import analyse, benchmark

    analyse.add(subparsers)
    benchmark.add(subparsers)
