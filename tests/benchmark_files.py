"""Makes the files of the paper's benchmarks in small: the same layout and names, made-up ratings."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from autohighlight_research.datasets.dataset import Benchmark, Dataset
from autohighlight_research.datasets.files import SPLITS_FILE

Rows = Sequence[Sequence[int]]

TVSUM_SPLITS = {"VT": {"train": ["vt-1", "-vt_2"], "val": ["vt-3"]}, "DS": {"train": ["ds-1", "ds-2"], "val": ["ds-3"]}}
YOUTUBE_SPLITS = {
    "dog": {"train": ["dog-1", "-dog_2"], "val": ["dog-3"]},
    "surfing": {"train": ["surf-1"], "val": ["surf-2", "surf-3"]},
}

CLIP_COUNT = 12
"""Of each video but those of VTW."""


def names(splits: Mapping[str, Mapping[str, Sequence[str]]]) -> list[str]:
    """Of all videos."""
    return [name for lists in splits.values() for part in lists.values() for name in part]


def tvsum_ratings(number: int) -> NDArray[np.int64]:
    """int64 (20, CLIP_COUNT) from 1 to 5: no annotator gives all clips the same."""
    ratings = np.random.default_rng(number).integers(1, 5, (20, CLIP_COUNT))
    ratings[:, number % CLIP_COUNT] = 5
    return ratings


def write_tvsum_mat(path: Path, *, seconds: float = 2 * CLIP_COUNT + 1.353, num_frames: int = 760) -> None:
    """The .mat file: as MATLAB writes cells and strings, the axes turned round; ratings of frames in 2-second steps."""
    path.parent.mkdir(parents=True, exist_ok=True)
    splits = {name: category for category, lists in TVSUM_SPLITS.items() for part in lists.values() for name in part}
    shown = np.minimum((np.arange(num_frames) * seconds / num_frames // 2).astype(int), CLIP_COUNT - 1)
    with h5py.File(path, "w") as file:
        cells = file.create_group("tvsum50")
        contents = file.create_group("#refs#")
        fields: dict[str, list[Any]] = {
            "video": [_characters(name) for name in splits],
            "category": [_characters(category) for category in splits.values()],
            "length": [np.array([[seconds]]) for _ in splits],
            "nframes": [np.array([[float(num_frames)]]) for _ in splits],
            "user_anno": [tvsum_ratings(n)[:, shown].astype(float) for n in range(len(splits))],
        }
        for field, values in fields.items():
            column = cells.create_dataset(field, (len(splits), 1), h5py.ref_dtype)
            for number, value in enumerate(values):
                column[number, 0] = contents.create_dataset(f"{field}{number}", data=value).ref


def _characters(word: str) -> NDArray[np.uint16]:
    return np.array([[ord(letter)] for letter in word], np.uint16)


def write_tvsum_jsonl(root: Path) -> None:
    """The two .jsonl files, which also divide the videos."""
    number = 0
    rows: dict[str, list[str]] = {"train": [], "val": []}
    for category, lists in TVSUM_SPLITS.items():
        for split, part in lists.items():
            for name in part:
                label = tvsum_ratings(number).T.astype(float).tolist()
                rows[split].append(json.dumps({"vid": name, "label": label, "domain": category}))
                number += 1
    for split, lines in rows.items():
        (root / f"tvsum_{split}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


def write_splits(root: Path, splits: Mapping[str, Any]) -> None:
    """The file that divides the videos."""
    (root / SPLITS_FILE).write_text(json.dumps(splits), "utf-8")


def youtube_label(number: int) -> list[Any]:
    """What a match_label.json holds: ranges of 100 frames, each half over the next, and their labels."""
    ranges = [[50.0 * clip, 50.0 * clip + 100] for clip in range(CLIP_COUNT)]
    labels = np.random.default_rng(number).integers(-1, 2, CLIP_COUNT)
    labels[number % CLIP_COUNT] = 1
    return [ranges, labels.tolist()]


def write_youtube_folders(root: Path) -> None:
    """clip.json and match_label.json of each video."""
    for path, content in _youtube_files().items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(json.dumps(content), "utf-8")


def write_youtube_archive(path: Path) -> None:
    """The same files in an archive, whose names begin with "./"."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in _youtube_files().items():
            add_member(archive, f"./{name}", json.dumps(content).encode())


def add_member(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    """Adds a plain file to an archive."""
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def write_youtube_gathered(path: Path, *, fps: float = 25.0) -> None:
    """The labels in one file."""
    table = {}
    for number, (category, name) in enumerate(_youtube_videos()):
        ranges, labels = youtube_label(number)
        table[name] = {"fps": fps, "frames": "650", "domain": category, "clip": ranges, "match": labels}
    path.write_text(json.dumps(table), "utf-8")


def _youtube_videos() -> list[tuple[str, str]]:
    return [(category, name) for category, lists in YOUTUBE_SPLITS.items() for part in lists.values() for name in part]


def _youtube_files() -> dict[str, Any]:
    files: dict[str, Any] = {}
    for number, (category, name) in enumerate(_youtube_videos()):
        label = youtube_label(number)
        files |= {f"{category}/{name}/clip.json": label[0], f"{category}/{name}/match_label.json": label}
    return files


def write_vtw(root: Path, *, num_frames: int = 650) -> list[str]:
    """The label file, four videos to train on and two to measure on; gives their names."""
    rows: list[dict[str, Any]] = [{"video": f"vtw-{n}", "split": "train", "num_frames": num_frames} for n in range(4)]
    rows += [
        {"video": f"vtw-{n}", "split": "test", "num_frames": num_frames, "highlights": [[100 * n - 250, 100 * n - 140]]}
        for n in (4, 5)
    ]
    (root / "vtw.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return [row["video"] for row in rows]


def write_features(folder: Path, dataset: Dataset, *, d_in: int = 8) -> None:
    """Features of clips, random, of every video."""
    folder.mkdir(exist_ok=True)
    for number, video in enumerate(dataset.videos):
        rows = np.random.default_rng(number).normal(size=(len(video.grid), d_in)).astype(np.float32)
        np.save(folder / f"{video.name}.npy", rows)


def write_labels(benchmark: Benchmark, root: Path) -> Dataset:
    """The label files of a benchmark in their usual form, and what is read of them."""
    if benchmark.name == "tvsum":
        write_tvsum_mat(root / "ydata-tvsum50.mat")
        write_splits(root, TVSUM_SPLITS)
    elif benchmark.name == "youtube-highlights":
        write_youtube_archive(root / "DomainSpecificHighlight-labels.tar.gz")
        write_splits(root, YOUTUBE_SPLITS)
    else:
        write_vtw(root)
    return benchmark.load(root)
