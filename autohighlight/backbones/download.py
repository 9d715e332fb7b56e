"""Downloads known checkpoints with gdown, which goes on after a break, and knows Google Drive's ways."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from autohighlight.backbones.checkpoints import (
    KNOWN,
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


def download(name: str, progress: BytesCallback) -> InstalledCheckpoint:
    """Downloads a known checkpoint, checks it, and installs it.

    What had come when the connection broke is kept, and the next call goes on there; whatever else fails leaves nothing
    behind.

    Args:
        name: a key of `KNOWN`.
        progress: is told how far the work has come.

    Raises:
        OptionError: no known checkpoint is called so.
        DependencyError: gdown is not installed.
        WeightsError: there is no network, the file is not there, or it is not what it should be; with its address and
            what to do by hand.
        OutputError: it cannot be written.
    """
    if name not in KNOWN:
        raise OptionError(f"no known checkpoint is called {printable(name)}", f"there are: {', '.join(KNOWN)}")
    there = installed().get(name)
    if there is not None:
        return there
    known, gdown = KNOWN[name], _gdown()
    folder = models_dir() / ".downloads" / name
    try:
        make_private_folder(folder)
    except OSError as error:
        raise output_error(folder, error) from error
    with _alone(folder), _clean(known, folder, gdown):
        file = _fetch(known, folder, gdown, progress)
        return install(file, name, known, source=known.address, keep=False)


def _gdown() -> Any:
    try:
        import gdown  # noqa: PLC0415 -- takes a third of a second, and is an extra
    except ImportError:
        raise DependencyError(
            "the package gdown, which downloads checkpoints, is not installed",
            "run: pip install 'autohighlight[research]'",
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
    except (requests.RequestException, gdown.exceptions.DownloadError) as error:
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
