from __future__ import annotations

import errno
from pathlib import Path

import pytest

from autohighlight.errors import OutputError, OutputExistsError
from autohighlight.files import check_destination, written_whole


def test_a_new_place_is_fine_and_nothing_is_made(tmp_path: Path) -> None:
    check_destination(tmp_path / "x.mp4")
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_kept_unless_told_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(b"mine")
    with pytest.raises(OutputExistsError, match="--overwrite"):
        check_destination(path)
    check_destination(path, overwrite=True)
    with written_whole(path, overwrite=True) as unfinished:
        unfinished.write_bytes(b"new")
        assert path.read_bytes() == b"mine"
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.mp4"]


def test_a_broken_link_is_there_too(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").symlink_to("nowhere")
    with pytest.raises(OutputExistsError):
        check_destination(tmp_path / "x.mp4")


@pytest.mark.parametrize("has_links", [True, False])
def test_what_comes_there_meanwhile_is_kept(has_links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    def write() -> None:
        with written_whole(path, overwrite=False) as unfinished:
            unfinished.write_bytes(b"new")
            path.write_bytes(b"another's")

    if not has_links:
        monkeypatch.setattr(Path, "hardlink_to", refuse)
    path = tmp_path / "x.mp4"
    with pytest.raises(OutputExistsError):
        write()
    assert path.read_bytes() == b"another's"
    path.unlink()
    with written_whole(path, overwrite=False) as unfinished:
        unfinished.write_bytes(b"new")
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.mp4"]


def test_a_folder_that_cannot_be_written_to_is_said_with_the_place(tmp_path: Path) -> None:
    def write() -> None:
        with written_whole(tmp_path / "no" / "x.mp4", overwrite=False):
            raise AssertionError("not reached")

    with pytest.raises(OutputError, match="cannot be written") as caught:
        write()
    assert caught.value.path == tmp_path / "no" / "x.mp4"
