from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from autohighlight.config import user_data_dir
from autohighlight.hookspecs import hookspec_version
from tests.cli.conftest import Outcome

Command = Callable[..., Outcome]
Install = Callable[[str], None]

GREETING = """
from autohighlight.hookspecs import hookimpl

@hookimpl
def autohighlight_register_commands(subparsers):
    parser = subparsers.add_parser("greet", help="greet somebody")
    parser.add_argument("name")
    parser.set_defaults(run=greet)

def greet(arguments, session):
    session.print(f"hello [b]{arguments.name}[/b]")
    return 4

@hookimpl
def autohighlight_register_scorers(register):
    register("loudest", print)
"""


def test_list_names_everything_by_kind(command: Command) -> None:
    rows = [tuple(line.split("  ")[0::1]) for line in command("plugins", "list").out.splitlines()]
    words = [" ".join(" ".join(row).split()) for row in rows]
    assert "backbone efficientnet-lite0 built in" in words
    assert "scorer fusion built in" in words
    assert "selection policy budget built in" in words
    assert "exporter reel built in" in words


def test_list_as_json_names_the_plugin(command: Command, plugin_module: Install) -> None:
    plugin_module(GREETING)
    listed = json.loads(command("plugins", "list", "--json").out)
    assert listed["hookspec_version"] == hookspec_version
    assert {"kind": "scorer", "name": "loudest", "plugin": "sample"} in listed["names"]
    assert {"kind": "scorer", "name": "fusion", "plugin": "built in"} in listed["names"]
    assert {"built in", "sample"} <= {plugin["name"] for plugin in listed["plugins"]}
    assert listed["errors"] == []


def test_list_says_where_a_plugin_is_from(command: Command, plugin_module: Install) -> None:
    plugin_module(GREETING)
    out = command("plugins", "list").out
    assert re.search(r"^sample +1\.2 +sample-plugin +commands, scorers *$", out, re.MULTILINE)


def test_info_says_all_that_is_known(command: Command, plugin_module: Install) -> None:
    plugin_module(f'"""Greets people."""\n{GREETING}')
    for name in ("sample", "sample-plugin"):
        lines = command("plugins", "info", name).out.splitlines()
        assert [line.split(maxsplit=1) for line in lines] == [
            ["name", "sample"],
            ["kind", "distribution"],
            ["source", "sample-plugin"],
            ["version", "1.2"],
            ["summary", "Greets people."],
            ["hooks", "autohighlight_register_commands, autohighlight_register_scorers"],
            ["scorer", "loudest"],
        ]
    document = json.loads(command("plugins", "info", "sample", "--json").out)
    assert document["names"] == [{"kind": "scorer", "name": "loudest"}]
    assert "backbone" in command("plugins", "info", "built in").out


def test_info_of_an_unknown_plugin_suggests_one(command: Command, plugin_module: Install) -> None:
    plugin_module(GREETING)
    outcome = command("plugins", "info", "sampel")
    assert outcome.code == 2
    assert "no plugin is called 'sampel'\n       did you mean sample?" in outcome.err


def test_a_plugin_adds_a_command(command: Command, plugin_module: Install) -> None:
    plugin_module(GREETING)
    assert "greet somebody" in command("--help").out
    assert command("greet", "Ann") == Outcome(4, "hello [b]Ann[/b]\n", "")
    assert command("greet", "Ann", "-q") == Outcome(4, "", "")


BROKEN = "raise ValueError('broken')"


def test_a_broken_plugin_is_said_once_and_left_out(command: Command, plugin_module: Install) -> None:
    without = command("--help")
    plugin_module(BROKEN)
    outcome = command("config", "path")
    assert outcome.code == 0
    warning = "the plugin 'sample' of sample-plugin cannot be loaded: ValueError('broken') (update or remove it)"
    assert outcome.err == f"warning: {warning}\n"
    assert command("config", "path", "-q").err == ""
    assert command("--help") == without


def test_the_commands_about_plugins_say_it_in_their_own_way(command: Command, plugin_module: Install) -> None:
    plugin_module(BROKEN)
    outcome = command("plugins", "list")
    assert outcome.code == 0
    assert re.search(r"^sample .* left out *$", outcome.out, re.MULTILINE)
    assert outcome.err.count("ValueError") == 1
    outcome = command("plugins", "info", "sample")
    assert "error    the plugin 'sample' of sample-plugin cannot be loaded: ValueError('broken')" in outcome.out
    assert outcome.err == ""
    (error,) = json.loads(command("plugins", "list", "--json").out)["errors"]
    assert "ValueError" in error["problem"]


