"""Files as URLs (RFC 8089, RFC 3986): written and read for paths of Windows and of POSIX, on either system.

A path of Windows is written with its drive, ``file:///C:/films/a.mp4``, or with the server that it lies on as the host,
``file://server/share/a.mp4`` (RFC 8089, appendices E.2 and E.3.1).
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePath, PureWindowsPath
from typing import TypeVar
from urllib.parse import quote_from_bytes, unquote, unquote_to_bytes

_WindowsPath = TypeVar("_WindowsPath", bound=PureWindowsPath)

_LOCAL_HOSTS = ("", "localhost")
_DRIVE = re.compile(r"/+([A-Za-z])[:|](?=/|$)")
_EXTENDED = re.compile(r"^\\\\[?.]\\(?:UNC\\(?P<share>.*)|(?P<drive>[A-Za-z]:.*))$", re.IGNORECASE | re.DOTALL)


def url_of_file(path: PurePath) -> str:
    r"""The URL of a file, percent-encoded.

    Args:
        path: absolute. The prefixes ``\\?\`` and ``\\?\UNC\``, which Windows has for long paths, are left out.

    Raises:
        ValueError: the path is relative.
    """
    if not path.is_absolute():
        raise ValueError(f"{path} is not absolute")
    if not isinstance(path, PureWindowsPath):
        return f"file://{quote_from_bytes(os.fsencode(path))}"
    path = plain_windows_path(path)
    server = path.drive.replace("\\", "/").removeprefix("//")
    drive = f"/{path.drive}" if server == path.drive else _quoted(server)
    return f"file://{drive}{_quoted(path.as_posix()[len(path.drive) :])}"


def file_of_url(host: str, path: str, system: type[PurePath] = Path) -> PurePath | None:
    r"""The file that a URL names.

    Args:
        host: between ``file://`` and the next slash.
        path: the rest, percent-encoded, beginning with a slash.
        system: whose paths are meant: a pure path, or `pathlib.Path` for those of this computer.

    Returns:
        None where the host is another computer, and the system cannot reach files by the names of computers; and where
        the path holds a NUL, which no name can.
    """
    content = unquote_to_bytes(name_bytes(path))
    is_local = host.lower() in _LOCAL_HOSTS
    if b"\0" in content:
        return None
    if not isinstance(system(), PureWindowsPath):
        return system(os.fsdecode(content)) if is_local else None
    text = _windows_text(content)
    if not is_local:
        return system(f"//{unquote(host)}{text}")
    if drive := _DRIVE.match(text):
        return system(f"{drive[1]}:{text[drive.end() :] or '/'}")
    # file:////server/share/..., as many programs write the files of other computers
    return system(f"//{text.lstrip('/')}") if text.startswith("//") else system(text)


def plain_windows_path(path: _WindowsPath) -> _WindowsPath:
    r"""The path without ``\\?\``, which tells Windows to take it as it is, and which other programs do not know."""
    match = _EXTENDED.match(str(path))
    if match is None:
        return path
    return type(path)(match["drive"] or rf"\\{match['share']}")


def name_bytes(name: str) -> bytes:
    """A file's name in UTF-8, with the bytes of Linux that are none, and with the half surrogate pairs of Windows."""
    try:
        return name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogatepass")


def _quoted(text: str) -> str:
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"))


def _windows_text(content: bytes) -> str:
    """Names are UTF-16 there: half of a surrogate pair may be in one, other bytes that are no UTF-8 may not."""
    try:
        return content.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return content.decode("utf-8", "replace")
