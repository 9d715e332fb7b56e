"""What this program writes is right, so nothing is found in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from autohighlight.config import ExportOptions
from autohighlight.default_plugins import load_plugins
from autohighlight.errors import OptionError
from autohighlight.export.verify import verify_file
from tests.timeline_files import CASES, case_timeline
from tests.timeline_matrix import Matrix

EXPORTERS = {name: exporter for name, exporter in load_plugins().exporters.items() if not exporter.renders}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", EXPORTERS)
def test_nothing_is_found_in_what_is_written(name: str, case: str, matrix: Matrix, tmp_path: Path) -> None:
    timeline = case_timeline(case, matrix, handles="2f")
    path = tmp_path / f"x{EXPORTERS[name].suffixes[0]}"
    try:
        (written,) = EXPORTERS[name].write(timeline, path, ExportOptions(markers=True), lambda _: None)
    except OptionError:  # an EDL has no timecode at 120 frames/s
        assert (name, case) == ("edl", "120")
        return
    assert [str(finding) for finding in verify_file(written, timeline)] == []
    assert [str(finding) for finding in verify_file(written)] == []
