"""The paper's scorer alone: the attention of a trained highlight selector (sections 3.1 to 3.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import autohighlight.selector
from autohighlight.config import ScoreOptions
from autohighlight.errors import WeightsError, printable
from autohighlight.scorers.floors import cue
from autohighlight.scorers.ranks import ranks, z_scores
from autohighlight.selector.checkpoint import SelectorInfo, check_features, load_selector
from autohighlight.selector.model import HighlightSelector, scores
from autohighlight.types import FeatureTrack, ScoreTrack

SHIPPED_SELECTOR = Path(autohighlight.selector.__file__).parent / "weights" / "efficientnet-lite0.safetensors"
"""The selector in the package, used where the options name no other."""

Embeddings = NDArray[np.floating]

_KINDS: Mapping[str, Callable[[Embeddings], Embeddings]] = {
    "mean+step": lambda embeddings: embeddings,
    "mean": lambda embeddings: embeddings[:, : embeddings.shape[1] // 2],
    "step": lambda embeddings: embeddings[:, embeddings.shape[1] // 2 :],
}


def selector_input(features: FeatureTrack, feature_kind: str, cues: Sequence[str] = ()) -> NDArray[np.float32]:
    """What a selector is given of one video, in training and in use: float32 (N, d_in).

    Args:
        features: of the video; each embedding holds the mean over the clip's pictures, then the mean of the absolute
            steps from one to the next.
        feature_kind: ``mean+step``, ``mean`` or ``step``.
        cues: columns that follow, as z-scores within the video; 0 where a cue was not measured.

    Raises:
        OptionError: the features have no such cue.
        KeyError: no feature is of that kind.
    """
    columns = [z_scores(cue(features, name)) for name in cues]
    parts = [_KINDS[feature_kind](features.embeddings), *(column[:, None] for column in columns)]
    return np.concatenate(parts, axis=1).astype(np.float32)


def checked_input(
    path: Path, selector: HighlightSelector, info: SelectorInfo, features: FeatureTrack
) -> NDArray[np.float32]:
    """`selector_input` of one video for a trained selector: float32 (N, d_in).

    Args:
        path: where the selector is from, for the message.
        selector: the network.
        info: what it was trained on.
        features: of the video.

    Raises:
        WeightsError: it was trained on features of another backbone or kind.
        OptionError: the features lack a cue that it was trained on.
    """
    kind = info.feature_kind
    if kind not in _KINDS:
        raise WeightsError(f"{printable(path)} was trained on features of the kind {kind!r}, which no backbone gives")
    rows = selector_input(features, kind, info.cues)
    check_features(path, selector, info, backbone=features.backbone, feature_kind=kind, d_in=rows.shape[1])
    return rows


def contrastive(features: FeatureTrack, options: ScoreOptions) -> ScoreTrack:
    """The attention score of each clip (alpha of Eq. 8), divided by the video's largest.

    Raises:
        WeightsError: the selector is missing or damaged, or was trained on features of another backbone or kind.
        OptionError: a selector is to be fitted to the video, and it is too short or nothing changes in it.
    """
    selector, rows = _adapted(features) if options.adapt else _loaded(options.selector or SHIPPED_SELECTOR, features)
    attention = scores(selector, rows)
    return ScoreTrack(features.clips, attention / attention.max(), "contrastive", {"attention": ranks(attention)})


def _loaded(path: Path, features: FeatureTrack) -> tuple[HighlightSelector, NDArray[np.float32]]:
    """A selector from a file, and what it is given of the video."""
    selector, info = load_selector(path)
    return selector, checked_input(path, selector, info, features)


def _adapted(features: FeatureTrack) -> tuple[HighlightSelector, NDArray[np.float32]]:
    """A selector fitted to the video, and what it is given of it."""
    from autohighlight.training.adapt import RECIPE, adapt  # noqa: PLC0415 -- only where somebody asks for training

    rows = selector_input(features, RECIPE.feature_kind)
    return adapt(rows), rows
