"""Files as they are: what tells one content from another, and results that are written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

from autohighlight import interruption
from autohighlight.errors import NoSpaceError, OutputError, OutputExistsError
from autohighlight.hidden_folders import hidden_folder


@dataclass(frozen=True)
class FileState:
    """What a file system says of a file without its content being read.

    While all of it stays the same, so does the content: whatever writes to a file changes its ``ctime``, which no
    program can set. It is of no use across machines, and a copy of a file has another. On Windows, where ``ctime`` is
    when the file was made, a program that puts an old time stamp back after writing goes unnoticed.

    Args:
        size: in bytes.
        mtime_ns: when the content last changed, in nanoseconds since 1970, as far as one believes it.
        ctime_ns: when anything of the file last changed.
        inode: of the file on its device.
        device: that the file is on.
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int

    @classmethod
    def of(cls, path: Path) -> FileState:
        """The state of the file at `path`, through links.

        Raises:
            OSError: it is not there or not to be looked at.
        """
        status = path.stat()
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev)

    def __str__(self) -> str:
        return " ".join(map(str, astuple(self)))


def content_digest(path: Path) -> str:
    """A digest of a file's whole content (BLAKE2b, 128 bits, as hex); read once a process while its state is the same.

    Raises:
        OSError: it cannot be read.
    """
    return _content_digest(path, FileState.of(path))


@functools.lru_cache(maxsize=64)
def _content_digest(path: Path, _state: FileState) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


_NUM_SAMPLED = 16
_SAMPLED_BYTES = 4096


@dataclass(frozen=True)
class Snapshot:
    """Tells at little cost whether a file is still what it was.

    Where size and ``mtime`` are the same and something else of its state is not, a few blocks of the content decide: a
    change of permissions is none of the content, and network file systems give a file another inode now and then.

    Args:
        state: at the time.
        sample: digest of blocks at the beginning, at the end and between.
    """

    state: FileState
    sample: str

    @classmethod
    def of(cls, path: Path) -> Snapshot:
        """Of the file at `path`, through links.

        Raises:
            OSError: it cannot be read.
        """
        state = FileState.of(path)
        return cls(state, _sample(path, state.size))

    def still_holds(self, path: Path) -> bool:
        """Whether the file at `path` is still the same.

        Raises:
            OSError: it is not there, or cannot be read.
        """
        now = FileState.of(path)
        if now == self.state:
            return True
        if (now.size, now.mtime_ns) != (self.state.size, self.state.mtime_ns):
            return False
        return _sample(path, now.size) == self.sample


