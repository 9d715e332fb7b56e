"""What lies at an address: a file, all below a folder, what fits a pattern."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from autohighlight.batch import patterns
from autohighlight.batch.remote import file_name, is_on_web, open_address, shown, told_of
from autohighlight.camera_files import path_order
from autohighlight.errors import RemoteError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem


@dataclass(frozen=True)
class RemoteFile:
    """A file that an address led to.

    Args:
        address: of the file itself.
        name: relative: the way to it from the folder that was given, or its own name.
        is_named: whether it was named itself.
        is_suited: whether a pattern said by which suffix files are known.
    """

    address: str
    name: PurePosixPath
    is_named: bool
    is_suited: bool = False


def find(address: str) -> Iterator[RemoteFile]:
    """The files that an address leads to: itself, those below a folder, or those that fit a pattern.

    What a web server has is not asked for here, and is always taken for a file.

    Raises:
        RemoteError: nothing is there, or the server does not answer or lets nobody in.
        DependencyError: a package that is needed is not there.
    """
    if is_on_web(address):
        yield RemoteFile(address, PurePosixPath(file_name(address)), is_named=True)
        return
    with told_of(address):
        files, path = open_address(address)
        files.invalidate_cache(path)  # a list that was read before may be old
        kind = _kind(files, path)
        if kind == "file":
            yield RemoteFile(address, PurePosixPath(PurePosixPath(path).name), is_named=True)
        elif kind == "directory":
            start = _Start(path, address if address.endswith("://") else address.rstrip("/"))
            yield from map(start.file, _in_order(files.find(path)))
        elif glob.has_magic(path):
            yield from _fitting(files, path, address)
        else:
            raise RemoteError(shown(address), "there is no such file or folder", "check the address")


def _in_order(paths: Iterable[str]) -> list[str]:
    return sorted(paths, key=lambda path: path_order(PurePosixPath(path)))


def _kind(files: AbstractFileSystem, path: str) -> str | None:
    try:
        return str(files.info(path)["type"])
    except FileNotFoundError:
        return None


@dataclass(frozen=True)
class _Start:
    """Where a search begins: as its file system calls it, which is without the host, and as an address."""

    path: str
    address: str

    def file(self, path: str, *, is_suited: bool = False) -> RemoteFile:
        below = path.removeprefix(self.path).removeprefix("/")
        slash = "" if self.address.endswith("/") else "/"
        return RemoteFile(f"{self.address}{slash}{below}", PurePosixPath(below), is_named=False, is_suited=is_suited)


def _fitting(files: AbstractFileSystem, pattern: str, address: str) -> Iterator[RemoteFile]:
    fixed = re.split(r"[*?[]", pattern, maxsplit=1)[0].rpartition("/")[0]
    start = _Start(fixed, address.removesuffix(pattern.removeprefix(fixed)))
    is_suited = patterns.names_a_suffix(pattern.rpartition("/")[2])
    found: dict[str, dict[str, Any]] = files.glob(pattern, detail=True)
    if not found:
        raise RemoteError(shown(address), "nothing fits this pattern", "check it, or name a file or folder")
    for path in _in_order(found):
        info = found[path]
        if info["type"] == "directory":
            yield from map(start.file, _in_order(files.find(path)))
        else:
            yield start.file(path, is_suited=is_suited)
