"""Labelled videos as the analyses need them: what a selector is given of each clip, and which are highlights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from autohighlight.config import Options
from autohighlight.errors import InputError
from autohighlight.evaluation.labels import read_labels
from autohighlight.evaluation.videos import MeasuredVideo, load_videos
from autohighlight.pipeline import no_progress
from autohighlight.plugins import Plugins
from autohighlight.types import FeatureTrack, ProgressCallback

Kind = Literal["non-highlight", "highlight"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""Of clips, in the order of Table 6 and Figure 1."""

ClipFeatures = Callable[[FeatureTrack], NDArray[np.float32]]
"""A video's features -> float32 (N, d_in): what a selector is given of each clip."""


@dataclass(frozen=True, eq=False)
class SortedVideo:
    """One labelled video, its clips told apart.

    Args:
        path: the file.
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
    """The videos of a label file that hold clips of both kinds; at least one.

    Args:
        labels: the file.
        videos: those that count.
        num_left_out: videos without a highlight clip, or without another.
    """

    labels: Path
    videos: tuple[SortedVideo, ...]
    num_left_out: int


def votes(video: MeasuredVideo) -> NDArray[np.float64]:
    """The part of the raters who call each clip of analysis a highlight, (N,) in [0, 1]; NaN where none was asked.

    A clip is told by the labelled clips whose middle it shows. Raters who call nothing in the video a highlight are
    not asked.
    """
    positives = video.targets.positives
    asked = positives[positives.any(axis=1)]  # (R, L)
    edges = [float(clip.time_range.start) for clip in video.features.clips]
    middles = [float(label.middle + video.start) for label in video.targets.clips]
    shown = np.searchsorted(edges, middles, side="right") - 1  # (L,) the clip that shows each middle
    count = np.bincount(shown, minlength=len(edges)).astype(np.float64)
    total = np.bincount(shown, asked.mean(axis=0), len(edges)) if len(asked) else np.zeros(len(edges))
    part: NDArray[np.float64] = np.divide(total, count, out=np.full(len(edges), np.nan), where=count > 0)
    return part


def sort_clips(video: MeasuredVideo, features: ClipFeatures) -> SortedVideo:
    """Tells the clips of a video apart: a highlight clip is one to more than half of the raters, a non-highlight clip
    to less than half. Spans of time count as one rater.
    """
    part = votes(video)
    return SortedVideo(video.path, features(video.features), {"non-highlight": part < 0.5, "highlight": part > 0.5})


def load_sorted_videos(
    labels: Path,
    features: ClipFeatures,
    options: Options,
    plugins: Plugins,
    progress: ProgressCallback = no_progress,
    *,
    videos: Path | None = None,
) -> SortedVideos:
    """The videos of a label file with their clips told apart; those that lack either kind are left out.

    Args:
        labels: a ``labels.jsonl``; see `autohighlight.evaluation.labels`.
        features: what is kept of each video's features.
        options: how features are measured.
        plugins: where backbones come from.
        progress: is told how far the work has come.
        videos: a folder to look for the videos in first.

    Raises:
        InputError: as `autohighlight.evaluation.videos.load_videos`; or no video has clips of both kinds.
        OptionError: `videos` is no folder.
    """
    loaded = load_videos(read_labels(labels), options, plugins, progress, videos=videos)
    every = [sort_clips(video, features) for video in loaded]
    kept = tuple(video for video in every if video.num_pairs)
    if not kept:
        raise InputError(
            labels,
            "no video has both highlight and non-highlight clips",
            "label a part of each video; clips shorter than the highlights may help (--clip-length)",
        )
    return SortedVideos(labels, kept, len(every) - len(kept))
