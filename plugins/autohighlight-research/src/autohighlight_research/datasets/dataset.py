"""What the benchmarks have in common: videos in two splits, each with a grid of clips and labels on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from autohighlight.errors import InputError, OptionError
from autohighlight.evaluation.labels import Protocol
from autohighlight.times import TimeRange
from autohighlight.types import Clip, MediaInfo

Split = Literal["train", "test"]
Unit = Literal["seconds", "frames"]


@dataclass(frozen=True, eq=False)
class ClipGrid:
    """The clips of one video as its benchmark divides it.

    Args:
        unit: what edges are counted in, from the first frame shown on.
        edges: int64 (N, 2): where each clip begins, and where it ends, exclusive; ordered by where they begin. They may
            overlap, as those of YouTube Highlights do.
        frame_rate: frames/s of the file that was labelled; None where the labels do not tell, and the file at hand has
            to.

    Raises:
        ValueError: no clips, one that is empty or begins before the video or the clip before it.
    """

    unit: Unit
    edges: NDArray[np.int64]
    frame_rate: Fraction | None = None

    def __post_init__(self) -> None:
        edges = np.asarray(self.edges, np.int64)
        if edges.ndim != 2 or edges.shape[1] != 2 or not len(edges):
            raise ValueError(f"a grid of clips has edges of the shape (N, 2), not {edges.shape}")
        starts, ends = edges.T
        if starts[0] < 0 or (np.diff(starts) < 0).any() or (ends <= starts).any():
            raise ValueError("clips have a length, and are ordered by where they begin")
        object.__setattr__(self, "edges", edges)

    def __len__(self) -> int:
        return len(self.edges)

    @property
    def overlaps(self) -> bool:
        """Whether some clip begins before another has ended."""
        return bool((self.edges[1:, 0] < np.maximum.accumulate(self.edges[:-1, 1])).any())

    def frames(self) -> NDArray[np.int64]:
        """int64 (N, 2): the number of each clip's first frame, and of the one after its last.

        Raises:
            OptionError: clips are in seconds, and the labels do not tell the frame rate.
        """
        if self.unit == "frames":
            return self.edges
        if self.frame_rate is None:
            raise OptionError(
                "clips in seconds cannot be laid on features of frames: the labels do not tell the frame rate",
                "put the original labels into --root, or give features of clips",
            )
        rate = self.frame_rate  # frame n begins to be shown at n / rate
        return -(-self.edges * rate.numerator // rate.denominator)

    def clips(self, media: MediaInfo) -> tuple[Clip, ...]:
        """The clips on the presentation clock of the video's file; the last ends with the file where that is earlier.

        Frames are counted at the rate that was labelled, or else at the file's nominal one.

        Raises:
            InputError: a clip begins after the end of the file.
        """
        rate = Fraction(1) if self.unit == "seconds" else self.frame_rate or media.frame_rate
        begin, end = media.time_range.start, media.time_range.end
        if begin + self.edges[-1, 0].item() / rate >= end:
            raise InputError(
                media.path,
                f"the labels tell of {self.edges[-1, 1]} {self.unit}, the file ends after {float(media.duration):.3f} "
                f"s at {float(media.frame_rate):.2f} frames/s",
                "is this the video that was labelled?",
            )
        spans = [(begin + start / rate, min(end, begin + stop / rate)) for start, stop in self.edges.tolist()]
        return tuple(Clip(number, TimeRange(*span)) for number, span in enumerate(spans))


@dataclass(frozen=True, eq=False)
class DatasetVideo:
    """One video of a benchmark.

    Args:
        name: by which its file and its features are called; mostly its number on YouTube.
        category: of which results are told apart.
        split: what it is for.
        grid: its N clips.
        ratings: float64 (R, N): how much each rater made of each clip; R is 0 where nothing is labelled, as training
            needs no labels.
        positives: bool (R, N): what each rater calls a highlight.
    """

    name: str
    category: str
    split: Split
    grid: ClipGrid
    ratings: NDArray[np.float64]
    positives: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Dataset:
    """The labels of one benchmark, as far as they are there.

    Args:
        videos: in the order of the labels.
        unlabelled: names of videos that the split names, and no label does.
    """

    videos: tuple[DatasetVideo, ...]
    unlabelled: tuple[str, ...] = ()

    def of(self, split: Split) -> tuple[DatasetVideo, ...]:
        """The videos of one split."""
        return tuple(video for video in self.videos if video.split == split)


@dataclass(frozen=True)
class Benchmark:
    """What is fixed of a benchmark, whoever has its files.

    Args:
        name: on the command line.
        title: for people.
        load: root folder -> its labels.
        protocol: how a video is measured.
        num_videos: of each split, when all are there.
        video_places: where a video's file lies in the root folder, without its suffix; ``{name}`` and ``{category}``
            stand for the video's own. Tried in this order.
        backbone: the network that the paper takes its features from (section 4.1).
        source: where people get the files, and on which terms; one line.
    """

    name: str
    title: str
    load: Callable[[Path], Dataset]
    protocol: Protocol
    num_videos: Mapping[Split, int]
    video_places: tuple[str, ...]
    backbone: str
    source: str

    def is_complete(self, videos: tuple[DatasetVideo, ...]) -> bool:
        """Whether these are as many videos of each split as the whole benchmark has."""
        return all(sum(video.split == split for video in videos) == count for split, count in self.num_videos.items())
