"""Where the features of a benchmark's videos come from: files that somebody has made, or the videos themselves."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from autohighlight.config import ExtractOptions, Options
from autohighlight.errors import InputError
from autohighlight.evaluation.labels import SUFFIXES
from autohighlight.features.cache import FeatureCache
from autohighlight.features.extract import extract_features
from autohighlight.features.windows import windows_of
from autohighlight.pipeline import probe
from autohighlight.plugins import Plugins
from autohighlight.scorers.contrastive import selector_input
from autohighlight.times import TimeRange
from autohighlight.types import Backbone, Clip, FeatureTrack, MediaInfo, ProgressCallback
from autohighlight_research.datasets.dataset import Benchmark, DatasetVideo

WINDOW_FRAMES = 16
"""Frames that one feature of a frame-level file is of (section 4.1)."""

FEATURE_SUFFIXES = (".npy", ".npz")


class FeatureSource(Protocol):
    """Gives the features of a benchmark's videos."""

    @property
    def description(self) -> str:
        """What they are, for people."""
        ...

    def is_there(self, video: DatasetVideo) -> bool:
        """Whether the files of a video are there; looks at none of them."""
        ...

    def read(self, video: DatasetVideo, progress: ProgressCallback) -> NDArray[np.float32]:
        """What a selector is given of the clips of a video's grid, float32 (N, d_in)."""
        ...


@dataclass(frozen=True)
class ReadyFeatures:
    """Features in a folder: ``<video>.npy``, or ``<video>.npz`` with one array or one called ``features``.

    Args:
        folder: where they lie.
        stride: frames from the start of one feature's window to that of the next, where a file holds features of
            windows of `WINDOW_FRAMES` frames, the first of which begins with the video; None: features of clips. A file
            ``.npz`` may hold its own as ``stride``.
    """

    folder: Path
    stride: int | None = None

    @property
    def description(self) -> str:
        """``features in FOLDER``."""
        return f"features in {self.folder}"

    def is_there(self, video: DatasetVideo) -> bool:
        """Whether a file has the video's name."""
        return self._path(video) is not None

    def read(self, video: DatasetVideo, progress: ProgressCallback) -> NDArray[np.float32]:  # noqa: ARG002
        """As `FeatureSource.read`; features of windows are averaged over each clip, by the paper's rule.

        Raises:
            InputError: there is no file, it holds something else, or another number of clips or too few frames.
            OptionError: features of windows, and labels in seconds that do not tell the frame rate.
        """
        path = self._path(video)
        if path is None:
            raise InputError(self.folder, f"holds no features of {video.name}")
        rows, stride = read_rows(path)
        stride = stride or self.stride
        if stride is not None:
            return _pool_windows(path, rows, stride, video.grid.frames())
        if len(rows) != len(video.grid):
            raise InputError(
                path,
                f"holds {len(rows)} features for {len(video.grid)} clips",
                "if they are of windows of 16 frames, say with --feature-stride how many frames lie between two",
            )
        return rows

    def _path(self, video: DatasetVideo) -> Path | None:
        return first_file([self.folder / video.name], FEATURE_SUFFIXES)


def first_file(stems: Iterable[Path], suffixes: Iterable[str]) -> Path | None:
    """The first file that is one of the stems with one of the suffixes; None: there is none."""
    for stem in stems:
        for suffix in suffixes:
            if (path := stem.with_name(stem.name + suffix)).is_file():
                return path
    return None


