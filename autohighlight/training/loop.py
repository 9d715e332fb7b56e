"""Trains a highlight selector on unlabelled videos: section 3.3 of the paper, with the settings of section 4.1."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from autohighlight.backbones.device import resolve_device
from autohighlight.errors import OptionError
from autohighlight.selector.attention import without_autocast
from autohighlight.selector.config import SelectorConfig
from autohighlight.selector.losses import cosine_similarities, info_nce, label_divergence
from autohighlight.selector.model import HighlightSelector
from autohighlight.training.arithmetic import computing, dtype_of, products_in
from autohighlight.training.batches import num_batches, numbered_batches, read_ahead
from autohighlight.training.dataset import Features, Labels, TrainingSet, measure
from autohighlight.training.history import StepRecord
from autohighlight.training.options import TrainingOptions
from autohighlight.training.padding import MAX_ROWS, Part
from autohighlight.training.seeds import derived_seed, seeded
from autohighlight.training.state import StateFile
from autohighlight.training.work import step_flops

__all__ = ["StepRecord", "train", "train_on"]

_LEAST_CHANGE = 0.001  # so that a channel that never changes divides by something
_WORTH_DIVIDING = 1e9  # operations: threads that share a step of less wait for one another longer than they work
_STEPS_UNREAD = 10  # on a GPU: reading what a step showed waits for it, and the GPU for the next one


def train(
    features: Features,
    config: SelectorConfig,
    options: TrainingOptions | None = None,
    progress: Callable[[StepRecord], None] = lambda _: None,
    *,
    labels: Labels | None = None,
    state: Path | None = None,
) -> tuple[HighlightSelector, list[StepRecord]]:
    """Trains a selector on videos, none of which need be labelled.

    Args:
        features: one float (N_i, d_in) array a video; see `autohighlight.training.dataset.measure` for the rules.
        config: the selector's sizes and choices.
        options: how to train; the paper's settings if None.
        progress: is told of each step, in order; on a GPU of a few at a time.
        labels: which clips are highlights, where somebody has said.
        state: see `train_on`.

    Returns:
        The selector after the last step, in inference mode, and what each step showed.

    Raises:
        OptionError: videos that cannot be trained on, or a loss that is not finite any more.
        DependencyError: the device is not there, or cannot be deterministic.
        WeightsError: `state` names a file that is no such state.
        OutputError: the state cannot be written.
    """
    options = options or TrainingOptions()
    return train_on(measure(features, labels=labels, pieces=options.pieces), config, options, progress, state=state)


def train_on(
    videos: TrainingSet,
    config: SelectorConfig,
    options: TrainingOptions | None = None,
    progress: Callable[[StepRecord], None] = lambda _: None,
    *,
    state: Path | None = None,
    state_seconds: float = 30.0,
    watch: Callable[[int, HighlightSelector], None] | None = None,
) -> tuple[HighlightSelector, list[StepRecord]]:
    """As `train`, for videos that have been measured.

    Args:
        videos: measured with the `pieces` of the options.
        config: the selector's sizes and choices.
        options: how to train; the paper's settings if None.
        progress: is told of each step that is done in this call.
        state: file that holds the training as far as it is. If it is there, training goes on from it, to the same
            result, on the CPU of the same machine to the last bit, as if it had never stopped. It is still there at
            the end, for the caller to delete when the selector is safe.
        state_seconds: how often that file is written, besides at the end.
        watch: is shown the selector after each step, with the number of steps that are done, and once before the
            first; it leaves weights and mode as they are. On a GPU, whoever looks waits for the step to be over.
    """
    options = options or TrainingOptions()
    _check(videos, config, options)
    device = resolve_device(options.device)
    dtype = dtype_of(options.precision)
    one_thread = _usual_flops(videos, config, options) < _WORTH_DIVIDING
    with computing(device, dtype, deterministic=options.deterministic, one_thread=one_thread):
        selector = _initial_selector(videos, config, options).to(device).train()
        optimiser = torch.optim.Adam(selector.parameters(), lr=options.learning_rate, fused=device.type != "mps")
        kept = StateFile(state, config, options, videos, state_seconds) if state is not None else None
        history = _History(_num_steps(videos, options), progress)
        history.records += kept.restore(selector, optimiser) if kept else []
        if watch:
            watch(len(history.records), selector)
        for step, epoch, batch in _batches(videos, options, device, len(history.records) + 1, history.num_steps):
            with seeded(device, options.seed, 3, step), products_in(dtype, device):
                loss, shown = losses(selector, batch, options)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            history.add(step, epoch, shown)
            if watch:
                watch(step, selector)
            if kept and kept.due:
                kept.save(selector, optimiser, history.read())
        records = history.read()
        if kept:
            kept.save(selector, optimiser, records)
    return selector.eval(), records


def losses(selector: HighlightSelector, batch: Sequence[Part], options: TrainingOptions) -> tuple[Tensor, Tensor]:
    """What one step makes smaller, and what it shows.

    Args:
        selector: in training mode.
        batch: at least two videos, in parts.
        options: the temperature, and the weight of labels.

    Returns:
        The loss: the mean over the batch of Eq. 9 and, for videos with labels, of their divergence times its weight.
        And float32 (4,), on the device: the mean of Eq. 9, the similarities of positive and of negative pairs, and
        the mean divergence of labelled videos, NaN without one.
    """
    too_long = sum(part.num_rows for part in batch) > MAX_ROWS  # then a part is computed again in the backward pass
    embedded = []
    for part in batch:
        embedded.append(checkpoint(_embed, selector, part, use_reentrant=False) if too_long else _embed(selector, part))
    h, h_other, divergences, num_labelled = (torch.cat(each) for each in zip(*embedded, strict=True))  # (B, d) twice
    with without_autocast(h.device):
        similarities = cosine_similarities(_at_least_float32(h), _at_least_float32(h_other))  # (B, B)
        contrastive = info_nce(similarities, options.temperature).mean()
    size = len(similarities)
    positive = similarities.diagonal().mean()
    negative = (similarities.sum() - positive * size) / (size * (size - 1))
    loss = contrastive + options.label_weight * divergences.sum() / size
    label_loss = divergences.sum() / num_labelled.sum()  # 0 / 0 is NaN
    return loss, torch.stack([contrastive, positive, negative, label_loss]).detach()


def _embed(selector: HighlightSelector, part: Part) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Embeddings (B, d) of videos under two dropouts, m and m' of section 3.3, and how far attention is from labels.

    The clips are projected once, as nothing is dropped before Eq. 6; the two passes are the two halves of one batch.
    The last two, (1,) each, are the divergence, mean of both passes, summed over videos, and how many have labels.
    """
    v = selector.project(part.features)  # (B, N, d)
    mask = None if part.mask is None else torch.cat([part.mask, part.mask])
    h, log_alpha = selector.embed_log(torch.cat([v, v]), mask)  # (2 B, d), (2 B, N)
    first, second = h.chunk(2)
    if part.labels is None:
        return first, second, log_alpha.new_zeros(1), log_alpha.new_zeros(1)
    divergence = label_divergence(log_alpha, torch.cat([part.labels, part.labels])).sum(0, keepdim=True) / 2
    return first, second, divergence, part.labels.any(-1).sum(0, keepdim=True).to(divergence.dtype)


