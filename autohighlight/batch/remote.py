"""Videos on servers and in object stores, through fsspec: found, told apart by content, copied within bounds."""

from __future__ import annotations

import contextlib
import glob
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from autohighlight.batch import patterns
from autohighlight.errors import AutohighlightError, DependencyError, RemoteError, printable

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_ADDRESS = re.compile(r"(?P<protocol>[a-z][a-z0-9+.-]+)://", re.IGNORECASE)
_LOCAL = frozenset({"file", "local"})
_WEB = frozenset({"http", "https"})


def is_remote(source: str) -> bool:
    """Whether this is an address as ``s3://bucket/match.mp4``, and no file of this computer.

    Names such as ``concat:a``, ``http:`` or ``c:\\match.mp4`` are files, and so is what ``file://`` names.
    """
    match = _ADDRESS.match(source)
    return match is not None and match["protocol"].lower() not in _LOCAL


def local_path(place: str) -> Path:
    """The path of a place on this computer; one that begins with ``file://`` may have its characters escaped."""
    match = _ADDRESS.match(place)
    if match is None or match["protocol"].lower() not in _LOCAL:
        return Path(place)
    plain = place[match.end() :]
    path = plain if os.path.lexists(plain) else unquote(plain, errors="surrogateescape")
    return Path(path.removeprefix("localhost"))


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
    if urlsplit(address).scheme.lower() in _WEB:
        name = unquote(PurePosixPath(urlsplit(address).path).name, errors="surrogateescape")
        yield RemoteFile(address, PurePosixPath(name or "index"), is_named=True)
        return
    with _told_of(address):
        files, path = _open(address)
        kind = _kind(files, path)
        if kind == "file":
            yield RemoteFile(address, PurePosixPath(PurePosixPath(path).name), is_named=True)
        elif kind == "directory":
            yield from _below(files, path, path)
        elif glob.has_magic(path):
            yield from _fitting(files, path, address)
        else:
            raise RemoteError(shown(address), "there is no such file or folder", "check the address")


def shown(address: str) -> str:
    """An address as it may be shown to anybody: without a password, and without what follows a ``?``."""
    if not is_remote(address):
        return address
    head, _, rest = address.partition("://")
    if head.lower() in _WEB:
        rest = rest.partition("?")[0].partition("#")[0]
    host, slash, path = rest.partition("/")
    return f"{head}://{host.rpartition('@')[2]}{slash}{path}"


def _open(address: str) -> tuple[AbstractFileSystem, str]:
    """The file system of an address, and the path in it.

    Raises:
        RemoteError: nothing is known of such addresses.
        DependencyError: a package that is needed is not there.
    """
    try:
        import fsspec  # noqa: PLC0415 -- takes a while, and most have no need of it
        from fsspec.registry import known_implementations  # noqa: PLC0415
    except ImportError:
        raise DependencyError(
            f"{shown(address)}: reading from servers needs the package fsspec",
            "install it: pip install 'autohighlight[remote]'",
        ) from None
    if "::" in address:
        raise RemoteError(shown(address), "chained addresses are not read", "name the file itself")
    protocol = address.partition("://")[0].lower()
    try:
        fsspec.get_filesystem_class(protocol)
    except ImportError as error:
        needed = known_implementations.get(protocol, {}).get("err", str(error))
        raise DependencyError(f"{shown(address)}: {needed}", f"install the package that reads {protocol}://") from None
    except ValueError:
        raise RemoteError(shown(address), f"nothing is known of {protocol}://", "check the address") from None
    files, path = fsspec.core.url_to_fs(f"{protocol}{address[len(protocol) :]}")
    return files, path


def _kind(files: AbstractFileSystem, path: str) -> str | None:
    try:
        return str(files.info(path)["type"])
    except FileNotFoundError:
        return None


def _below(files: AbstractFileSystem, folder: str, base: str) -> Iterator[RemoteFile]:
    for path in sorted(files.find(folder)):
        yield RemoteFile(files.unstrip_protocol(path), _relative(path, base), is_named=False)


def _fitting(files: AbstractFileSystem, pattern: str, address: str) -> Iterator[RemoteFile]:
    base = pattern[: re.search(r"[*?[]", pattern).start()].rpartition("/")[0]  # type: ignore[union-attr]
    is_suited = patterns.names_a_suffix(pattern.rpartition("/")[2])
    found: dict[str, dict[str, Any]] = files.glob(pattern, detail=True)
    if not found:
        raise RemoteError(shown(address), "nothing fits this pattern", "check it, or name a file or folder")
    for path, info in sorted(found.items()):
        if info["type"] == "directory":
            yield from _below(files, path, base)
        else:
            yield RemoteFile(files.unstrip_protocol(path), _relative(path, base), is_named=False, is_suited=is_suited)


def _relative(path: str, base: str) -> PurePosixPath:
    return PurePosixPath(path.removeprefix(base).lstrip("/"))


@contextlib.contextmanager
def _told_of(address: str) -> Iterator[None]:
    """Whatever a file system raises, by whatever library it is made, is said as an error of this package."""
    try:
        yield
    except AutohighlightError:
        raise
    except FileNotFoundError:
        raise RemoteError(shown(address), "there is no such file", "check the address") from None
    except PermissionError as error:
        raise RemoteError(shown(address), f"may not be read: {_in_a_line(error)}", "check your credentials") from error
    except Exception as error:
        raise RemoteError(
            shown(address),
            f"cannot be read: {_in_a_line(error)}",
            "check the address, the network and your credentials",
        ) from error


def _in_a_line(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return printable(" ".join(text.split())[:300])
