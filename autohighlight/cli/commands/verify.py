"""``autohighlight verify``: what is wrong with timeline files, whoever wrote them."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight.cli.arguments import add_options, layered_options
from autohighlight.cli.parser import examples

if TYPE_CHECKING:
    from autohighlight.cli.session import Session
    from autohighlight.errors import InputError
    from autohighlight.export.verify import Finding

FOUND = 1
"""Exit code where something is wrong; notes of what could not be checked do not count."""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describes the command."""
    parser = subparsers.add_parser(
        "verify",
        help="check timeline files against the media they name",
        description="Reads timeline files again, of this program or another, and checks them against the media that "
        "they name: ranges, frame grids, timecode, rates, sound, links, URLs. Each finding names the line. The format "
        "is told by the content; docs/verify.md says what is checked of each. 'export' does the same after writing, "
        "and compares with the highlights as well. Exit code 0: nothing is wrong; 1: something is; 3: "
        "a file could not be read.",
        epilog=examples(
            ("verify cut.fcpxml", "say what is wrong with it, by line"),
            ("verify *.edl *.xml --json", "several, as JSON"),
        ),
    )
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="the timeline files")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_options(parser, (), only=("limits",))
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, session: Session) -> int:
    """Runs the command."""
    from autohighlight.errors import InputError
    from autohighlight.export.verify import verify_file

    limits = layered_options(arguments).options.extract.limits
    found: dict[Path, list[Finding]] = {}
    unreadable: dict[Path, InputError] = {}
    for path in dict.fromkeys(arguments.files):
        try:
            found[path] = verify_file(path, limits=limits)
        except InputError as error:  # the others are checked all the same
            unreadable[path] = error
            session.report(error)
            continue
        if not arguments.json:
            _print(path, found[path], session)
    if arguments.json:
        _emit(found, unreadable, session)
    if unreadable:
        return InputError.exit_code
    return FOUND if any(finding.severity != "note" for findings in found.values() for finding in findings) else 0


def _print(path: Path, findings: Sequence[Finding], session: Session) -> None:
    from autohighlight.errors import printable

    name = printable(path)
    for finding in findings:
        where = f"{name}:{finding.line}" if finding.line else name
        session.print(f"{where}: {finding.severity}: {finding.element}: {finding.problem}")
        if finding.remedy:
            session.print(f"    {finding.remedy}")
    session.print(f"{name}: {_summary(findings)}")


def _summary(findings: Sequence[Finding]) -> str:
    """``2 errors, 1 note``."""
    from autohighlight.export.verify import SEVERITIES

    counts = [(sum(finding.severity == severity for finding in findings), severity) for severity in SEVERITIES]
    words = [f"{count} {severity}{'' if count == 1 else 's'}" for count, severity in counts if count]
    return ", ".join(words) or "nothing is wrong"


def _emit(found: Mapping[Path, Sequence[Finding]], unreadable: Mapping[Path, InputError], session: Session) -> None:
    from autohighlight.documents import to_json

    documents: list[dict[str, object]] = [
        {"file": str(path), "findings": [dataclasses.asdict(finding) for finding in findings]}
        for path, findings in found.items()
    ]
    documents += [{"file": str(path), "error": error.problem} for path, error in unreadable.items()]
    session.emit(to_json(documents))