class _History:
    """What steps showed, read from the device a few at a time."""

    def __init__(self, num_steps: int, progress: Callable[[StepRecord], None]):
        self.num_steps = num_steps
        self.records: list[StepRecord] = []
        self._progress = progress
        self._unread: list[tuple[int, int, Tensor]] = []

    def add(self, step: int, epoch: int, shown: Tensor) -> None:
        self._unread.append((step, epoch, shown))
        if shown.device.type == "cpu" or len(self._unread) >= _STEPS_UNREAD:
            self.read()

    def read(self) -> list[StepRecord]:
        """All records so far.

        Raises:
            OptionError: a loss is not finite.
        """
        unread, self._unread = self._unread, []
        rows = torch.stack([shown for _, _, shown in unread]).tolist() if unread else []
        for (step, epoch, _), (loss, positive, negative, label) in zip(unread, rows, strict=True):
            if not math.isfinite(loss) or math.isinf(label):
                raise OptionError(f"the loss is not finite any more at step {step}", "lower the learning rate")
            label_loss = None if math.isnan(label) else label
            self.records.append(StepRecord(step, self.num_steps, epoch, loss, positive, negative, label_loss))
            self._progress(self.records[-1])
        return self.records


def _check(videos: TrainingSet, config: SelectorConfig, options: TrainingOptions) -> None:
    if videos.d_in != config.d_in:
        raise OptionError(f"the features have {videos.d_in} columns, the selector expects {config.d_in}")
    if videos.pieces != options.pieces:
        raise OptionError(f"the videos were measured in pieces of {videos.pieces} clips, not of {options.pieces}")


def _usual_flops(videos: TrainingSet, config: SelectorConfig, options: TrainingOptions) -> float:
    lengths = [min(len(stretch), options.crop or len(stretch)) for stretch in videos.stretches]
    return step_flops(config, lengths) * min(1, options.batch_size / len(videos))


def _num_steps(videos: TrainingSet, options: TrainingOptions) -> int:
    return options.steps or options.epochs * num_batches(videos, options.batch_size)


def _initial_selector(videos: TrainingSet, config: SelectorConfig, options: TrainingOptions) -> HighlightSelector:
    with seeded(torch.device("cpu"), options.seed, 0, 0):
        selector = HighlightSelector(config)
    if config.encoding == "stillness":
        selector.standardise_by(np.zeros(videos.d_in), videos.mean + _LEAST_CHANGE)
    elif options.standardise:
        selector.standardise_by(videos.mean, videos.std)
    return selector


def _batches(
    videos: TrainingSet, options: TrainingOptions, device: torch.device, first_step: int, last_step: int
) -> Iterator[tuple[int, int, list[Part]]]:
    """Step, epoch and batch, on the device; the next one is read while the last one is computed."""

    def read() -> Iterator[tuple[int, int, list[Part]]]:
        for step, epoch, numbers in numbered_batches(videos, options, first_step):
            if step > last_step:
                return
            seed, pinned = derived_seed(options.seed, 2, step), device.type == "cuda"
            yield step, epoch, videos.batch(numbers, options.crop, seed, pinned=pinned)

    for step, epoch, batch in read_ahead(read()):
        yield step, epoch, [part.to(device) for part in batch]


def _at_least_float32(x: Tensor) -> Tensor:
    return x.to(torch.promote_types(x.dtype, torch.float32))
