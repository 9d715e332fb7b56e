"""Footage -> a highlight selector in a file: the join of what was measured, a recipe, and the training."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autohighlight.config import Options
from autohighlight.errors import OptionError
from autohighlight.footage.rows import Footage
from autohighlight.selector.checkpoint import SelectorInfo, save_selector
from autohighlight.selector.model import HighlightSelector, scores
from autohighlight.training.dataset import TrainingSet, measure
from autohighlight.training.history import StepRecord, describe
from autohighlight.training.loop import train_on
from autohighlight.training.outlook import Outlook, agreement, outlook
from autohighlight.training.recipes import Recipe

STATE_SUFFIX = ".training"
"""Of the hidden file beside a selector that keeps its unfinished training."""

_DIGEST_BYTES = 6
"""Of what tells, in the name of that file, which training it belongs to."""

STATE_SECONDS = 10.0
"""How often an unfinished training is kept, so that little is done again after a kill."""


MOST_COMPARED = 200
"""Videos over which the attention of two seeds is compared, taken evenly."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A training that is about to begin, or to go on.

    Args:
        footage: what there is.
        videos: what of it is trained on.
        recipe: how.
        state: the file that keeps the training while it is unfinished.
        goes_on: whether that file is there.
        has_other_state: whether another training of the same output was stopped, with other options or footage.
        digest: names the training: trainings of one name are the same to the last step.
    """

    footage: Footage
    videos: TrainingSet
    recipe: Recipe
    state: Path
    goes_on: bool
    has_other_state: bool
    digest: str

    @property
    def copies(self) -> tuple[Path, ...]:
        """The videos that are left out, since all of their features are those of others."""
        used = {stretch.video for stretch in self.videos.stretches}
        return tuple(path for number, path in enumerate(self.footage.paths) if number not in used)

    @property
    def num_single(self) -> int:
        """Videos, or pieces, of one clip: nothing can be chosen in them."""
        return sum(len(stretch) == 1 for stretch in self.videos.stretches)

    @property
    def batch_size(self) -> int:
        """Videos, or pieces, that a batch really holds."""
        return min(self.recipe.options.batch_size, len(self.videos))

    @property
    def chance(self) -> float:
        """The loss of a selector to which all videos are alike, as it is before any training at the most."""
        return math.log(self.batch_size)


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained selector.

    Args:
        selector: the network.
        info: what its file says of it.
        history: what each step showed, from the first, also those before a training was taken up again.
        outlook: what the history, and the agreement, say of what the selector is worth.
        agreement: of its attention with that of a selector of another seed, in [-1, 1]; None: not asked for. See
            `autohighlight.training.outlook.agreement`.
    """

    selector: HighlightSelector
    info: SelectorInfo
    history: tuple[StepRecord, ...]
    outlook: Outlook
    agreement: float | None = None

    def save(self, path: Path) -> None:
        """Writes the selector's file; one that is there already is replaced.

        Raises:
            OutputError: it cannot be written.
        """
        save_selector(path, self.selector, self.info)


def prepare(footage: Footage, recipe: Recipe, output: Path) -> Prepared:
    """Measures footage as a training set, and looks whether it was being trained on before.

    Args:
        footage: what there is.
        recipe: how to train on it.
        output: the selector's file; the state of an unfinished training lies beside it, hidden.

    Raises:
        OptionError: there is too little to train on, or it does not suit the recipe.
    """
    encoding = recipe.get("encoding")
    if encoding == "stillness" and float(footage.rows.min()) < 0:
        raise OptionError(
            "the encoding stillness is one of steps, which are never below 0, as some of these features are",
            "give --recipe paper, or --encoding linear",
        )
    labels = footage.marks if any(marks is not None for marks in footage.marks) else None
    try:
        videos = measure(footage, labels=labels, pieces=recipe.options.pieces)
    except OptionError as error:
        if len(footage) == 1 and recipe.options.pieces is None:
            raise _single_video() from error
        raise
    digest = _digest(videos, recipe)
    state = output.with_name(f".{output.name}.{digest}{STATE_SUFFIX}")
    states = unfinished(output)
    return Prepared(footage, videos, recipe, state, state in states, bool(set(states) - {state}), digest)


