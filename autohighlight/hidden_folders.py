"""Hidden directories in which files are written until they are whole, beside the place where they then go.

A directory is locked as long as the program that made it lives; the system lets go of the lock however that ends. So
one that can be locked was left behind by a program that was killed, and the next that works in the same place removes
it. A directory can be seen before its maker has locked it. Whoever holds the lock decides: a maker that finds it taken
leaves the directory to the other and makes another one, and nobody removes a directory without holding its lock.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

_HOST = hashlib.blake2b(platform.node().encode(), digest_size=4).hexdigest()
_PREFIX = f".autohighlight-{_HOST}-"  # locks say nothing of programs on other computers
_NAME = re.compile(rf"\.autohighlight-{_HOST}-[a-z0-9_]{{8}}")
_LOCK = ".lock"
_MOST_TRIES = 100


@contextlib.contextmanager
def hidden_folder(place: Path) -> Iterator[Path]:
    """A new directory in `place`, for this user alone; it is removed with all that is in it, whatever happens.

    Those that killed programs of this computer have left in `place` are removed first. Where the file system has no
    locks, as some of networks, nothing tells which these are, and they stay.

    Args:
        place: a directory that is there.

    Raises:
        OSError: no directory can be made in it.
    """
    _remove_abandoned(place)
    folder, lock = _make(place)
    try:
        yield folder
    finally:
        _remove(folder, lock)


def _make(place: Path) -> tuple[Path, int | None]:
    """A new directory, and the descriptor that holds its lock; None where there are no locks."""
    for _ in range(_MOST_TRIES):
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
        try:
            return folder, _lock(folder)
        except (BlockingIOError, FileNotFoundError):  # another process has taken it for one that was left behind
            shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            return folder, None
    raise BlockingIOError(errno.EAGAIN, "another program keeps removing the directory for unfinished files", str(place))


def _remove_abandoned(place: Path) -> None:
    try:
        folders = [folder for folder in place.iterdir() if _NAME.fullmatch(folder.name) and not folder.is_symlink()]
    except OSError:
        return  # a directory that may be written to, but not listed
    for folder in folders:
        with contextlib.suppress(OSError):  # its program lives, it is gone, or there are no locks
            _remove(folder, _lock(folder))


def _lock(folder: Path) -> int:
    """A descriptor that holds the lock of a directory until it is closed or this program ends.

    Raises:
        BlockingIOError: another process holds it.
        FileNotFoundError: the directory is gone.
        OSError: the file system has no locks.
    """
    descriptor = None
    try:
        descriptor = _open_lock(folder)
        _take(descriptor)
        if not os.path.samestat(os.fstat(descriptor), _lock_place(folder).lstat()):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))
    except BaseException as error:
        if descriptor is not None:
            os.close(descriptor)
        if isinstance(error, PermissionError):  # what Windows says of one that is locked or being removed
            raise BlockingIOError(error.errno, error.strerror, str(folder)) from error
        raise
    return descriptor


def _lock_place(folder: Path) -> Path:
    """What is locked: the directory itself; on Windows, where directories cannot be opened, a file in it."""
    return folder / _LOCK if sys.platform == "win32" else folder


def _open_lock(folder: Path) -> int:
    if sys.platform == "win32":
        flags = os.O_RDWR | os.O_CREAT
    else:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    return os.open(_lock_place(folder), flags)


def _take(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 -- not everywhere

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # noqa: PLC0415 -- not everywhere

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _remove(folder: Path, lock: int | None) -> None:
    """Removes a directory whose lock this process holds, and then lets go of the lock."""
    if lock is None:
        shutil.rmtree(folder, ignore_errors=True)
    elif sys.platform == "win32":
        _remove_open(folder, lock)
    else:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _remove_open(folder: Path, lock: int) -> None:
    """Removes a directory on Windows, where the lock's file has to be closed before it can be removed.

    Whoever made the directory may take the lock just then; neither its file nor the directory can be removed after
    that.
    """
    with contextlib.suppress(OSError):
        for entry in folder.iterdir():
            if entry.name != _LOCK:
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    os.close(lock)
    with contextlib.suppress(OSError):
        _lock_place(folder).unlink()
        folder.rmdir()
