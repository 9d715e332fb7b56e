"""The page on writing a plugin, followed to the letter by somebody who has nothing but the wheel."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .conftest import ROOT, Built, Environment

PAGE = ROOT / "docs" / "write-a-plugin.md"

_BLOCK = re.compile(r"^```\{(?P<kind>[\w-]+)\} (?P<what>\S+)\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE)
_OPTION = re.compile(r"^:(?P<name>[\w-]+): (?P<value>.*)$", re.MULTILINE)


def steps() -> Iterator[tuple[str, str, str]]:
    """What the page tells people to do, in its order: ("save", where, the file's text) or ("type", "", the command)."""
    for block in _BLOCK.finditer(PAGE.read_text("utf-8")):
        if block["kind"] == "literalinclude":
            options = dict(_OPTION.findall(block["body"]))
            assert set(options) == {"language", "caption"}, "the page shows the whole file and says where to save it"
            yield "save", options["caption"], (PAGE.parent / block["what"]).read_text("utf-8")
        else:
            assert (block["kind"], block["what"]) == ("code-block", "console")
            yield from (("type", "", line.removeprefix("$ ")) for line in block["body"].splitlines())


def test_the_page_shows_every_file_of_the_example() -> None:
    example = ROOT / "plugins" / "autohighlight-example"
    saved = {where: text for kind, where, text in steps() if kind == "save"}
    files = [*example.glob("*.*"), *example.glob("src/**/*.py"), example / "tests/test_colours.py"]
    assert saved == {str(file.relative_to(example.parent)): file.read_text("utf-8") for file in files}


def test_every_command_of_the_page_has_a_prompt() -> None:
    bodies = re.findall(r"```\{code-block\} console\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    lines = [line for body in bodies for line in body.splitlines()]
    assert all(line.startswith("$ ") for line in lines)
    assert sum(kind == "type" for kind, _, _ in steps()) == len(lines) > 8


@pytest.mark.slow
def test_somebody_who_follows_the_page_scores_a_video(
    build: Callable[[Path], Built], new_environment: Callable[[Path], Environment], tmp_path: Path
) -> None:
    environment = new_environment(build(ROOT).wheel.parent)
    empty = tmp_path / "empty"
    empty.mkdir()
    printed: dict[str, str] = {}
    began = time.monotonic()
    for kind, where, text in steps():
        if kind == "save":
            (empty / where).parent.mkdir(parents=True, exist_ok=True)
            (empty / where).write_text(text, "utf-8")
        else:
            printed[text] = environment.run(*shlex.split(text), cwd=empty)
    assert time.monotonic() - began < 1800, "the page promises half an hour"
    where = "import autohighlight; print(autohighlight.__file__)"
    home = environment.run("python", "-c", where, cwd=empty).strip()
    assert Path(home).is_relative_to(environment.folder), f"autohighlight was not that of the wheel, but {home}"
    scored = [out for command, out in printed.items() if command.startswith("autohighlight score")]
    assert len(scored) == 4
    assert all("20 clips" in out or "clips," in out for out in scored)
    assert "colourful" in printed[next(c for c in printed if "--scorer colourful --plugins-dir" in c)]
    assert (empty / "demo.md").read_text("utf-8").startswith("# demo\n\n1. 00:00:")
    assert "★ Highlight" in (empty / "demo.otio").read_text("utf-8")
    assert (empty / "demo.png").read_bytes().startswith(b"\x89PNG")
    assert "colours" in printed["autohighlight plugins list"]
    assert " passed" in printed["python -m pytest autohighlight-example/tests"]
