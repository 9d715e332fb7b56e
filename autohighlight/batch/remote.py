"""Videos on servers and in object stores, through fsspec: told apart by content, copied within bounds."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from autohighlight.batch import scratch
from autohighlight.batch.names import portable
from autohighlight.errors import AutohighlightError, DependencyError, NoSpaceError, OutputError, RemoteError, printable
from autohighlight.file_urls import file_of_url

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


def is_on_web(address: str) -> bool:
    """Whether an address is one of a web server, which has no folders to speak of."""
    return address.partition("://")[0].lower() in _WEB


def local_path(place: str) -> Path:
    """The path of a place on this computer; one that begins with ``file://`` may have its characters escaped."""
    match = _ADDRESS.match(place)
    if match is None or match["protocol"].lower() not in _LOCAL:
        return Path(place)
    plain = place[match.end() :]
    if os.path.lexists(plain):
        return Path(plain)
    host, slash, path = plain.partition("/")
    if host.endswith(":"):  # file://C:/match.mp4, with a stroke too few
        host, path = "", plain
    file = file_of_url(host, f"/{path}") if slash else None
    return Path(unquote(plain, errors="surrogateescape") if file is None else file)


def identity(address: str, *, is_fresh: bool = True) -> str:
    """What changes when the content at an address does, without the content being read; empty where nothing tells.

    A digest or version that the server states, with the size; else the size and when it was last changed.

    Args:
        address: of a file.
        is_fresh: whether the server is asked again, where a list of the folder was read a short while ago.

    Raises:
        RemoteError: nothing is there, or the server does not answer or lets nobody in.
        DependencyError: a package that is needed is not there.
    """
    with told_of(address):
        files, path = open_address(address)
        return _identity(_info(files, path, is_fresh=is_fresh))


@contextlib.contextmanager
def local_copy(source: str, folder: Path, max_bytes: int) -> Iterator[Path]:
    """A video as a file of this computer: itself if it is one, else a temporary copy, removed whatever happens.

    All processes that use one scratch folder together keep to `max_bytes` in it: a copy waits until there is room, see
    `batch.scratch`. The copy is read once, in large blocks; it has the size that the server states, or there is an
    error. What does not state its size has the whole of `max_bytes` for itself. Transient errors are retried as far
    as the file system of the protocol does so.

    Args:
        source: a path, or an address.
        folder: the scratch folder; made if it is not there.
        max_bytes: that the copies in it may have together.

    Raises:
        RemoteError: it cannot be read, is larger than `max_bytes`, or has another size or content than was stated.
        NoSpaceError: the disk is full.
        OutputError: the scratch folder cannot be written to.
        DependencyError: a package that is needed is not there.
    """
    if not is_remote(source):
        yield local_path(source)
        return
    with told_of(source):
        files, path = open_address(source)
        info = _info(files, path, is_fresh=True)
    size: int | None = info.get("size")
    if size is not None and size > max_bytes:
        raise RemoteError(
            shown(source),
            f"has {size / 1e6:,.0f} MB, more than the {max_bytes / 1e6:,.0f} MB for temporary copies",
            "allow more with --scratch-size",
        )
    with scratch.room(folder, max_bytes if size is None else size, max_bytes) as place:
        copy = place / portable(PurePosixPath(file_name(source))).name
        with told_of(source):
            _download(files, path, copy, size, max_bytes)
            if _identity(_info(files, path, is_fresh=True)) != _identity(info):
                raise RemoteError(shown(source), "was changed while it was read", "run again when it is whole")
        yield copy


def shown(address: str) -> str:
    """An address as it may be shown to anybody: without a password, and without what follows a ``?``."""
    if not is_remote(address):
        return address
    head, _, rest = address.partition("://")
    if is_on_web(address):
        rest = rest.partition("?")[0].partition("#")[0]
    host, slash, path = rest.partition("/")
    return f"{head}://{host.rpartition('@')[2]}{slash}{path}"


