"""Names typed in another case or Unicode form than the disk has them in, as Windows, macOS and memory cards allow."""

from __future__ import annotations

import os
from pathlib import Path, PureWindowsPath

import pytest

from autohighlight.batch import patterns
from autohighlight.batch.inputs import find_inputs
from autohighlight.batch.names import same_name_key
from autohighlight.batch.spelling import Spelling


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder where `stat` and what is built on it take any spelling; listings have one."""
    plain, real = os.stat, Path.stat

    def listed(path: Path) -> Path:
        folder = Path(path.anchor)
        for name in path.parts[1:]:
            names = [each.name for each in folder.iterdir()] if folder.is_relative_to(tmp_path) else [name]
            alike = [other for other in names if same_name_key(other) == same_name_key(name)]
            folder /= name if name in names or not alike else alike[0]
        return folder

    monkeypatch.setattr(Path, "stat", lambda path, **others: real(listed(path.absolute()), **others))
    monkeypatch.setattr(os, "stat", lambda path, **others: plain(listed(Path(path).absolute()), **others))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def test_a_video_goes_by_one_name_however_it_is_typed(disk: Path) -> None:
    make("Footage/Tag/A.MP4", "Footage/Café.mp4")
    expected = find_inputs(["Footage"]).inputs
    assert [each.source for each in expected] == [f"{disk}/Footage/Café.mp4", f"{disk}/Footage/Tag/A.MP4"]
    assert find_inputs(["footage"]).inputs == expected
    assert find_inputs([str(disk / "FOOTAGE")]).inputs == expected
    named = find_inputs(["footage/tag/a.mp4", "Footage/Tag/A.MP4", "footage/cafe\u0301.MP4"]).inputs
    assert {(each.source, str(each.name)) for each in named} == {
        (f"{disk}/Footage/Tag/A.MP4", "Footage/Tag/A.MP4"),
        (f"{disk}/Footage/Café.mp4", "Footage/Café.mp4"),
    }
    assert [each.source for each in find_inputs(["footage/*/*.MP4"]).inputs] == [f"{disk}/Footage/Tag/A.MP4"]


def test_the_output_folder_is_left_out_however_it_is_typed(disk: Path) -> None:
    make("Footage/a.mp4", "Footage/Out/copy.mp4")
    found = find_inputs(["Footage"], exclude=disk / "footage/out", written=[disk / "footage/A.mp4"])
    assert [each.source for each in found.inputs] == []


def test_where_case_matters_two_files_stay_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make("day/a.mp4", "Day/a.mp4", "day/A.mp4")
    assert len(find_inputs(["day", "Day"]).inputs) == 3
    assert Spelling().of(Path("DAY/../day/nothing.mp4")) == Path("DAY/../day/nothing.mp4")


@pytest.mark.parametrize(
    ("pattern", "base", "parts"),
    [
        (r"C:\films\*.mp4", r"C:\films", ["*.mp4"]),
        (r"\\server\share\**\a?.mp4", r"\\server\share", ["**", "a?.mp4"]),
        (r"\\?\C:\films\*.mp4", r"\\?\C:\films", ["*.mp4"]),
        (r"films\[ab]\x.mp4", "films", ["[ab]", "x.mp4"]),
    ],
)
def test_patterns_below_drives_and_servers(pattern: str, base: str, parts: list[str]) -> None:
    assert patterns.is_pattern(PureWindowsPath(pattern))
    assert patterns.divide(PureWindowsPath(pattern)) == (PureWindowsPath(base), parts)


def test_the_prefix_of_long_paths_is_no_pattern() -> None:
    assert not patterns.is_pattern(PureWindowsPath(r"\\?\C:\films\a.mp4"))
