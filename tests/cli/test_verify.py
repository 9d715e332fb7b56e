from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from autohighlight.config import ExportOptions
from autohighlight.export.edl import write_edl
from tests.cli.conftest import Outcome
from tests.timeline_files import case_timeline
from tests.timeline_matrix import Matrix

Command = Callable[..., Outcome]


@pytest.fixture
def right(matrix: Matrix, tmp_path: Path) -> Path:
    """A list with nothing wrong in it."""
    (path,) = write_edl(case_timeline("25", matrix), tmp_path / "right.edl", ExportOptions(), lambda _: None)
    return path


@pytest.fixture
def wrong(right: Path) -> Path:
    """The same with another end, in line 4."""
    path = right.with_name("wrong.edl")
    path.write_bytes(right.read_bytes().replace(b"01:00:00:00 01:00:00:12", b"01:00:00:00 01:00:00:11", 1))
    return path


def test_a_right_file_is_said_to_be_right(command: Command, right: Path) -> None:
    assert command("verify", right) == Outcome(0, f"{right}: nothing is wrong\n", "")


def test_what_is_wrong_is_named_by_file_line_and_element(command: Command, right: Path, wrong: Path) -> None:
    outcome = command("verify", right, wrong)
    assert (outcome.code, outcome.err) == (1, "")
    assert f"{wrong}:4: error: event 001: it takes 12 frames of the file for 11 of the sequence" in outcome.out
    assert "\n    outs are exclusive: the frame after the last\n" in outcome.out
    assert f"{right}: nothing is wrong\n" in outcome.out
    assert outcome.out.endswith(f"{wrong}: 1 error, 1 warning\n")


def test_as_json(command: Command, right: Path, wrong: Path) -> None:
    outcome = command("verify", right, wrong, "--json")
    first, second = json.loads(outcome.out)
    assert outcome.code == 1
    assert first == {"file": str(right), "findings": []}
    assert second["file"] == str(wrong)
    assert {finding["line"] for finding in second["findings"]} == {4, 11}
    assert set(second["findings"][0]) == {"severity", "line", "element", "problem", "remedy"}


def test_notes_are_no_faults(command: Command, right: Path) -> None:
    path = right.with_name("note.edl")
    path.write_bytes(right.read_bytes() + b"A LINE OF ANOTHER PROGRAM\r\n")
    outcome = command("verify", path)
    assert outcome.code == 0
    assert outcome.out.endswith("note.edl: 1 note\n")


def test_a_folder_is_not_called_a_video(command: Command, tmp_path: Path) -> None:
    outcome = command("verify", tmp_path)
    assert outcome.code == 3
    assert "is a folder, not a timeline" in outcome.err


def test_what_is_no_timeline_is_an_error(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "x.edl"
    path.write_text("Dear editor,\n")
    outcome = command("verify", path)
    assert (outcome.code, outcome.out) == (3, "")
    assert "is a timeline in no format that is known" in outcome.err
    assert "EDL" in outcome.err


def test_a_file_that_cannot_be_read_does_not_keep_the_others_from_being_checked(
    command: Command, right: Path, wrong: Path, tmp_path: Path
) -> None:
    outcome = command("verify", tmp_path / "nowhere.edl", right, wrong)
    assert outcome.code == 3
    assert "nowhere.edl" in outcome.err
    assert f"{right}: nothing is wrong" in outcome.out
    documents = json.loads(command("verify", tmp_path / "nowhere.edl", right, "--json").out)
    assert [("error" in document, document["file"]) for document in documents] == [
        (False, str(right)),
        (True, str(tmp_path / "nowhere.edl")),
    ]
