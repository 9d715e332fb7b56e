"""The documentation builds without a warning, and without a network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.pages import ROOT, pages

BUILD = "sphinx-build -W --keep-going -n -q -b html"


@pytest.mark.slow
def test_the_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", *BUILD.split()[1:], ROOT / "docs", tmp_path / "html"]
    command += ["-d", tmp_path / "doctrees"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for page in pages():
        if page.is_relative_to(ROOT / "docs"):
            assert (tmp_path / "html" / page.relative_to(ROOT / "docs")).with_suffix(".html").is_file()


def test_the_check_builds_it_in_the_same_way() -> None:
    assert BUILD in (ROOT / ".ci" / "check").read_text("utf-8")


def test_continuous_integration_leaves_no_step_of_the_check_out() -> None:
    """The tests are run by the README's own command."""
    check, run = ((ROOT / ".ci" / name).read_text("utf-8") for name in ("check", "run"))
    steps = check.split("STEPS=(")[1].split(")")[0].split()
    assert f".ci/check {' '.join(steps[1:])}\n" in run
    assert steps[0] == "tests"
    described = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert [step for step in steps if f"| `{step}` |" not in described] == []