def _sample(path: Path, size: int) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb", buffering=0) as file:
        for number in range(_NUM_SAMPLED):
            file.seek(max(0, size - _SAMPLED_BYTES) * number // (_NUM_SAMPLED - 1))
            digest.update(file.read(_SAMPLED_BYTES))
    return digest.hexdigest()


def make_private_folder(folder: Path) -> None:
    """Makes a directory, and those above it that are missing, which only their owner may look into or write to.

    Directories that are there stay as they are.

    Raises:
        OSError: one cannot be made.
    """
    for missing in reversed([place for place in (folder, *folder.parents) if not place.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(exist_ok=True)  # raises where it is a file


_EXISTS_HINT = "give --overwrite to replace it, or another name with -o"


def check_destination(path: Path, *, source: Path | None = None, overwrite: bool = False) -> None:
    """Makes sure, before any work is done, that a result can be written to `path`.

    Args:
        path: the file to be written.
        source: the input that must not be replaced, by whatever name `path` reaches it.
        overwrite: whether a file that is there may be replaced.

    Raises:
        OutputExistsError: it is there already.
        OutputError: its directory is missing or cannot be written to, or it is a directory, a device, the input itself
            or, on Windows, open in another program.
    """
    try:
        _check(path, source, overwrite)
    except OSError as error:  # as a name that is too long
        raise _output_error(path, error) from None


def _check(path: Path, source: Path | None, overwrite: bool) -> None:
    folder = path.parent
    if path.is_dir():
        raise OutputError(path, "is a folder", "name a file in it with -o")
    if not folder.is_dir():
        hint = long_path_hint(folder, "make it, or name another with -o")
        raise OutputError(path, f"the folder {folder} is not there", hint)
    if os.path.lexists(path):
        if source is not None and path.exists() and source.exists() and path.samefile(source):
            raise OutputError(path, "is the video itself", "name another file with -o")
        if path.exists() and not path.is_file():
            raise OutputError(path, "is no ordinary file", "name another with -o")
        if not overwrite:
            raise _exists(path)
        if sys.platform == "win32" and path.exists():
            _check_not_open(path)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(path, f"the folder {folder} cannot be written to", "name another with -o")


def _check_not_open(path: Path) -> None:
    """Asks Windows, where a file that a program has open cannot be replaced."""
    try:
        path.open("r+b").close()
    except PermissionError as error:
        raise _open_elsewhere(path) from error


def _open_elsewhere(path: Path) -> OutputError:
    return OutputError(
        path, "cannot be replaced: it is open in another program, or write-protected", "close it there and run again"
    )


def move_into_place(unfinished: Path, path: Path, *, overwrite: bool) -> None:
    """Gives a finished file its name, at once; without `overwrite` no other is ever replaced, even one just come.

    Raises:
        OutputExistsError: a file is there.
        OutputError: on Windows, the file that is there is open in another program.
        OSError: the file system refuses, or `unfinished` is gone.
    """
    interruption.check()
    if overwrite:
        _replace(unfinished, path)
        return
    try:
        path.hardlink_to(unfinished)
    except FileExistsError:
        raise _exists(path) from None
    except OSError:  # a file system without links
        _check(path, None, overwrite)
        _rename(unfinished, path)


def _rename(unfinished: Path, path: Path) -> None:
    """Where the system can, a file that has just come is not replaced."""
    try:
        unfinished.rename(path)
    except FileExistsError:  # on Windows; elsewhere the file is replaced
        raise _exists(path) from None


def _exists(path: Path) -> OutputExistsError:
    return OutputExistsError(path, "is there already", _EXISTS_HINT)


_WINDOWS_PATIENCE_SECONDS = 2.0
"""Virus scanners and indexers open new files for a moment."""


def _replace(unfinished: Path, path: Path) -> None:
    deadline = time.monotonic() + (_WINDOWS_PATIENCE_SECONDS if sys.platform == "win32" else 0)
    while True:
        try:
            unfinished.replace(path)
        except PermissionError as error:
            if time.monotonic() < deadline:
                time.sleep(0.1)
            elif sys.platform == "win32" and path.exists():
                raise _open_elsewhere(path) from error
            else:
                raise
        else:
            return


def write_whole(path: Path, content: bytes) -> None:
    """Writes bytes to a file, whole or not at all, and waits until the disk has them; what is there is replaced.

    Raises:
        NoSpaceError: the disk is full.
        OutputError: the place cannot be written to.
    """
    with written_whole(path, overwrite=True) as unfinished:
        unfinished.write_bytes(content)


@contextlib.contextmanager
def written_whole(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """A file to write in a hidden directory beside `path`; moved to `path` when it is whole.

    The directory may hold other temporary files too; errors are those of `hidden_beside`. A file that is at `path` is
    replaced at the end, not before.

    Args:
        path: the file to be written.
        overwrite: whether a file that is there, or has come there meanwhile, may be replaced.

    Raises:
        OutputExistsError: a file has come there meanwhile.
        NoSpaceError: the disk is full.
        OutputError: the place cannot be written to.
    """
    with hidden_beside(path) as folder:
        unfinished = folder / f"unfinished{path.suffix}"
        yield unfinished
        with _as_output_error(path):
            wait_for_disk(unfinished)
            move_into_place(unfinished, path, overwrite=overwrite)


@contextlib.contextmanager
def hidden_beside(path: Path) -> Iterator[Path]:
    """A hidden directory beside `path`, for what is moved out of it when it is whole; see `hidden_folders`.

    Of the errors of the block under ``with``, those are told as errors of `path` that name a file in the directory, or
    no file, as a disk does that is full. One that names another file, as a source that is gone, is raised as it is.

    Args:
        path: of a result.

    Raises:
        NoSpaceError: the disk is full.
        OutputError: the place cannot be written to.
    """
    with contextlib.ExitStack() as stack:
        with _as_output_error(path):
            folder = stack.enter_context(hidden_folder(path.parent))
        try:
            yield folder
        except OutputError as error:
            if error.path.parent == folder:
                error.path = path  # the hidden directory means nothing to people
            raise
        except OSError as error:
            if _is_of(error, folder):
                raise _output_error(path, error) from error
            raise


def _is_of(error: OSError, folder: Path) -> bool:
    """Whether an error is about files in `folder`: it names one of them, or none at all."""
    names = [name for name in (error.filename, error.filename2) if isinstance(name, str | bytes | os.PathLike)]
    return not names or any(Path(os.fsdecode(name)).is_relative_to(folder) for name in names)


@contextlib.contextmanager
def _as_output_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _output_error(path, error) from error


def _output_error(path: Path, error: OSError) -> OutputError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpaceError(path, "the disk is full", "free some space, or name another place with -o")
    at = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else path
    return OutputError(path, f"cannot be written: {error.strerror or error}", long_path_hint(at))


_LONGEST_FOLDER_ON_WINDOWS, _LONGEST_FILE_ON_WINDOWS = 247, 259
"""Characters of a whole path (Windows documentation, "Maximum Path Length Limitation")."""


def long_path_hint(path: Path, otherwise: str = "") -> str:
    """What to do about a file that Windows does not find because its path is too long; else `otherwise`."""
    length = len(str(path.absolute()))
    if sys.platform == "win32" and length > _LONGEST_FOLDER_ON_WINDOWS:
        return (
            f"{path} is {length} characters long, and Windows allows {_LONGEST_FILE_ON_WINDOWS}, for a folder "
            f"{_LONGEST_FOLDER_ON_WINDOWS}: use a shorter path, or turn on long paths in Windows"
        )
    return otherwise


def wait_for_disk(path: Path) -> None:
    """Returns when the disk has the file's content, so that no name is ever given to less.

    Raises:
        OSError: the file is not there, or the disk fails.
    """
    with path.open("r+b") as file:  # Windows refuses to flush what is open for reading alone
        flush(file.fileno())


def flush(handle: int) -> None:
    """Returns when the disk has what was written to an open file or directory.

    On macOS ``fsync`` leaves it in the memory of the drive, and ``F_FULLFSYNC`` does not; see its fsync(2). File
    systems that do not know ``F_FULLFSYNC``, as those of network drives, get ``fsync``.

    Raises:
        OSError: the disk fails, or the system cannot do this.
    """
    if sys.platform == "darwin":
        import fcntl  # noqa: PLC0415 -- there is none on Windows

        with contextlib.suppress(OSError):
            fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
            return
    os.fsync(handle)
