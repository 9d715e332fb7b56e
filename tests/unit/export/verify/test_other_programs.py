"""Files of other programs: OpenTimelineIO's adapters, whose faults are known, and words that are never written here."""

from __future__ import annotations

from pathlib import Path

import opentimelineio as otio
import pytest

from autohighlight.export.verify import Finding, verify_file
from tests.timeline_files import case_timeline
from tests.timeline_matrix import Matrix
from tests.unit.export.verify.breaking import edit, words, write


def by_adapter(adapter: str, suffix: str, matrix: Matrix, folder: Path, **settings: float) -> list[Finding]:
    ours = write("otio", case_timeline("29.97 DF", matrix), folder, markers=False)
    path = folder / f"theirs{suffix}"
    otio.adapters.write_to_file(otio.adapters.read_from_file(str(ours)), str(path), adapter, **settings)
    return verify_file(path)


def test_a_list_without_fcm_and_paths(matrix: Matrix, tmp_path: Path) -> None:
    findings = by_adapter("cmx_3600", ".edl", matrix, tmp_path, rate=30000 / 1001)
    assert [(finding.severity, finding.problem[:20]) for finding in findings] == [
        ("note", "names no media whose"),
        ("error", "no line FCM before t"),
    ]


def test_fcp7_xml_with_lost_drop_frame_sound_and_links(matrix: Matrix, tmp_path: Path) -> None:
    found = words(by_adapter("fcp_xml", ".xml", matrix, tmp_path))
    for problem in (
        "the timecode of source.mov is drop-frame, and said to be non-drop-frame",
        "the sound tracks of source.mov are said to have 1 channels; 2 are there",
        "its sound has no <depth>",
        "it is not linked to",
        "begins with file:///",
        "no <sourcetrack> says which channel it plays",
    ):
        assert problem in found


@pytest.mark.parametrize(
    ("name", "old", "new", "note"),
    [
        ("edl", r"(001  SOURCE   V     )C       ", r"\1D    025", "is no plain cut"),
        ("edl", r"(?m)^\* LOC", "M2   SOURCE   050.0   00:59:59:23\r\n* LOC", "changes speed"),
        ("fcp7xml", "(<track>)", r"\1<transitionitem/>", "a transition: it was not checked"),
        ("fcp7xml", r"<start>0</start>", "<start>-1</start>", "begins or ends in a transition"),
        ("fcpxml", r"(<spine>)", r'\1<title offset="3600s" duration="1s"/>', "what it shows was not checked"),
        ("mlt", r"avformat", "timewarp", "it is played by timewarp"),
        ("mlt", r'<track producer="playlist0"', '<track producer="source-1"', "the track plays a producer itself"),
        ("otio", r'"effects": \[\](?=,\s+"markers": \[\s+\{)', '"effects": [{}]', "it has effects"),
    ],
)
def test_what_is_not_known_is_said(name: str, old: str, new: str, note: str, matrix: Matrix, tmp_path: Path) -> None:
    broken = edit(write(name, case_timeline("25", matrix), tmp_path), old, new)
    notes = [finding for finding in broken.findings() if finding.severity == "note"]
    assert note in words(notes)
