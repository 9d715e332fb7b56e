"""The pages on editing software name commands, forms and pages that are there, and leave out no form."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autohighlight.cli.timelines import asked_for, by_suffix
from autohighlight.default_plugins import load_plugins
from tests.pages import ROOT, broken_links, commands, understood

OVERVIEW = ROOT / "docs" / "editors.md"
EDITORS = sorted((ROOT / "docs" / "editors").glob("*.md"))
PAGES = [OVERVIEW, *EDITORS]
EXPORTERS = load_plugins(installed=False).exporters
COMMANDS = [(page.name, line) for page in PAGES for line in commands(page.read_text("utf-8"))]


@pytest.mark.parametrize(("page", "line"), COMMANDS)
def test_commands_are_understood_and_their_forms_are_there(page: str, line: str) -> None:
    arguments = vars(understood(line))
    files = arguments.get("files", [])
    forms = asked_for([*arguments.get("to", ()), *arguments.get("export", ())], EXPORTERS)
    if not forms:
        forms = [by_suffix(path, EXPORTERS) for path in files or [arguments["output"]]]
    assert not any(EXPORTERS[form].renders for form in forms)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    assert broken_links(page) == []


def test_every_form_is_on_the_overview() -> None:
    text = OVERVIEW.read_text("utf-8")
    assert [name for name, exporter in EXPORTERS.items() if not exporter.renders and f"`{name}`" not in text] == []


@pytest.mark.parametrize("page", EDITORS, ids=lambda page: page.name)
def test_an_editor_has_its_row_whose_form_its_page_takes(page: Path) -> None:
    (row,) = [line for line in OVERVIEW.read_text("utf-8").splitlines() if f"](editors/{page.name}) |" in line]
    first_choice = re.findall(r"`(\w+)`", row)[0]
    assert first_choice in EXPORTERS
    assert asked_for([page.stem], EXPORTERS) == [first_choice]
    assert f"--to {first_choice}" in page.read_text("utf-8").split("```")[1]


RUN = {
    "shotcut.md": "Continuous integration runs Shotcut 22.12",
    "kdenlive.md": "By hand, Kdenlive 22.12 opened an MLT file",
}
"""Pages of editors that were run -> how they say it."""


@pytest.mark.parametrize("page", EDITORS, ids=lambda page: page.name)
def test_a_page_says_whether_the_editor_was_run(page: Path) -> None:
    said = page.read_text("utf-8").split("## What was tested\n")[1]
    assert said.strip().startswith(RUN.get(page.name, "Nothing was tried in "))
