"""Which videos share a batch, and reading the next batch while the last one is computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from autohighlight.training.dataset import TrainingSet
from autohighlight.training.options import TrainingOptions
from autohighlight.training.seeds import derived_seed

T = TypeVar("T")

Epoch = Callable[[int], list[list[int]]]
"""Seed -> the numbers of the stretches of each batch of one epoch."""


def num_batches(videos: TrainingSet, batch_size: int) -> int:
    """Batches in an epoch; see `divided`."""
    return len(divided(range(len(videos)), batch_size))


def divided(order: Sequence[int], batch_size: int) -> list[list[int]]:
    """An order as batches of `batch_size`.

    Fewer make one batch. The last batch is smaller where they do not divide; where it would hold one video, which
    has no negatives there, that video joins the batch before.
    """
    batches = [list(order[i : i + batch_size]) for i in range(0, len(order), batch_size)]
    if len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2:] = [batches[-2] + batches[-1]]
    return batches


def epoch_maker(videos: TrainingSet, options: TrainingOptions) -> Epoch:
    """How the batches of an epoch are made; each video is in one of them.

    Random negatives: the videos are shuffled, as in the paper. Hard negatives: from the shuffled videos the first is
    taken, and the nearest to it of those that are left, until a batch is full; then the first of the rest, and so on.
    The pieces of a video follow one another in either, so that a batch holds several of them.

    Nearest is by the mean clip feature. On videos in eight groups, whose ordinary clips are shared within a group
    only, 40 steps of 8 videos with a learning rate of 1e-3 brought attention to an average precision of 0.61 with
    random negatives, 0.79 with these, and 0.73 with the nearest by the embedding h of the epoch before, which costs a
    pass through the network besides (means of 5 seeds, standard deviations of 0.04, 0.07 and 0.08; chance is 0.2).
    """
    pieces_of: dict[int, list[int]] = {}
    for number, stretch in enumerate(videos.stretches):
        pieces_of.setdefault(stretch.video, []).append(number)
    pieces = [np.array(numbers) for numbers in pieces_of.values()]
    means = standardised_means(videos, pieces) if options.negatives == "hard" else None

    def epoch(seed: int) -> list[list[int]]:
        rng = np.random.default_rng(seed)
        order: NDArray[np.integer] = rng.permutation(len(pieces))
        if means is not None:
            order = by_nearness(order, means, [len(numbers) for numbers in pieces], options.batch_size)
        shuffled = [rng.permutation(pieces[i]) for i in order]
        return divided(np.concatenate(shuffled).tolist(), options.batch_size)

    return epoch


def standardised_means(videos: TrainingSet, pieces: Sequence[NDArray[np.integer]]) -> NDArray[np.float32]:
    """Mean clip feature of each video, (videos, d_in), columns scaled to variance 1 over clips: one more pass."""
    means = []
    for numbers in pieces:
        stretches = [videos.stretches[i] for i in numbers]
        video = videos.features[stretches[0].video]
        rows = np.concatenate([video[s.start : s.stop] for s in stretches])
        means.append((rows.mean(0, dtype=np.float64) - videos.mean) / np.where(videos.std > 0, videos.std, 1))
    return np.array(means, np.float32)


def by_nearness(
    order: NDArray[np.integer], means: NDArray[np.float32], sizes: Sequence[int], batch_size: int
) -> NDArray[np.integer]:
    """An order of videos in which those that will share a batch are near each other.

    Args:
        order: the videos, shuffled.
        means: (videos, d), between which nearness is the Euclidean distance.
        sizes: how many pieces each video has.
        batch_size: pieces in a batch.
    """
    chosen: list[int] = []
    left, filled = order, 0
    lengths = np.asarray(sizes)
    while len(left):
        distances = ((means[left] - means[left[0]]) ** 2).sum(1)
        distances[0] = -1  # before any copy of it
        nearest = np.argsort(distances, kind="stable")
        room = batch_size - filled % batch_size
        count = int(np.searchsorted(np.cumsum(lengths[left[nearest]]), room)) + 1
        taken = nearest[:count]
        chosen += left[taken].tolist()
        filled += int(lengths[left[taken]].sum())
        left = np.delete(left, taken)
    return np.array(chosen)


def numbered_batches(
    videos: TrainingSet, options: TrainingOptions, first_step: int
) -> Iterator[tuple[int, int, list[int]]]:
    """Step and epoch, from 1, and the numbers of the batch, from `first_step` on and without end."""
    epoch_of = epoch_maker(videos, options)
    step, epoch = first_step, (first_step - 1) // num_batches(videos, options.batch_size)
    skipped = (first_step - 1) % num_batches(videos, options.batch_size)
    while True:
        epoch += 1
        for numbers in epoch_of(derived_seed(options.seed, 1, epoch))[skipped:]:
            yield step, epoch, numbers
            step += 1
        skipped = 0


def read_ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, the next of which is made in a thread while the last one is used."""
    with ThreadPoolExecutor(1, thread_name_prefix="autohighlight-batches") as thread:
        coming = thread.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, items, None)
            yield item
