"""Every hook has a page whose example works, a plugin that uses it, and a test."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from autohighlight import hookspecs
from autohighlight.default_plugins import load_plugins
from autohighlight.discovery import PluginSources
from autohighlight.hookspecs import hookspec_version
from tests.pages import ROOT, blocks

PAGES = ROOT / "docs" / "hooks"
HOOKS = sorted(name for name in vars(hookspecs) if name.startswith("autohighlight_"))


def signature(hook: str) -> str:
    """As it is written in the code."""
    return hook + str(inspect.signature(getattr(hookspecs, hook))).replace("'", "")


def test_there_is_a_page_for_each_hook_and_no_other() -> None:
    assert HOOKS
    assert sorted(page.stem for page in PAGES.glob("*.md") if page.stem != "index") == HOOKS
    index = (PAGES / "index.md").read_text("utf-8")
    for hook in HOOKS:
        assert f"[`{hook}`]({hook}.md)" in index
        assert f"\n{hook}\n" in index


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_is_described_in_the_code(hook: str) -> None:
    text = getattr(hookspecs, hook).__doc__
    assert text
    assert text.endswith(".")


@pytest.mark.parametrize("hook", HOOKS)
def test_the_page_says_what_is_to_be_known(hook: str) -> None:
    text = (PAGES / f"{hook}.md").read_text("utf-8")
    assert text.startswith(f"# {hook}\n\n    {signature(hook)}\n")
    assert "**Errors.** " in text
    (used,) = re.findall(r"^Used by (.+)\.$", text, re.MULTILINE)
    for plugin in re.findall(r"`(plugins/[\w-]+)`", used):
        assert hook in code_in(ROOT / plugin / "src")


def code_in(folder: Path) -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted(folder.rglob("*.py")))


@pytest.mark.parametrize("hook", HOOKS)
def test_a_plugin_in_the_repository_uses_the_hook(hook: str) -> None:
    assert f"@hookimpl\ndef {hook}(" in code_in(ROOT / "plugins")


@pytest.mark.parametrize("hook", HOOKS)
def test_a_test_uses_the_hook(hook: str) -> None:
    here = Path(__file__).name
    tests = [path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py") if path.name != here]
    assert any(f"def {hook}(" in text for text in tests)


@pytest.mark.parametrize("hook", HOOKS)
def test_the_example_is_a_plugin(hook: str, tmp_path: Path) -> None:
    (tmp_path / f"{hook}.py").write_text(blocks(PAGES / f"{hook}.md", "python")[0])
    tmp_path.chmod(0o755)
    (tmp_path / f"{hook}.py").chmod(0o644)
    plugins = load_plugins(PluginSources(installed=False, folders=(tmp_path,)))
    assert plugins.errors == ()
    assert plugins.found[-1].hooks == (hook,)
    sys.modules.pop(f"autohighlight_plugin_files_{hook}")


@pytest.mark.slow
def test_the_examples_pass_the_tests_beside_them(tmp_path: Path) -> None:
    for page in PAGES.glob("*.md"):
        (tmp_path / f"test_{page.stem}.py").write_text("\n\n".join(blocks(page, "python")))
    words = ["-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert int(re.findall(r"(\d+) passed", done.stdout)[-1]) > 80


def test_the_version_of_the_hooks_is_said() -> None:
    assert f'`autohighlight.hookspec_version` is `"{hookspec_version}"`' in (PAGES / "index.md").read_text("utf-8")
    assert blocks(PAGES / "index.md", "python")[0] == f'autohighlight_requires = "{hookspec_version}"\n'
