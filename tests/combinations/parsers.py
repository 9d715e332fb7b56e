"""The commands as the parser has them, so that a new command or option is tried without being named here."""

from __future__ import annotations

import argparse
import functools
from collections.abc import Iterator

from autohighlight.cli.main import build_parser
from autohighlight.cli.session import Session
from autohighlight.discovery import PluginSources


@functools.cache
def parsers() -> dict[str, argparse.ArgumentParser]:
    """The parser of every command that does something, by its words: ``reel``, ``config show``."""

    def below(parser: argparse.ArgumentParser, words: str) -> Iterator[tuple[str, argparse.ArgumentParser]]:
        inner = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
        if not inner:
            yield words, parser
        for action in inner:
            for name, chosen in action.choices.items():
                yield from below(chosen, f"{words} {name}".strip())

    return dict(below(build_parser(Session(PluginSources())), ""))


def flags_of(parser: argparse.ArgumentParser) -> set[str]:
    """Every spelling of every option of a command."""
    return {flag for action in parser._actions for flag in action.option_strings}
