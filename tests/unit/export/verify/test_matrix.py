"""What this program writes is right, so nothing is found in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autohighlight.config import ExportOptions
from autohighlight.errors import OptionError
from autohighlight.export.edl import write_edl
from autohighlight.export.verify import verify_file
from autohighlight.timeline.model import Part, Timeline
from tests.timeline_files import CASES, case_timeline
from tests.timeline_matrix import Matrix
from tests.unit.export.verify.breaking import EXPORTERS, write

IN_EVERY_RUN = ("29.97 DF", "rotated 270", "four mono tracks", "several")
"""Cases that AAF is tried on in every run: its library takes a second for each."""


def every_case() -> Iterator[Any]:
    for name in EXPORTERS:
        for case in CASES:
            marks = [pytest.mark.slow] if name == "aaf" and case not in IN_EVERY_RUN else []
            yield pytest.param(name, case, marks=marks, id=f"{name}-{case}")


@pytest.mark.parametrize(("name", "case"), list(every_case()))
def test_nothing_is_found_in_what_is_written(name: str, case: str, matrix: Matrix, tmp_path: Path) -> None:
    timeline = case_timeline(case, matrix, handles="2f")
    try:
        path = write(name, timeline, tmp_path)
    except OptionError:  # an EDL has no timecode at 120 frames/s
        assert (name, case) == ("edl", "120")
        return
    assert [str(finding) for finding in verify_file(path, timeline)] == []
    alone = [str(finding) for finding in verify_file(path)]
    if name == "youtube":  # the videos are shorter than three chapters
        assert [finding.split(" (")[0] for finding in alone] == [
            "warning: the list: YouTube shows chapters where there are 3 or more; there are 1"
        ]
    else:
        assert alone == []


@pytest.mark.parametrize("version", ["1.8", "1.9", "1.10", "1.11"])
def test_every_version_of_fcpxml(version: str, matrix: Matrix, tmp_path: Path) -> None:
    timeline = case_timeline("PQ", matrix)
    path = write("fcpxml", timeline, tmp_path, fcpxml_version=version)
    assert verify_file(path, timeline) == []


def test_a_list_in_several_files(matrix: Matrix, tmp_path: Path) -> None:
    source = case_timeline("25", matrix).sources[0]
    parts = tuple(Part(source, number % 40, 3, 0.5, "") for number in range(1100))
    timeline = Timeline("long", source.rate, (96, 64), parts)
    first, second, third = write_edl(timeline, tmp_path / "x.edl", ExportOptions(), lambda _: None)
    assert [verify_file(path, timeline) for path in (first, second, third)] == [[], [], []]
    assert [verify_file(path) for path in (first, second, third)] == [[], [], []]
    lines = second.read_bytes().decode().split("\r\n\r\n")
    second.write_bytes("\r\n\r\n".join([lines[0], *lines[2:]]).encode())
    assert verify_file(second, timeline)
