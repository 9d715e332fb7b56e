"""What of a list of files and folders can be trained on: videos, or ready features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autohighlight.errors import InputError, OptionError, printable
from autohighlight.finding import VIDEO_SUFFIXES, is_result, walk

FEATURE_SUFFIXES = frozenset((".npy", ".npz"))
"""Of ready features: numpy's own formats."""


_KNOWN = f"videos end in {', '.join(sorted(VIDEO_SUFFIXES))}; features in {', '.join(sorted(FEATURE_SUFFIXES))}"


@dataclass(frozen=True)
class Found:
    """What there is to train on: either videos or files of features, never both.

    Args:
        paths: at least one, none twice; in the order named, those of a folder in the order of their names.
        are_features: whether they are ready features.
        num_passed_over: files in the folders that are neither by their names, hidden ones not counted.
    """

    paths: tuple[Path, ...]
    are_features: bool
    num_passed_over: int = 0


def find_footage(places: Sequence[Path]) -> Found:
    """The videos, or the files of features, among files and folders and all that lies in these.

    Hidden files and folders are left out, and so are reels that this program has written.

    Raises:
        InputError: a place is not there or cannot be looked into, or a folder holds nothing to train on.
        OptionError: there are both videos and features.
    """
    found: dict[Path, Path] = {}  # by where they really are
    num_passed_over = 0
    for place in places:
        inside = list(_files(place))
        fitting = [path for path in inside if path == place or _suits(path)]
        if not fitting:
            raise InputError(place, "there is nothing in it to train on", _KNOWN)
        num_passed_over += len(inside) - len(fitting)
        for path in fitting:
            found.setdefault(path.resolve(), path)
    features = [path for path in found.values() if _is_feature_file(path)]
    if features and len(features) < len(found):
        video = next(path for path in found.values() if not _is_feature_file(path))
        raise OptionError(
            f"there are both videos ({printable(video)}) and ready features ({printable(features[0])})",
            "name the ones or the others",
        )
    return Found(tuple(found.values()), bool(features), num_passed_over)


def _files(place: Path) -> Iterator[Path]:
    """The place itself if it is a file, else what is in it and below and not hidden, in the order of names."""
    if not place.is_dir():
        if not place.exists():
            raise InputError(place, "there is no such file or folder", "check the name")
        yield place
        return

    def refuse(error: OSError) -> None:
        raise InputError(error.filename or place, f"cannot be looked into: {error.strerror}") from None

    yield from (entry.path for entry in walk(place, refuse))


def _suits(path: Path) -> bool:
    return _is_feature_file(path) or (path.suffix.lower() in VIDEO_SUFFIXES and not is_result(path.name))


def _is_feature_file(path: Path) -> bool:
    return path.suffix.lower() in FEATURE_SUFFIXES
