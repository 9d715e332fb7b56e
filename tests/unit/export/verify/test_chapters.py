from __future__ import annotations

from pathlib import Path

import pytest

from autohighlight.export.verify import verify_file
from autohighlight.timeline.model import Timeline
from tests.timeline_files import timeline_of
from tests.timeline_matrix import Matrix
from tests.unit.export.verify.breaking import edit, write


@pytest.fixture
def timeline(matrix: Matrix) -> Timeline:
    return timeline_of([matrix.path("25")])


@pytest.mark.parametrize(
    ("rows", "severity", "problem", "line"),
    [
        ("0:05 a\n0:15 b\n0:25 c", "error", "the first chapter does not begin at 0:00", 1),
        ("0:00 a\n0:09 b\n0:20 c", "error", "it begins 9 s after the one before", 2),
        ("0:00 a\n59:50 b", "warning", "YouTube shows chapters where there are 3 or more; there are 2", 0),
        ("0:00 a\nHello\n0:10 b\n0:20 c", "note", "it is no chapter", 2),
    ],
)
def test_the_rules_of_youtube(rows: str, severity: str, problem: str, line: int, tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text(rows)
    (finding,) = verify_file(path)
    assert (finding.severity, finding.problem, finding.line) == (severity, problem, line)


def test_a_list_that_youtube_takes(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("0:00 a\n0:10 b\n1:00:00 c\n")
    assert verify_file(path) == []


@pytest.mark.parametrize("form", ["chapters", "ffmetadata"])
def test_a_lost_opening_is_found(form: str, timeline: Timeline, tmp_path: Path) -> None:
    pattern = {"chapters": r"0\n.*\nStart\n\n", "ffmetadata": r"\[CHAPTER\]\n.*\n.*\n.*\ntitle=Start\n"}[form]
    broken = edit(write(form, timeline, tmp_path), pattern, "")
    assert any("there are 2 chapters" in str(finding) or "its part from" in str(finding)
               for finding in broken.findings(timeline))  # fmt: skip
    alone = [finding for finding in broken.findings() if "in an MP4 file at 0" in str(finding)]
    assert len(alone) == (form == "ffmetadata")