def fit(
    prepared: Prepared, progress: Callable[[StepRecord], None] = lambda _: None, how: Mapping[str, object] | None = None
) -> Fitted:
    """Trains a selector, or goes on with it.

    Args:
        prepared: what on, and how.
        progress: is told of each step that is done now.
        how: what the selector's file is to say of how the features were measured.

    Raises:
        OptionError: the loss is not finite any more.
        DependencyError: the device is not there, or cannot be deterministic.
        WeightsError: the file of the unfinished training is damaged.
        OutputError: that file cannot be written.
    """
    footage, recipe, videos = prepared.footage, prepared.recipe, prepared.videos
    selector, history = train_on(
        videos,
        recipe.selector_config(videos.d_in),
        recipe.options,
        progress,
        state=prepared.state,
        state_seconds=STATE_SECONDS,
    )
    info = describe(
        videos,
        recipe.options,
        history,
        backbone=footage.backbone,
        backbone_fingerprint=footage.fingerprint,
        feature_kind=footage.feature_kind,
        recipe={"recipe": recipe.name, **(how or {})},
    )
    return Fitted(selector, info, tuple(history), outlook(history, prepared.batch_size))


def compare_seeds(
    prepared: Prepared, fitted: Fitted, progress: Callable[[StepRecord], None] = lambda _: None
) -> Fitted:
    """Trains once more with the next seed, and adds how far both selectors prefer the same clips.

    Args:
        prepared: what `fitted` was trained on.
        fitted: the first selector, which stays as it is.
        progress: is told of each step.
    """
    recipe, videos, footage = prepared.recipe, prepared.videos, prepared.footage
    other = recipe.replace(seed=recipe.options.seed + 1)
    selector, _ = train_on(videos, recipe.selector_config(videos.d_in), other.options, progress)
    stride = math.ceil(len(footage) / MOST_COMPARED)
    attention = [
        [scores(either, np.array(footage[number])) for number in range(0, len(footage), stride)]
        for either in (fitted.selector, selector)
    ]
    found = agreement(*attention)
    seen = outlook(fitted.history, prepared.batch_size, None if math.isnan(found) else found)
    return dataclasses.replace(fitted, outlook=seen, agreement=None if math.isnan(found) else found)


def how_measured(options: Options) -> dict[str, object]:
    """What the file of a selector says of how the features of the videos were measured, beside the backbone."""
    extract = options.extract
    return {
        "clip_length": str(options.sample.clip_length),
        "speed": extract.speed,
        "checkpoint": extract.checkpoint,
        "window_stride": extract.window_stride,
    }


def unfinished(output: Path) -> list[Path]:
    """The files of unfinished trainings that were to become this file, with any options."""
    name = re.compile(rf"\.{re.escape(output.name)}\.[0-9a-f]{{{2 * _DIGEST_BYTES}}}{re.escape(STATE_SUFFIX)}")
    return sorted(path for path in output.parent.iterdir() if name.fullmatch(path.name))


def forget(output: Path) -> None:
    """Deletes what `unfinished` finds, when the file is there."""
    for state in unfinished(output):
        state.unlink(missing_ok=True)


def _digest(videos: TrainingSet, recipe: Recipe) -> str:
    options, config = dataclasses.asdict(recipe.options), dataclasses.asdict(recipe.selector_config(videos.d_in))
    parts = json.dumps([options, config, videos.ordered_fingerprint], sort_keys=True)
    return hashlib.blake2b(parts.encode(), digest_size=_DIGEST_BYTES).hexdigest()


def _single_video() -> OptionError:
    return OptionError(
        "there is one video, and a video is told from others, so it takes two to train",
        "add videos; or cut this one with --pieces 10; or leave training to 'autohighlight reel VIDEO --adapt'",
    )
