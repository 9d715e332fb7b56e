"""What reads well in the repository and not on the built pages is changed while they are built: two small things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils.nodes import Text, document, literal_block, reference

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def colour_commands(_app: Sphinx, page: document) -> None:
    """Has commands without a prompt coloured as commands: the lexer of ``console`` takes them for what was printed."""
    for block in page.findall(literal_block):
        lines = block.astext().splitlines()
        if block.get("language") == "console" and not any(line.startswith("$ ") for line in lines):
            block["language"] = "sh"


def name_pages(app: Sphinx, page: document, _name: str) -> None:
    """Puts the title in the place of a file name: ``[media.md](media.md)`` reads as *What keeps a reel exact*."""
    titles = {docname.rpartition("/")[2]: title.astext() for docname, title in app.env.titles.items()}
    for link in page.findall(reference):
        for text in list(link.findall(Text)):
            if link.get("internal") and text.endswith(".md") and text.removesuffix(".md") in titles:
                text.parent.replace(text, Text(titles[text.removesuffix(".md")]))


def setup(app: Sphinx) -> dict[str, bool]:
    """Looks at each page when it has been read, and again when its links are known."""
    app.connect("doctree-read", colour_commands)
    app.connect("doctree-resolved", name_pages)
    return {"parallel_read_safe": True}
