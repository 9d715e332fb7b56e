"""Finds and reads the files of a benchmark; what is read is checked before it is believed."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autohighlight.errors import InputError
from autohighlight_research.datasets.dataset import Split

SPLITS_FILE = "splits_by_domain.json"
"""``{category: {"train": [names], "val": [names]}}``: the lists YOUTUBE_SPLITS and TVSUM_SPLITS of UMT (Liu et al.,
CVPR 2022, ``datasets/utils/static.py``), as JSON."""

_SPLITS: Mapping[str, Split] = {"train": "train", "val": "test", "test": "test"}

_LARGEST_MEMBER = 4_000_000
"""Bytes; the labels of one video are a few thousand."""


def find_file(root: Path, name: str, folders: Iterable[str] = ()) -> Path | None:
    """Where a file lies: in the root folder, else in the first of `folders` below it; None: nowhere."""
    for folder in (".", *folders):
        if (path := root / folder / name).is_file():
            return path
    return None


def read_json(path: Path, content: bytes | None = None) -> Any:
    """The JSON of a file, or of what was read of it already.

    Raises:
        InputError: it cannot be read, or is no JSON.
    """
    try:
        return json.loads(path.read_bytes() if content is None else content)
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(path, f"is not JSON: {error}") from None


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The number and the object of each line of a file; empty lines are passed over.

    Raises:
        InputError: it cannot be read, or a line is no JSON object; the message names the line.
    """
    try:
        lines = path.read_text("utf-8").split("\n")
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(path, "is not UTF-8 text") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(path, f"line {number} is not JSON: {error}") from None
        if not isinstance(row, dict):
            raise InputError(path, f"line {number} is not a JSON object")
        yield number, row


@dataclass(frozen=True)
class Place:
    """Where a video belongs: its category and its split."""

    category: str
    split: Split


def read_splits(path: Path) -> dict[str, Place]:
    """Name of each video -> its place, from a `SPLITS_FILE`; ``test`` may be written for ``val``.

    Raises:
        InputError: the file has another form, or names a video twice.
    """
    table = read_json(path)
    places: dict[str, Place] = {}
    try:
        for category, lists in table.items():
            for split, names in lists.items():
                for name in names:
                    if not isinstance(name, str) or name in places:
                        raise ValueError(f"the video {name!r} is named twice" if name in places else f"{name!r}")
                    places[name] = Place(category, _SPLITS[split])
    except (AttributeError, TypeError, KeyError, ValueError) as error:
        expected = 'expected {category: {"train": [names], "val": [names]}}'
        raise InputError(path, f"does not divide videos into splits: {error}", expected) from None
    return places


def read_archive(path: Path, wanted: re.Pattern[str]) -> Iterator[tuple[re.Match[str], bytes]]:
    """The content of the plain files in a tar archive whose whole names match; nothing is written anywhere.

    Names are only compared, never joined to a folder; links and devices are passed over.

    Raises:
        InputError: the archive cannot be read, is damaged, or holds a file of that name that is larger than any label.
    """
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                match = wanted.fullmatch(member.name)
                if match is None or not member.isreg():
                    continue
                if member.size > _LARGEST_MEMBER:
                    raise InputError(path, f"holds {member.name!r} of {member.size} bytes: no label is so large")
                file = archive.extractfile(member)
                if file is not None:
                    yield match, file.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise InputError(path, f"cannot be read as a tar archive: {error}") from None
