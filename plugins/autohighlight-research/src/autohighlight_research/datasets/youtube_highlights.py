"""YouTube Highlights (Sun et al., ECCV 2014): videos of six categories, each clip a highlight, none, or borderline.

A clip is a range of about 100 frames; the next begins about half a clip later. Each video has a folder
``<category>/<video>`` with ``match_label.json``: ``[[[first, stop], ...], [label, ...]]``, a label 1 where the clip was
chosen for an edited video, 0 where it partly was, -1 where it was not. ``clip.json`` beside it holds the ranges alone,
and is not needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from autohighlight.errors import InputError
from autohighlight.evaluation import metrics
from autohighlight.evaluation.labels import Protocol
from autohighlight_research.datasets.dataset import Benchmark, ClipGrid, Dataset, DatasetVideo
from autohighlight_research.datasets.files import SPLITS_FILE, Place, find_file, read_archive, read_json, read_splits

CATEGORIES = ("dog", "gymnastics", "parkour", "skating", "skiing", "surfing")
ARCHIVE = "DomainSpecificHighlight-labels.tar.gz"
GATHERED_FILE = "youtube_anno.json"
"""``{video: {"fps", "clip", "match", "domain", ...}}``: the labels of most videos in one file, as UMT has them."""

_FOLDERS = ("DomainSpecificHighlight", "annotations")
_LABEL_FILE = "match_label.json"
_MEMBER = re.compile(rf"(?:.*/)?(?P<category>[^/]+)/(?P<name>[^/]+)/{re.escape(_LABEL_FILE)}")
_MOST_FRAMES = 10**8

_SOURCE = (
    "labels and video numbers are github.com/aliensunmin/DomainSpecificHighlight (its README says how to fetch the "
    f"videos from YouTube, to whose terms they are subject); {SPLITS_FILE} is described in docs/reproducing.md"
)


def load(root: Path) -> Dataset:
    """The labels in a folder, of the videos that `SPLITS_FILE` names.

    They are read from the folders of the videos, else from `ARCHIVE`, else from `GATHERED_FILE`. The frame rates of the
    files that were labelled stand in `GATHERED_FILE` alone; where it is absent, or lacks a video, frames are counted at
    the rate of the file at hand.

    Raises:
        InputError: no labels, no split, or files of another form.
    """
    splits = find_file(root, SPLITS_FILE, _FOLDERS)
    if splits is None:
        raise InputError(root, f"holds no {SPLITS_FILE}", _SOURCE)
    places = read_splits(splits)
    gathered = find_file(root, GATHERED_FILE, _FOLDERS)
    table = {} if gathered is None else read_gathered(gathered)
    labels = dict(_labels(root, places)) or {name: (path, content) for name, (path, content, _) in table.items()}
    if not labels:
        raise InputError(
            root, f"holds no labels: neither {_LABEL_FILE} files, nor {ARCHIVE}, nor {GATHERED_FILE}", _SOURCE
        )
    rates = {name: rate for name, (_, _, rate) in table.items()}
    videos = [_video(name, place, *labels[name], rates.get(name)) for name, place in places.items() if name in labels]
    return Dataset(tuple(videos), tuple(name for name in places if name not in labels))


def _labels(root: Path, places: dict[str, Place]) -> Iterator[tuple[str, tuple[Path, Any]]]:
    """Name of each video -> the file that its labels are from, and what it holds."""
    found = False
    for name, place in places.items():
        below = [f"{place.category}/{name}", *(f"{folder}/{place.category}/{name}" for folder in _FOLDERS)]
        path = next((root / folder / _LABEL_FILE for folder in below if (root / folder / _LABEL_FILE).is_file()), None)
        if path is not None:
            found = True
            yield name, (path, read_json(path))
    archive = None if found else find_file(root, ARCHIVE, _FOLDERS)
    if archive is not None:
        for match, content in read_archive(archive, _MEMBER):
            if match["name"] in places:
                yield match["name"], (archive, read_json(archive / match.string, content))


def read_gathered(path: Path) -> dict[str, tuple[Path, Any, Fraction]]:
    """Name of each video in a `GATHERED_FILE` -> the file, what a `match_label.json` would hold, and its frames/s.

    Raises:
        InputError: the file cannot be read, or has another form.
    """
    table = read_json(path)
    try:
        return {name: (path, [row["clip"], row["match"]], _rate(row["fps"])) for name, row in table.items()}
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(path, f"is not a {GATHERED_FILE}: {error!r}") from None


def _rate(fps: float) -> Fraction:
    rate = Fraction(fps).limit_denominator(100_000)  # 29.97002997 means 30000/1001
    if rate <= 0:
        raise ValueError(f"{fps} frames/s")
    return rate


def _video(name: str, place: Place, path: Path, content: Any, rate: Fraction | None) -> DatasetVideo:
    try:
        ranges, values = content
        if not all(isinstance(v, int) and v in (-1, 0, 1) for v in values) or len(values) != len(ranges):
            raise ValueError("labels are 1, 0 or -1, one a range")
        edges = [[_frame(edge) for edge in edges] for edges in ranges]
        grid = ClipGrid("frames", np.array(edges, np.int64).reshape(-1, 2), rate)
    except (TypeError, ValueError, OverflowError) as error:
        problem = f"does not label the video {name}: {error}"
        raise InputError(path, problem, "expected [[[first, stop], ...], [1, 0, ...]]") from None
    ratings = np.array([values], np.float64)
    return DatasetVideo(name, place.category, place.split, grid, ratings, ratings == 1)


def _frame(edge: object) -> int:
    if not isinstance(edge, int | float) or edge != int(edge) or not 0 <= edge < _MOST_FRAMES:
        raise ValueError(f"{edge!r} is not the number of a frame")
    return int(edge)


YOUTUBE_HIGHLIGHTS = Benchmark(
    name="youtube-highlights",
    title="YouTube Highlights",
    load=load,
    protocol=Protocol(
        "youtube-highlights", metrics.average_precision, "average precision a video; positive: clips labelled 1"
    ),
    num_videos={"train": 247, "test": 172},
    video_places=(
        "{category}/{name}/{name}",
        "DomainSpecificHighlight/{category}/{name}/{name}",
        "{name}",
        "video/{name}",
        "videos/{name}",
        "videos/{category}/{name}",
    ),
    backbone="resnet3d-34",
    source=_SOURCE,
)
"""mAP by category, and the mean of the six (the paper's Table 1)."""
