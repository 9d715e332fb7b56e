"""TVSum (Song et al., CVPR 2015): 50 videos of ten categories, each 2-second clip rated 1 to 5 by 20 people.

Read from the dataset's own ``ydata-tvsum50.mat`` (HDF5), or from ``tvsum_train.jsonl`` and ``tvsum_val.jsonl``, in
which QD-DETR and others publish the same ratings by clip.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autohighlight.errors import InputError
from autohighlight.evaluation import labels, metrics
from autohighlight.times import nearest_standard_rate
from autohighlight_research.datasets.dataset import Benchmark, ClipGrid, Dataset, DatasetVideo, Split
from autohighlight_research.datasets.files import SPLITS_FILE, Place, find_file, read_json_lines, read_splits

if TYPE_CHECKING:
    import h5py

MAT_FILE = "ydata-tvsum50.mat"
INFO_FILE = "ydata-tvsum50-info.tsv"
JSONL_FILES: Mapping[Split, str] = {"train": "tvsum_train.jsonl", "test": "tvsum_val.jsonl"}

_CLIP_SECONDS = int(labels.TVSUM_CLIP_SECONDS)
_FOLDERS = ("matlab", "data", "ydata-tvsum50-matlab/matlab", "ydata-tvsum50-data/data", "annotations")
"""Below the root: as the archives of version 1.1 unpack, each in place or in a folder of its own."""

_SOURCE = (
    "the archive tvsum50_ver_1_1.tgz from people.csail.mit.edu/yalesong/tvsum holds labels and videos (CC BY 3.0); "
    f"{SPLITS_FILE} is described in docs/reproducing.md"
)


@dataclass(frozen=True, eq=False)
class RatedVideo:
    """What the labels say of one video.

    Args:
        ratings: float64 (20, N).
        category: two letters.
        frame_rate: frames/s of the labelled file; None where it is not told.
    """

    ratings: NDArray[np.float64]
    category: str
    frame_rate: Fraction | None


def load(root: Path) -> Dataset:
    """The labels in a folder.

    Categories are those of ``ydata-tvsum50-info.tsv``, where it is there. The split is that of `SPLITS_FILE`, else the
    one into the two ``.jsonl`` files, which is the same: of each category four videos to train on and one to test on.
    The paper says 80 % and 20 %, not which.

    Raises:
        InputError: no labels, no split, or files of another form.
    """
    jsonl = {split: find_file(root, name, _FOLDERS) for split, name in JSONL_FILES.items()}
    by_split = {split: read_jsonl(path) for split, path in jsonl.items() if path is not None}
    mat = find_file(root, MAT_FILE, _FOLDERS)
    rated = read_mat(mat) if mat is not None else {k: v for videos in by_split.values() for k, v in videos.items()}
    if not rated:
        raise InputError(root, f"holds neither {MAT_FILE} nor {' and '.join(JSONL_FILES.values())}", _SOURCE)
    splits = find_file(root, SPLITS_FILE, _FOLDERS)
    if splits is not None:
        places = read_splits(splits)
    elif len(by_split) == len(JSONL_FILES):
        places = {
            name: Place(video.category, split) for split, part in by_split.items() for name, video in part.items()
        }
    else:
        raise InputError(root, f"holds neither {SPLITS_FILE} nor {' and '.join(JSONL_FILES.values())}", _SOURCE)
    info = find_file(root, INFO_FILE, _FOLDERS)
    categories = {} if info is None else read_categories(info)
    videos = [
        _video(name, categories.get(name, video.category), places[name], video)
        for name, video in rated.items()
        if name in places
    ]
    return Dataset(tuple(videos), tuple(name for name in places if name not in rated))


def _video(name: str, category: str, place: Place, video: RatedVideo) -> DatasetVideo:
    starts = np.arange(video.ratings.shape[1]) * _CLIP_SECONDS
    grid = ClipGrid("seconds", np.stack([starts, starts + _CLIP_SECONDS], axis=1), video.frame_rate)
    positives = metrics.above_median_positives(video.ratings)
    return DatasetVideo(name, category, place.split, grid, video.ratings, positives)


def read_mat(path: Path) -> dict[str, RatedVideo]:
    """The videos of the ``.mat`` file by name.

    It rates frames, in steps of 2 seconds; a clip's rating is that of the frame at its middle. A rest of less than 2
    seconds at the end of a video is no clip. A video lasts as long as its frames do at the nearest standard rate; the
    length that the file tells counts the sound too. So clips and ratings are those of the ``.jsonl`` files.

    Raises:
        InputError: the file is no HDF5, or another one.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            table = file["tvsum50"]
            return dict(_read_mat_video(file, table, number) for number in range(len(table["video"])))
    except (OSError, KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise InputError(path, f"is not TVSum's {MAT_FILE}: {error}", _SOURCE) from None


def _read_mat_video(file: h5py.File, table: h5py.Group, number: int) -> tuple[str, RatedVideo]:
    def field(name: str) -> NDArray[Any]:
        content: NDArray[Any] = file[table[name][number, 0]][()]
        return content

    by_frame = np.asarray(field("user_anno"), np.float64)  # (20, F): MATLAB's order of axes, turned round
    seconds, num_frames = Fraction(repr(field("length").item())), by_frame.shape[1]
    if not seconds > 0:
        raise ValueError(f"video {number + 1} lasts {float(seconds):g} s")
    rate = num_frames / seconds
    count = int(num_frames / nearest_standard_rate(rate)) // _CLIP_SECONDS
    middles = [int((k * _CLIP_SECONDS + Fraction(_CLIP_SECONDS, 2)) * rate) for k in range(count)]
    return _word(field("video")), RatedVideo(by_frame[:, middles], _word(field("category")), rate)


def _word(codes: NDArray[Any]) -> str:
    return "".join(map(chr, codes.ravel().tolist()))


def read_jsonl(path: Path) -> dict[str, RatedVideo]:
    """The videos of one of the ``.jsonl`` files by name.

    Raises:
        InputError: the file cannot be read, or has another form; the message names the line.
    """
    file = labels.read_labels(path)
    if file.protocol is not labels.TVSUM:
        raise InputError(path, f"holds {file.protocol.name}, not the ratings of TVSum")
    categories = {str(row["vid"]): str(row.get("domain", "")) for _, row in read_json_lines(path)}
    return {video.name: RatedVideo(video.ratings, categories[video.name], None) for video in file.videos}


def read_categories(path: Path) -> dict[str, str]:
    """Name of each video -> its category, from ``ydata-tvsum50-info.tsv``.

    Raises:
        InputError: the file cannot be read, or lacks one of the two columns.
    """
    try:
        rows = list(csv.DictReader(path.read_text("utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))
        return {row["video_id"]: row["category"] for row in rows}
    except (OSError, UnicodeDecodeError, KeyError) as error:
        raise InputError(path, f"is not TVSum's {INFO_FILE}: {error}") from None


TVSUM = Benchmark(
    name="tvsum",
    title="TVSum",
    load=load,
    protocol=labels.TVSUM,
    num_videos={"train": 40, "test": 10},
    video_places=("{name}", "video/{name}", "videos/{name}", "ydata-tvsum50-video/video/{name}"),
    backbone="resnet3d-34",
    source=_SOURCE,
)
"""Top-5 mAP (the paper's Tables 3 and 4)."""
