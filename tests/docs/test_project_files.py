"""The changelog, the citation file and the glossary have the form that people and programs expect."""

from __future__ import annotations

import re
import tomllib

import autohighlight
from tests.pages import ROOT

KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
"""Of changes, in the order of Keep a Changelog."""

CITATION = (ROOT / "CITATION.cff").read_text("utf-8")


def test_the_changelog_keeps_to_its_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert text.startswith("# Changelog\n")
    releases = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert releases
    assert all(re.fullmatch(r"\[Unreleased\]|\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", release) for release in releases)
    for release in text.split("\n## ")[1:]:
        kinds = re.findall(r"^### (.+)$", release, re.MULTILINE)
        assert kinds == [kind for kind in KINDS if kind in kinds]
        changes = [line for line in release.splitlines()[1:] if line and not line.startswith("### ")]
        assert all(line.startswith(("- ", "  ")) for line in changes)


def test_the_citation_file_names_this_version_and_the_paper() -> None:
    assert f"\nversion: {autohighlight.__version__}\n" in CITATION
    assert "title: Contrastive Learning for Unsupervised Video Highlight Detection" in CITATION
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == autohighlight.__version__
    assert f"\nlicense: {project['license']}\n" in CITATION


def test_the_glossary_is_in_alphabetical_order_and_explains_what_it_refers_to() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    words = [word.lower() for word in re.findall(r"^- \*\*([^*]+)\*\*: ", text, re.MULTILINE)]
    assert words == sorted(words)
    assert len(words) == text.count("\n- ")


def test_every_dependency_has_its_row() -> None:
    """Of the package itself and of the extras that users install; `dev` is told of in a sentence."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = {name: packages for name, packages in project["optional-dependencies"].items() if name != "dev"}
    named = [re.match(r"[\w-]+", package) for package in sum(extras.values(), project["dependencies"])]
    names = {match[0].lower() for match in named if match} - {"autohighlight"}
    text = (ROOT / "docs" / "dependencies.md").read_text("utf-8").lower()
    assert sorted(name for name in names if f"| {name} |" not in text) == []


def test_everything_that_is_required_has_an_exact_version() -> None:
    """In constraints.txt, so that continuous integration installs what was tested."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    required = sum(project["optional-dependencies"].values(), project["dependencies"])
    names = {re.split(r"[\[<>=~! ;]", package)[0].lower().replace("_", "-") for package in required}
    pinned = re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    assert sorted(names - {"autohighlight"} - {name.lower().replace("_", "-") for name in pinned}) == []
