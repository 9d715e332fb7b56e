"""The README: what a newcomer sees first, and what continuous integration takes from it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.media_factory import make_video
from tests.pages import FENCE, ROOT, blocks

README = ROOT / "README.md"
TEXT = README.read_text("utf-8")

TWO_SCREENS = 100
"""Lines."""


def test_set_up_has_exactly_two_commands() -> None:
    section = TEXT.split("## Set up")[1].split("\n## ")[0]
    commands = [line for block in FENCE.findall(section) for line in block[1].splitlines() if line]
    assert [command.split()[:2] for command in commands] == [["pip", "install"]] * 2
    assert "autohighlight reel VIDEO" in commands[0]
    assert commands[1].endswith("&& pytest -n auto")


def test_it_begins_with_a_picture_and_the_commands_that_made_it() -> None:
    head = TEXT.split("\n## ")[0]
    (picture,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", head)
    assert (ROOT / picture).stat().st_size < 200_000
    assert f"--plot {Path(picture).name}" in blocks(README, "console")[0]


def test_it_stays_under_two_screens() -> None:
    assert len(TEXT.splitlines()) <= TWO_SCREENS


def test_the_library_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_video(Path("video.mp4"), num_frames=100)
    (example,) = blocks(README, "python")
    exec(compile(example, "README.md", "exec"), {})  # noqa: S102 -- that it runs is what is tested
    assert Path("half-a-minute.mp4").is_file()
