"""What the pages of documentation tell people to type and to follow."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autohighlight.cli.main import build_parser
from autohighlight.cli.session import Session

ROOT = Path(__file__).resolve().parents[1]

FENCE = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
"""A block of code: its language and its text."""

_TYPED = re.compile(r"^```(?:\{code-block\} )?console\n(.*?)^```", re.DOTALL | re.MULTILINE)
_COMMAND = re.compile(r"(?:`|^|&& )(?:\$ )?(autohighlight [^`#\n]+)", re.MULTILINE)
_ANY_FENCE = re.compile(r"^(?P<fence>`{3,}|:{3,}).*?^(?P=fence)[ ]*$", re.DOTALL | re.MULTILINE)
_INLINE_LINK = re.compile(r"\]\(([^)\s]+)\)")
_NAMED_LINK = re.compile(r"\]\[([^\]]+)\]")
_LINK_NAME = re.compile(r"^\[([^\]]+)\]: (\S+)$", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def pages() -> list[Path]:
    """Every page that is kept in the repository; those that are made from the code when it is built are not."""
    made = (ROOT / "docs" / "_build", ROOT / "docs" / "reference" / "commands")
    found = [page for page in (ROOT / "docs").rglob("*.md") if not any(page.is_relative_to(folder) for folder in made)]
    top = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    return [*top, *sorted(found)]


def name_of(page: Path) -> str:
    """How tests call a page."""
    return str(page.relative_to(ROOT))


def commands(text: str) -> list[str]:
    """Every command line of the program in a page, in blocks and in sentences, each once; a mere name is none."""
    return sorted({found.strip() for found in _COMMAND.findall(text) if len(found.split()) > 2})


@dataclass(frozen=True)
class TypedLine:
    """One command line of a block of the language ``console``: what a reader is told to type."""

    page: Path
    text: str

    @property
    def program(self) -> str:
        """Its first word."""
        return self.text.split()[0]


def typed_lines(page: Path) -> Iterator[TypedLine]:
    """What a page tells people to type, in its order, without prompts and remarks.

    Where a block has prompts, what stands without one is what the commands print.
    """
    for body in _TYPED.findall(page.read_text("utf-8")):
        lines = body.replace("\\\n", " ").splitlines()
        prompted = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        for line in prompted or lines:
            command = re.sub(r"\s+#.*$|^#.*$", "", line).strip()
            yield from (TypedLine(page, part.strip()) for part in command.split("&&") if part.strip())


def blocks(page: Path, language: str) -> list[str]:
    """The blocks of a page that are in one language."""
    return [body for kind, body in FENCE.findall(page.read_text("utf-8")) if kind == language]


def understood(command: str) -> argparse.Namespace:
    """What the program makes of a command line that begins with ``autohighlight``; the parser ends where it cannot."""
    arguments = build_parser(Session()).parse(shlex.split(command)[1:])
    assert callable(arguments.run)
    return arguments


def anchors(page: Path) -> set[str]:
    """What a link to a heading of a page may end in, as GitHub and MyST both make it."""
    text = _ANY_FENCE.sub("", page.read_text("utf-8"))
    plain = (re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", heading).lower() for heading in _HEADING.findall(text))
    return {re.sub(r"[^\w\- ]", "", heading).strip().replace(" ", "-") for heading in plain}


def broken_links(page: Path) -> list[str]:
    """Links of a page that lead nowhere inside, names of links that are not given, and names that no link has."""
    text = re.sub(r"`[^`\n]+`", "", _ANY_FENCE.sub("", page.read_text("utf-8")))
    named, names = set(_NAMED_LINK.findall(text)), dict(_LINK_NAME.findall(text))
    targets = [*_INLINE_LINK.findall(text), *names.values()]
    inside = [target for target in targets if not target.startswith(("https://", "http://", "mailto:"))]
    return [target for target in inside if not _leads_somewhere(page, target)] + sorted(named ^ names.keys())


def _leads_somewhere(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    there = (page.parent / path) if path else page
    return there.exists() and (not anchor or there.suffix != ".md" or anchor in anchors(there))