def read_rows(path: Path) -> tuple[NDArray[np.float32], int | None]:
    """The array (M, d_in) of a file, finite, and the stride that it tells; None: it tells none.

    Raises:
        InputError: it holds something else.
    """
    stride = None
    try:
        content = np.load(path, allow_pickle=False)
        if isinstance(content, np.lib.npyio.NpzFile):
            with content:
                stride = int(content["stride"]) if "stride" in content else None
                names = [name for name in content.files if name != "stride"]
                content = content["features" if "features" in names else names[0]]
        rows = np.asarray(content, np.float32)
    except (OSError, ValueError, KeyError, IndexError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(path, f"holds no features: {error}") from None
    if rows.ndim != 2 or not rows.size or not np.isfinite(rows).all():
        raise InputError(path, f"holds an array of the shape {rows.shape}; features are finite numbers (rows, columns)")
    if stride is not None and stride < 1:
        raise InputError(path, f"has windows {stride} frames apart")
    return rows, stride


def _pool_windows(path: Path, rows: NDArray[np.float32], stride: int, clips: NDArray[np.int64]) -> NDArray[np.float32]:
    """Mean over the windows of each clip; a clip that none belongs to takes the one whose middle is nearest to its own.

    Args:
        path: of the features, for messages.
        rows: (M, d_in), one a window.
        stride: frames from the start of one window to that of the next.
        clips: int64 (N, 2): frames of each.
    """
    starts = np.arange(len(rows), dtype=np.int64) * stride
    covered = int(starts[-1]) + WINDOW_FRAMES + stride
    if covered <= clips[-1, 0]:
        raise InputError(
            path,
            f"tells of {covered} frames at a stride of {stride}, the last clip begins at frame {clips[-1, 0]}",
            "is the stride right?",
        )
    low, high = windows_of(clips, starts, WINDOW_FRAMES)
    nearest = np.abs(starts + WINDOW_FRAMES / 2 - clips.mean(axis=1, keepdims=True)).argmin(axis=1)
    low, high = np.where(high > low, low, nearest), np.where(high > low, high, nearest + 1)
    return np.stack([rows[first:stop].mean(axis=0) for first, stop in zip(low, high, strict=True)])


@dataclass(frozen=True)
class ExtractedFeatures:
    """Features made of the videos by a backbone, and kept in the cache of features.

    Args:
        benchmark: whose videos.
        root: its folder.
        options: of the extraction; says which backbone.
        feature_kind: what is made of them; see `scorers.contrastive.selector_input`.
        plugins: where backbones come from.
        videos: a folder to look for videos in first.
    """

    benchmark: Benchmark
    root: Path
    options: ExtractOptions
    feature_kind: str
    plugins: Plugins
    videos: Path | None = None

    @property
    def description(self) -> str:
        """``resnet3d-34 on the videos, a window of 16 frames every 16``."""
        length = self._backbone.window_length
        windows = f", a window of {length} frames every {self.options.window_stride}" if length > 1 else ""
        return f"{self.options.backbone} on the videos{windows}"

    @cached_property
    def _backbone(self) -> Backbone:
        return self.plugins.backbones[self.options.backbone](self.options)

    def is_there(self, video: DatasetVideo) -> bool:
        """Whether a file of the video is there."""
        return self.path(video) is not None

    def path(self, video: DatasetVideo) -> Path | None:
        """Where the video's file lies; None: in none of the places where it may."""
        own = [self.videos / video.name] if self.videos is not None else []
        places = [place.format(name=video.name, category=video.category) for place in self.benchmark.video_places]
        return first_file([*own, *(self.root / place for place in places)], SUFFIXES)

    def read(self, video: DatasetVideo, progress: ProgressCallback) -> NDArray[np.float32]:
        """As `FeatureSource.read`: the backbone's features over each clip.

        Raises:
            InputError: the video is not there, cannot be read, or is shorter than its labels say.
            WeightsError: the backbone's weights are missing or wrong.
            DependencyError: the device asked for is not there.
        """
        path = self.path(video)
        if path is None:
            raise InputError(self.root, f"holds no video {video.name}")
        media = probe(path, Options(extract=self.options))
        clips = video.grid.clips(media)
        if not video.grid.overlaps or self._backbone.window_length > 1:
            return selector_input(self._extract(media, clips, progress), self.feature_kind)
        parts, weights = common_refinement(clips)
        by_part = selector_input(self._extract(media, parts, progress), self.feature_kind)
        return (weights @ by_part).astype(np.float32)

    def _extract(self, media: MediaInfo, clips: tuple[Clip, ...], progress: ProgressCallback) -> FeatureTrack:
        cache = FeatureCache.from_options(self.options)
        backbone = self._backbone  # made once for all videos
        return extract_features(media, clips, lambda _: backbone, self.options, cache=cache, progress=progress)


def common_refinement(clips: tuple[Clip, ...]) -> tuple[tuple[Clip, ...], NDArray[np.float64]]:
    """Clips that do not overlap, out of which clips that do can be put together again.

    A network of single pictures sees them at even distances, and each picture lies in one clip of a feature track. So
    it is shown the parts between all beginnings and ends, and the mean over a clip is that over its parts, each
    weighed by its length.

    Returns:
        P parts in time order, and float64 (N, P), each row of which sums to 1.
    """
    edges = sorted({edge for clip in clips for edge in (clip.time_range.start, clip.time_range.end)})
    starts, ends = np.array([(clip.time_range.start, clip.time_range.end) for clip in clips], np.float64).T[:, :, None]
    bounds = np.array(edges, np.float64)
    shared = np.maximum(np.minimum(ends, bounds[1:]) - np.maximum(starts, bounds[:-1]), 0)  # (N, P)
    used = np.flatnonzero(shared.any(axis=0))
    parts = [Clip(number, TimeRange(edges[part], edges[part + 1])) for number, part in enumerate(used.tolist())]
    return tuple(parts), shared[:, used] / shared.sum(axis=1, keepdims=True)
