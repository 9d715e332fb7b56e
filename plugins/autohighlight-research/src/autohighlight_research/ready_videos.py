"""Labelled videos of which the features are at hand, and the videos need not be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autohighlight.errors import InputError, OptionError, printable
from autohighlight.evaluation.labels import LabelFile, LabelledVideo, Protocol, Targets
from autohighlight.times import Length
from autohighlight_research.datasets.features import FEATURE_SUFFIXES, first_file, read_rows


@dataclass(frozen=True, eq=False)
class ReadyVideo:
    """One labelled video with features that somebody has made.

    Args:
        path: of the features.
        protocol: how it is measured.
        targets: what is to be found.
        rows: float32 (N, d_in): what a selector is given of each labelled clip.
    """

    path: Path
    protocol: Protocol
    targets: Targets
    rows: NDArray[np.float32]

    def measure(self, scores: ArrayLike) -> float:
        """The protocol's measure of a score (N,); NaN where nothing is to be found."""
        return self.protocol.measure(self.targets.positives, scores)


def load_ready_videos(labels: LabelFile, folder: Path, clip_length: Length) -> Iterator[ReadyVideo]:
    """Each labelled video with its features from ``<video>.npy`` or ``.npz``, a row for each labelled clip.

    Args:
        labels: a file that has been read; a video's folder and suffix are left away from its name.
        folder: where the features lie.
        clip_length: of the clips, where labels are spans of time; a number of seconds.

    Raises:
        InputError: there is no file, it holds something else, or another number of rows than there are clips, or of
            columns than the ones before.
        OptionError: `folder` is no folder, or clips of spans are not measured in seconds.
    """
    if not folder.is_dir():
        raise OptionError(f"the folder of features {folder} is not there")
    width = None
    for line in labels.videos:
        path = first_file([folder / Path(line.name).name, folder / Path(line.name).stem], FEATURE_SUFFIXES)
        if path is None:
            raise InputError(
                labels.path, f"line {line.line} names {printable(line.name)}: {folder} has no features of it"
            )
        rows, stride = read_rows(path)
        if stride is not None:
            raise InputError(path, "holds features of windows of frames", "average them over clips first")
        targets = _targets(line, clip_length)
        if len(rows) != len(targets.clips):
            raise InputError(path, f"holds {len(rows)} features for {len(targets.clips)} clips of line {line.line}")
        width = width or rows.shape[1]
        if rows.shape[1] != width:
            raise InputError(path, f"holds features of {rows.shape[1]} columns, the ones before of {width}")
        yield ReadyVideo(path, line.protocol, targets, rows)


def _targets(line: LabelledVideo, clip_length: Length) -> Targets:
    if line.clip_seconds is None and clip_length.unit != "seconds":
        raise OptionError("clips of labels without a video are measured in seconds", "give --clip-length 2s")
    return line.targets(clip_length.value)
