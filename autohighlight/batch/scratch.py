"""Room on disk for temporary copies, shared by all processes of one computer within one bound.

In the scratch directory each copy has a directory of its own, with a file that says how much it claims, and a lock
that the system lets go when the process ends, however it ends. What holds no lock was left behind, and is removed.
Claims are served in the order in which they were made: one waits until all that were made before it, and are still
there, leave it enough, so that a large one does not wait for ever while small ones pass.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from autohighlight.errors import NoSpaceError, OutputError
from autohighlight.files import make_private_folder

_PREFIX = "copy-"
_NAME = re.compile(rf"{_PREFIX}[a-z0-9_]{{8}}")
_POLL_SECONDS = 0.5


def scratch_folder(chosen: Path | None) -> Path:
    """The scratch directory of this user: in the directory that was chosen, else in the system's for temporary files.

    It is always a directory of its own, since whatever in it looks like a copy that was left behind is removed.
    """
    if sys.platform == "win32":
        name = "autohighlight-scratch"  # each user has a directory for temporary files there
    else:
        name = f"autohighlight-scratch-{os.getuid()}"
    return (chosen or Path(tempfile.gettempdir())) / name


@dataclass(frozen=True)
class _Claim:
    folder: Path
    ticket: int
    num_bytes: int

    @property
    def num_outstanding(self) -> int:
        """Bytes claimed that are not on the disk yet."""
        with contextlib.suppress(OSError):  # it goes while we look
            written = sum(path.stat().st_size for path in (self.folder / "copy").iterdir())
            return max(0, self.num_bytes - written)
        return self.num_bytes


@contextlib.contextmanager
def room(
    folder: Path, num_bytes: int, max_bytes: int, *, pause: Callable[[float], None] = time.sleep
) -> Iterator[Path]:
    """An empty folder for files of `num_bytes` in all; waits until there is room, and removes it whatever happens.

    What processes that were killed have left is removed first.

    Args:
        folder: see `scratch_folder`; made if it is not there.
        num_bytes: that will be written.
        max_bytes: that all folders of this scratch folder together may hold.
        pause: waits for some seconds.

    Raises:
        NoSpaceError: `num_bytes` is more than `max_bytes`, or than the disk has when nothing else is to be removed.
        OutputError: the scratch folder cannot be written to, or belongs to somebody else.
    """
    if num_bytes > max_bytes:
        raise NoSpaceError(folder, f"{_in_words(num_bytes)} are needed, and only {_in_words(max_bytes)} are allowed")
    with _as_output_errors(folder):
        _prepare(folder)
        with _ledger(folder):
            _sweep(folder)
            own = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=folder))
            lock = FileLock(own / "lock")
            lock.acquire(timeout=0)
            claim = _Claim(own, max((c.ticket for c in _claims(folder)), default=0) + 1, num_bytes)
            (own / "claim").write_text(f"{claim.ticket} {claim.num_bytes}", "ascii")
            (own / "copy").mkdir()
    try:
        with _as_output_errors(folder):
            while not _fits(claim, folder, max_bytes):
                pause(_POLL_SECONDS)
        yield own / "copy"
    finally:
        shutil.rmtree(own / "copy", ignore_errors=True)
        lock.release()
        shutil.rmtree(own, ignore_errors=True)


def sweep(folder: Path) -> int:
    """Removes what processes that were killed have left in a scratch folder, and says how many copies that were.

    Raises:
        OutputError: the folder cannot be written to, or belongs to somebody else.
    """
    if not folder.is_dir():
        return 0
    with _as_output_errors(folder):
        _prepare(folder)
        with _ledger(folder):
            return _sweep(folder)


def _fits(claim: _Claim, folder: Path, max_bytes: int) -> bool:
    with _ledger(folder):
        _sweep(folder)
        before = [other for other in _claims(folder) if other.ticket < claim.ticket]
        free = shutil.disk_usage(folder).free - sum(other.num_outstanding for other in before)
    if free < claim.num_bytes and not before:
        raise NoSpaceError(
            folder,
            f"{_in_words(claim.num_bytes)} are needed, and only {_in_words(free)} are free",
            "free some space, or name another folder with --scratch",
        )
    return free >= claim.num_bytes and sum(other.num_bytes for other in before) + claim.num_bytes <= max_bytes


def _claims(folder: Path) -> list[_Claim]:
    claims = []
    for own in _copies(folder):
        with contextlib.suppress(OSError, ValueError):  # it goes while we look, or has made no claim yet
            ticket, num_bytes = (own / "claim").read_text("ascii").split()
            claims.append(_Claim(own, int(ticket), int(num_bytes)))
    return claims


def _sweep(folder: Path) -> int:
    """As `sweep`; the ledger is held."""
    num_removed = 0
    for own in _copies(folder):
        lock = FileLock(own / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        except FileNotFoundError:  # it has just gone by itself
            continue
        shutil.rmtree(own / "copy", ignore_errors=True)
        lock.release()
        shutil.rmtree(own, ignore_errors=True)
        num_removed += 1
    return num_removed


def _copies(folder: Path) -> list[Path]:
    """The directories of copies, by their exact names."""
    return [own for own in folder.iterdir() if _NAME.fullmatch(own.name) and own.is_dir() and not own.is_symlink()]


def _ledger(folder: Path) -> FileLock:
    return FileLock(folder / "lock")


def _prepare(folder: Path) -> None:
    """Makes the scratch folder; one that somebody else has put where anybody may put things is not used."""
    make_private_folder(folder)
    if sys.platform != "win32":
        status, above = folder.lstat(), folder.parent.stat()
        is_public = above.st_mode & stat.S_IWOTH and above.st_mode & stat.S_ISVTX
        if is_public and (status.st_uid not in (os.getuid(), 0) or stat.S_ISLNK(status.st_mode)):
            raise OutputError(folder, "somebody else has made this folder", "name another with --scratch")


@contextlib.contextmanager
def _as_output_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            folder, f"cannot be written to: {error.strerror or error}", "name another folder with --scratch"
        ) from error


def _in_words(num_bytes: int) -> str:
    return f"{num_bytes / 1e6:,.0f} MB" if num_bytes >= 1e6 else f"{num_bytes} bytes"
