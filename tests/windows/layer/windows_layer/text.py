"""Text files: without an encoding they are in the code page of the system, and line feeds become CR LF.

Source: Python's documentation of `open` and of `locale.getencoding`.
"""

from __future__ import annotations

import builtins
import errno
import functools
import io
import os
import stat
import sys
import warnings
from typing import Any

from windows_layer.absent import PACKAGE, is_ours
from windows_layer.names import on_disk

CODE_PAGE = "cp1252"

_stat = os.stat


def install(root: str) -> None:
    """Holds text files below `root`, and the standard streams, to what Windows does."""
    builtins.open = io.open = functools.wraps(io.open)(functools.partial(_open, io.open, root))
    warnings.filterwarnings("error", category=EncodingWarning, module=PACKAGE)
    plain_fsdecode, plain_fsencode = os.fsdecode, os.fsencode
    os.fsdecode = lambda name: _of_package(plain_fsdecode, name, bytes.decode)
    os.fsencode = lambda name: _of_package(plain_fsencode, name, str.encode)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(newline="\r\n")


def _open(
    plain: Any, root: str, file: Any, mode: str = "r", buffering: int = -1, encoding: str | None = None,
    errors: str | None = None, newline: str | None = None, closefd: bool = True, opener: Any = None,
) -> Any:  # fmt: skip
    path = on_disk(file, root)
    if "b" not in mode and encoding is None:
        if is_ours():
            raise EncodingWarning(f"{file} is opened without an encoding")
        encoding = "locale"
    if path is not file or (isinstance(file, str | os.PathLike) and os.path.abspath(file).startswith(f"{root}/")):
        if opener is None and _is_folder(path):
            raise PermissionError(errno.EACCES, "Permission denied", os.fspath(file))
        if "b" not in mode:
            encoding = CODE_PAGE if encoding in (None, "locale") else encoding
            newline = "\r\n" if newline is None and "r" not in mode and "+" not in mode else newline
    return plain(path, mode, buffering, encoding, errors, newline, closefd, opener)


def _is_folder(path: Any) -> bool:
    try:
        return stat.S_ISDIR(_stat(path).st_mode)
    except OSError:
        return False


def _of_package(plain: Any, name: Any, convert: Any) -> Any:
    """Names are Unicode: bytes that are no UTF-8 are refused, halves of surrogate pairs are kept (PEP 529)."""
    if sys._getframe(2).f_globals.get("__name__", "").startswith(PACKAGE):
        name = os.fspath(name)
        return (
            convert(name, "utf-8", "surrogatepass")
            if type(name) is (bytes if convert is bytes.decode else str)
            else name
        )
    return plain(name)
