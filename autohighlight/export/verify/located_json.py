"""JSON with line numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autohighlight.errors import InputError

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\{|\n', re.DOTALL)


class LocatedJson:
    """A JSON document that knows on which line each of its objects begins.

    Args:
        path: for errors.
        text: the document.

    Attributes:
        root: what it holds.

    Raises:
        InputError: it is no JSON, is nested too deeply, or has an object with one name twice.
    """

    def __init__(self, path: Path, text: str) -> None:
        try:
            self.root: Any = json.loads(text, object_pairs_hook=_without_repetition, parse_constant=_refuse)
        except RecursionError:
            raise InputError(path, "is nested more deeply than any timeline", "name a timeline file") from None
        except ValueError as error:
            raise InputError(path, f"is no JSON: {error}", "name a timeline file") from None
        # Objects begin in the text in the order in which a walk through the document meets them.
        self._lines = {id(value): line for value, line in zip(_objects(self.root), _starts(text), strict=True)}

    def line(self, value: dict[str, Any]) -> int:
        """The line on which an object of the document begins."""
        return self._lines[id(value)]


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("an object has a name twice")
    return value


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
        if isinstance(value, dict | list):
            waiting.extend(reversed(list(value.values()) if isinstance(value, dict) else value))


def _starts(text: str) -> Iterator[int]:
    line = 1
    for token in _TOKEN.finditer(text):
        if token[0] == "\n":
            line += 1
        elif token[0] == "{":
            yield line
