"""``autohighlight config``: the options in force and where they come from."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autohighlight.cli.arguments import ALL_STAGES, add_options, layered_options
from autohighlight.cli.parser import examples

if TYPE_CHECKING:
    from autohighlight.cli.session import Session


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describes the command and its two subcommands."""
    parser = subparsers.add_parser(
        "config",
        help="show the options in force and where each comes from",
        description="Options are read, in rising order, from the built-in defaults, the user's file, the project's "
        "file autohighlight.toml in the working folder, the file given by --config, and the command line.\n\nA file "
        'holds one option a line, named as on the command line: duration = "30s"',
        epilog=examples(("config show", "every option, its value and its source"), ("config path", "the files")),
    )
    inner = parser.add_subparsers(title="commands", metavar="COMMAND", dest="subcommand", required=True)
    show = inner.add_parser(
        "show",
        help="print every option with its value and where that comes from",
        description="Prints every option with its value and where that comes from.",
        epilog=examples(
            ("config show", "the options that a run in this folder would use"),
            ("config show --config film.toml --count 5", "the same with a file and an option more"),
        ),
    )
    show.add_argument("--json", action="store_true", help="print JSON")
    add_options(show, ALL_STAGES)
    show.set_defaults(run=run_show)
    path = inner.add_parser(
        "path",
        help="print the files that options are read from",
        description="Prints the files that options are read from, in rising order, and whether each is there.",
        epilog=examples(("config path", "the user's file and the project's file")),
    )
    path.set_defaults(run=run_path)


def run_show(arguments: argparse.Namespace, session: Session) -> None:
    """Runs ``config show``."""
    from rich.text import Text

    from autohighlight.cli.tables import plain_table
    from autohighlight.config import option_fields
    from autohighlight.documents import to_json
    from autohighlight.errors import printable

    layered = layered_options(arguments)
    rows = [
        (spec, layered.options.get(spec.name), layered.sources.get(spec.name, "default")) for _, spec in option_fields()
    ]
    if arguments.json:
        session.emit(to_json({spec.name: {"value": plain(value), "source": source} for spec, value, source in rows}))
        return
    cells = [
        (
            spec.name.replace("_", "-"),
            in_words(spec, value),
            Text(printable(source), style="dim" if source == "default" else "bold"),
        )
        for spec, value, source in rows
    ]
    session.print(plain_table(("option", "value", "from"), cells))


def plain(value: Any) -> str | int | bool | None:
    """An option's value as JSON can hold it: lengths and paths as the words they are written as."""
    return value if value is None or isinstance(value, int) else str(value)


def in_words(spec: dataclasses.Field[Any], value: Any) -> str:
    """An option's value as people read it; where none is set, what its text says of that, else a dash."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        _, _, unset = spec.metadata["text"].partition("(default: ")
        return unset.removesuffix(")") or "-"
    return str(value)


def run_path(_arguments: argparse.Namespace, session: Session) -> None:
    """Runs ``config path``."""
    from autohighlight.cli.tables import plain_table
    from autohighlight.config import PROJECT_FILE, user_config_file

    files = (("user", user_config_file()), ("project", Path(PROJECT_FILE).absolute()))
    rows = [(kind, str(file), "read" if file.is_file() else "not there") for kind, file in files]
    session.print(plain_table(("file", "path", ""), rows))
