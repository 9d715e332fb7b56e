"""Names with ``*``, ``?``, ``[...]`` and ``**``, for those whom no shell has expanded them."""

from __future__ import annotations

import fnmatch
import glob
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import TypeVar

from autohighlight.camera_files import shooting_order
from autohighlight.finding import is_hidden, is_hidden_entry, mode_of, real_path

_AnyPath = TypeVar("_AnyPath", bound=PurePath)

ANY_FOLDERS = "**"
"""Stands for any number of folders, none included."""


def is_pattern(path: PurePath) -> bool:
    r"""Whether a path has signs of a pattern; the one in ``\\?\``, with which long paths of Windows begin, is none."""
    return _first_sign(path) is not None


def divide(pattern: _AnyPath) -> tuple[_AnyPath, list[str]]:
    """The folder before the first sign of a pattern, and the parts from there on."""
    parts = list(pattern.parts)
    first = _first_sign(pattern)
    return type(pattern)(*parts[:first]), [] if first is None else parts[first:]


def _first_sign(path: PurePath) -> int | None:
    """The number of the first part with a sign of a pattern."""
    begin = 1 if path.anchor else 0
    return next((i for i, part in enumerate(path.parts) if i >= begin and glob.has_magic(part)), None)


def names_a_suffix(pattern: str) -> bool:
    """Whether a pattern itself says by which suffix files are known, as ``*.dat`` does and ``*`` does not."""
    suffix = Path(pattern).suffix
    return bool(suffix) and not glob.has_magic(suffix)


def expand(base: Path, parts: Sequence[str], refuse: Callable[[OSError], None]) -> Iterator[Path]:
    """The files and folders that fit a pattern, in the order of their names; may tell of one more than once.

    Hidden ones fit only where the pattern has their dot. Where it ends in ``**``, the folders are told of, not what is
    in them. Symbolic links are followed, and no folder is looked into twice for the same part.

    Args:
        base: the folder in which to begin.
        parts: of the pattern, one for each level.
        refuse: is told of each folder that cannot be looked into.
    """
    return _Expansion(refuse).of(base, tuple(parts))


class _Expansion:
    def __init__(self, refuse: Callable[[OSError], None]) -> None:
        self.refuse = refuse
        self.seen: set[tuple[Path, tuple[str, ...]]] = set()

    def of(self, folder: Path, parts: tuple[str, ...]) -> Iterator[Path]:
        if not parts:
            yield folder
            return
        here = (real_path(folder), parts)
        if here in self.seen or not stat.S_ISDIR(mode_of(folder)):
            return
        self.seen.add(here)
        part, rest = parts[0], parts[1:]
        if part == ANY_FOLDERS:
            yield from self.of(folder, rest)
            if rest:
                for name in self._names(folder, part):
                    yield from self.of(folder / name, parts)
        elif glob.has_magic(part):
            for name in self._names(folder, part):
                yield from self.of(folder / name, rest)
        elif os.path.lexists(folder / part):
            yield from self.of(folder / part, rest)

    def _names(self, folder: Path, part: str) -> list[str]:
        try:
            with os.scandir(folder) as entries:
                names = [entry.name for entry in entries if is_hidden(part) or not is_hidden_entry(entry)]
        except OSError as error:
            self.refuse(error)
            return []
        return sorted(fnmatch.filter(names, part), key=shooting_order)
