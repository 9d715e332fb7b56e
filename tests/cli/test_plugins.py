from __future__ import annotations

import json
from collections.abc import Callable

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
    register("loudest", None)
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
    assert {"kind": "scorer", "name": "loudest", "plugin": "sample"} in listed
    assert {"kind": "scorer", "name": "fusion", "plugin": "built in"} in listed


def test_a_plugin_adds_a_command(command: Command, plugin_module: Install) -> None:
    plugin_module(GREETING)
    assert "greet somebody" in command("--help").out
    assert command("greet", "Ann") == Outcome(4, "hello [b]Ann[/b]\n", "")
    assert command("greet", "Ann", "-q") == Outcome(4, "", "")


def test_a_broken_plugin_stops_what_needs_plugins_and_nothing_else(command: Command, plugin_module: Install) -> None:
    plugin_module("raise ValueError('broken')")
    assert command("--help").code == 0
    assert command("config", "show").code == 0
    outcome = command("plugins", "list")
    assert outcome.code == 1
    assert "cannot be loaded: ValueError('broken')" in outcome.err


def test_a_name_that_is_taken_is_said(command: Command, plugin_module: Install) -> None:
    plugin_module(GREETING.replace('"greet"', '"reel"').replace('"loudest"', '"fusion"'))
    outcome = command("plugins", "list")
    assert outcome.code == 1
    assert "the scorer 'fusion' is registered by both" in outcome.err


def test_a_command_that_is_taken_is_said(command: Command, plugin_module: Install) -> None:
    plugin_module(GREETING.replace('"greet"', '"reel"'))
    outcome = command("plugins", "list")
    assert outcome.code == 1
    assert "the plugin sample cannot add its commands" in outcome.err
