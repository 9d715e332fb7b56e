"""What every page tells people to type, to follow and to look at is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.pages import ROOT, blocks, broken_links, name_of, pages, typed_lines, understood

PAGES = pages()

OF_PLUGINS = re.compile(r"autohighlight (torchvision|timm|onnx|audio|keyframes) |.* --ray-")
"""Commands and options that a plugin brings, whose own tests run them."""


def _typed(program: str) -> list[str]:
    return sorted({line.text for page in PAGES for line in typed_lines(page) if line.program == program})


@pytest.mark.parametrize("line", [line for line in _typed("autohighlight") if not OF_PLUGINS.match(line)])
def test_commands_are_understood(line: str) -> None:
    understood(re.sub(r" > \S+$", "", line))


@pytest.mark.parametrize("line", [line for line in _typed("python") if re.match(r"python [^-]", line)])
def test_scripts_are_there(line: str) -> None:
    assert (ROOT / shlex.split(line)[1]).is_file()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_inside_resolve(page: Path) -> None:
    assert broken_links(page) == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_pictures_have_words_for_those_who_cannot_see_them(page: Path) -> None:
    assert "![](" not in page.read_text("utf-8")


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "toml")], ids=name_of)
def test_configuration_is_taken(page: Path, tmp_path: Path) -> None:
    from autohighlight.config import load

    for block in blocks(page, "toml"):
        (tmp_path / "autohighlight.toml").write_text(block, "utf-8")
        assert load(tmp_path / "autohighlight.toml").sources
