"""The project of a new plugin: what is written, what is refused, and that it works as it is."""

from __future__ import annotations

import ast
import json
import os
import site
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from autohighlight.cli.commands.plugins import KINDS
from autohighlight.hookspecs import hookspec_version
from tests.cli.conftest import Outcome

Command = Callable[..., Outcome]


@pytest.mark.parametrize("kind", KINDS)
def test_a_project_is_written(kind: str, command: Command, tmp_path: Path) -> None:
    outcome = command("plugins", "new", "my-net", "--kind", kind, "--into", tmp_path)
    assert outcome.code == 0
    project = tmp_path / "autohighlight-my-net"
    assert outcome.out.startswith(f'made {project}; next, in that folder: pip install -e ".[test]", then')
    files = {str(path.relative_to(project)) for path in project.rglob("*") if path.is_file()}
    assert files == {
        ".gitignore",
        "README.md",
        "pyproject.toml",
        "src/autohighlight_my_net/__init__.py",
        "src/autohighlight_my_net/py.typed",
        "tests/test_my_net.py",
    }
    assert len([line for line in outcome.err.splitlines() if line.startswith("wrote ")]) == len(files)
    assert list(tmp_path.iterdir()) == [project]
    about = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))
    assert about["project"]["name"] == "autohighlight-my-net"
    assert about["project"]["entry-points"]["autohighlight"] == {"my-net": "autohighlight_my_net"}
    code = (project / "src/autohighlight_my_net/__init__.py").read_text("utf-8")
    assert f"autohighlight_register_{kind}s(register" in code
    assert f'autohighlight_requires = "{hookspec_version}"' in code
    for path in project.rglob("*"):
        if path.is_file():
            assert "${" not in path.read_text("utf-8")
        if path.suffix == ".py":
            assert ast.get_docstring(ast.parse(path.read_text("utf-8")))


def test_the_name_may_begin_with_that_of_the_program(command: Command, tmp_path: Path) -> None:
    assert command("plugins", "new", "autohighlight-x", "--kind", "scorer", "--into", tmp_path).code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["autohighlight-x"]


def test_the_folder_one_is_in_is_where_it_is_made(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "made autohighlight-x;" in command("plugins", "new", "x", "--kind", "scorer").out


@pytest.mark.parametrize(
    "name", ["", "My-Net", "my_net", "-net", "net-", "my--net", "1net", "../net", "ne t", "n" * 41]
)
def test_what_is_no_name_is_refused(name: str, command: Command, tmp_path: Path) -> None:
    outcome = command("plugins", "new", "--kind", "scorer", "--into", tmp_path, "--", name)
    assert outcome.code == 2
    assert "a plugin cannot be called" in outcome.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("kind", "name"), [("scorer", "fusion"), ("exporter", "edl"), ("backbone", "c3d")])
def test_a_name_that_is_taken_is_refused(kind: str, name: str, command: Command, tmp_path: Path) -> None:
    outcome = command("plugins", "new", name, "--kind", kind, "--into", tmp_path)
    assert outcome.code == 2
    assert f"the {kind} {name!r} is there already" in outcome.err


def test_what_is_there_is_left_alone(command: Command, tmp_path: Path) -> None:
    project = tmp_path / "autohighlight-x"
    project.mkdir()
    outcome = command("plugins", "new", "x", "--kind", "scorer", "--into", tmp_path)
    assert outcome.code == 3
    assert "is there already" in outcome.err
    assert list(tmp_path.iterdir()) == [project]
    assert not list(project.iterdir())


def test_a_folder_that_is_not_there_is_said(command: Command, tmp_path: Path) -> None:
    outcome = command("plugins", "new", "x", "--kind", "scorer", "--into", tmp_path / "none")
    assert outcome.code == 3
    assert "is no folder" in outcome.err


def test_a_kind_that_is_none_is_refused(command: Command) -> None:
    outcome = command("plugins", "new", "x", "--kind", "scorers")
    assert outcome.code == 2
    assert "did you mean scorer?" in outcome.err
    assert "required: --kind" in command("plugins", "new", "x").err


def new_environment(folder: Path) -> Path:
    """A virtual environment that sees the packages of this one, torch above all; gives its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    lines = [f"import site; site.addsitedir({path!r})" for path in site.getsitepackages()]
    (packages / "outer.pth").write_text("\n".join(lines) + "\n")
    return folder / "bin" / "python"


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_it_installs_passes_its_tests_and_is_listed(kind: str, command: Command, tmp_path: Path) -> None:
    assert command("plugins", "new", "my-net", "--kind", kind, "--into", tmp_path).code == 0
    project, python = tmp_path / "autohighlight-my-net", new_environment(tmp_path / "venv")
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

    def run(*words: str | Path) -> str:
        done = subprocess.run(
            [python, *words], cwd=project, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", ".")
    assert " passed" in run("-m", "pytest", "-p", "no:cacheprovider", "-o", "pythonpath=")
    listed = json.loads(run("-m", "autohighlight", "plugins", "list", "--json"))
    plugin = next(each for each in listed["plugins"] if each["name"] == "my-net")
    assert (plugin["source"], plugin["version"], plugin["error"]) == ("autohighlight-my-net", "0.1.0", "")
    assert plugin["names"] == [{"kind": kind, "name": "my-net"}]
