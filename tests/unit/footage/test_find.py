from __future__ import annotations

import os
from pathlib import Path

import pytest

from autohighlight.errors import InputError, OptionError
from autohighlight.footage.find import find_footage


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def names_found(folder: Path, *places: str) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in find_footage([folder / p for p in places]).paths]


def test_a_folder_is_searched_to_its_depths_in_the_order_of_names(tmp_path: Path) -> None:
    touch(tmp_path, "b.MP4", "a/z.mov", "a/deep/er/c.webm", "c.mkv")
    assert names_found(tmp_path, "") == ["b.MP4", "c.mkv", "a/z.mov", "a/deep/er/c.webm"]


def test_what_is_hidden_or_a_reel_or_no_video_is_left_out(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", ".b.mp4", ".trash/c.mp4", "a.highlights.mp4", "A.HIGHLIGHTS.MP4", "notes.txt", "a.srt")
    assert names_found(tmp_path, "") == ["a.mp4"]
    assert find_footage([tmp_path]).num_passed_over == 4


def test_a_file_that_is_named_may_be_called_anything(tmp_path: Path) -> None:
    touch(tmp_path, "clip", ".hidden.mp4", "a.highlights.mp4")
    assert names_found(tmp_path, "clip", ".hidden.mp4", "a.highlights.mp4") == [
        "clip",
        ".hidden.mp4",
        "a.highlights.mp4",
    ]


def test_nothing_counts_twice(tmp_path: Path) -> None:
    touch(tmp_path, "d/a.mp4", "d/b.mp4")
    (tmp_path / "d/c.mp4").symlink_to(tmp_path / "d/a.mp4")
    assert names_found(tmp_path, "d/b.mp4", "d", "d/../d/a.mp4") == ["d/b.mp4", "d/a.mp4"]


def test_ready_features_are_known_by_their_names(tmp_path: Path) -> None:
    touch(tmp_path, "a.npy", "d/b.NPZ", "c.json")
    found = find_footage([tmp_path])
    assert found.are_features
    assert [path.name for path in found.paths] == ["a.npy", "b.NPZ"]


def test_videos_and_features_do_not_mix(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "d/b.npy")
    with pytest.raises(OptionError, match=r"both videos \(.*a\.mp4\) and ready features \(.*b\.npy\)"):
        find_footage([tmp_path])


@pytest.mark.parametrize(
    ("make", "place", "problem"),
    [
        ([], "none.mp4", "there is no such file or folder"),
        ([], "", "there is nothing in it to train on"),
        (["a.txt"], "", "there is nothing in it to train on"),
        (["d/a.mp4", "e/a.txt"], "e", "there is nothing in it to train on"),
    ],
)
def test_a_place_without_footage_is_named(tmp_path: Path, make: list[str], place: str, problem: str) -> None:
    touch(tmp_path, *make)
    with pytest.raises(InputError, match=problem) as caught:
        find_footage([tmp_path / place])
    assert caught.value.path == tmp_path / place


def test_a_folder_that_may_not_be_looked_into_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "a.mp4", "d/b.mp4")
    scandir = os.scandir

    def refusing(folder: str) -> object:
        if Path(folder) == tmp_path / "d":
            raise PermissionError(13, "Permission denied", folder)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(InputError, match="cannot be looked into: Permission denied") as caught:
        find_footage([tmp_path])
    assert caught.value.path == tmp_path / "d"
