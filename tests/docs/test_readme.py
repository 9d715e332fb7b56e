"""What the README and the pages of documentation tell people to type is understood by the program."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.media_factory import make_video
from tests.pages import FENCE, ROOT, broken_links, understood

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def _blocks(page: Path, language: str) -> list[str]:
    return [body for kind, body in FENCE.findall(page.read_text("utf-8")) if kind == language]


def _commands() -> list[tuple[str, str]]:
    lines = [
        (page.name, line.removeprefix("$ ").split(" #")[0].strip())
        for page in PAGES
        for block in _blocks(page, "console")
        for line in block.splitlines()
    ]
    return [(page, part.strip()) for page, line in lines for part in line.split("&&")]


@pytest.mark.parametrize(("page", "command"), [c for c in _commands() if c[1].startswith("autohighlight ")])
def test_commands_are_understood(page: str, command: str) -> None:
    understood(command)


@pytest.mark.parametrize(("page", "command"), [c for c in _commands() if re.match(r"python [^-]", c[1])])
def test_scripts_are_there(page: str, command: str) -> None:
    assert (ROOT / shlex.split(command)[1]).is_file()


def test_every_command_is_of_a_kind_that_is_tested() -> None:
    programs = {command.split()[0] for _, command in _commands()}
    assert programs <= {"autohighlight", "python", "pip", "pytest", "curl"}


def test_set_up_has_exactly_two_commands() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    section = text.split("## Set up")[1].split("\n## ")[0]
    commands = [line for block in FENCE.findall(section) for line in block[1].splitlines() if line]
    assert [command.split()[:2] for command in commands] == [["pip", "install"]] * 2
    assert "autohighlight reel VIDEO" in commands[0]
    assert commands[1].endswith("&& pytest")


def test_the_library_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_video(Path("video.mp4"), num_frames=100)
    (example,) = _blocks(ROOT / "README.md", "python")
    exec(compile(example, "README.md", "exec"), {})  # noqa: S102 -- that it runs is what is tested
    assert Path("video.highlights.mp4").is_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_inside_resolve(page: Path) -> None:
    assert broken_links(page) == []
