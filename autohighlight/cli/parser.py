"""The argument parser of every command: errors of one line with a suggestion, and the options that all share."""

from __future__ import annotations

import argparse
import difflib
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from autohighlight.cli.answers import answer_to_command, answer_to_option
from autohighlight.errors import OptionError, printable
from autohighlight.plugins import plugin_with

PROGRAM = "autohighlight"

NO_PLUGINS, PLUGINS_DIR = "--no-plugins", "--plugins-dir"
"""May stand before or after the command."""


class HelpFormatter(argparse.HelpFormatter):
    """Wraps prose to the terminal, at most 100 columns; paragraphs that hold indented lines stay as they are."""

    def __init__(self, prog: str) -> None:
        width = min(100, shutil.get_terminal_size().columns - 2)
        super().__init__(prog, max_help_position=28, width=width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        paragraphs = text.split("\n\n")
        return "\n\n".join(
            paragraph if "\n  " in f"\n{paragraph}" else super(HelpFormatter, self)._fill_text(paragraph, width, indent)
            for paragraph in paragraphs
        )


class Parser(argparse.ArgumentParser):
    """An `argparse.ArgumentParser` that raises `OptionError` in place of printing its usage and leaving."""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("formatter_class", HelpFormatter)
        settings.setdefault("allow_abbrev", False)  # a script that abbreviates breaks when an option is added
        super().__init__(**settings)

    def error(self, message: str) -> NoReturn:
        """Raises what argparse would print.

        Raises:
            OptionError: always.
        """
        raise OptionError(printable(message), f"see {self.prog} --help")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        names = [str(choice) for choice in action.choices]
        is_command = isinstance(action, argparse._SubParsersAction)
        what = "command" if is_command else "/".join(action.option_strings) or action.dest
        said = f"no {what} is called" if is_command else f"{what} cannot be"
        answer = answer_to_command(str(value)) if is_command else None
        hint = answer or plugin_with(what, str(value)) or suggestion(str(value), names)
        raise OptionError(f"{said} {printable(repr(str(value)))}", hint)

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """Reads the command line.

        Raises:
            OptionError: it cannot be meant; the hint names what comes near.
        """
        try:
            arguments, unknown = self.parse_known_args(list(words))
            if unknown:
                self._refuse(unknown[0], getattr(arguments, "parser", self))
        except OptionError as error:
            for word in words:
                if word.startswith("-") and Path(word).exists():
                    raise OptionError(error.problem, f"for the file of that name write ./{printable(word)}") from None
            raise
        return arguments

    @staticmethod
    def _refuse(unknown: str, parser: argparse.ArgumentParser) -> NoReturn:
        help_hint, word = f"see {parser.prog} --help", unknown.partition("=")[0]
        if not word.startswith("-"):
            raise OptionError(f"one argument too many: {printable(unknown)}", help_hint)
        flags = [flag for action in parser._actions for flag in action.option_strings]
        hint = answer_to_option(word) or suggestion(word, flags, otherwise=help_hint)
        raise OptionError(f"no option is called {printable(word)}", hint)


class CommandParser(Parser):
    """The parser of one command: a `Parser` with the options that all commands have."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.set_defaults(parser=self)
        loudness = self.add_mutually_exclusive_group()
        loudness.add_argument(
            "-q", "--quiet", action="store_true", default=argparse.SUPPRESS, help="print nothing but errors"
        )
        loudness.add_argument(
            "-v",
            "--verbose",
            action="store_true",
            default=argparse.SUPPRESS,
            help="also print logs, timings and tracebacks",
        )
        add_plugin_flags(self)

    def format_help(self) -> str:
        """The help page; its first line leaves the options to the lists below."""
        places = [str(a.metavar or a.dest) for a in self._actions if not a.option_strings]
        self.usage = " ".join(["%(prog)s [options]", *places])
        return super().format_help()


def add_plugin_flags(parser: argparse.ArgumentParser) -> None:
    """Adds ``--no-plugins`` and ``--plugins-dir``, which `cli.plugin_choice` has read before there is a parser."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        NO_PLUGINS, action="store_true", default=argparse.SUPPRESS, help="use nothing but what is built in"
    )
    which.add_argument(
        PLUGINS_DIR,
        metavar="FOLDER",
        action="append",
        type=Path,
        default=argparse.SUPPRESS,
        help="use the plugins in this folder's .py files, in place of those in your own folder of plugins",
    )


def suggestion(word: str, names: Iterable[str], *, otherwise: str = "") -> str:
    """``did you mean ...?`` if one of the names is near; else `otherwise`, or the list of all."""
    known = list(names)
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return otherwise or f"there are: {', '.join(known)}"


def examples(*lines: tuple[str, str]) -> str:
    """The end of a help page: each command line with what it does."""
    shown = "\n".join(f"  {PROGRAM} {command}\n      {meaning}" for command, meaning in lines)
    return f"examples:\n{shown}"
