"""Options that may stand several times on a command line."""

from __future__ import annotations

import argparse

from autohighlight.cli.arguments import Joined, given_options
from autohighlight.cli.main import build_parser
from autohighlight.cli.session import Session


def test_settings_of_an_executor_are_joined() -> None:
    words = ["batch", "folder", "--executor-options", "a=1,b=2", "--executor-options", "c=3"]
    assert given_options(build_parser(Session()).parse(words)) == {"executor_options": "a=1,b=2,c=3"}


def test_options_of_plugins_may_add_to_them() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--options", action=Joined, dest="options")
    parser.add_argument("--address", action=Joined, prefix="address=", dest="options")
    assert parser.parse_args(["--options", "a=1", "--address", "head:1"]).options == "a=1,address=head:1"
    assert parser.parse_args(["--address", "head:1", "--options", "a=1"]).options == "address=head:1,a=1"
    assert parser.parse_args([]).options is None
