"""What training showed, step by step and as a whole."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import autohighlight
from autohighlight.selector.checkpoint import SelectorInfo
from autohighlight.training.dataset import TrainingSet
from autohighlight.training.options import TrainingOptions


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
        label_loss: mean of `autohighlight.selector.losses.label_divergence` over the labelled videos of the batch;
            None: it has none.
    """

    step: int
    num_steps: int
    epoch: int
    loss: float
    positive_similarity: float
    negative_similarity: float
    label_loss: float | None = None


def summary(history: Sequence[StepRecord]) -> dict[str, float]:
    """A training run in a few numbers: steps, epochs, and the means over its first and its last epoch."""
    if not history:
        return {}
    epochs = history[-1].epoch
    numbers: dict[str, float] = {"steps": len(history), "epochs": epochs}
    for name, epoch in (("first", 1), ("last", epochs)):
        records = [record for record in history if record.epoch == epoch]
        for what in ("loss", "positive_similarity", "negative_similarity"):
            numbers[f"{name}_{what}"] = sum(getattr(record, what) for record in records) / len(records)
    return numbers


def describe(
    videos: TrainingSet,
    options: TrainingOptions,
    history: Sequence[StepRecord],
    *,
    backbone: str,
    backbone_fingerprint: str = "",
    feature_kind: str = "mean",
    cues: Sequence[str] = (),
    recipe: Mapping[str, object] | None = None,
) -> SelectorInfo:
    """What is kept in the file of a trained selector beside its weights.

    Args:
        videos: what it was trained on.
        options: how.
        history: what training showed.
        backbone: name of the network that made the embeddings.
        backbone_fingerprint: of that network.
        feature_kind: how a clip's feature is made of the embeddings of its frames.
        cues: names of the columns that follow the embeddings.
        recipe: whatever else somebody needs to do it again, beside the options.
    """
    return SelectorInfo(
        backbone=backbone,
        backbone_fingerprint=backbone_fingerprint,
        feature_kind=feature_kind,
        cues=tuple(cues),
        recipe=dataclasses.asdict(options) | dict(recipe or {}),
        data_fingerprint=videos.fingerprint,
        num_videos=videos.num_videos,
        num_clips=videos.num_clips,
        history=summary(history),
        autohighlight_version=autohighlight.__version__,
        data_mean=videos.mean,
        data_std=videos.std,
    )
