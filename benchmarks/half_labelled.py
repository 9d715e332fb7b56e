"""Some videos labelled, the others measured: by the selector, and by a linear regression that sees the labels alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from labelled_collections import Collection
from step_curves import follow

from autohighlight.training.recipes import Recipe


def halves(collection: Collection, seed: int) -> list[int]:
    """The numbers of the videos whose labels are given."""
    count = len(collection.videos)
    return sorted(np.random.default_rng(seed).permutation(count)[: count // 2].tolist())


def half_labelled(collection: Collection, recipe: Recipe, seed: int, steps: int, labelled: Sequence[int]) -> float:
    """mAP on the videos that are not labelled."""
    labels = [own if i in labelled else None for i, own in enumerate(collection.highlights)]
    curve = follow(collection, recipe, seed, (steps,), labels=labels)
    rest = rest_of(collection, labelled)
    return collection.part("", "", rest).measure([curve.attention[i] for i in rest])


def chance_of_rest(collection: Collection, labelled: Sequence[int]) -> float:
    return collection.part("", "", rest_of(collection, labelled)).chance


def ridge_of_rest(collection: Collection, labelled: Sequence[int]) -> float:
    """A linear regression of labels on standardised features, its ridge chosen on the labelled half alone."""
    from sklearn.linear_model import RidgeCV

    features = collection.features("mean")
    rows = np.concatenate([features[i] for i in labelled])
    centre, scale = rows.mean(0), np.where(rows.std(0) > 0, rows.std(0), 1)
    targets = np.concatenate([collection.highlights[i] for i in labelled]).astype(float)
    model = RidgeCV(alphas=np.logspace(0, 6, 13)).fit((rows - centre) / scale, targets)
    rest = rest_of(collection, labelled)
    predicted = [model.predict((features[i] - centre) / scale) for i in rest]
    return collection.part("", "", rest).measure(predicted)


def rest_of(collection: Collection, labelled: Sequence[int]) -> list[int]:
    return [i for i in range(len(collection.videos)) if i not in labelled]
