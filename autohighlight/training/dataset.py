"""Videos as a training set: checked, measured, and cut into pieces."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from autohighlight.errors import OptionError
from autohighlight.training.padding import Labelled, Part, parts_of_similar_lengths


class Features(Protocol):
    """Features of the videos: a sequence of one float (N_i, d_in) array a video, a list or whatever acts like one.

    Each array may be read from disk when it is asked for, so that only a batch of them is in memory. They are asked
    for from another thread than the one that called, never from two at a time.
    """

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> NDArray[np.floating]: ...


Labels = Sequence[NDArray[np.bool_] | None]
"""For each video, which of its N_i clips are highlights, or None where nobody has said."""


@dataclass(frozen=True)
class Stretch:
    """What a batch holds of a video: all of it, or a piece.

    Args:
        video: its number.
        start, stop: the clips from `start` on, without `stop`.
    """

    video: int
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """The videos to train on, and what was measured of them in one pass.

    Args:
        features: all that was given.
        stretches: what batches are made of: the videos, or their pieces. Of stretches with the very same features
            only the first is there: a copy among the negatives would be pushed away from itself.
        labels: the labelled clips of each stretch, or None where nobody has said.
        mean, std: float64 (d_in,), over all clips of the stretches.
        digests: what each stretch and its labels hash to.
        pieces: length of the pieces in clips; None: videos are whole.
    """

    features: Features
    stretches: tuple[Stretch, ...]
    labels: tuple[NDArray[np.bool_] | None, ...]
    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    digests: tuple[bytes, ...]
    pieces: int | None = None

    def __len__(self) -> int:
        return len(self.stretches)

    @property
    def d_in(self) -> int:
        """Length of one clip's feature."""
        return len(self.mean)

    @property
    def num_videos(self) -> int:
        """Videos of which anything is used."""
        return len({stretch.video for stretch in self.stretches})

    @property
    def num_clips(self) -> int:
        """Clips that are used."""
        return sum(map(len, self.stretches))

    @property
    def num_labelled(self) -> int:
        """Stretches with labels."""
        return sum(labels is not None for labels in self.labels)

    @property
    def fingerprint(self) -> str:
        """Changes whenever the used features or labels do, but not with their order."""
        return hashlib.sha256(b"".join(sorted(self.digests))).hexdigest()

    @property
    def ordered_fingerprint(self) -> str:
        """Changes with the order too, on which the batches depend."""
        return hashlib.sha256(b"".join(self.digests)).hexdigest()

    def batch(
        self, numbers: Sequence[int], crop: int | None = None, seed: int = 0, *, pinned: bool = False
    ) -> list[Part]:
        """The stretches `numbers`, padded; see `autohighlight.training.padding.parts_of_similar_lengths`.

        Args:
            numbers: of the stretches.
            crop: of a stretch of more clips, that many in a row are taken, from a place chosen by `seed`.
            seed: see `crop`.
            pinned: in memory that a GPU reads by itself.
        """
        rng = np.random.default_rng(seed)
        videos = dict[int, NDArray[np.floating]]()  # pieces of one video read it once
        taken: list[Labelled] = []
        for number in numbers:
            stretch, labels = self.stretches[number], self.labels[number]
            if stretch.video not in videos:
                videos[stretch.video] = self.features[stretch.video]
            length = min(len(stretch), crop or len(stretch))
            first = int(rng.integers(len(stretch) - length + 1)) if crop is not None else 0
            rows = videos[stretch.video][stretch.start :][first : first + length]
            taken.append((rows, None if labels is None else labels[first : first + length]))
        return parts_of_similar_lengths(taken, pinned=pinned)


