"""What became of each video of a batch, kept in the output folder so that a later run does only what is left.

One process writes, the one that runs the batch and holds `Database.open`'s lock. Every change is on the disk before
the next step is taken (SQLite, write-ahead log, full synchronisation), so that a process killed at any moment, or a
power cut, leaves a state from which `batch.run` goes on:

    pending -> running -> staged -> done
                      \\-> failed

``staged`` is a promise: the results are whole in the staging folder, and whoever finds it has only to move them.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, Literal
from urllib.parse import quote_from_bytes

from autohighlight.batch.jobs import STATE_FOLDER, Cause, Staged
from autohighlight.errors import OutputError
from autohighlight.file_urls import name_bytes

FORMAT_VERSION = 1
"""Grows whenever a database of an earlier version cannot be read as it is."""

Status = Literal["pending", "running", "staged", "done", "failed"]


@dataclass(frozen=True)
class Result:
    """A file that a batch has published.

    Args:
        path: relative to the output folder.
        size: in bytes.
        digest: of its content.
    """

    path: PurePosixPath
    size: int
    digest: str


@dataclass(frozen=True)
class Record:
    """What is known of one video; what is not explained here is as in `batch.jobs.Outcome`.

    Args:
        key: of the job.
        source: the video.
        stem: of its results, relative to the output folder.
        status: how far it is.
        wishes: that it was last worked on for, see `batch.jobs.Wishes`: ``run`` of one that failed, else ``results``.
        results: files that are published.
        staged: files that are to be.
    """

    key: str
    source: str
    stem: PurePosixPath
    status: Status = "pending"
    wishes: str = ""
    content: str = ""
    state: str = ""
    duration_seconds: float = 0.0
    num_highlights: int = 0
    highlight_seconds: float = 0.0
    elapsed_seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    cause: Cause = ""
    problem: str = ""
    hint: str = ""
    results: tuple[Result, ...] = ()
    staged: tuple[Staged, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether there is all that was asked for."""
        return self.status == "done" and not self.cause

    @property
    def complaint(self) -> str:
        """What went wrong and what to do about it, one line; empty if all is well."""
        return f"{self.problem} ({self.hint})" if self.hint else self.problem


_COLUMNS = tuple(spec.name for spec in dataclasses.fields(Record))
_NAMES = frozenset({"source", "stem"})  # of files: bytes, since a name may be no text
_LISTS = frozenset({"warnings", "results", "staged"})  # JSON in ASCII
_KINDS = {
    "duration_seconds": "REAL",
    "num_highlights": "INTEGER",
    "highlight_seconds": "REAL",
    "elapsed_seconds": "REAL",
}


def _schema() -> str:
    columns = [f"{name} {'BLOB' if name in _NAMES else _KINDS.get(name, 'TEXT')} NOT NULL" for name in _COLUMNS]
    return f"CREATE TABLE IF NOT EXISTS videos ({', '.join(columns)}, PRIMARY KEY (key), UNIQUE (stem)) STRICT"