def open_address(address: str) -> tuple[AbstractFileSystem, str]:
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
            'install it: pip install "autohighlight[remote]"',
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
    options = _web_options() if is_on_web(address) else {}
    files, path = fsspec.core.url_to_fs(f"{protocol}{address[len(protocol) :]}", **options)
    return files, path


def _web_options() -> dict[str, Any]:
    from aiohttp import ClientTimeout  # noqa: PLC0415 -- comes with what reads http

    # As it is, every download ends after five minutes.
    timeout = ClientTimeout(total=None, sock_connect=30, sock_read=60)
    return {"client_kwargs": {"timeout": timeout, "trust_env": True}}


def file_name(address: str) -> str:
    """The last part of an address, as it would be called on a disk."""
    if is_on_web(address):
        return unquote(PurePosixPath(urlsplit(address).path).name, errors="surrogateescape") or "index"
    return PurePosixPath(address).name


def _info(files: AbstractFileSystem, path: str, *, is_fresh: bool) -> dict[str, Any]:
    if is_fresh:
        files.invalidate_cache(path)
    info: dict[str, Any] = files.info(path)
    if info["type"] != "file":
        raise FileNotFoundError(path)
    return info


_CONTENT_TAGS = ("etag", "md5hash", "md5", "content-md5", "content_md5", "digest", "crc32c", "generation")
_TIMES = ("lastmodified", "last-modified", "last_modified", "mtime", "updated", "modified", "created")


def _identity(info: dict[str, Any]) -> str:
    said = {key.lower(): value for key, value in info.items() if value not in (None, "", b"")}
    tag = next((key for key in (*_CONTENT_TAGS, *_TIMES) if key in said), None)
    return "" if tag is None else f"{tag}={said[tag]} size={said.get('size', '?')}"


_BLOCK_BYTES = 32 * 2**20


def _download(files: AbstractFileSystem, path: str, copy: Path, size: int | None, max_bytes: int) -> None:
    """Reads it once from the beginning to the end; never writes more than was stated."""
    if isinstance(files.protocol, tuple | list) and _WEB & set(files.protocol):
        # One answer, as many servers know no ranges, and not compressed, so that its size is the stated one.
        how: dict[str, Any] = {"block_size": 0, "size": size, "headers": {"Accept-Encoding": "identity"}}
    else:
        how = {"block_size": _BLOCK_BYTES, "cache_type": "none"}
    limit, num_bytes = max_bytes if size is None else size, 0
    with _local_file(copy) as local, files.open(path, "rb", **how) as remote:
        while block := remote.read(_BLOCK_BYTES):
            num_bytes += len(block)
            if num_bytes > limit:
                raise OSError(
                    f"is longer than {limit} bytes, the size that was {'allowed' if size is None else 'stated'}"
                )
            _write(local, block, copy)
    if size is not None and num_bytes != size:
        raise OSError(f"ended after {num_bytes} of {size} bytes")


def _local_file(path: Path) -> io.FileIO:
    with _as_output_error(path):
        return path.open("wb", buffering=0)  # so that nothing is left to be written when it is closed


def _write(file: io.FileIO, block: bytes, path: Path) -> None:
    rest = memoryview(block)
    with _as_output_error(path):
        while rest:
            rest = rest[file.write(rest) :]


@contextlib.contextmanager
def _as_output_error(path: Path) -> Iterator[None]:
    """Around what is done to the copy, which is no fault of the server's."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpaceError(path.parent, "the disk is full", "free some space, or name another --scratch") from error
        raise OutputError(path.parent, f"cannot be written to: {error.strerror or error}") from error


@contextlib.contextmanager
def told_of(address: str) -> Iterator[None]:
    """Whatever a file system raises, by whatever library it is made, is said as an error of this package.

    Raises:
        RemoteError: always in place of another error.
    """
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
    """What an error says, without what is secret in the addresses that it names."""
    text = re.sub(r"(https?://)(?:[^\s/@]*@)?([^\s?#'\"]*)[?#][^\s'\")]*", r"\1\2", str(error)) or type(error).__name__
    return printable(" ".join(text.split())[:300])
