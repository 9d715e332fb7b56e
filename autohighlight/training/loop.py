"""Trains a highlight selector on unlabelled videos: section 3.3 of the paper, with the settings of section 4.1."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from autohighlight.backbones.device import resolve_device
from autohighlight.errors import OptionError
from autohighlight.selector.config import SelectorConfig
from autohighlight.selector.losses import cosine_similarities, info_nce
from autohighlight.selector.model import HighlightSelector
from autohighlight.training.dataset import Features, TrainingSet, measure
from autohighlight.training.options import TrainingOptions

_LEAST_CHANGE = 0.001  # so that a channel that never changes divides by something


@dataclass(frozen=True)
class StepRecord:
    """What one training step showed.

    Args:
        step: number of the step, from 1.
        num_steps: how many there will be.
        epoch: number of the epoch it belongs to, from 1.
        loss: mean of Eq. 9 over the batch.
        positive_similarity: mean cosine similarity of the two embeddings of one video.
        negative_similarity: mean cosine similarity of embeddings of different videos.
    """

    step: int
    num_steps: int
    epoch: int
    loss: float
    positive_similarity: float
    negative_similarity: float


def train(
    features: Features,
    config: SelectorConfig,
    options: TrainingOptions | None = None,
    progress: Callable[[StepRecord], None] = lambda _: None,
) -> tuple[HighlightSelector, list[StepRecord]]:
    """Trains a selector on videos, none of which is labelled.

    Args:
        features: one float (N_i, d_in) array a video; see `autohighlight.training.dataset.measure` for the rules.
        config: the selector's sizes and choices.
        options: how to train; the paper's settings if None.
        progress: is told of each step.

    Returns:
        The selector after the last step, in inference mode, and what each step showed.

    Raises:
        OptionError: videos that cannot be trained on, or a loss that is not finite any more.
        DependencyError: the device is not there.
    """
    return train_on(measure(features), config, options, progress)


def train_on(
    videos: TrainingSet,
    config: SelectorConfig,
    options: TrainingOptions | None = None,
    progress: Callable[[StepRecord], None] = lambda _: None,
) -> tuple[HighlightSelector, list[StepRecord]]:
    """As `train`, for videos that have been measured."""
    options = options or TrainingOptions()
    if videos.d_in != config.d_in:
        raise OptionError(f"the features have {videos.d_in} columns, the selector expects {config.d_in}")
    device = resolve_device(options.device)
    selector = _initial_selector(videos, config, options).to(device)
    optimiser = torch.optim.Adam(selector.parameters(), lr=options.learning_rate)
    selector.train()
    history = []
    num_steps = options.steps or options.epochs * len(videos.epoch(options.batch_size, 0))
    for step, (epoch, numbers) in zip(range(1, num_steps + 1), _batches(videos, options), strict=False):
        batch, mask = videos.batch(numbers, options.crop, _derived_seed(options.seed, 2, step))
        with _seeded(device, options.seed, 3, step):
            similarities = _two_passes(selector, batch.to(device), mask.to(device))
        loss = info_nce(similarities, options.temperature).mean()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        record = _record(step, num_steps, epoch, loss, similarities)
        history.append(record)
        progress(record)
    return selector.eval(), history


def _initial_selector(videos: TrainingSet, config: SelectorConfig, options: TrainingOptions) -> HighlightSelector:
    with _seeded(torch.device("cpu"), options.seed, 0, 0):
        selector = HighlightSelector(config)
    if config.encoding == "stillness":
        selector.standardise_by(np.zeros(videos.d_in), videos.mean + _LEAST_CHANGE)
    elif options.standardise:
        selector.standardise_by(videos.mean, videos.std)
    return selector


def _batches(videos: TrainingSet, options: TrainingOptions) -> Iterator[tuple[int, list[int]]]:
    epoch = 0
    while True:
        epoch += 1
        for numbers in videos.epoch(options.batch_size, _derived_seed(options.seed, 1, epoch)):
            yield epoch, numbers


def _two_passes(selector: HighlightSelector, batch: Tensor, mask: Tensor) -> Tensor:
    """Similarities (B, B) of the videos under two dropouts, m and m', of section 3.3.

    The clips are projected once, as nothing is dropped before Eq. 6; the two passes are the two halves of one batch.
    """
    v = selector.project(batch)  # (B, N, d)
    h, _ = selector.embed(torch.cat([v, v]), torch.cat([mask, mask]))  # (2 B, d)
    return cosine_similarities(*h.chunk(2))


def _record(step: int, num_steps: int, epoch: int, loss: Tensor, similarities: Tensor) -> StepRecord:
    value = loss.item()
    if not math.isfinite(value):
        raise OptionError(f"the loss is not finite any more at step {step}", "lower the learning rate")
    size = len(similarities)
    positive = similarities.detach().diagonal().mean().item()
    negative = (similarities.detach().sum().item() - positive * size) / (size * (size - 1))
    return StepRecord(step, num_steps, epoch, value, positive, negative)


def _derived_seed(*numbers: int) -> int:
    """A seed of its own for each epoch and step, so that none depends on how many random numbers came before."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


@contextlib.contextmanager
def _seeded(device: torch.device, *numbers: int) -> Iterator[None]:
    """Torch's random numbers start from a seed; afterwards they go on as if nothing had been."""
    devices = [torch.cuda.current_device() if device.index is None else device.index] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(_derived_seed(*numbers))
        yield
