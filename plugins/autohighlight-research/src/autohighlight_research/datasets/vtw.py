"""Video Titles in the Wild (Zeng et al., ECCV 2016): videos from phones and camcorders, and where their highlight is.

The form in which its authors hand out the highlights is not known here: neither paper prints it, and no public project
was found that reads it. They are read from ``vtw.jsonl``, one object a line and video, soon made of any list of spans:

    {"video": "name", "split": "test", "num_frames": 1500, "highlights": [[400, 512]]}

``highlights`` are frames, the second exclusive; training videos need none. ``split`` is ``train`` or ``test``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from autohighlight.errors import InputError, printable
from autohighlight.evaluation import metrics
from autohighlight.evaluation.labels import Protocol
from autohighlight_research.datasets.dataset import Benchmark, ClipGrid, Dataset, DatasetVideo
from autohighlight_research.datasets.files import find_file, read_json_lines

LABEL_FILE = "vtw.jsonl"
CLIP_FRAMES = 100
"""Length of a clip (section 4.1 of the paper, after Zeng et al., whose median highlight is about as long)."""

_CATEGORY = "all"
_MOST_FRAMES = 10**8
_FORM = 'a line is {"video", "split": "train" or "test", "num_frames", "highlights": [[first, stop], ...] in frames}'
_SOURCE = (
    f"the page of VTW is aliensunmin.github.io/project/video-language; {LABEL_FILE} is described in docs/reproducing.md"
)


def load(root: Path) -> Dataset:
    """The labels in a folder.

    Raises:
        InputError: there is no `LABEL_FILE`, or a line of it has another form; the message names the line.
    """
    path = find_file(root, LABEL_FILE, ("annotations",))
    if path is None:
        raise InputError(root, f"holds no {LABEL_FILE}", _SOURCE)
    videos: dict[str, DatasetVideo] = {}
    for number, row in read_json_lines(path):
        try:
            video = _video(row)
            if video.name in videos:
                raise ValueError(f"names {printable(video.name)} again")
        except (ValueError, TypeError) as error:
            raise InputError(path, f"line {number} {error}", _FORM) from None
        videos[video.name] = video
    return Dataset(tuple(videos.values()))


def _video(row: dict[str, Any]) -> DatasetVideo:
    name, split, num_frames = row.get("video"), row.get("split"), row.get("num_frames")
    if not isinstance(name, str) or not name or "\0" in name:
        raise ValueError("does not name its video")
    if split not in ("train", "test"):
        raise ValueError(f"has the split {split!r}")
    if not _is_count(num_frames):
        raise ValueError("does not tell the number of frames")
    highlights = row.get("highlights", [] if split == "train" else None)
    if not isinstance(highlights, list):
        raise ValueError("has no list of highlights")
    for span in highlights:
        if not (isinstance(span, list) and len(span) == 2 and _is_count(span[1]) and span[0] in range(span[1])):
            raise ValueError(f"has a highlight that is not [first, stop] in frames: {span!r}")
    grid = ClipGrid("frames", clip_edges(num_frames))
    positives = highlight_clips(grid.edges, np.array(highlights, np.int64).reshape(-1, 2))[None]
    return DatasetVideo(name, _CATEGORY, split, grid, positives.astype(np.float64), positives)


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < _MOST_FRAMES


def clip_edges(num_frames: int) -> NDArray[np.int64]:
    """int64 (N, 2): clips of `CLIP_FRAMES` that cover the video; what is left at the end is one from half of that on,
    and belongs to the clip before it otherwise.
    """
    count = max(1, (num_frames + CLIP_FRAMES // 2) // CLIP_FRAMES)
    starts = np.arange(count, dtype=np.int64) * CLIP_FRAMES
    return np.stack([starts, np.append(starts[1:], num_frames)], axis=1)


def highlight_clips(edges: NDArray[np.int64], highlights: NDArray[np.int64]) -> NDArray[np.bool_]:
    """bool (N,): clips at least half of which lies in a highlight, or in which at least half of a highlight lies.

    So a highlight shorter than half a clip has its clip too. The paper and Zeng et al. do not print their rule.

    Args:
        edges: int64 (N, 2), of the clips.
        highlights: int64 (H, 2).
    """
    inside = np.minimum(edges[:, None, 1], highlights[:, 1]) - np.maximum(edges[:, None, 0], highlights[:, 0])  # (N, H)
    lengths = np.minimum((edges[:, 1] - edges[:, 0])[:, None], highlights[:, 1] - highlights[:, 0])
    positive: NDArray[np.bool_] = (2 * inside >= lengths).any(axis=1)
    return positive


VTW = Benchmark(
    name="vtw",
    title="Video Titles in the Wild",
    load=load,
    protocol=Protocol(
        "vtw",
        metrics.average_precision,
        "average precision a video; positive: clips that share at least half of the shorter of both with a highlight",
    ),
    num_videos={"train": 2000, "test": 2000},
    video_places=("{name}", "video/{name}", "videos/{name}"),
    backbone="c3d",
    source=_SOURCE,
)
"""mAP (the paper's Table 5)."""
