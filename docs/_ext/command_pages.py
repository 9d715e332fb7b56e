"""Writes a page for each command from its parser, before Sphinx reads the pages; nothing of them is kept in git.

What the program's ``--help`` says and what the page says is one text, and a command or an option that is added, by a
plugin too, has its place without anybody's doing.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autohighlight.cli.main import build_parser
from autohighlight.cli.session import Session

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FOLDER = Path("reference") / "commands"
"""Of the pages, under the folder of the documentation."""

SHARED_BY_ALL = ("help", "quiet", "verbose", "no_plugins", "plugins_dir")
"""Options that every command has; they stand last."""


@dataclass(frozen=True)
class Command:
    """One command or subcommand.

    Args:
        words: as typed: ``("autohighlight", "models", "list")``.
        parser: reads its arguments.
        summary: one line, as the list of commands has it.
    """

    words: tuple[str, ...]
    parser: argparse.ArgumentParser
    summary: str

    @property
    def name(self) -> str:
        """As typed."""
        return " ".join(self.words)

    @property
    def page(self) -> str:
        """The page's file name."""
        return "-".join(self.words[1:]) + ".md"


def commands() -> list[Command]:
    """Every command with its subcommands, in the order of help; the program itself is not among them."""
    program = build_parser(Session())
    return list(_below(program, (program.prog,)))


def _below(parser: argparse.ArgumentParser, words: tuple[str, ...]) -> Iterator[Command]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            summaries = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, inner in action.choices.items():
                yield Command((*words, name), inner, summaries.get(name, ""))
                yield from _below(inner, (*words, name))


def page(command: Command, known: list[Command]) -> str:
    """The command's page, in Markdown."""
    parser = command.parser
    below = [other for other in known if other.words[:-1] == command.words]
    parts = [f"# {command.name}", f"```console\n$ {usage(command)}\n```", prose(parser.description or command.summary)]
    if below:
        parts += ["## Commands", command_table(below), page_tree(below)]
    parts.append(f"```{{program}} {command.name}\n```")
    for title, actions in option_groups(parser):
        parts += [f"## {title}", *(option_entry(action, parser) for action in actions)]
    parts += [examples(parser.epilog or "")]
    return "\n\n".join(part for part in parts if part) + "\n"


def usage(command: Command) -> str:
    """The command line in short: options and places, without listing the options."""
    places = [
        str(a.metavar or a.dest) + (" ..." if a.nargs in ("+", "*") else "")
        for a in command.parser._actions
        if not a.option_strings
    ]
    return " ".join([command.name, "[options]", *places])


def command_table(shown: list[Command]) -> str:
    """A table of commands with their summaries, each linked to its page."""
    rows = [f"| [{command.name}]({command.page}) | {prose(command.summary)} |" for command in shown]
    return "\n".join(["| command | what it does |", "|---|---|", *rows])


def page_tree(shown: list[Command], folder: str = "") -> str:
    """The tree that has the commands' pages in the side bar, under their last word."""
    entries = "\n".join(f"{c.words[-1]} <{folder}{c.page.removesuffix('.md')}>" for c in shown)
    return f"```{{toctree}}\n:hidden:\n:maxdepth: 1\n\n{entries}\n```"


def option_groups(parser: argparse.ArgumentParser) -> list[tuple[str, list[argparse.Action]]]:
    """The groups of a help page with what is in them; what every command has comes last."""
    groups: list[tuple[str, list[argparse.Action]]] = []
    shared: list[argparse.Action] = []
    for group in parser._action_groups:
        actions = [
            action
            for action in group._group_actions
            if not isinstance(action, argparse._SubParsersAction) and action.help != argparse.SUPPRESS
        ]
        shared += [action for action in actions if action.dest in SHARED_BY_ALL]
        own = [action for action in actions if action.dest not in SHARED_BY_ALL]
        if own:
            title = (group.title or "options").replace("positional arguments", "arguments")
            groups.append((title[0].upper() + title[1:], own))
    return [*groups, ("Of every command", shared)] if shared else groups


def option_entry(action: argparse.Action, parser: argparse.ArgumentParser) -> str:
    """One option or argument: how it is written, and what help says of it with its default."""
    return f"````{{option}} {', '.join(_spellings(action))}\n{prose(option_text(action, parser))}\n````"


def _spellings(action: argparse.Action) -> list[str]:
    if not action.option_strings:
        return [str(action.metavar or action.dest)]
    value = "" if action.nargs == 0 else f" {action.metavar or action.dest.upper()}"
    return [flag + value for flag in action.option_strings]


def option_text(action: argparse.Action, parser: argparse.ArgumentParser) -> str:
    """What help says of it, with the default added where help leaves it to be guessed."""
    text = parser._get_formatter()._expand_help(action)
    silent = action.default in (None, False, argparse.SUPPRESS) or action.default in ([], ())
    return text if silent or "(default" in text or not action.option_strings else f"{text} (default: {action.default})"


def examples(epilog: str) -> str:
    """The examples at the end of a help page, as a block to copy from."""
    _, found, lines = epilog.partition("examples:\n")
    if not found:
        return prose(epilog)
    lines, _, rest = lines.partition("\n\n")
    shown = re.findall(r"^  (\S.*)\n      (.*)$", lines, re.MULTILINE)
    block = "\n\n".join(f"# {meaning}\n{line}" for line, meaning in shown)
    return f"## Examples\n\n```sh\n{block}\n```\n\n{prose(rest)}".rstrip()


_CODE = re.compile(r"`([^`]+)`|(?<!\w)'((?:autohighlight|pip) [^'`]+|[a-z]+(?: --[^'`]+| [a-z]+)?)'(?!\w)")
"""Commands, in backticks or in quotes."""


def prose(text: str) -> str:
    """Plain text of a help page as Markdown: what stands indented becomes a block, commands become code."""
    paragraphs = []
    for paragraph in filter(None, text.strip().split("\n\n")):
        if all(line.startswith("  ") for line in paragraph.splitlines()):
            paragraphs.append("```text\n" + "\n".join(line[2:] for line in paragraph.splitlines()) + "\n```")
        else:
            paragraphs.append(_inline(" ".join(paragraph.split())))
    return "\n\n".join(paragraphs)


def _inline(text: str) -> str:
    pieces, end = [], 0
    for match in _CODE.finditer(text):
        pieces += [_escaped(text[end : match.start()]), f"`{match[1] or match[2]}`"]
        end = match.end()
    return "".join([*pieces, _escaped(text[end:])])


def _escaped(text: str) -> str:
    escaped = re.sub(r"([\\`*_{}\[\]<>#|$~])", r"\\\1", text)
    return re.sub(r"(?<![\w-])(--?[a-z][\w-]*)", lambda m: f"`{m[1]}`".replace("\\", ""), escaped)


def write_pages(folder: Path) -> list[Path]:
    """Writes all pages into a folder, and takes away those of commands that are gone.

    Args:
        folder: where to; made if it is not there.

    Returns:
        The pages that are there now.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = commands()
    wanted = {folder / command.page: page(command, known) for command in known}
    for stale in set(folder.glob("*.md")) - set(wanted):
        stale.unlink()
    for path, text in wanted.items():
        if not path.is_file() or path.read_text("utf-8") != text:  # else Sphinx would read them all again
            path.write_text(text, "utf-8")
    return sorted(wanted)


def setup(app: Sphinx) -> dict[str, bool]:
    """Has the pages written when a build begins."""
    app.connect("builder-inited", lambda app: write_pages(Path(app.srcdir) / FOLDER) and None)
    return {"parallel_read_safe": True}
