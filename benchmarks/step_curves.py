"""Trains a selector and stops after so many steps to look at its attention; measures that need no labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from labelled_collections import Collection, Rows
from numpy.typing import NDArray

from autohighlight.selector.model import HighlightSelector, scores
from autohighlight.training.batches import numbered_batches
from autohighlight.training.dataset import Labels, TrainingSet, measure
from autohighlight.training.loop import StepRecord, losses, train_on
from autohighlight.training.options import TrainingOptions
from autohighlight.training.outlook import loss_shares
from autohighlight.training.recipes import Recipe
from autohighlight.training.seeds import derived_seed, seeded

Attention = list[NDArray[np.float64]]
"""Scores of the clips of each video."""

NO_LENGTH = 1e-30
"""A learning rate that changes no weight: a step of it gives the untrained network."""


@dataclass(frozen=True, eq=False)
class Curve:
    """One training.

    Args:
        accuracy: mAP after each number of steps that was asked for.
        history: what each step showed.
        batch_size: videos in a full batch.
        attention: of each video of the collection after the last step.
    """

    accuracy: dict[int, float]
    history: list[StepRecord]
    batch_size: int
    attention: Attention

    @property
    def last(self) -> float:
        """mAP after the last step."""
        return self.accuracy[max(self.accuracy)]

    @property
    def shares(self) -> list[float]:
        """Losses as shares of log B; see `autohighlight.training.outlook.loss_shares`."""
        return loss_shares(self.history, self.batch_size)

    @property
    def entropy(self) -> float:
        """Of the attention after the last step, as a share of that of even attention; mean over videos."""
        parts = [-(a * np.log(np.maximum(a, 1e-300))).sum() / math.log(len(a)) for a in self.attention if len(a) > 1]
        return float(np.mean(parts))


def follow(
    collection: Collection,
    recipe: Recipe,
    seed: int,
    at: Sequence[int],
    *,
    train_features: Sequence[Rows] | None = None,
    labels: Labels | None = None,
) -> Curve:
    """Trains by a recipe and measures along the way.

    The steps are those of `autohighlight.training.loop.train_on`, which shows its selector at the end alone.

    Args:
        collection: what is measured, and trained on where nothing else is given.
        recipe: how.
        seed: of the training.
        at: after how many steps to measure; 0 is the untrained network.
        train_features: of other videos to train on, of the kind that the recipe names.
        labels: as `measure` takes them, of what is trained on.
    """
    features = collection.features(recipe.feature_kind)
    options = replace(recipe.options, seed=seed, steps=max(1, *at), epochs=10, device="cpu")
    videos = measure(train_features or features, labels=labels, pieces=options.pieces)
    selector = untrained(videos, recipe, options)
    optimiser = torch.optim.Adam(selector.parameters(), lr=options.learning_rate, fused=True)
    accuracy, history = dict[int, float](), list[StepRecord]()
    if 0 in at:
        accuracy[0] = collection.measure(attention(selector, features))
    for step, epoch, numbers in numbered_batches(videos, options, 1):
        selector.train()
        with seeded(torch.device("cpu"), seed, 3, step):
            loss, shown = losses(selector, videos.batch(numbers, options.crop, derived_seed(seed, 2, step)), options)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        history.append(StepRecord(step, options.steps, epoch, *shown[:3].tolist()))
        if step in at:
            accuracy[step] = collection.measure(attention(selector, features))
        if step == options.steps:
            break
    return Curve(accuracy, history, min(options.batch_size, len(videos)), attention(selector, features))


def untrained(videos: TrainingSet, recipe: Recipe, options: TrainingOptions) -> HighlightSelector:
    """The network as a training with these options begins."""
    config = recipe.selector_config(videos.d_in)
    return train_on(videos, config, replace(options, steps=1, learning_rate=NO_LENGTH))[0]


def attention(selector: HighlightSelector, features: Sequence[Rows]) -> Attention:
    """The highlight scores of each video."""
    return [scores(selector, rows) for rows in features]


def identifying(features: Sequence[Rows], temperature: float = 0.1) -> Attention:
    """How surely each clip alone tells which video it is from: what the loss rewards, without any network.

    The logarithm of the probability of its own video, by a softmax over the cosines with the mean of each video's
    clips, its own without the clip itself. The features are standardised.
    """
    every = np.concatenate(features)
    mean, std = every.mean(0), every.std(0)
    units = [_unit((rows - mean) / np.where(std > 0, std, 1)) for rows in features]
    means = np.stack([unit.mean(0) for unit in units])
    result = []
    for own, unit in enumerate(units):
        cosines = unit @ _unit(means).T
        if len(unit) > 1:
            others = _unit(len(unit) * means[own] - unit)
            cosines[:, own] = (unit * others).sum(1)
        logits = (cosines / temperature).astype(np.float64)
        logits -= logits.max(1, keepdims=True)
        result.append(logits[:, own] - np.log(np.exp(logits).sum(1)))
    return result


def between_videos(features: Sequence[Rows]) -> float:
    """The share of the clips' variance that lies between videos: 1 where all clips of a video are alike."""
    every = np.concatenate(features).astype(np.float64)
    mean = every.mean(0)
    between = sum(len(rows) * ((rows.mean(0) - mean) ** 2).sum() for rows in features)
    return float(between / ((every - mean) ** 2).sum())


def _unit(rows: NDArray[np.floating]) -> NDArray[np.floating]:
    unit: NDArray[np.floating] = rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9)
    return unit
