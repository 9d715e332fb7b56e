"""Colours commands that stand without a prompt: the lexer of terminal sessions takes them for what commands print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils.nodes import document, literal_block

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def colour(_app: Sphinx, page: document) -> None:
    """Has blocks of the language ``console`` in which no line begins with a prompt coloured as commands."""
    for block in page.findall(literal_block):
        lines = block.astext().splitlines()
        if block.get("language") == "console" and not any(line.startswith("$ ") for line in lines):
            block["language"] = "sh"


def setup(app: Sphinx) -> dict[str, bool]:
    """Looks at each page when it has been read."""
    app.connect("doctree-read", colour)
    return {"parallel_read_safe": True}
