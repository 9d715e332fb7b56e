"""What cameras mean by the names of their files: the order of recordings, and files that repeat or belong to others.

Only names are looked at, so this costs nothing and works for files on a server too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from pathlib import PurePath
from typing import Literal, TypeAlias

_Place: TypeAlias = tuple[PurePath, str]  # a directory, and a name in it without the suffix, in lower case

OrderKey: TypeAlias = tuple[tuple[str | int, ...], str, str]

_NUMBER = re.compile(r"([0-9]+)")

# GoPro names a file by its codec, its chapter and its recording: GX020041 is the second chapter of recording 41. Older
# cameras name the first chapter GOPR0041 and the second GP010041.
_GOPRO_CHAPTER = re.compile(r"g[hxspl]([0-9]{2})([0-9]{4})")
_GOPRO_FIRST_CHAPTER = re.compile(r"gopr([0-9]{4})")


_DVD_TITLE = re.compile(r"vts_([0-9]{2})_[1-9]\.vob")


def recordings(paths: Iterable[PurePath]) -> Iterator[tuple[PurePath, ...]]:
    """The recordings that lie in several files, each as its files in order.

    A GoPro begins another file after some gigabytes, and so does a DVD within a title. Cameras that merely count their
    files on (``00001.MTS``) do not tell which belong together, so theirs are not found.

    Args:
        paths: files in any order.
    """
    parts = defaultdict[tuple[PurePath, str, str], list[PurePath]](list)
    for path in paths:
        name = path.name.casefold()
        stem, _, suffix = name.rpartition(".")
        if match := _GOPRO_CHAPTER.fullmatch(stem):
            parts[path.parent, stem[:2] + match[2], suffix].append(path)
        elif match := _GOPRO_FIRST_CHAPTER.fullmatch(stem):
            parts[path.parent, f"gp{match[1]}", suffix].append(path)
        elif match := _DVD_TITLE.fullmatch(name):
            parts[path.parent, f"title {match[1]}", suffix].append(path)
    return (tuple(sorted(files, key=path_order)) for files in parts.values() if len(files) > 1)


def shooting_order(name: str) -> OrderKey:
    """Sorts the names of one directory in the order in which a camera wrote them.

    Numbers count as numbers (``clip2`` comes before ``clip10``), upper and lower case are equal, and the chapters of
    one GoPro recording stay together. The name itself decides between equals, so that the order is always the same.
    """
    stem, dot, suffix = name.casefold().rpartition(".")
    if not stem:
        stem, suffix = f"{dot}{suffix}", ""
    if match := _GOPRO_CHAPTER.fullmatch(stem):
        chapter, recording = match.groups()
        stem = f"gopro{recording}-{chapter}"
    elif match := _GOPRO_FIRST_CHAPTER.fullmatch(stem):
        stem = f"gopro{match[1]}-00"
    parts = [int(part) if place % 2 else part for place, part in enumerate(_NUMBER.split(stem))]
    return tuple(parts), suffix, name


def path_order(path: PurePath) -> tuple[OrderKey, ...]:
    """Sorts paths by `shooting_order` of each of their parts."""
    return tuple(map(shooting_order, path.parts))


Companion: TypeAlias = Literal["proxy", "DVD menu", "P2 sound file"]

_PROXY_DIRECTORIES = frozenset({"proxy", "proxies"})
"""Panasonic P2 cards and DaVinci Resolve keep proxies in Proxy, Premiere Pro in Proxies."""

_SONY_PROXY_DIRECTORY = "sub"
_CARD_DIRECTORIES = frozenset({"clip", "video"})
"""Where the originals are on Sony and Panasonic cards: beside the directory of the proxies."""

_SONY_ENDING = re.compile(r"s[0-9]{2}$")
_EDITOR_ENDING = re.compile(r"[ _-]prox(?:y|ies)$")

_DVD_MENU = re.compile(r"video_ts\.vob|vts_[0-9]{2}_0\.vob")
_P2_SOUND = re.compile(r"([0-9a-z]{6})[0-9]{2}\.mxf")


def companions(paths: Iterable[PurePath]) -> Iterator[tuple[PurePath, Companion]]:
    """The files that repeat or belong to another file in the list, each with its kind.

    A file whose original is not in the list is never among them, so nothing is lost.

    Args:
        paths: all files that were found, on one or several cards.
    """
    paths = tuple(paths)
    beside = {(path.parent, path.stem.casefold()) for path in paths if not _is_in_proxy_directory(path)}
    on_card = {(folder.parent, stem) for folder, stem in beside if folder.name.casefold() in _CARD_DIRECTORIES}
    dvds = {path.parent for path in paths if _DVD_TITLE.fullmatch(path.name.casefold())}
    for path in paths:
        if _is_proxy(path, beside, on_card):
            yield path, "proxy"
        elif path.parent in dvds and _DVD_MENU.fullmatch(path.name.casefold()):
            yield path, "DVD menu"
        elif _is_p2_sound(path, on_card):
            yield path, "P2 sound file"


def _is_in_proxy_directory(path: PurePath) -> bool:
    return path.parent.name.casefold() in _PROXY_DIRECTORIES | {_SONY_PROXY_DIRECTORY}


def _is_proxy(path: PurePath, beside: Collection[_Place], on_card: Collection[_Place]) -> bool:
    directory, stem, above = path.parent.name.casefold(), path.stem.casefold(), path.parent.parent
    if directory == _SONY_PROXY_DIRECTORY:
        return (above, _SONY_ENDING.sub("", stem)) in on_card
    original = _EDITOR_ENDING.sub("", stem)
    if directory in _PROXY_DIRECTORIES:
        return any((above, name) in places for name in (stem, original) for places in (beside, on_card))
    return original != stem and (path.parent, original) in beside


def _is_p2_sound(path: PurePath, on_card: Collection[_Place]) -> bool:
    if path.parent.name.casefold() != "audio" or not (match := _P2_SOUND.fullmatch(path.name.casefold())):
        return False
    return (path.parent.parent, match[1]) in on_card
