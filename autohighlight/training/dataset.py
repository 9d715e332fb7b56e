"""Videos as a training set: checked, measured, shuffled and padded to batches."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from autohighlight.errors import OptionError

Features = Sequence[NDArray[np.floating]]
"""One float (N_i, d_in) array a video; may read each from disk when it is asked for, so that few are in memory."""


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """The videos to train on, and what was measured of them in one pass.

    Args:
        features: all that was given.
        kept: numbers of the videos that are used. Of videos with the very same features only the first is: a copy
            among the negatives would be pushed away from itself.
        mean, std: float64 (d_in,), over all clips of the kept videos.
        fingerprint: changes whenever the kept features do, but not with their order.
    """

    features: Features
    kept: tuple[int, ...]
    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    fingerprint: str

    def __len__(self) -> int:
        return len(self.kept)

    @property
    def d_in(self) -> int:
        """Length of one clip's feature."""
        return len(self.mean)

    def epoch(self, batch_size: int, seed: int) -> list[list[int]]:
        """The numbers of the videos of each batch of one epoch, shuffled by `seed`.

        Fewer videos than `batch_size` make one batch. The last batch is smaller where they do not divide; where it
        would hold one video, which has no negatives there, that video joins the batch before.
        """
        order = np.random.default_rng(seed).permutation(self.kept).tolist()
        batches = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
        if len(batches) > 1 and len(batches[-1]) == 1:
            batches[-2:] = [batches[-2] + batches[-1]]
        return batches

    def batch(self, numbers: Sequence[int], crop: int | None = None, seed: int = 0) -> tuple[Tensor, Tensor]:
        """The videos `numbers`, padded with zeros: features float32 (B, N, d_in), mask bool (B, N).

        Of a video of more than `crop` clips, that many in a row are taken, from a place chosen by `seed`.
        """
        videos = [self.features[i] for i in numbers]
        if crop is not None:
            rng = np.random.default_rng(seed)
            starts = [rng.integers(max(0, len(video) - crop) + 1) for video in videos]
            videos = [video[start : start + crop] for video, start in zip(videos, starts, strict=True)]
        return pad(videos)


def pad(videos: Features) -> tuple[Tensor, Tensor]:
    """Videos of any lengths as one batch: features float32 (B, N, d_in), mask bool (B, N), true at the clips."""
    lengths = torch.tensor([len(video) for video in videos])
    features = torch.zeros(len(videos), int(lengths.max()), videos[0].shape[1])
    for row, video in zip(features, videos, strict=True):
        row[: len(video)] = torch.from_numpy(np.array(video, np.float32))
    return features, torch.arange(features.shape[1]) < lengths[:, None]


def measure(features: Features) -> TrainingSet:
    """Checks the videos and makes a training set of them.

    A video of one clip is kept: nothing can be chosen in it, but it is a negative for the others.

    Raises:
        OptionError: fewer than two different videos, of which one could be told from the other; features of another
            shape than (N, d_in) with N at least 1 and one d_in; values that are not finite.
    """
    kept, digests = [], dict[bytes, int]()
    count, total, squares = 0, np.zeros(1), np.zeros(1)
    width = None
    for i, video in enumerate(_checked(features)):
        width = width or video.shape[1]
        if video.shape[1] != width:
            raise OptionError(f"video {i} has features of {video.shape[1]} columns, the ones before of {width}")
        digest = hashlib.sha256(np.asarray(video, np.float32).tobytes()).digest()
        if digest in digests:
            continue
        digests[digest] = i
        kept.append(i)
        wide = video.astype(np.float64)
        count, total, squares = count + len(video), total + wide.sum(0), squares + (wide**2).sum(0)
    if len(kept) < 2:
        raise OptionError(
            f"there are {len(kept)} different videos to train on; a video is told from others, so it takes two",
            "add videos, or cut a long one into pieces",
        )
    mean = total / count
    std = np.sqrt(np.maximum(squares / count - mean**2, 0))
    fingerprint = hashlib.sha256(b"".join(sorted(digests))).hexdigest()
    return TrainingSet(features, tuple(kept), mean, std, fingerprint)


def _checked(features: Features) -> Iterator[NDArray[np.floating]]:
    for i, video in enumerate(features):
        if video.ndim != 2 or not video.size:
            raise OptionError(f"video {i} has features of the shape {video.shape}, not (clips, columns)")
        if not np.isfinite(video).all():
            raise OptionError(f"the features of video {i} hold values that are not finite")
        yield video
