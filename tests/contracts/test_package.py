"""The package of contracts: what it needs, what it names, and what its failures look like."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autohighlight import testing


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_without_pytest_it_says_how_to_install_it() -> None:
    done = run("import sys; sys.modules['pytest'] = None; import autohighlight.testing")
    assert done.returncode == 1
    assert 'the contracts of plugins need pytest (pip install "autohighlight[testing]")' in done.stderr


def test_importing_it_imports_no_network_library() -> None:
    done = run("import sys, autohighlight.testing; print('torch' in sys.modules)")
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("name", testing.__all__)
def test_every_contract_is_documented_and_says_what_it_lacks(name: str) -> None:
    contract = getattr(testing, name)
    assert contract.__doc__
    assert contract.factory.__doc__
    assert len([test for test in dir(contract) if test.startswith("test_")]) >= 5
    with pytest.raises(NotImplementedError, match=r"define factory\(\)"):
        contract().factory()


def test_a_failure_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(
        "from autohighlight.testing import ScorerContract\n"
        "from autohighlight.testing.examples import example_scores\n"
        "class TestMine(ScorerContract):\n"
        "    def factory(self):\n"
        "        return lambda features, options: example_scores([0.5])\n"
    )
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-k", "each_clip", str(tmp_path)]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "AssertionError: the scores are of other clips than the features" in done.stdout
    assert "example" in done.stdout  # the values too, as pytest shows them
