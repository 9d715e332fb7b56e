"""Names of files as Windows takes them: in any case, and not all of them.

Source: "Naming Files, Paths, and Namespaces" of the Windows documentation; system error codes 2, 3, 123, 206.
"""

from __future__ import annotations

import errno
import functools
import os
import re
from collections.abc import Callable
from typing import Any

_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\..*)?", re.IGNORECASE)
_UNFIT = re.compile(r'[\x00-\x1f<>:"|?*\\]')
_MOST_OF_A_FILE, _MOST_OF_A_FOLDER = 259, 247
"""Characters of a whole path, unless long paths are switched on: MAX_PATH without the NUL; and room for an 8.3 name."""

_ONE_PATH = ("open", "stat", "lstat", "mkdir", "rmdir", "unlink", "remove", "chmod", "utime", "access", "scandir",
             "listdir", "readlink")  # fmt: skip
_TWO_PATHS = ("rename", "replace", "link")

_lstat, _listdir = os.lstat, os.listdir


def install(root: str) -> None:
    """Holds the paths below `root` to what Windows takes."""
    to_disk = functools.partial(on_disk, root=root)
    for name in _ONE_PATH:
        setattr(os, name, _with_paths(getattr(os, name), 1, to_disk, name))
    for name in _TWO_PATHS:
        setattr(os, name, _with_paths(getattr(os, name), 2, to_disk, name))


def _with_paths(
    plain: Callable[..., Any], num_paths: int, to_disk: Callable[..., Any], name: str
) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        if any(options.get(word) is not None for word in ("dir_fd", "src_dir_fd", "dst_dir_fd")):
            return plain(*arguments, **options)
        paths = [to_disk(path, is_folder=name == "mkdir") for path in arguments[:num_paths]]
        return plain(*paths, *arguments[num_paths:], **options)

    return functools.wraps(plain)(call)


def on_disk(path: Any, root: str, *, is_folder: bool = False) -> Any:
    """The path as the disk has it, in the case of what is there.

    Raises:
        OSError: Windows would refuse it.
    """
    if not isinstance(path, str | bytes | os.PathLike):
        return path
    whole = os.path.abspath(os.fsdecode(path))
    if not whole.startswith(f"{root}/"):
        return path
    place = root
    for part in whole[len(root) + 1 :].split("/"):
        if _UNFIT.search(part):
            message = "The filename, directory name, or volume label syntax is incorrect"
            raise _error(OSError, errno.EINVAL, message, 123, path)
        if _RESERVED.fullmatch(part) or part != part.rstrip(". "):
            raise _error(FileNotFoundError, errno.ENOENT, f"Windows has another file of the name {part!r}", 2, path)
        place = _in_its_case(place, part)
    if len(whole) > (_MOST_OF_A_FOLDER if is_folder else _MOST_OF_A_FILE):
        raise _error(FileNotFoundError, errno.ENOENT, "The system cannot find the path specified", 3, path)
    return place if isinstance(path, str | os.PathLike) else os.fsencode(place)


def _in_its_case(folder: str, name: str) -> str:
    place = f"{folder}/{name}"
    try:
        _lstat(place)
    except OSError:
        try:
            names = _listdir(folder)
        except OSError:
            return place
        return next((f"{folder}/{other}" for other in names if other.upper() == name.upper()), place)
    return place


def _error(kind: type[OSError], number: int, message: str, code: int, path: Any) -> OSError:
    error = kind(number, message, os.fspath(path))
    error.winerror = code  # type: ignore[attr-defined]
    return error
