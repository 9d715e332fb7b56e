"""What the pages of documentation tell people to type and to follow."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path

from autohighlight.cli.main import build_parser
from autohighlight.cli.session import Session

ROOT = Path(__file__).resolve().parents[1]

FENCE = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
"""A block of code: its language and its text."""

_COMMAND = re.compile(r"(?:`|^|&& )(?:\$ )?(autohighlight [^`#\n]+)", re.MULTILINE)
_INLINE_LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
_NAMED_LINK = re.compile(r"\]\[([^\]]+)\]")
_LINK_NAME = re.compile(r"^\[([^\]]+)\]: (\S+)$", re.MULTILINE)


def commands(text: str) -> list[str]:
    """Every command line of the program in a page, in blocks and in sentences, each once; a mere name is none."""
    return sorted({found.strip() for found in _COMMAND.findall(text) if len(found.split()) > 2})


def understood(command: str) -> argparse.Namespace:
    """What the program makes of a command line that begins with ``autohighlight``; the parser ends where it cannot."""
    arguments = build_parser(Session()).parse(shlex.split(command)[1:])
    assert callable(arguments.run)
    return arguments


def broken_links(page: Path) -> list[str]:
    """Links of a page that lead nowhere inside, names of links that are not given, and names that no link has."""
    text = page.read_text("utf-8")
    named, names = set(_NAMED_LINK.findall(text)), dict(_LINK_NAME.findall(text))
    targets = [*_INLINE_LINK.findall(text), *names.values()]
    inside = [target for target in targets if not target.startswith(("https://", "http://"))]
    return [target for target in inside if not (page.parent / target).exists()] + sorted(named ^ names.keys())
