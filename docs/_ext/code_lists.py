"""Directives that list what is in the code: commands, options, hooks and the fields of the JSON schemas."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from command_pages import Command, command_table, commands, page_tree, prose
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

import autohighlight
from autohighlight import hookspecs
from autohighlight.config import Options, option_fields, option_flag

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx


def command_list() -> str:
    """A table of all commands, and the tree that has their pages in the side bar."""
    known = commands()
    top = [command for command in known if len(command.words) == 2]
    table = command_table(top).replace("](", "](commands/")
    return f"{table}\n\n{page_tree(top, 'commands/')}"


def option_list() -> str:
    """Every option of `autohighlight.config`, by stage: name, default, meaning, and the commands that take it."""
    known = commands()
    parts, stage_before = [], ""
    for stage, spec in option_fields():
        if stage != stage_before:
            title = (type(getattr(Options(), stage)).__doc__ or stage).partition(".")[0]
            parts.append(f"## {title}\n\n`autohighlight.config.{type(getattr(Options(), stage)).__name__}`")
            stage_before = stage
        parts.append(f"### `{option_flag(spec.name)}`\n\n{prose(_sentence(spec.metadata['text']))}\n")
        parts.append(f":::{{div}} facts\n{_facts(spec.name, spec.default, spec.metadata)}")
        parts.append(f"Taken by {_takers(spec.name, known)}.\n:::")
    return "\n\n".join(parts)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:].rstrip(".") + "."


def _facts(name: str, default: Any, meta: Mapping[str, Any]) -> str:
    """One line: how it is written in a file and in Python, its default, and what it may be."""
    words = [f"In a file and in Python `{name}`"]
    if default is True or default is False:
        words.append(f"default `{str(default).lower()}`")
    elif default is not None:
        words.append(f"default `{default}`")
    if meta["choices"]:
        words.append("one of " + ", ".join(f"`{choice}`" for choice in meta["choices"]))
    bounds = {"at_least": "at least", "at_most": "at most", "above": "above", "below": "below"}
    words += [f"{said} {meta[key]}" for key, said in bounds.items() if meta[key] is not None]
    words += [] if meta["in_project"] else ["a project's `autohighlight.toml` cannot set it"]
    return "; ".join(words) + "."


def _takers(name: str, known: list[Command]) -> str:
    takers = [
        f"[{' '.join(command.words[1:])}](commands/{command.page})"
        for command in known
        if any(action.dest == name and action.option_strings for action in command.parser._actions)
    ]
    return ", ".join(takers) or "no command; for Python alone"


def hook_list(docs: Path) -> str:
    """Every hook: its signature, its line of documentation, its own page, and the plugins here that use it."""
    parts = ["## Version"]  # text that comes before the first heading would end up behind the last section
    parts += [f"This is version `{hookspecs.hookspec_version}` of the hooks: `autohighlight.hookspec_version`."]
    for name, function in hooks():
        signature = str(inspect.signature(function)).replace("'", "")
        parts.append(f"## `{name}`")
        parts.append(f"```python\n@autohighlight.hookimpl\ndef {name}{signature}: ...\n```")
        parts.append((inspect.getdoc(function) or "").replace("``", "`"))
        parts += [f"More: [its own page](../{page})." for page in _pages_of(name, docs)]
        users = ", ".join(plugins_with(name, docs.parent))
        parts += [f"Used by {users}."] if users else []
    return "\n\n".join(parts)


def hooks() -> Iterator[tuple[str, Any]]:
    """The hooks in the order of their module."""
    for name, thing in vars(hookspecs).items():
        if name.startswith("autohighlight_") and inspect.isfunction(thing):
            yield name, thing


def _pages_of(name: str, docs: Path) -> list[str]:
    short = name.removeprefix("autohighlight_").removeprefix("register_").replace("_", "-")
    places = (f"hooks/{name}.md", f"hooks/{short}.md")
    return [place for place in places if (docs / place).is_file()]


def plugins_with(name: str, root: Path) -> list[str]:
    """Which implement the hook: the built-in ones, and the distributions under ``plugins/``."""
    homes = {"the built-in plugins": root / "autohighlight"}
    homes |= {f"`{folder.name}`": folder for folder in sorted((root / "plugins").glob("*"))}
    return [
        home
        for home, folder in homes.items()
        if any(
            f"def {name}(" in file.read_text("utf-8")
            for file in folder.rglob("*.py")
            if file.name != "hookspecs.py" and "tests" not in file.parts
        )
    ]


def schema_list() -> str:
    """Of every JSON document: a table of its fields, and the schema itself, to fold out."""
    files = sorted(resources.files("autohighlight.schemas").iterdir(), key=lambda file: file.name)
    return "\n\n".join(_schema(file.read_text("utf-8")) for file in files if file.name.endswith(".schema.json"))


def _schema(text: str) -> str:
    schema = json.loads(text)
    rows = [
        f"| `{path}` | {kind} | {'yes' if needed else 'no'} | {said} |" for path, kind, needed, said in _rows(schema)
    ]
    table = "\n".join(["| field | is | always there | meaning |", "|---|---|---|---|", *rows])
    folded = f":::{{dropdown}} The schema itself\n```json\n{text.strip()}\n```\n:::"
    return f"## {schema['title']}\n\n{prose(schema['description'])}\n\n{table}\n\n{folded}"


def _rows(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, bool, str]]:
    def below(node: Mapping[str, Any], path: str) -> Iterator[tuple[str, str, bool, str]]:
        node = resolved(node)
        for name, field in node.get("properties", {}).items():
            inner, place = resolved(field), f"{path}{name}"
            said = prose(field.get("description") or inner.get("description", "")).replace("|", "\\|")
            yield place, _kind(inner), name in node.get("required", ()), said
            yield from below(inner, f"{place}.")
            if "items" in inner:
                yield from below(inner["items"], f"{place}[].")

    def resolved(node: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in node:
            home: Any = schema
            for step in node["$ref"].removeprefix("#/").split("/"):
                home = home[step]
            node = {**home, **{key: value for key, value in node.items() if key != "$ref"}}
        return node

    def _kind(node: Mapping[str, Any]) -> str:
        if "const" in node:
            return f"`{json.dumps(node['const'])}`"
        if "enum" in node:
            return " or ".join(f"`{json.dumps(value)}`" for value in node["enum"])
        if "items" in node:
            return f"array of {_kind(resolved(node['items']))}"
        options = node.get("oneOf") or node.get("anyOf")
        if options:
            return " or ".join(_kind(resolved(option)) for option in options)
        kinds = node.get("type", "any")
        return " or ".join(kinds) if isinstance(kinds, list) else str(kinds)

    yield from below(schema, "")


def public_names() -> str:
    """A table of what can be imported from `autohighlight` itself, each with the first line of its documentation."""
    rows = [
        f"| {{py:obj}}`{name} <autohighlight.{autohighlight._HOMES[name]}.{name}>` | {_first_line(name)} |"
        for name in autohighlight.__all__
    ]
    return "\n".join(["| name | what it is |", "|---|---|", *rows])


def _first_line(name: str) -> str:
    """The first sentence of the documentation of a public name; of a value, of the text that stands below it."""
    thing = getattr(autohighlight, name)
    if inspect.isclass(thing) or inspect.isfunction(thing):
        text = inspect.getdoc(thing) or ""
    else:
        home = f"autohighlight.{autohighlight._HOMES[name]}"
        text = "\n".join(ModuleAnalyzer.for_module(home).find_attr_docs().get(("", name), []))
    return text.partition("\n\n")[0].replace("\n", " ").replace("``", "`").strip().rstrip(".")


LISTS: Mapping[str, Callable[[Path], str]] = {
    "command-list": lambda _docs: command_list(),
    "option-list": lambda _docs: option_list(),
    "public-names": lambda _docs: public_names(),
    "hook-list": hook_list,
    "schema-list": lambda _docs: schema_list(),
}
"""The directives, and the Markdown that each puts in its place; made for the folder of the documentation."""


class _FromCode(SphinxDirective):
    """Puts Markdown that is made from the code in the directive's place."""

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        return self.parse_text_to_nodes(LISTS[self.name](Path(self.env.srcdir)), allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Adds the directives."""
    for name in LISTS:
        app.add_directive(name, _FromCode)
    return {"parallel_read_safe": True}
