"""``autohighlight doctor``: what was found on this computer and what is missing."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight.cli.parser import examples

if TYPE_CHECKING:
    from rich.text import Text

    from autohighlight.cli.checks import Check
    from autohighlight.cli.session import Session


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describes the command."""
    parser = subparsers.add_parser(
        "doctor",
        help="say what was found on this computer and what is missing",
        description="Looks for all that autohighlight needs: the ffmpeg program and its encoders, PyAV, torch and "
        "its devices, the weights, the cache, the configuration and the plugins. Ends with exit code 0 if the main "
        "job can run, else 1.",
        epilog=examples(("doctor", "one line for each"), ("doctor --json", "the same as JSON, for a report")),
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--config", metavar="FILE", type=Path, help="read defaults from this TOML file as well")
    parser.set_defaults(run=run, shows_plugin_errors=True)


def run(arguments: argparse.Namespace, session: Session) -> int:
    """Runs the command."""
    from autohighlight.cli.checks import examine
    from autohighlight.documents import to_json

    checks = examine(session, arguments.config)
    is_able = all(check.is_ok for check in checks if check.is_required)
    if arguments.json:
        session.emit(to_json({"ok": is_able, "checks": [check.as_dict() for check in checks]}))
    else:
        _print(checks, is_able, session)
    return 0 if is_able else 1


def _print(checks: list[Check], is_able: bool, session: Session) -> None:
    from rich.text import Text

    from autohighlight.cli.tables import plain_table

    rows = [(_mark(check), Text(check.name, style="bold"), _what(check)) for check in checks]
    session.print(plain_table(("", "what", "found"), rows))
    if is_able:
        session.print(Text("The main job can run.", style="green"))
    else:
        missing = ", ".join(check.name for check in checks if check.is_required and not check.is_ok)
        session.print(Text(f"The main job cannot run: see {missing}.", style="bold red"))


def _mark(check: Check) -> Text:
    from rich.text import Text

    if check.is_ok:
        return Text("ok", style="green")
    return Text("missing", style="bold red" if check.is_required else "yellow")


def _what(check: Check) -> Text:
    from rich.text import Text

    from autohighlight.errors import printable

    text = Text(printable(check.found))
    if not check.is_ok and check.remedy:
        text.append(f"\n{printable(check.remedy)}", style="italic")
    return text