class Database:
    """The records of a batch by key; made by `open` or `read`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    @contextmanager
    def open(cls, output: Path) -> Iterator[Database]:
        """The database in an output folder, made if there is none, for as long as the context lasts.

        Raises:
            OutputError: another batch is at work in that folder, or the database cannot be used.
        """
        folder = output / STATE_FOLDER
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise OutputError(output, f"cannot be written to: {error.strerror}", "name another with -o") from None
        with _locked(folder), _said_in_words(output), closing(_connect(folder / "batch.sqlite")) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA fullfsync = ON")  # for macOS, where the drive is told only then
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, FORMAT_VERSION):
                raise OutputError(
                    output,
                    "its batch was written by another version of autohighlight",
                    "use that version, or name another folder with -o",
                )
            connection.execute(_schema())
            connection.execute("CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT")
            connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
            yield cls(connection)

    @classmethod
    def read(cls, output: Path) -> dict[str, Record]:
        """The records in an output folder, by key, without changing anything there; none if there is no database.

        Raises:
            OutputError: the database cannot be read.
        """
        path = output / STATE_FOLDER / "batch.sqlite"
        if not path.is_file():
            return {}
        with _said_in_words(output), closing(_connect(path, read_only=True)) as connection:
            return cls(connection).records()

    @classmethod
    def read_note(cls, output: Path, name: str) -> str | None:
        """As `noted`, of the database in an output folder, without changing anything there.

        Raises:
            OutputError: the database cannot be read.
        """
        path = output / STATE_FOLDER / "batch.sqlite"
        if not path.is_file():
            return None
        with _said_in_words(output), closing(_connect(path, read_only=True)) as connection:
            return cls(connection).noted(name)

    def records(self) -> dict[str, Record]:
        """All records by key, in the order in which they came."""
        rows = self._connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM videos ORDER BY rowid")  # noqa: S608
        records = (_from_row(row) for row in rows)
        return {record.key: record for record in records}

    def get(self, key: str) -> Record | None:
        """The record of one job, if there is one."""
        query = f"SELECT {', '.join(_COLUMNS)} FROM videos WHERE key = ?"  # noqa: S608
        row = self._connection.execute(query, (key,)).fetchone()
        return None if row is None else _from_row(row)

    def sources(self) -> list[str]:
        """All videos that were ever part of the batch."""
        return [os.fsdecode(source) for (source,) in self._connection.execute("SELECT source FROM videos")]

    def put(self, *records: Record) -> None:
        """Keeps records, each in place of the one of its key; all are on the disk when this returns, or none."""
        names, marks = ", ".join(_COLUMNS), ", ".join("?" * len(_COLUMNS))
        changes = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])
        query = f"INSERT INTO videos ({names}) VALUES ({marks}) ON CONFLICT (key) DO UPDATE SET {changes}"  # noqa: S608
        self._connection.execute("BEGIN")
        with self._connection:
            self._connection.executemany(query, map(_to_row, records))

    def note(self, name: str, value: str) -> None:
        """Keeps a line about the batch as a whole, in place of the one of that name."""
        self._connection.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, value))

    def noted(self, name: str) -> str | None:
        """The line of that name, if one is kept."""
        row = self._connection.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])


def read_only_address(path: PurePath) -> str:
    """A database as SQLite is to be told of it; a server that it lies on stands in the path, as SQLite knows no host.

    Source: sqlite.org/uri.html, section 3.1.
    """
    name = path.as_posix()
    root = "" if name.startswith("/") else "/"
    return f"file://{root}{quote_from_bytes(name_bytes(name), safe='/:')}?mode=ro"


def _connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    if read_only:
        return sqlite3.connect(read_only_address(path.absolute()), uri=True, isolation_level=None, timeout=5)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    return sqlite3.connect(path, isolation_level=None, timeout=5)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Holds the folder for this process; the system lets go of it however the process ends."""
    lock = _connect(folder / "lock.sqlite")
    lock.execute("PRAGMA busy_timeout = 0")
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        lock.close()
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise OutputError(folder.parent, f"cannot be locked: {error}", "name another with -o") from None
        raise OutputError(
            folder.parent, "another batch is at work in this folder", "wait until it has ended, or name another with -o"
        ) from None
    try:
        yield
    finally:
        lock.close()


@contextmanager
def _said_in_words(output: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        where = output / STATE_FOLDER / "batch.sqlite"
        raise OutputError(
            where, f"the database of the batch: {error}", "free some space, or see that it may be written"
        ) from error


def _to_row(record: Record) -> list[Any]:
    row: list[Any] = []
    for name in _COLUMNS:
        value = getattr(record, name)
        if name in _NAMES:
            value = os.fsencode(str(value))
        elif name in _LISTS:
            value = json.dumps([_plain(item) for item in value])
        elif isinstance(value, str):
            value = value.encode("utf-8", "backslashreplace").decode()
        row.append(value)
    return row


def _plain(item: Any) -> Any:
    if isinstance(item, Result | Staged):
        return [str(value) if isinstance(value, PurePosixPath | Path) else value for value in dataclasses.astuple(item)]
    return item


def _from_row(row: tuple[Any, ...]) -> Record:
    values = dict(zip(_COLUMNS, row, strict=True))
    values["source"], values["stem"] = os.fsdecode(values["source"]), PurePosixPath(os.fsdecode(values["stem"]))
    values["warnings"] = tuple(json.loads(values["warnings"]))
    values["results"] = tuple(Result(PurePosixPath(path), *rest) for path, *rest in json.loads(values["results"]))
    values["staged"] = tuple(
        Staged(Path(staged), PurePosixPath(path), *rest) for staged, path, *rest in json.loads(values["staged"])
    )
    return Record(**values)