def measure(features: Features, *, labels: Labels | None = None, pieces: int | None = None) -> TrainingSet:
    """Checks the videos and makes a training set of them, in one pass over their features.

    - Fewer videos than a batch are one batch; at least two are needed, since a video is told from others. Pieces of
      one video are videos in this sense.
    - A video of one clip is kept: nothing can be chosen in it, but it is a negative for the others.
    - A video whose features are those of an earlier one is left out; its labels count where the first has none.

    Args:
        features: one float (N_i, d_in) array a video.
        labels: which clips are highlights, where somebody has said; None: nowhere. A video of which no clip is
            labelled true counts as one of which nobody has said.
        pieces: cut each video into pieces of equal length, or of one clip less, of at most this many clips.

    Raises:
        OptionError: fewer than two different videos or pieces; not one of two clips or more; features of another
            shape than (N, d_in) with N at least 1 and one d_in; values that are not finite; labels of another shape.
    """
    if labels is not None and len(labels) != len(features):
        raise OptionError(f"there are {len(features)} videos, and labels for {len(labels)}")
    found: dict[bytes, tuple[Stretch, NDArray[np.bool_] | None]] = {}
    count, total, squares = 0, np.zeros(1), np.zeros(1)
    for i, video in _checked(features):
        labelled = _checked_labels(labels[i], i, len(video)) if labels is not None else None
        for stretch in cut(i, len(video), pieces):
            rows = np.asarray(video[stretch.start : stretch.stop], np.float32)
            own = labelled[stretch.start : stretch.stop] if labelled is not None else None
            own = own if own is not None and own.any() else None
            digest = hashlib.sha256(rows.tobytes()).digest()
            if digest in found:
                first, first_labels = found[digest]
                found[digest] = first, own if first_labels is None else first_labels
                continue
            found[digest] = stretch, own
            wide = rows.astype(np.float64)
            count, total, squares = count + len(rows), total + wide.sum(0), squares + (wide**2).sum(0)
    _check_enough([stretch for stretch, _ in found.values()], pieces)
    mean = total / count
    std = np.sqrt(np.maximum(squares / count - mean**2, 0))
    stretches, own_labels = zip(*found.values(), strict=True)
    digests = tuple(
        digest + (b"" if own is None else hashlib.sha256(own.tobytes()).digest()) for digest, (_, own) in found.items()
    )
    return TrainingSet(features, stretches, own_labels, mean, std, digests, pieces)


def cut(video: int, num_clips: int, pieces: int | None) -> list[Stretch]:
    """A video whole, or in as few pieces of at most `pieces` clips as can be, of equal lengths or one clip less."""
    count = 1 if pieces is None else math.ceil(num_clips / pieces)
    ends = [num_clips * (i + 1) // count for i in range(count)]
    return [Stretch(video, start, stop) for start, stop in zip([0, *ends], ends, strict=False)]


def _check_enough(stretches: Sequence[Stretch], pieces: int | None) -> None:
    if len(stretches) < 2:
        what = "videos" if pieces is None else f"pieces of at most {pieces} clips"
        hint = "cut a long one into pieces" if pieces is None else "cut them into shorter pieces"
        raise OptionError(
            f"a video is told from others, so it takes two to train; different {what}: {len(stretches)}",
            f"add videos, or {hint} with --pieces",
        )
    if all(len(stretch) == 1 for stretch in stretches):
        what = "video" if pieces is None else "piece"
        raise OptionError(f"no {what} has more than one clip, so there is nothing to choose", "use longer ones")


def _checked(features: Features) -> Iterator[tuple[int, NDArray[np.floating]]]:
    width = None
    for i in range(len(features)):
        video = features[i]
        if video.ndim != 2 or not video.size:
            raise OptionError(f"video {i} has features of the shape {video.shape}, not (clips, columns)")
        width = width or video.shape[1]
        if video.shape[1] != width:
            raise OptionError(f"video {i} has features of {video.shape[1]} columns, the ones before of {width}")
        if not np.isfinite(video).all():
            raise OptionError(f"the features of video {i} hold values that are not finite")
        yield i, video


def _checked_labels(labels: NDArray[np.bool_] | None, i: int, num_clips: int) -> NDArray[np.bool_] | None:
    if labels is not None and (labels.dtype != np.bool_ or labels.shape != (num_clips,)):
        raise OptionError(
            f"the labels of video {i} are {labels.dtype} of the shape {labels.shape}, "
            f"not one true or false for each of its {num_clips} clips"
        )
    return labels
