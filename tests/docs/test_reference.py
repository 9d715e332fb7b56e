"""The reference leaves nothing out: every command, option, public name, hook and field is on its page."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import pytest

import autohighlight
from autohighlight.config import option_fields, option_flag
from tests.cli.test_help import all_commands
from tests.pages import ROOT

sys.path.insert(0, str(ROOT / "docs" / "_ext"))

import code_lists
import command_pages

COMMANDS = command_pages.commands()


def test_every_command_has_its_page(tmp_path: Path) -> None:
    (tmp_path / "gone.md").write_text("of a command that is no more", "utf-8")
    written = command_pages.write_pages(tmp_path)
    assert sorted(tmp_path.iterdir()) == written
    assert {page.stem for page in written} == {"-".join(words) for words in all_commands() if words}


def test_pages_that_say_the_same_are_left_alone(tmp_path: Path) -> None:
    before = {page: page.stat().st_mtime_ns for page in command_pages.write_pages(tmp_path)}
    assert {page: page.stat().st_mtime_ns for page in command_pages.write_pages(tmp_path)} == before


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_option_is_on_its_command_s_page_with_its_default(command: command_pages.Command) -> None:
    page = command_pages.page(command, COMMANDS)
    for action in command.parser._actions:
        if isinstance(action, argparse._SubParsersAction) or action.help == argparse.SUPPRESS:
            continue
        for spelling in action.option_strings or [str(action.metavar or action.dest)]:
            assert f"{{option}} {spelling}" in page or f", {spelling}" in page
        assert action.help, action
        is_silent = action.default in (None, False, argparse.SUPPRESS, [], ()) or not action.option_strings
        assert is_silent or "default:" in command_pages.option_text(action, command.parser)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_s_page_has_examples_to_copy(command: command_pages.Command) -> None:
    assert "```sh\n# " in command_pages.page(command, COMMANDS)


def test_every_shared_option_is_on_the_list_of_options_with_a_command_that_takes_it() -> None:
    text = code_lists.option_list()
    for _, spec in option_fields():
        assert f"### `{option_flag(spec.name)}`" in text
        if spec.default is not None and not isinstance(spec.default, bool):
            assert f"`{spec.name}`; default `{spec.default}`" in text
    assert "no command" not in text


def test_every_public_name_is_on_the_list_of_names_with_a_sentence() -> None:
    rows = dict(line.split(" | ", 1) for line in code_lists.public_names().splitlines()[2:])
    for name in autohighlight.__all__:
        (said,) = [text for cell, text in rows.items() if f"`{name} <" in cell]
        assert len(said) > len(" |"), name


def test_every_hook_is_on_the_list_of_hooks_with_its_signature() -> None:
    text = code_lists.hook_list(ROOT / "docs")
    for name, _ in code_lists.hooks():
        section = text.split(f"## `{name}`\n")[1].split("\n## ")[0]
        assert f"def {name}(" in section
        assert "'" not in section.split("```")[1]


def test_who_uses_a_hook_is_said() -> None:
    users = code_lists.plugins_with("autohighlight_register_selection_policies", ROOT)
    assert users[0] == "the built-in plugins"
    assert f"Used by {', '.join(users)}." in code_lists.hook_list(ROOT / "docs")


def test_every_field_of_every_schema_is_on_its_page() -> None:
    text = code_lists.schema_list()
    for file in sorted((ROOT / "autohighlight" / "schemas").glob("*.json")):
        for name in json.loads(file.read_text("utf-8"))["properties"]:
            assert f"| `{name}` |" in text


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("see 'export'", "see `export`"),
        ("'autohighlight train' makes one", "`autohighlight train` makes one"),
        ("one's own", "one's own"),
        ("as --frames-of <N> says", r"as `--frames-of` \<N\> says"),
        ("a_b * c", r"a\_b \* c"),
        ("so:\n\n  {one: 1}\n  two", "so:\n\n```text\n{one: 1}\ntwo\n```"),
        ("", ""),
    ],
)
def test_help_becomes_markdown_that_says_the_same(said: str, written: str) -> None:
    assert command_pages.prose(said) == written