def test_verbose_shows_where_a_plugin_fails(command: Command, plugin_module: Install) -> None:
    plugin_module(BROKEN)
    for words in (("plugins", "info", "sample", "-v"), ("config", "path", "-v")):
        assert 'sample_plugin.py", line 1, in <module>' in command(*words).err


def test_a_command_that_a_broken_plugin_would_bring_says_so(command: Command, plugin_module: Install) -> None:
    plugin_module(GREETING + BROKEN)
    outcome = command("greet", "Ann")
    assert outcome.code == 2
    assert "warning: the plugin 'sample' of sample-plugin cannot be loaded" in outcome.err
    assert "error: no command is called 'greet'" in outcome.err


def test_a_scorer_that_a_broken_plugin_would_bring_says_so(
    command: Command, plugin_module: Install, video: Path
) -> None:
    plugin_module(GREETING + BROKEN)
    outcome = command("score", video, "--scorer", "loudest")
    assert outcome.code == 2
    assert "no scorer is called 'loudest'" in outcome.err
    assert "it is of a plugin that was left out, of which 'autohighlight plugins list' says why: sample" in outcome.err


def test_a_name_that_is_built_in_stays_what_it_is(command: Command, plugin_module: Install) -> None:
    plugin_module(GREETING.replace('"loudest"', '"fusion"'))
    outcome = command("plugins", "list")
    assert outcome.code == 0
    assert re.search(r"^scorer +fusion +built in", outcome.out, re.MULTILINE)
    assert "the scorer 'fusion' is registered by both" in outcome.err


def test_a_command_that_is_taken_stays_what_it_is(command: Command, plugin_module: Install) -> None:
    plugin_module(GREETING.replace('"greet"', '"reel"'))
    outcome = command("plugins", "list")
    assert outcome.code == 0
    assert "the plugin sample cannot add its commands" in outcome.err
    assert "usage: autohighlight reel [options] VIDEO" in command("reel", "--help").out


def test_of_a_plugin_that_fails_midway_no_command_is_left(command: Command, plugin_module: Install) -> None:
    plugin_module(GREETING.replace("set_defaults(run=greet)", "set_defaults(run=gret)"))
    assert "greet somebody" not in command("--help").out
    outcome = command("greet", "Ann")
    assert outcome.code == 2
    assert "the plugin sample cannot add its commands: NameError" in outcome.err


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir(mode=0o755)
    (folder / "hello.py").write_text(GREETING)
    (folder / "hello.py").chmod(0o644)
    return folder


def test_a_folder_of_plugins_may_be_named_before_or_after_the_command(command: Command, folder: Path) -> None:
    greeted = Outcome(0, "hello [b]Ann[/b]\n", "")
    assert command("--plugins-dir", folder, "greet", "Ann") == dataclasses.replace(greeted, code=4)
    assert command("greet", "Ann", f"--plugins-dir={folder}") == dataclasses.replace(greeted, code=4)
    assert command("greet", "Ann").code == 2
    assert command("greet", "--", "Ann", f"--plugins-dir={folder}").code == 2


def test_the_users_folder_of_plugins(command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOHIGHLIGHT_PLUGINS_DIR", str(folder))
    assert command("greet", "Ann").code == 4
    assert command("greet", "Ann", "--no-plugins").code == 2
    monkeypatch.delenv("AUTOHIGHLIGHT_PLUGINS_DIR")
    own = user_data_dir() / "plugins"
    own.parent.mkdir(parents=True, exist_ok=True)
    folder.rename(own)
    assert command("greet", "Ann").code == 4


def test_no_plugins_leaves_out_all_that_are_not_built_in(command: Command, plugin_module: Install) -> None:
    plugin_module(BROKEN)
    for words in (["--no-plugins", "plugins", "list"], ["plugins", "list", "--no-plugins"]):
        outcome = command(*words)
        assert (outcome.code, outcome.err) == (0, "")
        assert "\nsample " not in outcome.out


def test_which_plugins_must_be_meant(command: Command, folder: Path) -> None:
    outcome = command("plugins", "list", "--no-plugins", "--plugins-dir", folder)
    assert outcome.code == 2
    assert "exclude each other" in outcome.err
    outcome = command("plugins", "list", "--plugins-dir", folder / "none")
    assert outcome.code == 2
    assert "is no folder" in outcome.err
    assert "expected one argument" in command("plugins", "list", "--plugins-dir").err
