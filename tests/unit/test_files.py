from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from autohighlight import files
from autohighlight.errors import NoSpaceError, OutputError, OutputExistsError
from autohighlight.files import check_destination, move_into_place, wait_for_disk, written_whole


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


def write_and(fail: Callable[[Path], object], path: Path) -> None:
    with written_whole(path, overwrite=False) as unfinished:
        unfinished.write_bytes(b"half")
        fail(unfinished)


def test_a_source_that_is_gone_is_not_told_as_an_error_of_the_output(tmp_path: Path) -> None:
    source, path = tmp_path / "source.mp4", tmp_path / "x.mp4"
    with pytest.raises(FileNotFoundError) as caught:
        write_and(lambda _: source.read_bytes(), path)
    assert caught.value.filename == str(source)
    with pytest.raises(FileNotFoundError):
        write_and(lambda _: os.stat(os.fsencode(source)), path)  # noqa: PTH116 -- a name in bytes
    assert list(tmp_path.iterdir()) == []


def raise_error(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(
    "fail",
    [
        lambda unfinished: unfinished.with_name("gone").read_bytes(),
        lambda unfinished: (unfinished.parent / "no" / "deep").touch(),
        lambda unfinished: unfinished.rename(unfinished.parent.parent / "no" / "x"),  # names two files
        lambda _: raise_error(OSError(errno.EFBIG, "File too large")),
        lambda _: raise_error(OSError(errno.EIO, "Input/output error")),
        lambda _: raise_error(OSError(errno.EBADF, "Bad file descriptor", 7)),
    ],
)
def test_an_error_of_the_output_is_told_with_its_place(fail: Callable[[Path], object], tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written") as caught:
        write_and(fail, tmp_path / "x.mp4")
    assert caught.value.path == tmp_path / "x.mp4"
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_is_the_outputs_alone(tmp_path: Path) -> None:
    with pytest.raises(NoSpaceError):
        write_and(lambda _: raise_error(OSError(errno.ENOSPC, "No space left on device")), tmp_path / "x.mp4")
    with pytest.raises(OSError, match="No space left") as caught:  # as of another disk, which holds a cache
        write_and(lambda _: raise_error(OSError(errno.ENOSPC, "No space left", "/elsewhere/x")), tmp_path / "x.mp4")
    assert type(caught.value) is OSError


def test_a_writer_that_writes_nothing_is_told(tmp_path: Path) -> None:
    def write_nothing() -> None:
        with written_whole(tmp_path / "x.mp4", overwrite=False):
            pass

    with pytest.raises(OutputError, match="cannot be written"):
        write_nothing()


@pytest.fixture
def _windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system says that it is Windows; what it does else is up to the test."""
    monkeypatch.setattr(files, "sys", SimpleNamespace(platform="win32"))
    monkeypatch.setattr(files, "_WINDOWS_PATIENCE_SECONDS", 0.3)


def refuse(*_arguments: object, **_others: object) -> None:
    raise PermissionError(13, "Access is denied")


@pytest.mark.usefixtures("_windows")
def test_on_windows_an_output_that_is_open_elsewhere_is_said_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(b"mine")
    check_destination(path, overwrite=True)
    assert path.read_bytes() == b"mine"
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(OutputError, match=r"open in another program.*close it there and run again"):
        check_destination(path, overwrite=True)


@pytest.mark.usefixtures("_windows")
def test_on_windows_an_output_that_was_opened_meanwhile_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, unfinished, tries = tmp_path / "x.mp4", tmp_path / "unfinished", []
    path.write_bytes(b"mine")
    unfinished.write_bytes(b"new")
    replace = Path.replace

    def replace_the_second_time(self: Path, target: Path) -> None:
        tries.append(target)
        refuse() if len(tries) < 2 else replace(self, target)

    monkeypatch.setattr(Path, "replace", replace_the_second_time)
    move_into_place(unfinished, path, overwrite=True)
    assert path.read_bytes() == b"new"
    unfinished.write_bytes(b"newer")
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OutputError, match="cannot be replaced: it is open in another program"):
        move_into_place(unfinished, path, overwrite=True)
    assert path.read_bytes() == b"new"


def test_elsewhere_nothing_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[object] = []

    def refuse_and_count(*arguments: object) -> None:
        tries.append(arguments)
        refuse()

    monkeypatch.setattr(Path, "replace", refuse_and_count)
    (tmp_path / "unfinished").touch()
    with pytest.raises(PermissionError):
        move_into_place(tmp_path / "unfinished", tmp_path / "x", overwrite=True)
    assert len(tries) == 1


def test_without_links_windows_keeps_what_has_just_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def rename_as_windows_does(self: Path, target: Path) -> None:
        target.write_bytes(b"another's")
        raise FileExistsError(17, "Cannot create a file when that file already exists", str(self), 183, str(target))

    monkeypatch.setattr(Path, "hardlink_to", lambda *_: raise_error(OSError(1, "Incorrect function")))
    monkeypatch.setattr(Path, "rename", rename_as_windows_does)
    (tmp_path / "unfinished").write_bytes(b"new")
    with pytest.raises(OutputExistsError):
        move_into_place(tmp_path / "unfinished", tmp_path / "x", overwrite=False)
    assert (tmp_path / "x").read_bytes() == b"another's"


def test_the_disk_is_waited_for_on_a_handle_that_may_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows refuses others: FlushFileBuffers needs GENERIC_WRITE."""
    import fcntl

    flushed: list[int] = []

    def flush(descriptor: int) -> None:
        assert fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDWR
        flushed.append(descriptor)

    monkeypatch.setattr(os, "fsync", flush)
    (tmp_path / "x").write_bytes(b"whole")
    wait_for_disk(tmp_path / "x")
    assert len(flushed) == 1
    assert (tmp_path / "x").read_bytes() == b"whole"
