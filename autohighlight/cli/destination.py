"""Where a result goes: checked before any work is done, and written whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from autohighlight.errors import NoSpaceError, OutputError, OutputExistsError


def check_destination(path: Path, *, source: Path | None = None, overwrite: bool = False) -> None:
    """Makes sure, before any work is done, that a result can be written to `path`.

    Args:
        path: the file to be written.
        source: the input that must not be replaced, by whatever name `path` reaches it.
        overwrite: whether a file that is there may be replaced.

    Raises:
        OutputExistsError: it is there already.
        OutputError: its folder is missing or cannot be written to, or it is a folder, a device or the input itself.
    """
    try:
        _check(path, source, overwrite)
    except OSError as error:  # as a name that is too long
        raise OutputError(path, f"cannot be written: {error.strerror or error}") from None


def _check(path: Path, source: Path | None, overwrite: bool) -> None:
    folder = path.parent
    if path.is_dir():
        raise OutputError(path, "is a folder", "name a file in it with -o")
    if not folder.is_dir():
        raise OutputError(path, f"the folder {folder} is not there", "make it, or name another with -o")
    if os.path.lexists(path):
        if source is not None and path.exists() and source.exists() and path.samefile(source):
            raise OutputError(path, "is the video itself", "name another file with -o")
        if path.exists() and not path.is_file():
            raise OutputError(path, "is no ordinary file", "name another with -o")
        if not overwrite:
            raise OutputExistsError(
                path, "is there already", "give --overwrite to replace it, or another name with -o"
            )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(path, f"the folder {folder} cannot be written to", "name another with -o")


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Writes a file under a temporary name in the same folder and renames it, so that no half file is ever seen.

    Args:
        path: the file; replaced if it is there.
        write: writes the temporary file that it is given, which has the suffix of `path`.

    Raises:
        NoSpaceError: the disk is full.
        OutputError: it cannot be written for another reason; nothing was left behind.
    """
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=".autohighlight-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        write(temporary)
        temporary.chmod(0o666 & ~_umask())  # mkstemp gives 0600; a result is as readable as any other new file
        temporary.replace(path)
        temporary = None
    except OSError as error:
        kind = NoSpaceError if error.errno in (errno.ENOSPC, errno.EDQUOT) else OutputError
        raise kind(path, f"cannot be written: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
