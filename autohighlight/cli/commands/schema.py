"""``autohighlight schema``: the published form of the JSON output."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from autohighlight.cli.parser import examples

if TYPE_CHECKING:
    from autohighlight.cli.session import Session


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describes the command."""
    parser = subparsers.add_parser(
        "schema",
        help="print the JSON schema of the JSON output",
        description="Prints the JSON schema (draft 2020-12) of what 'reel --json' and 'score --format json' print.",
        epilog=examples(("schema > highlights.schema.json", "keep it, to validate results with")),
    )
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace, session: Session) -> None:
    """Runs the command."""
    from autohighlight.cli.documents import schema_text

    session.emit(schema_text())
