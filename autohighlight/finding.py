"""Videos among files: by what names they are known, and a walk through folders that ends whatever links there are."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from autohighlight.camera_files import shooting_order
from autohighlight.config import RESULT_SUFFIX

_VIDEO_NAMES = """
    264 265 360 3g2 3gp amv asf avi divx dv evo f4v flv gxf h264 h265 hevc insv ivf m1v m2p m2t m2ts m2v m4v mj2 mjpeg
    mjpg mk3d mkv mod mov mp4 mpe mpeg mpg mpv mts mxf nsv nut obu ogm ogv qt rm rmvb tod tp trp ts vob vro webm wmv wtv
    xvid y4m
"""

VIDEO_SUFFIXES = frozenset(f".{name}" for name in _VIDEO_NAMES.split())
"""Suffixes of videos in a directory. A file that is named itself may have any name.

``.mod`` and ``.tod`` are of JVC and Canon camcorders, ``.insv`` of Insta360, ``.360`` of GoPro, ``.vro`` of DVD
recorders.
"""

_ENDS_OF_RESULTS = (RESULT_SUFFIX, f"{RESULT_SUFFIX}.reel")


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name does not want to be seen."""
    return name.startswith(".")


_HAS_ATTRIBUTES = hasattr(os.stat_result, "st_file_attributes") or hasattr(os.stat_result, "st_flags")


def is_hidden_entry(entry: os.DirEntry[str]) -> bool:
    """As `is_hidden`; also by the attribute that Windows and macOS have for this, as of ``$RECYCLE.BIN``."""
    if is_hidden(entry.name) or not _HAS_ATTRIBUTES:
        return is_hidden(entry.name)
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:  # it has just gone
        return False
    of_windows = getattr(status, "st_file_attributes", 0) & stat.FILE_ATTRIBUTE_HIDDEN
    return bool(of_windows or getattr(status, "st_flags", 0) & stat.UF_HIDDEN)


def is_result(name: str) -> bool:
    """Whether this program gives such names to what it makes, as ``match.highlights.mp4``."""
    return Path(name).stem.lower().endswith(_ENDS_OF_RESULTS)


def mode_of(path: Path) -> int:
    """What kind of file is there, or where links lead to, as `stat` tells it; 0 if none or if it cannot be known."""
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return 0


def real_path(path: Path) -> Path:
    """Without symbolic links as far as that can be known; the same for whatever way leads to a file."""
    return Path(os.path.realpath(path))


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that a walk came by.

    Args:
        path: as reached: the folder walked, and what is below it.
        real: see `real_path`.
        is_file: whether it is an ordinary file, or a link to one: no pipe, no device, no link to nothing.
    """

    path: Path
    real: Path
    is_file: bool


def walk(folder: Path, refuse: Callable[[OSError], None], *, leave_out: Collection[Path] = ()) -> Iterator[Entry]:
    """All files in a folder and below that are not hidden, nor in a hidden folder.

    Those of a directory come in the order of `shooting_order`, before those of its subdirectories. Symbolic links are
    followed, and come after all that is really there, so that a file goes by its own name where it has one. No
    directory is entered twice, so circles of links do no harm.

    Args:
        folder: where to begin.
        refuse: is told of each folder that cannot be looked into; if it returns, the walk goes on without.
        leave_out: real paths of folders that are not entered, unless the walk begins there.
    """
    seen = set(leave_out)
    waiting = [(folder, real_path(folder))]
    links: list[Path] = []
    seen.discard(waiting[0][1])
    while waiting or links:
        if not waiting:
            yield from _follow(links, waiting)
            continue
        path, real = waiting.pop()
        if real in seen:
            continue
        seen.add(real)
        files, folders = _look_into(path, refuse, links)
        yield from (Entry(path / name, real / name, is_file) for name, is_file in files)
        waiting += [(path / name, real / name) for name in reversed(folders)]


def _look_into(
    folder: Path, refuse: Callable[[OSError], None], links: list[Path]
) -> tuple[list[tuple[str, bool]], list[str]]:
    """The files of one folder, each with whether it is an ordinary one, and its subfolders; links are put aside."""
    files: list[tuple[str, bool]] = []
    folders: list[str] = []
    linked: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if is_hidden_entry(entry):
                    continue
                if entry.is_symlink():
                    linked.append(entry.name)
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(entry.name)
                else:
                    files.append((entry.name, entry.is_file(follow_symlinks=False)))
    except OSError as error:
        refuse(error)
        return [], []
    links += [folder / name for name in sorted(linked, key=shooting_order)]
    return sorted(files, key=lambda file: shooting_order(file[0])), sorted(folders, key=shooting_order)


def _follow(links: list[Path], waiting: list[tuple[Path, Path]]) -> Iterator[Entry]:
    """The files that links lead to; folders that they lead to are to be walked."""
    for link in links:
        real, mode = real_path(link), mode_of(link)
        if stat.S_ISDIR(mode):
            waiting.append((link, real))
        else:
            yield Entry(link, real, stat.S_ISREG(mode))
    links.clear()
    waiting.reverse()
