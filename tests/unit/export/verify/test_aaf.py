"""AAF files have no lines and are edited by their library; what is wrong is found on its track."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aaf2
import pytest

from autohighlight.errors import DependencyError
from autohighlight.export.verify import verify_file
from autohighlight.timeline.model import Timeline
from tests.timeline_files import case_timeline
from tests.timeline_matrix import Matrix
from tests.unit.export.verify.breaking import words, write


@pytest.fixture
def timeline(matrix: Matrix) -> Timeline:
    return case_timeline("29.97 DF", matrix)


def track(file: Any, name: str) -> Any:
    (composition,) = file.content.compositionmobs()
    return next(slot for slot in composition.slots if slot.name == name)


def start_a_frame_later(file: Any) -> None:
    track(file, "V1").segment.components[0].start += 1


def start_after_the_end(file: Any) -> None:
    track(file, "V1").segment.components[1].start += 48


def shorten(file: Any) -> None:
    track(file, "V1").segment.components[0].length -= 1


def play_the_first_channel_twice(file: Any) -> None:
    for component in track(file, "A2").segment.components:
        component.slot_id = 2


def begin_files_at_zero(file: Any) -> None:
    for mob in file.content.sourcemobs():
        for slot in mob.slots:
            if isinstance(slot.segment, aaf2.components.Timecode):
                slot.segment.start = 0


def count_files_in_full(file: Any) -> None:
    for mob in file.content.sourcemobs():
        for slot in mob.slots:
            if isinstance(slot.segment, aaf2.components.Timecode):
                slot.segment.drop = False


def name_files_by_paths(file: Any) -> None:
    for mob in file.content.sourcemobs():
        for locator in mob.descriptor["Locator"].value:
            locator["URLString"].value = locator["URLString"].value.removeprefix("file://")


def round_the_rate(file: Any) -> None:
    for mob in file.content.sourcemobs():
        for slot in mob.slots:
            slot.edit_rate = "2997/100"


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (start_a_frame_later, "it begins at frame 4 of source.mov, in the timeline at 3"),
        (start_after_the_end, "outside the file"),
        (shorten, "it is said to be 31 frames long; its parts are 30"),
        (play_the_first_channel_twice, "no track has sound channel 2 of source.mov"),
        (begin_files_at_zero, "its timecode begins at 00:59:59;20"),
        (count_files_in_full, "is drop-frame, and said to be non-drop-frame"),
        (name_files_by_paths, "is no URL"),
        (round_the_rate, "is said to have 29.97 (2997/100) frames/s"),
    ],
)
def test_faults_are_found(fault: Callable[[Any], None], problem: str, timeline: Timeline, tmp_path: Path) -> None:
    path = write("aaf", timeline, tmp_path)
    with aaf2.open(str(path), "rw") as file:
        fault(file)
    findings = verify_file(path, timeline)
    assert any(problem in finding.problem for finding in findings), words(findings)
    assert {finding.line for finding in findings} == {0}


def test_without_the_library_it_is_said_how_to_have_it(
    timeline: Timeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("aaf", timeline, tmp_path)
    monkeypatch.setitem(sys.modules, "aaf2", None)
    with pytest.raises(DependencyError) as caught:
        verify_file(path)
    assert caught.value.hint == 'pip install "autohighlight[aaf]"'
