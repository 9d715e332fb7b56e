"""The features of many videos in one file on disk, of which only what is asked for is read."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from autohighlight.errors import InputError, NoSpaceError, OutputError

Rows = NDArray[np.float32]
"""What a selector is given of one video, float32 (N, d_in): a row a clip."""

Marks = NDArray[np.bool_]
"""Which clips of one video are highlights, bool (N,)."""


@dataclass(frozen=True, eq=False)
class Footage:
    """What a selector can be trained on: `Rows` of each video, by its number.

    Args:
        paths: of the videos, or of the files of features.
        rows: float32 (sum of N, d_in), of all videos, one after the other; on disk.
        edges: where each video begins in `rows`, and where the last one ends.
        marks: what somebody has said of each video; None where nobody has.
        feature_kind: what a clip's feature is made of.
        backbone: name of the network that made the features.
        fingerprint: its fingerprint; empty for ready features.
        left_out: what could not be read, and why.
    """

    paths: tuple[Path, ...]
    rows: Rows
    edges: tuple[int, ...]
    marks: tuple[Marks | None, ...]
    feature_kind: str
    backbone: str
    fingerprint: str = ""
    left_out: tuple[InputError, ...] = ()

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, number: int) -> Rows:
        if not 0 <= number < len(self):
            raise IndexError(number)
        return self.rows[self.edges[number] : self.edges[number + 1]]

    @property
    def lengths(self) -> tuple[int, ...]:
        """Clips of each video."""
        return tuple(np.diff(self.edges).tolist())


class RowFile:
    """Writes `Rows`, one video after the other, into a file without a name, which goes with the last who reads it.

    Args:
        folder: on the disk that is to hold it.

    Attributes:
        edges: where each video begins, in rows, and where the last one ends.
        width: d_in; None before the first video.

    Raises:
        OutputError: nothing can be written there.
    """

    def __init__(self, folder: Path) -> None:
        self.edges = [0]
        self.width: int | None = None
        self._folder = folder
        try:
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 -- closed by __exit__
        except OSError as error:
            raise self._failed(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def add(self, rows: Rows) -> None:
        """Adds a video, of the same width as those before.

        Raises:
            NoSpaceError: the disk is full.
            OutputError: it cannot be written.
        """
        self.width = rows.shape[1]
        self.edges.append(self.edges[-1] + len(rows))
        try:
            self._file.write(np.ascontiguousarray(rows, np.float32).data)
        except OSError as error:
            raise self._failed(error) from error

    def read(self) -> Rows:
        """All of it, (sum of N, d_in); stays there when the file is closed, and is read when it is looked at."""
        try:
            self._file.flush()
            return np.memmap(self._file, np.float32, "r", shape=(self.edges[-1], self.width or 0))
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> OutputError:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return NoSpaceError(
                self._folder, "the disk is full of features", "free some space, or name another with -o"
            )
        return OutputError(self._folder, f"features cannot be kept there: {error.strerror or error}")


def check_rows(path: Path, rows: NDArray[np.floating], earlier: Sequence[Path], width: int | None) -> None:
    """Refuses what cannot be trained on.

    Args:
        path: where the rows are from, for the message.
        rows: to be float (N, d_in).
        earlier: the files before.
        width: their d_in.

    Raises:
        InputError: another shape, another width than those before, or a value that is not finite.
    """
    if rows.ndim != 2 or not rows.size:
        raise InputError(path, f"holds an array of the shape {rows.shape}, not (clips, columns)")
    if width is not None and rows.shape[1] != width:
        raise InputError(path, f"has features of {rows.shape[1]} columns, where {earlier[-1].name} has {width}")
    if not np.isfinite(rows).all():
        clip = int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0])
        raise InputError(path, f"has features that are not finite, first in clip {clip}")
