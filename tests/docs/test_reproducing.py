"""Every command line that the page shows is one that the program takes."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from autohighlight_research.datasets import BENCHMARKS
from autohighlight_research.datasets.files import SPLITS_FILE, read_splits
from tests.benchmark_files import YOUTUBE_SPLITS
from tests.pages import ROOT, commands, understood

PAGE = (ROOT / "docs" / "reproducing.md").read_text("utf-8")
COMMANDS = commands(PAGE)


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_are_as_the_program_takes_them(line: str) -> None:
    understood(line)


def test_every_benchmark_has_its_command_and_its_files() -> None:
    benchmarks = {words[2] for words in map(str.split, COMMANDS) if words[1] == "benchmark"}
    assert benchmarks == {*BENCHMARKS, "planted"}
    for benchmark in BENCHMARKS.values():
        assert f"{benchmark.num_videos['train'] + benchmark.num_videos['test']:,}" in PAGE or benchmark.name == "vtw"
        assert "docs/reproducing.md" in benchmark.source


def test_the_split_is_made_as_the_page_says(tmp_path: Path) -> None:
    (tmp_path / "static.py").write_text(f"YOUTUBE_SPLITS = {YOUTUBE_SPLITS!r}\nTVSUM_SPLITS = {{}}\n", "utf-8")
    (code,) = re.findall(r'python -c "(.+)" > splits_by_domain.json', PAGE)
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == runpy.run_path(str(tmp_path / "static.py"))["YOUTUBE_SPLITS"]
    (tmp_path / SPLITS_FILE).write_text(done.stdout, "utf-8")
    assert set(read_splits(tmp_path / SPLITS_FILE)) == {
        n for c in YOUTUBE_SPLITS.values() for v in c.values() for n in v
    }
