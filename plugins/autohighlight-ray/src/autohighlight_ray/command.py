"""The option ``--ray-address``: a shorter way to write ``--executor-options address=...``."""

from __future__ import annotations

import argparse

from autohighlight.cli.arguments import Joined


def add_address(batch: argparse.ArgumentParser) -> None:
    """Adds the option to the command `batch`; it becomes one of the settings of the executor."""
    batch.add_argument_group("Ray", "with --executor ray").add_argument(
        "--ray-address",
        dest="executor_options",
        metavar="ADDRESS",
        action=Joined,
        prefix="address=",
        default=argparse.SUPPRESS,
        help="the cluster: HOST:PORT of its head, auto for the one that this computer belongs to, or local for this "
        "computer alone (default: the environment variable RAY_ADDRESS, or local)",
    )
