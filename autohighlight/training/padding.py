"""Videos of different lengths as tensors, with little padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

MAX_ROWS = 2**15
"""Largest number of clips, padding included, that are embedded at once in training (about 2 GB at d = 512)."""

_PADDING = 256  # clips; below this, padding costs less than another pass through the network


Labelled = tuple[NDArray[np.floating], NDArray[np.bool_] | None]
"""The features of a video, (N, d_in), and which of its clips are labelled, (N,), or None."""


@dataclass(frozen=True, eq=False)
class Part:
    """Videos of similar lengths out of one batch.

    Args:
        features: float32 (B, N, d_in), padded with zeros.
        mask: bool (B, N), true where there is a clip; None: there is no padding.
        labels: bool (B, N), true at labelled clips; None: none of these videos is labelled.
    """

    features: Tensor
    mask: Tensor | None
    labels: Tensor | None

    @property
    def num_rows(self) -> int:
        """Clips, padding included."""
        return self.features.shape[0] * self.features.shape[1]

    def to(self, device: torch.device) -> Part:
        """The same on a device; from pinned memory without waiting for it."""
        few = (None if tensor is None else tensor.to(device, non_blocking=True) for tensor in (self.mask, self.labels))
        return Part(self.features.to(device, non_blocking=True), *few)


def parts_of_similar_lengths(videos: Sequence[Labelled], *, pinned: bool = False) -> list[Part]:
    """A batch in parts of similar lengths, the longest first; the loss of Eq. 9 asks for no order.

    The padding of a part is at most a fifth of it, or a few hundred clips, however much the lengths of the batch
    differ. No part has more rows than `MAX_ROWS`, unless it is a single video. The features are in memory that a GPU
    reads by itself if they are to be `pinned`.
    """
    ordered = sorted(videos, key=lambda video: -len(video[0]))
    parts, begin = [], 0
    for size in part_sizes([len(rows) for rows, _ in ordered]):
        parts.append(_padded(ordered[begin : begin + size], pinned=pinned))
        begin += size
    return parts


def part_sizes(lengths: Sequence[int]) -> list[int]:
    """How many videos each part holds, of lengths from the longest down; see `parts_of_similar_lengths`."""
    sizes: list[int] = []
    longest = clips = padding = 0
    for length in lengths:
        allowed = max(_PADDING, (clips + length) // 4)
        new_padding = padding + longest - length
        if sizes and new_padding <= allowed and (sizes[-1] + 1) * longest <= MAX_ROWS:
            sizes[-1] += 1
            clips, padding = clips + length, new_padding
        else:
            sizes.append(1)
            longest, clips, padding = length, length, 0
    return sizes


def pad(videos: Sequence[NDArray[np.floating]], *, pinned: bool = False) -> tuple[Tensor, Tensor]:
    """Videos of any lengths as one batch: features float32 (B, N, d_in), mask bool (B, N), true at the clips."""
    lengths = torch.tensor([len(video) for video in videos])
    features = torch.empty(len(videos), int(lengths.max()), videos[0].shape[1], pin_memory=pinned)
    for row, video in zip(features.numpy(), videos, strict=True):
        row[: len(video)] = video
        row[len(video) :] = 0
    return features, torch.arange(features.shape[1]) < lengths[:, None]


def _padded(videos: Sequence[Labelled], *, pinned: bool) -> Part:
    features, mask = pad([rows for rows, _ in videos], pinned=pinned)
    labels = None
    if any(labelled is not None for _, labelled in videos):
        labels = torch.zeros(mask.shape, dtype=torch.bool)
        for row, (_, labelled) in zip(labels, videos, strict=True):
            if labelled is not None:
                row[: len(labelled)] = torch.from_numpy(labelled)
    return Part(features, None if mask.all() else mask, labels)
