from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from autohighlight.config import option_fields, user_config_file
from tests.cli.conftest import Outcome

Command = Callable[..., Outcome]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Three files that overrule one another."""
    monkeypatch.chdir(tmp_path)
    user, project, given = user_config_file(), tmp_path / "autohighlight.toml", tmp_path / "[x] film.toml"
    user.parent.mkdir(parents=True)
    user.write_text('duration = "30s"\ncount = 3\ncrf = 20\n')
    project.write_text('count = 4\nmin-length = "1s"\n')
    given.write_text("count = 5\n")
    return {"user": user, "project": project, "given": given}


def test_show_says_where_each_value_comes_from(command: Command, files: dict[str, Path]) -> None:
    outcome = command("config", "show", "--json", "--config", files["given"], "--crf", "18")
    shown = json.loads(outcome.out)
    assert set(shown) == {spec.name for _, spec in option_fields()}
    assert shown["duration"] == {"value": "30s", "source": str(files["user"])}
    assert shown["min_length"] == {"value": "1s", "source": "autohighlight.toml"}
    assert shown["count"] == {"value": 5, "source": str(files["given"])}
    assert shown["crf"] == {"value": 18, "source": "command line"}
    assert shown["scorer"] == {"value": None, "source": "default"}
    assert shown["preset"] == {"value": "medium", "source": "default"}
    assert shown["selector"] == {"value": None, "source": "default"}


def test_show_prints_a_row_for_every_option(
    command: Command, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")  # so that no row is wrapped, however long the path of the folder
    out = command("config", "show", "--config", files["given"]).out
    rows = {line.split()[0]: line for line in out.splitlines()[2:]}
    assert set(rows) == {spec.name.replace("_", "-") for _, spec in option_fields()}
    assert rows["count"].rstrip().endswith("[x] film.toml")
    assert rows["duration"].split()[1] == "30s"
    assert "default" in rows["device"]


def test_what_an_unset_option_means_is_said(command: Command) -> None:
    unset = next(spec for _, spec in option_fields() if spec.name == "duration").metadata["text"]
    said = unset.partition("(default: ")[2].removesuffix(")")
    assert said
    assert said in command("config", "show").out


def test_path_names_the_files(command: Command, files: dict[str, Path]) -> None:
    files["project"].unlink()
    out = "".join(command("config", "path").out.split())
    assert f"{files['user']}read" in out
    assert "autohighlight.tomlnotthere" in out


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("count = ", "is not valid TOML"),
        ("cuont = 3", "no option is called 'cuont'"),
        ("crf = 99", "--crf is at most 51"),
    ],
)
def test_a_file_that_cannot_be_meant_is_named(command: Command, tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text)
    outcome = command("config", "show", "--config", file)
    assert outcome.code == 2
    assert str(file) in outcome.err
    assert problem in outcome.err
