"""Hidden directories: each interleaving of one program that makes one with another that clears up after the killed."""

from __future__ import annotations

import fcntl
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autohighlight import hidden_folders
from autohighlight.files import written_whole
from autohighlight.hidden_folders import _lock, _remove, _remove_abandoned, hidden_folder
from tests.whole_runs import files_in


def _lock_as_windows_does(descriptor: int, mode: int, num_bytes: int) -> None:
    assert (mode, num_bytes) == (2, 1)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise PermissionError(13, "Permission denied") from None


@pytest.fixture(params=["posix", "windows"])
def _system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is, and with the calls that Windows has."""
    if request.param == "windows":
        monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(LK_NBLCK=2, locking=_lock_as_windows_does))
        monkeypatch.setattr(hidden_folders, "sys", SimpleNamespace(platform="win32"))


pytestmark = pytest.mark.usefixtures("_system")


def once(place: Any, name: str, moment: Callable[..., None], monkeypatch: pytest.MonkeyPatch, *, before: bool) -> None:
    """Has something happen before or after the first call of a function; it is told of what that was given or gave."""
    whole, calls = getattr(place, name), []

    def called(*arguments: Any, **others: Any) -> Any:
        calls.append(1)
        if before and len(calls) == 1:
            moment(*arguments)
        result = whole(*arguments, **others)
        if not before and len(calls) == 1:
            moment(result)
        return result

    monkeypatch.setattr(place, name, called)


def write_one(place: Path) -> None:
    with written_whole(place / "x", overwrite=True) as unfinished:
        unfinished.write_bytes(b"whole")
        assert unfinished.exists()
    assert (place / "x").read_bytes() == b"whole"
    assert files_in(place) == {"x"}


def test_another_removes_it_before_it_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once(tempfile, "mkdtemp", lambda _: _remove_abandoned(tmp_path), monkeypatch, before=False)
    write_one(tmp_path)


def test_another_has_locked_it_and_removes_it_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[tuple[Path, int]] = []

    def take(folder: str) -> None:
        held.append((Path(folder), _lock(Path(folder))))

    once(tempfile, "mkdtemp", take, monkeypatch, before=False)
    with written_whole(tmp_path / "x", overwrite=True) as unfinished:
        _remove(*held.pop())
        unfinished.write_bytes(b"whole")
    assert (tmp_path / "x").read_bytes() == b"whole"
    assert files_in(tmp_path) == {"x"}


def test_another_removes_it_after_it_was_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once(hidden_folders, "_take", lambda _: _remove_abandoned(tmp_path), monkeypatch, before=True)
    write_one(tmp_path)


def test_another_removes_it_once_it_is_locked_and_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hidden_folder(tmp_path) as folder:
        (folder / "file").touch()
        _remove_abandoned(tmp_path)
        assert (folder / "file").exists()
    assert files_in(tmp_path) == set()


def test_two_find_the_same_abandoned_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second has listed it, and comes when the first has removed it and a third has made one of its own."""
    left = Path(tempfile.mkdtemp(prefix=hidden_folders._PREFIX, dir=tmp_path))
    (left / "half").touch()
    once(hidden_folders, "_open_lock", lambda folder: _remove(folder, _lock(folder)), monkeypatch, before=True)
    write_one(tmp_path)


def test_one_that_is_abandoned_goes_with_all_that_is_in_it(tmp_path: Path) -> None:
    left = Path(tempfile.mkdtemp(prefix=hidden_folders._PREFIX, dir=tmp_path))
    (left / "half").touch()
    (left / "more" / "deep").mkdir(parents=True)
    (left / "more" / "deep" / "x").touch()
    write_one(tmp_path)


def test_a_maker_that_never_gets_its_own_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_descriptor: int) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(hidden_folders, "_take", refuse)
    with pytest.raises(BlockingIOError, match="keeps removing"), hidden_folder(tmp_path):
        pass
    assert files_in(tmp_path) == set()


def test_without_locks_it_is_written_and_what_others_left_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(hidden_folders, "_take", refuse)
    left = Path(tempfile.mkdtemp(prefix=hidden_folders._PREFIX, dir=tmp_path))
    with hidden_folder(tmp_path) as folder:
        (folder / "file").touch()
    assert files_in(tmp_path) == {left.name}


def test_files_and_links_of_such_a_name_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "film.mp4").touch()
    (tmp_path / f"{hidden_folders._PREFIX}aaaaaaaa").symlink_to(tmp_path / "elsewhere")
    (tmp_path / f"{hidden_folders._PREFIX}bbbbbbbb").write_text("mine")
    (tmp_path / f"{hidden_folders._PREFIX}cccccccc-mine").mkdir()
    before = files_in(tmp_path)
    with hidden_folder(tmp_path):
        pass
    assert files_in(tmp_path) == before
    assert files_in(tmp_path / "elsewhere") == {"film.mp4"}


def _first_free_descriptor() -> int:
    descriptor = os.dup(sys.stdout.fileno())
    os.close(descriptor)
    return descriptor


def test_no_descriptor_is_left_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    before = _first_free_descriptor()
    test_another_has_locked_it_and_removes_it_later(tmp_path, monkeypatch)
    Path(tempfile.mkdtemp(prefix=hidden_folders._PREFIX, dir=tmp_path))
    write_one(tmp_path)
    assert _first_free_descriptor() == before
