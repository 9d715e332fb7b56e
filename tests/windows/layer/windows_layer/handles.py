"""Files that are open, and directories: what Windows refuses to do with them.

Python and FFmpeg open files without FILE_SHARE_DELETE, so an open file can be neither renamed nor replaced nor removed,
whoever has it open; the same goes for what is mapped into memory, and for directories with such files in them.

Source: CreateFileW (sharing modes), MoveFileExW, DeleteFileW; Python's documentation of `os`.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

_stat, _lstat, _listdir, _readlink = os.stat, os.lstat, os.listdir, os.readlink


def install(root: str) -> None:
    """Holds the files below `root` to what Windows does."""
    os.open = _no_directories(os.open)
    os.fsync = _only_what_is_written(os.fsync)
    for name in ("unlink", "remove", "rmdir"):
        setattr(os, name, _not_if_open(getattr(os, name), root))
    os.rename = _not_if_open(_no_replacing(os.rename), root)
    os.replace = _not_if_open(os.replace, root)
    os.symlink = _no_links
    shutil._use_fd_functions = False  # type: ignore[attr-defined]  # it opens directories
    tempfile.TemporaryFile = tempfile.NamedTemporaryFile  # type: ignore[misc,assignment]  # as there: none is nameless


def _no_directories(plain: Callable[..., int]) -> Callable[..., int]:
    def open_(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
        if _kind(path) == stat.S_IFDIR:
            raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))
        return plain(path, flags, *arguments, **options)

    return open_


def _only_what_is_written(plain: Callable[[Any], None]) -> Callable[[Any], None]:
    """FlushFileBuffers needs GENERIC_WRITE."""

    def fsync(file: Any) -> None:
        descriptor = file if isinstance(file, int) else file.fileno()
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")
        plain(descriptor)

    return fsync


def _no_replacing(plain: Callable[..., None]) -> Callable[..., None]:
    def rename(source: Any, target: Any, **options: Any) -> None:
        if _kind(target) and not _is_same(source, target):
            raise FileExistsError(
                errno.EEXIST, "Cannot create a file when that file already exists", os.fspath(source), None,
                os.fspath(target),
            )  # fmt: skip
        plain(source, target, **options)

    return rename


def _not_if_open(plain: Callable[..., None], root: str) -> Callable[..., None]:
    def change(*paths: Any, **options: Any) -> None:
        for path in paths:
            if _is_below(path, root):
                _refuse(os.path.abspath(os.fsdecode(path)), root)
        plain(*paths, **options)

    return change


def _refuse(path: str, root: str) -> None:
    """Refuses what is open, mapped or write-protected.

    Raises:
        PermissionError: it is.
    """
    try:
        status = _lstat(path)
    except OSError:
        return
    if stat.S_ISREG(status.st_mode) and not status.st_mode & stat.S_IWUSR:
        raise PermissionError(errno.EACCES, "Access is denied", path)
    for place, number in _open_files(root):
        if number == (status.st_dev, status.st_ino) or place.startswith(f"{path}/"):
            message = "The process cannot access the file because it is being used by another process"
            error = PermissionError(errno.EACCES, message, path)
            error.winerror = 32  # type: ignore[attr-defined]
            raise error


def _open_files(root: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Files below `root` that some process has open or mapped: their paths, and their devices and inodes."""
    for process in filter(str.isdigit, _listdir("/proc")):
        with contextlib.suppress(OSError):
            for name in _listdir(f"/proc/{process}/fd"):
                with contextlib.suppress(OSError):
                    place = _readlink(f"/proc/{process}/fd/{name}")
                    status = _stat(f"/proc/{process}/fd/{name}") if place.startswith(f"{root}/") else None
                    if status is not None and not stat.S_ISDIR(status.st_mode):
                        yield place, (status.st_dev, status.st_ino)
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
        for line in maps:
            place = line.rstrip("\n").split(maxsplit=5)[-1]
            if place.startswith(f"{root}/"):
                with contextlib.suppress(OSError):
                    status = _stat(place)
                    yield place, (status.st_dev, status.st_ino)


def _no_links(source: Any, target: Any, *_arguments: Any, **_options: Any) -> None:
    raise OSError(errno.EINVAL, "A required privilege is not held by the client", os.fspath(source), None, target)


def _kind(path: Any) -> int:
    """The kind of file, through links; 0 where there is none."""
    try:
        return stat.S_IFMT(_stat(path).st_mode)
    except (OSError, ValueError):
        return 0


def _is_same(one: Any, other: Any) -> bool:
    try:
        return os.path.samestat(_stat(one), _stat(other))
    except OSError:
        return False


def _is_below(path: Any, root: str) -> bool:
    return isinstance(path, str | bytes | os.PathLike) and os.path.abspath(os.fsdecode(path)).startswith(f"{root}/")
