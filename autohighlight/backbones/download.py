"""Downloads known checkpoints with gdown, which goes on after a break, and knows Google Drive's ways.

What comes over plain HTTP may be changed on the way by anybody, so it is fetched only where its whole hash is known.
"""

from __future__ import annotations

import contextlib
import dataclasses
import ipaddress
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from autohighlight.backbones.checkpoints import (
    KNOWN,
    SHA256_DIGITS,
    InstalledCheckpoint,
    KnownCheckpoint,
    how_to_add,
    install,
    installed,
    models_dir,
    output_error,
)
from autohighlight.errors import AutohighlightError, DependencyError, OptionError, WeightsError, printable
from autohighlight.files import make_private_folder

TIMEOUT = (10.0, 60.0)
"""Seconds to wait for a connection, and between two bytes."""

RETRIES = 3
"""How often a broken connection is taken up again, after a pause of up to a second, two, four, ..."""

BytesCallback = Callable[[int, int | None], None]
"""Is told how many bytes there are, and of how many; None where the server does not say."""


def download(name: str, progress: BytesCallback, *, sha256: str | None = None) -> InstalledCheckpoint:
    """Downloads a known checkpoint, checks it, and installs it.

    What had come when the connection broke is kept, and the next call goes on there; whatever else fails leaves nothing
    behind.

    Args:
        name: a key of `KNOWN`.
        progress: is told how far the work has come.
        sha256: what the hash of the file must be, in hexadecimal; None for what is known of it.

    Raises:
        OptionError: no known checkpoint is called so, or `sha256` is not a hash, or not the one that is known.
        DependencyError: gdown is not installed.
        WeightsError: there is no network, the file is not there, it is not what it should be, or nothing would protect
            it on its way; with its address and what to do by hand.
        OutputError: it cannot be written.
    """
    if name not in KNOWN:
        raise OptionError(f"no known checkpoint is called {printable(name)}", f"there are: {', '.join(KNOWN)}")
    known = _with_hash(KNOWN[name], sha256)
    there = installed().get(name)
    if there is not None:
        _check_installed(there, known)
        return there
    _check_transport(known)
    gdown = _gdown()
    folder = models_dir() / ".downloads" / name
    try:
        make_private_folder(folder)
    except OSError as error:
        raise output_error(folder, error) from error
    with _alone(folder), _clean(known, folder, gdown):
        file = _fetch(known, folder, gdown, progress)
        return install(file, name, known, source=known.address, keep=False)


def _with_hash(known: KnownCheckpoint, sha256: str | None) -> KnownCheckpoint:
    """The checkpoint with the hash that its file must have."""
    if sha256 is None:
        return known
    digest = sha256.strip().lower()
    if not re.fullmatch(rf"[0-9a-f]{{{SHA256_DIGITS}}}", digest):
        raise OptionError(f"{printable(sha256)} is not a SHA-256", f"give all {SHA256_DIGITS} hexadecimal digits")
    if not digest.startswith(known.sha256):
        raise OptionError(f"the published SHA-256 of {known.name} begins with {known.sha256}", "check what you gave")
    return dataclasses.replace(known, sha256=digest)


def _check_installed(there: InstalledCheckpoint, known: KnownCheckpoint) -> None:
    if not there.sha256.startswith(known.sha256):
        raise WeightsError(
            f"the {there.name} that is installed has the SHA-256 {there.sha256}, not {known.sha256}",
            f"remove {there.path.parent} and download it again",
        )


def _check_transport(known: KnownCheckpoint) -> None:
    address = urlsplit(known.address)
    if address.scheme == "https" or len(known.sha256) == SHA256_DIGITS or _is_this_computer(address.hostname or ""):
        return
    raise WeightsError(
        f"{known.name} comes over plain HTTP, which anybody on the way can change, and its SHA-256 is not known",
        f"give --sha256 if you know it, or {how_to_add(known)}",
    )


def _is_this_computer(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _gdown() -> Any:
    try:
        import gdown  # noqa: PLC0415 -- takes a third of a second, and is an extra
    except ImportError:
        raise DependencyError(
            "the package gdown, which downloads checkpoints, is not installed",
            'run: pip install "autohighlight[models]"',
        ) from None
    return gdown


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keeps two downloads of one checkpoint apart, which would write into one file."""
    from filelock import FileLock, Timeout  # noqa: PLC0415 -- comes with torch

    lock = FileLock(folder.with_name(f"{folder.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise WeightsError(f"another download of {folder.name} is going on", "wait until it is done") from None
    with lock:
        yield


@contextlib.contextmanager
def _clean(known: KnownCheckpoint, folder: Path, gdown: Any) -> Iterator[None]:
    """Leaves nothing in `folder` but what had come when the connection broke or somebody stopped the program."""
    import requests  # noqa: PLC0415 -- comes with gdown

    try:
        yield
    except (requests.RequestException, gdown.exceptions.DownloadError, ConnectionError, TimeoutError) as error:
        part = _part(folder)
        again = "run the command again to go on where it stopped, or "
        if part is None or part.stat().st_size == 0:
            _remove(folder)
            again = ""
        problem = f"cannot download {known.file} from {known.address}: {_reason(error)}"
        raise WeightsError(problem, f"{again}{how_to_add(known)}") from error
    except OSError as error:
        _remove(folder)
        raise output_error(folder, error) from error
    except AutohighlightError:
        _remove(folder)
        raise
    _remove(folder)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _fetch(known: KnownCheckpoint, folder: Path, gdown: Any, progress: BytesCallback) -> Path:
    """The whole file. Where a part cannot be gone on with, as the server will not or its file has changed, anew."""
    file, part = folder / known.file, _part(folder)
    num_bytes = part.stat().st_size if part else 0
    where = {"url": known.address} if known.drive_folder is None else {"id": _drive_id(gdown, known)}

    def run() -> None:
        gdown.download(
            **where,
            output=str(file),
            quiet=True,
            use_cookies=False,
            resume=True,
            progress=progress,
            timeout=TIMEOUT,
            retries=RETRIES,
        )

    try:
        run()
    except gdown.exceptions.DownloadError:
        if part is None or not part.exists() or part.stat().st_size > num_bytes:
            raise
        part.unlink()
        run()
    return file


def _part(folder: Path) -> Path | None:
    return next(folder.glob("*.part"), None)


def _drive_id(gdown: Any, known: KnownCheckpoint) -> str:
    """The id of a file in a Google Drive folder.

    Raises:
        WeightsError: it is not there; the message says what is.
    """
    files = gdown.download_folder(
        id=known.drive_folder, skip_download=True, quiet=True, use_cookies=False, timeout=TIMEOUT
    )
    for file in files:
        if Path(file.path).name == known.file:
            return str(file.id)
    names = ", ".join(printable(Path(file.path).name) for file in files)
    raise WeightsError(
        f"{known.file} is not in {known.address}; there are: {names}",
        f"if you have it from elsewhere, run 'autohighlight models add {known.file}'",
    )


def _reason(error: Exception) -> str:
    """One line; the innermost cause, which says it best."""
    import requests  # noqa: PLC0415 -- comes with gdown

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answers {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return "the server does not answer"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke"
    if isinstance(error, requests.ConnectionError):
        return "there is no connection, or it broke"
    if isinstance(error.__cause__, Exception):
        return _reason(error.__cause__)
    return " ".join(str(error).split())
