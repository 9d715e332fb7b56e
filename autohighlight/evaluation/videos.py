"""Labelled videos with their features: what a scorer is given and what it is measured by."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autohighlight.config import Options
from autohighlight.errors import InputError, printable
from autohighlight.evaluation.labels import LabelFile, LabelledVideo, Protocol, Targets, find_videos
from autohighlight.pipeline import extract, no_progress, probe
from autohighlight.plugins import Plugins
from autohighlight.times import Length, TimeRange
from autohighlight.types import Clip, FeatureTrack, MediaInfo, Progress, ProgressCallback


@dataclass(frozen=True, eq=False)
class MeasuredVideo:
    """One labelled video with everything a scorer needs and is measured by.

    Args:
        path: the file.
        protocol: how it is measured.
        targets: what is to be found.
        features: of its clips.
        start: presentation time of the first frame, in seconds; labels count from it.
    """

    path: Path
    protocol: Protocol
    targets: Targets
    features: FeatureTrack
    start: Fraction

    def measure(self, scores: ArrayLike) -> float:
        """The protocol's measure of a score for each clip of `features`; NaN where nothing is to be found."""
        on_labels = scores_on_labels(scores, self.features.clips, self.targets.clips, self.start)
        return self.protocol.measure(self.targets.positives, on_labels)


def scores_on_labels(
    scores: ArrayLike, clips: Sequence[Clip], labelled: Sequence[TimeRange], start: Fraction
) -> NDArray[np.float64]:
    """The mean score over each labelled clip, (len(labelled),), matched by time and not by number.

    Args:
        scores: one for each of `clips`.
        clips: of analysis, on the presentation clock.
        labelled: in seconds from `start`, in time order; each shares some time with a clip.
        start: presentation time of the first frame, in seconds.
    """
    values = np.asarray(scores, dtype=np.float64)
    result = np.empty(len(labelled))
    first = 0
    for number, label in enumerate(labelled):
        window = TimeRange(label.start + start, label.end + start)
        while clips[first].time_range.end <= window.start:
            first += 1
        last = first
        while last < len(clips) and clips[last].time_range.start < window.end:
            last += 1
        shared = np.array([float(clip.time_range.overlap(window)) for clip in clips[first:last]])
        # One clip gives its score to the last bit, so that no tie is made or broken.
        result[number] = values[first] if last - first == 1 else values[first:last] @ shared / shared.sum()
    return result


def load_videos(
    labels: LabelFile,
    options: Options,
    plugins: Plugins,
    progress: ProgressCallback = no_progress,
    *,
    videos: Path | None = None,
) -> Iterator[MeasuredVideo]:
    """Each labelled video with its features, extracted (or read from the cache) once, one after the other.

    Rated videos are sampled at the length their clips were rated at, in place of ``options.sample.clip_length``.

    Raises:
        InputError: a video is missing, cannot be read, or is shorter than its labels say.
        OptionError: `videos` is no folder.
    """
    paths = find_videos(labels, videos)
    for number, (line, path) in enumerate(zip(labels.videos, paths, strict=True)):
        progress(Progress("evaluate", number, len(paths), "videos"))
        media = probe(path, options)
        length = line.clip_seconds or options.sample.clip_length.seconds(
            whole=media.duration, frame_rate=media.frame_rate
        )
        _check_duration(labels, line, media, length)
        sample = dataclasses.replace(options.sample, clip_length=Length(length))
        features = extract(media, dataclasses.replace(options, sample=sample), plugins=plugins, progress=progress)
        yield MeasuredVideo(path, line.protocol, line.targets(length), features, media.time_range.start)
    progress(Progress("evaluate", len(paths), len(paths), "videos"))


def _check_duration(labels: LabelFile, line: LabelledVideo, media: MediaInfo, length: Fraction) -> None:
    if line.duration - media.duration >= length:
        labelled, actual = float(line.duration), float(media.duration)
        raise InputError(
            labels.path,
            f"line {line.line} labels {labelled:g} s of {printable(line.name)}, which lasts {actual:.3f} s",
            f"is {printable(media.path)} the video that was labelled?",
        )
