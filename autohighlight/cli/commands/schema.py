"""``autohighlight schema``: the published forms of JSON results."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from autohighlight.cli.parser import examples

if TYPE_CHECKING:
    from autohighlight.cli.session import Session

DOCUMENTS = ("highlights", "timeline", "batch")
"""What there is a schema of."""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describes the command."""
    parser = subparsers.add_parser(
        "schema",
        help="print the JSON schema of the JSON output",
        description="Prints the JSON schema (draft 2020-12) of what 'reel --json' and 'score --format json' print "
        "(highlights), of what 'export --to json' writes (timeline), or of the summary.json of 'batch' (batch).",
        epilog=examples(
            ("schema > highlights.schema.json", "keep it, to validate results with"),
            ("schema timeline", "of a timeline as JSON"),
        ),
    )
    parser.add_argument(
        "document",
        metavar="{" + ",".join(DOCUMENTS) + "}",
        nargs="?",
        choices=DOCUMENTS,
        default=DOCUMENTS[0],
        help="of which document (default: highlights)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, session: Session) -> None:
    """Runs the command."""
    from autohighlight import documents
    from autohighlight.batch import summary
    from autohighlight.export import tables

    homes = {"highlights": documents, "timeline": tables, "batch": summary}
    session.emit(homes[arguments.document].schema_text())
