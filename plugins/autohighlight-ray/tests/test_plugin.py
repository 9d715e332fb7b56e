"""What the plugin adds to the program, and that it costs nothing where it is not used."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

import autohighlight_ray
from autohighlight.cli import session
from autohighlight.cli.arguments import given_options
from autohighlight.cli.main import build_parser
from autohighlight.cli.session import Session
from autohighlight.discovery import ENTRY_POINT_GROUP
from autohighlight.testing.registered import registered


def test_the_executor_is_registered_by_the_hook() -> None:
    assert registered(autohighlight_ray).executors["ray"] is autohighlight_ray.ray_executor


def test_the_distribution_names_its_module() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    assert project["entry-points"] == {ENTRY_POINT_GROUP: {"ray": "autohighlight_ray"}}
    assert project["version"] == autohighlight_ray.__version__


def parsed(words: list[str]) -> dict[str, Any]:
    with patch.object(session, "load_plugins", lambda *_, **__: registered(autohighlight_ray)):
        return given_options(build_parser(Session()).parse(words))


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        (["--ray-address", "auto"], "address=auto"),
        (["--executor-options", "num_cpus=2", "--ray-address", "auto"], "num_cpus=2,address=auto"),
        (["--ray-address", "auto", "--executor-options", "num_cpus=2"], "address=auto,num_cpus=2"),
        (["--executor-options", "num_cpus=2"], "num_cpus=2"),
    ],
)
def test_the_address_is_one_of_the_settings(words: list[str], settings: str) -> None:
    given = parsed(["batch", "folder", "--executor", "ray", *words])
    assert given == {"executor": "ray", "executor_options": settings}


def test_no_option_where_no_command_is() -> None:
    parser = argparse.ArgumentParser()
    subparsers = parser.add_subparsers()
    autohighlight_ray.autohighlight_register_commands(subparsers)
    assert not subparsers.choices


def test_help_and_listing_import_no_ray() -> None:
    code = (
        "import sys, autohighlight_ray; from autohighlight.testing.registered import run_command\n"
        "assert run_command(['batch', '--help'], autohighlight_ray) == 0\n"
        "assert run_command(['plugins', 'list'], autohighlight_ray) == 0\n"
        "print('ray' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "--ray-address ADDRESS" in done.stdout
    assert done.stdout.splitlines()[-1] == "False"
