from __future__ import annotations

import os
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from autohighlight import finding
from autohighlight.finding import Entry, is_hidden_entry, is_result, walk


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def refuse(error: OSError) -> None:
    raise error


def walked(folder: Path, **options: list[Path]) -> list[str]:
    return [entry.path.relative_to(folder).as_posix() for entry in walk(folder, refuse, **options)]


def test_files_come_in_the_order_of_names_those_of_a_folder_before_those_of_its_subfolders(tmp_path: Path) -> None:
    make(tmp_path, "b/z", "b/a/x", "b/b", "a/y", "c", "B")
    assert walked(tmp_path) == ["B", "c", "a/y", "b/b", "b/z", "b/a/x"]


def test_what_is_hidden_is_not_told_of(tmp_path: Path) -> None:
    make(tmp_path, "a", ".b", ".c/d", "e/.f/g")
    assert walked(tmp_path) == ["a"]


@pytest.mark.parametrize(
    "status",
    [
        SimpleNamespace(st_file_attributes=stat.FILE_ATTRIBUTE_HIDDEN | stat.FILE_ATTRIBUTE_DIRECTORY),
        SimpleNamespace(st_flags=stat.UF_HIDDEN),
    ],
    ids=["Windows", "macOS"],
)
def test_what_the_system_marks_as_hidden_is_hidden(status: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "_HAS_ATTRIBUTES", True)
    plain = SimpleNamespace(st_file_attributes=stat.FILE_ATTRIBUTE_ARCHIVE, st_flags=0)
    entry = SimpleNamespace(name="$RECYCLE.BIN", stat=lambda **_: status)
    assert is_hidden_entry(entry)  # type: ignore[arg-type]
    entry.stat = lambda **_: plain
    assert not is_hidden_entry(entry)  # type: ignore[arg-type]


def test_links_come_last_and_circles_of_links_end(tmp_path: Path) -> None:
    make(tmp_path, "z/file")
    (tmp_path / "a_circle").symlink_to(tmp_path)
    (tmp_path / "z/another").symlink_to("../z")
    (tmp_path / "itself").symlink_to("itself")
    (tmp_path / "b_link").symlink_to("z/file")
    assert walked(tmp_path) == ["z/file", "b_link", "itself"]


def test_a_link_leads_to_what_lies_elsewhere(tmp_path: Path) -> None:
    make(tmp_path, "elsewhere/deep/file", "here/own")
    (tmp_path / "here/link").symlink_to(tmp_path / "elsewhere")
    assert walked(tmp_path / "here") == ["own", "link/deep/file"]


def test_an_entry_knows_where_it_really_is_and_whether_it_is_a_file(tmp_path: Path) -> None:
    make(tmp_path, "a")
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "c").symlink_to("nowhere")
    os.mkfifo(tmp_path / "d")
    real = tmp_path.resolve()
    assert list(walk(tmp_path, refuse)) == [
        Entry(tmp_path / "a", real / "a", is_file=True),
        Entry(tmp_path / "d", real / "d", is_file=False),
        Entry(tmp_path / "b", real / "a", is_file=True),
        Entry(tmp_path / "c", real / "nowhere", is_file=False),
    ]


def test_folders_left_out_are_not_entered_by_any_way_but_may_be_the_beginning(tmp_path: Path) -> None:
    make(tmp_path, "out/file", "in/file")
    (tmp_path / "in/link").symlink_to(tmp_path / "out")
    out = (tmp_path / "out").resolve()
    assert walked(tmp_path, leave_out=[out]) == ["in/file"]
    assert walked(tmp_path / "out", leave_out=[out]) == ["file"]


def test_a_folder_that_cannot_be_looked_into_is_told_of_and_the_walk_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "a/lost", "b/found")
    scandir = os.scandir

    def refusing(folder: Path) -> object:
        if folder == tmp_path / "a":
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refusing)
    refused: list[OSError] = []
    assert [entry.path for entry in walk(tmp_path, refused.append)] == [tmp_path / "b/found"]
    assert [error.filename for error in refused] == [str(tmp_path / "a")]


def test_a_deep_tree_needs_no_deep_stack(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(1200):
        deep /= "d"
        deep.mkdir()
    (deep / "file").touch()
    assert [entry.path for entry in walk(tmp_path, refuse)] == [deep / "file"]
    (deep / "file").unlink()
    while deep != tmp_path:  # what removes the folder of the test needs a deep stack
        deep.rmdir()
        deep = deep.parent


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("a.highlights.mp4", True),
        ("A.HIGHLIGHTS.MOV", True),
        ("a.highlights.reel.mp4", True),
        ("highlights.mp4", False),
        ("my.highlights.of.2024.mp4", False),
        ("a.mp4", False),
    ],
)
def test_results_are_known_by_their_names(name: str, is_one: bool) -> None:
    assert is_result(name) is is_one
