"""The project and each of its plugins build, and what was built installs and is found by itself."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT, Built, Environment

PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))
PROJECTS = [ROOT, *PLUGINS]

_TEST_FILES = re.compile(r"(^|/)(tests?|test_[^/]*|conftest\.py|golden)(/|$)")


def about(project: Path) -> dict[str, Any]:
    """The ``project`` table of its ``pyproject.toml``."""
    table: dict[str, Any] = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]
    return table


def name_of(project: Path) -> str:
    return str(about(project)["name"])


@pytest.mark.parametrize("project", PLUGINS, ids=name_of)
def test_a_plugin_says_what_it_needs(project: Path) -> None:
    table = about(project)
    assert project.name == table["name"] == f"autohighlight-{project.name.removeprefix('autohighlight-')}"
    assert table["license"] == "Apache-2.0"
    assert table["readme"] == "README.md"
    assert table["requires-python"] == about(ROOT)["requires-python"]
    assert any(re.match(r"autohighlight(\[[\w,-]+\])?>=", needed) for needed in table["dependencies"])
    assert all(re.search(r"[<>=]", needed) for needed in table["dependencies"]), "each has bounds"
    assert table["entry-points"]["autohighlight"], "nobody would find it"
    package = project / "src" / table["name"].replace("-", "_")
    assert (package / "py.typed").is_file()
    assert list((project / "tests").glob("test_*.py"))


def test_every_hook_is_used_by_a_plugin() -> None:
    from autohighlight import hookspecs

    hooks = {name for name in vars(hookspecs) if name.startswith("autohighlight_")}
    sources = [file.read_text("utf-8") for project in PLUGINS for file in (project / "src").rglob("*.py")]
    used = {name for source in sources for name in re.findall(r"@hookimpl\s+def (autohighlight_\w+)", source)}
    assert used == hooks


@pytest.mark.slow
@pytest.mark.parametrize("project", PROJECTS, ids=name_of)
def test_it_builds_and_holds_what_it_should(project: Path, build: Callable[[Path], Built]) -> None:
    built = build(project)
    done = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", str(built.wheel), str(built.sdist)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(built.wheel) as wheel:
        names = wheel.namelist()
    package = name_of(project).replace("-", "_")
    assert f"{package}/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {name.split("/")[0] for name in names} == {package, f"{package}-{about(project)['version']}.dist-info"}
    inside = [name.removeprefix(f"{package}/") for name in names]
    assert [
        name for name in inside if _TEST_FILES.search(name) and not name.startswith(("testing/", "templates/"))
    ] == []
    with tarfile.open(built.sdist) as sdist:
        sources = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE"} <= sources
    assert any(name.startswith("tests/test_") or name.startswith("tests/unit/") for name in sources)


@pytest.mark.slow
def test_the_wheel_of_the_project_holds_its_weights_and_schemas(build: Callable[[Path], Built]) -> None:
    with zipfile.ZipFile(build(ROOT).wheel) as wheel:
        names = wheel.namelist()
    tracked = subprocess.run(["git", "ls-files", "autohighlight"], cwd=ROOT, capture_output=True, text=True, check=True)
    data = {name for name in tracked.stdout.splitlines() if not name.endswith(".py")}
    assert any(name.startswith("autohighlight/selector/weights/") for name in data)
    assert data <= set(names)


@pytest.mark.slow
@pytest.mark.parametrize("project", PROJECTS, ids=name_of)
def test_it_installs_and_is_found_by_itself(
    project: Path,
    build: Callable[[Path], Built],
    new_environment: Callable[[Path], Environment],
    tmp_path: Path,
) -> None:
    environment = new_environment(build(ROOT).wheel.parent)
    environment.run("pip", "install", "--quiet", str(build(project).wheel), cwd=tmp_path)
    package = name_of(project).replace("-", "_")
    where = environment.run("python", "-c", f"import {package}; print({package}.__file__)", cwd=tmp_path).strip()
    assert Path(where).is_relative_to(environment.folder)
    listed = json.loads(environment.run("autohighlight", "plugins", "list", "--json", cwd=tmp_path))
    assert listed["errors"] == []
    found = {plugin["name"] for plugin in listed["plugins"] if plugin["source"] == name_of(project)}
    assert found == set(about(project).get("entry-points", {}).get("autohighlight", {"built in": ""}))
    environment.run("autohighlight", "--help", cwd=tmp_path)
