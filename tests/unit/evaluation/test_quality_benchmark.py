from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from autohighlight.evaluation.report import CHANCE, ORACLE
from autohighlight.scorers import FLOORS

NAN = float("nan")


@pytest.fixture(scope="module")
def quality() -> Iterator[ModuleType]:
    """The benchmark, which is no part of the package."""
    path = Path(__file__).parents[3] / "benchmarks" / "quality.py"
    spec = importlib.util.spec_from_file_location("quality", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["quality"] = module  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    yield module
    del sys.modules["quality"]


def _table(quality: ModuleType, **means: float) -> Any:
    """Two videos and one that is left out for each set; floors and chance at 0.5, the default as given."""
    rest = dict.fromkeys([*FLOORS, CHANCE, ORACLE], 0.5)
    measures = {}
    for name, mean in means.items():
        rows = [{"fusion": mean + step} | rest for step in (-0.01, 0.01)]
        rows.append(dict.fromkeys(["fusion", *rest], NAN))
        measures[name] = {0: rows, 1: rows} if name in quality.SPLICED else {0: rows}
    return quality.Table(("fusion", *rest), measures)


@pytest.mark.parametrize(
    ("name", "mean", "word"),
    [
        ("rated", 0.77, "PASS"),
        ("rated", 0.75, "FAIL"),  # far above the floors here, not above the published one
        ("footage", 0.67, "PASS"),
        ("footage", 0.66, "FAIL"),
        ("action", 0.61, "PASS"),
        ("action", 0.59, "FAIL"),
        ("control", 0.54, "PASS"),
        ("control", 0.56, "FAIL"),
        ("control", 0.44, "FAIL"),
    ],
)
def test_targets(quality: ModuleType, capsys: pytest.CaptureFixture[str], name: str, mean: float, word: str) -> None:
    met = quality.print_targets(_table(quality, **{name: mean}), "fusion")
    assert met is (word == "PASS")
    assert capsys.readouterr().out.startswith(f"{word} fusion on {name} {mean:.3f}: ")


def test_the_table_has_a_row_a_scorer_and_columns_for_seeds(
    quality: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    quality.print_table(_table(quality, rated=0.7, action=0.6))
    header, _, first, *rest = capsys.readouterr().out.splitlines()
    cells = [cell.strip() for cell in header.strip("|").split("|")]
    assert cells == ["scorer", "rated (2 videos)", "action (4 videos)", "seed 0", "seed 1"]
    assert [cell.strip() for cell in first.strip("|").split("|")][:2] == ["fusion", "0.700 [0.690, 0.710]"]
    assert rest[-1].endswith("rated 1, action 2")
