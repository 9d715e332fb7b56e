"""Finds what a docstring names in short: ``Selection`` is `autohighlight.types.Selection` if no other is called so.

What is documented nowhere here, as ``numpy`` or ``Path``, is shown without a link and without complaint: nothing is
fetched while the documentation is built. A name of this package that is not there is a complaint.
"""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING, Any

from sphinx.ext.napoleon.docstring import GoogleDocstring

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


def find(app: Sphinx, env: BuildEnvironment, node: pending_xref, contnode: nodes.Element) -> nodes.Element | None:
    """A link to the one thing whose full name ends so; plain text for other packages' names; None to complain."""
    if node.get("refdomain") != "py":
        return None
    target = str(node["reftarget"]).removeprefix("~").removesuffix("()")
    objects: dict[str, Any] = env.get_domain("py").objects  # type: ignore[attr-defined]
    for name in (target, f"autohighlight.{target}"):
        found = [name] if name in objects else []
        found = found or [known for known in objects if known.endswith(f".{target}")]
        if found:
            break
    if len(found) == 1:
        return env.get_domain("py").resolve_xref(env, node["refdoc"], app.builder, "obj", found[0], node, contnode)
    return None if target.startswith("autohighlight.") and not _is_there(target) else contnode


def _is_there(name: str) -> bool:
    """Whether the package has it, though no page describes it."""
    words = name.split(".")
    for count in range(len(words), 0, -1):
        try:
            thing: object = importlib.import_module(".".join(words[:count]))
        except ImportError:
            continue
        for word in words[count:]:
            if not hasattr(thing, word) and word not in getattr(thing, "__annotations__", {}):
                return False
            thing = getattr(thing, word, None)
        return True
    return False


_HOME = r"~?(?:[a-z_]+\.)*"
_ARRAY = re.compile(rf"{_HOME}ndarray\[{_HOME}tuple\[{_HOME}Any, \.\.\.\], {_HOME}dtype\[{_HOME}(\w+)\]\]")


def written_as_in_the_code(
    _app: Sphinx, _what: str, _name: str, _thing: object, _options: object, arguments: str | None, result: str | None
) -> tuple[str | None, str | None]:
    """A signature with ``NDArray[int64]`` for what Python makes of it."""
    return arguments and _ARRAY.sub(r"NDArray[\1]", arguments), result and _ARRAY.sub(r"NDArray[\1]", result)


def drawn_as_drawn(_app: Sphinx, _what: str, _name: str, _thing: object, _options: object, lines: list[str]) -> None:
    """What a docstring sets apart by indenting, or draws as a tree, becomes a literal block."""
    paragraphs = "\n".join(lines).split("\n\n")
    for number, paragraph in enumerate(paragraphs):
        rows = paragraph.splitlines()
        before = paragraphs[number - 1] if number else ""
        if "├──" in paragraph:
            paragraphs[number] = "::\n\n" + "\n".join(f"    {row}" for row in rows)
        elif rows and all(row.startswith("    ") for row in rows) and not before.lstrip().startswith((":", "..")):
            paragraphs[number] = f"::\n\n{paragraph}"
    lines[:] = "\n\n".join(paragraphs).split("\n")


def _whole_sentence(self: GoogleDocstring) -> tuple[str, list[str]]:
    """Of a property, no type and every line: its types are annotations, and a colon is a colon."""
    return "", list(self._dedent(self._consume_to_end()))


def setup(app: Sphinx) -> dict[str, bool]:
    """Asks for the names that Sphinx does not find by itself; mends what it makes of properties and arrays."""
    GoogleDocstring._consume_inline_attribute = _whole_sentence  # type: ignore[method-assign]
    app.connect("missing-reference", find)
    app.connect("autodoc-process-docstring", drawn_as_drawn)
    app.connect("autodoc-process-signature", written_as_in_the_code)
    return {"parallel_read_safe": True}
