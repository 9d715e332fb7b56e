"""Labelled videos as the analyses need them: what a selector is given of each clip, and which are highlights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from autohighlight.config import Options
from autohighlight.errors import InputError, OptionError, WeightsError, printable
from autohighlight.evaluation.labels import read_labels
from autohighlight.evaluation.videos import MeasuredVideo, load_videos
from autohighlight.pipeline import no_progress
from autohighlight.plugins import Plugins
from autohighlight.scorers.contrastive import SHIPPED_SELECTOR, checked_input
from autohighlight.selector.checkpoint import load_selector
from autohighlight.selector.model import HighlightSelector
from autohighlight.types import ProgressCallback
from autohighlight_research.ready_videos import load_ready_videos

Kind = Literal["non-highlight", "highlight"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""Of clips, in the order of Table 6 and Figure 1."""


@dataclass(frozen=True)
class LabelSource:
    """Labels, and where what they are of is to be found.

    Args:
        labels: a ``labels.jsonl``; see `autohighlight.evaluation.labels`.
        videos: a folder to look for the videos in first.
        features: a folder of features that are ready, in place of the videos; see `load_ready_videos`.

    Raises:
        OptionError: both folders are given.
    """

    labels: Path
    videos: Path | None = None
    features: Path | None = None

    def __post_init__(self) -> None:
        if self.videos is not None and self.features is not None:
            raise OptionError("--videos and --features exclude each other", "features that are ready need no videos")


@dataclass(frozen=True, eq=False)
class SortedVideo:
    """One labelled video, its clips told apart.

    Args:
        path: the file of the video, or of its features.
        features: float32 (N, d_in): what a selector is given of each clip.
        kinds: bool (N,) for each of `KINDS`; a clip that is neither was not labelled, or divides the raters evenly.
    """

    path: Path
    features: NDArray[np.float32]
    kinds: dict[Kind, NDArray[np.bool_]]

    @property
    def num_pairs(self) -> int:
        """The largest number of clips of which there are as many of either kind."""
        return min(int(chosen.sum()) for chosen in self.kinds.values())


@dataclass(frozen=True, eq=False)
class SortedVideos:
    """The videos of a label file that hold clips of both kinds, at least two, with the selector to look at them.

    Args:
        selector: on the CPU.
        selector_path: its file.
        videos: those that count.
        num_left_out: videos without a highlight clip, or without another.
    """

    selector: HighlightSelector
    selector_path: Path
    videos: tuple[SortedVideo, ...]
    num_left_out: int


def votes(positives: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The part of the raters who call each clip a highlight: (R, N) -> (N,) in [0, 1].

    Raters who call nothing in the video a highlight have not told its clips apart, and are not asked.
    """
    asked = positives[positives.any(axis=1)]
    part: NDArray[np.float64] = asked.mean(axis=0) if len(asked) else np.zeros(positives.shape[1])
    return part


def votes_on_clips(video: MeasuredVideo) -> NDArray[np.float64]:
    """`votes` for each clip of analysis, (N,): the mean over the labelled clips whose middle it shows; NaN of none."""
    edges = [float(clip.time_range.start) for clip in video.features.clips]
    middles = [float(label.middle + video.start) for label in video.targets.clips]
    shown = np.searchsorted(edges, middles, side="right") - 1  # (L,) the clip that shows each middle
    count = np.bincount(shown, minlength=len(edges)).astype(np.float64)
    total = np.bincount(shown, votes(video.targets.positives), len(edges))
    part: NDArray[np.float64] = np.divide(total, count, out=np.full(len(edges), np.nan), where=count > 0)
    return part


def sort_clips(path: Path, features: NDArray[np.float32], part: NDArray[np.float64]) -> SortedVideo:
    """Tells the clips of a video apart by the part of the raters who call them highlights.

    A highlight clip is one to more than half of them, a non-highlight clip to less than half. Spans of time count as
    one rater.

    Args:
        path: the video.
        features: (N, dim), one a clip.
        part: (N,), in [0, 1]: of the raters.
    """
    return SortedVideo(path, features, {"non-highlight": part < 0.5, "highlight": part > 0.5})


def load_sorted_videos(
    source: LabelSource, options: Options, plugins: Plugins, progress: ProgressCallback = no_progress
) -> SortedVideos:
    """The videos of a label file with their clips told apart; those that lack either kind are left out.

    Args:
        source: the labels, and where the videos or their features are.
        options: how features are measured, and which selector is used; the one in the package where they name none.
        plugins: where backbones come from.
        progress: is told how far the work has come.

    Raises:
        InputError: the labels, a video or its features cannot be read, or fewer than two videos have clips of both
            kinds.
        WeightsError: the selector cannot be read, or is for other features.
        OptionError: a folder is none.
    """
    path = options.score.selector or SHIPPED_SELECTOR
    selector, info = load_selector(path)
    labels = read_labels(source.labels)
    every = list[SortedVideo]()
    if source.features is not None:
        for ready in load_ready_videos(labels, source.features, options.sample.clip_length):
            _check_columns(path, selector, ready.rows)
            every.append(sort_clips(ready.path, ready.rows, votes(ready.targets.positives)))
    else:
        for video in load_videos(labels, options, plugins, progress, videos=source.videos):
            rows = checked_input(path, selector, info, video.features)
            every.append(sort_clips(video.path, rows, votes_on_clips(video)))
    kept = tuple(video for video in every if video.num_pairs)
    if len(kept) < 2:
        number = "only one" if kept else "no"
        raise InputError(
            source.labels,
            f"{number} video has both highlight and non-highlight clips",
            "videos are compared with each other, so it takes two; shorter clips (--clip-length) may part them",
        )
    return SortedVideos(selector, path, kept, len(every) - len(kept))


def _check_columns(path: Path, selector: HighlightSelector, rows: NDArray[np.float32]) -> None:
    """Of features that are ready nobody knows what made them; their number of columns is all that can be compared."""
    if rows.shape[1] != selector.config.d_in:
        raise WeightsError(
            f"{printable(path)} was trained on features of {selector.config.d_in} columns, not of {rows.shape[1]}",
            "name with --selector one that was trained on these features; 'autohighlight train' makes it",
        )
