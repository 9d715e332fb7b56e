"""Collections of labelled videos, as features: real ones, and two made so that the answer is known.

What a selector is trained on never sees the labels; they only measure what its attention found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import quality
from numpy.typing import NDArray

from autohighlight.config import Options
from autohighlight.default_plugins import load_plugins
from autohighlight.evaluation.labels import read_labels
from autohighlight.evaluation.metrics import average_precision
from autohighlight.evaluation.videos import load_videos
from autohighlight.pipeline import extract, probe
from autohighlight_research.clip_kinds import votes_on_clips
from autohighlight_research.planted import planted as made_videos

Rows = NDArray[np.float32]

SPLICE_SEEDS = (0, 1, 2)
BASE_CLIPS = 18
"""Idle clips in a video composed of CCTV, as in a spliced one."""


class Labelled(Protocol):
    """What measures the scores of one video's clips."""

    def measure(self, scores: NDArray[np.float64]) -> float: ...


@dataclass(frozen=True, eq=False)
class Known:
    """A video whose clips are labelled one by one."""

    positives: NDArray[np.bool_]

    def measure(self, scores: NDArray[np.float64]) -> float:
        return average_precision(self.positives, scores)


@dataclass(frozen=True, eq=False)
class Collection:
    """Videos to train on and to measure.

    Args:
        name: of the collection.
        about: what is in it.
        embeddings: of each video, float32 (N, 2 dim): mean of a clip, then mean step from picture to picture.
        videos: what measures each of them.
        highlights: bool (N,) of each: the clips that most raters call a highlight.
    """

    name: str
    about: str
    embeddings: Sequence[Rows]
    videos: Sequence[Labelled]
    highlights: Sequence[NDArray[np.bool_]]

    def features(self, kind: str) -> list[Rows]:
        """What a selector is given of each video: ``mean``, ``step`` or ``mean+step``."""
        return [of_kind(rows, kind) for rows in self.embeddings]

    def has(self, kind: str) -> bool:
        """Whether there are features of that kind: made-up videos have no steps."""
        return kind == "mean" or any(of_kind(rows, "step").any() for rows in self.embeddings)

    def measure(self, scores: Sequence[NDArray[np.float64]]) -> float:
        """mAP of the scores of every video's clips; videos without a highlight do not count."""
        return float(np.nanmean([video.measure(s) for video, s in zip(self.videos, scores, strict=True)]))

    @property
    def chance(self) -> float:
        """mAP of clips in random order, in expectation."""
        return self.measure([np.zeros(len(rows)) for rows in self.embeddings])

    def part(self, name: str, about: str, numbers: Sequence[int]) -> Collection:
        """Some of the videos."""
        of_each = (self.embeddings, self.videos, self.highlights)
        return Collection(name, about, *([values[i] for i in numbers] for values in of_each))


def of_kind(rows: Rows, kind: str) -> Rows:
    half = rows.shape[1] // 2
    return {"mean": rows[:, :half], "step": rows[:, half:], "mean+step": rows}[kind]


def planted(seed: int = 0, unlike: float = 0.0, num_videos: int = 32) -> Collection:
    """A fifth of each video's clips say which video it is, the rest are of three kinds that all videos share.

    Args:
        seed: of the features.
        unlike: length in each column of a vector of its own that every clip of a video has added to it: what a camera,
            a place, or a manner of filming does to real footage. At 0 only the planted clips tell videos apart.
        num_videos: how many.
    """
    made = made_videos(seed, num_videos, num_clips=(15, 25))
    rng = np.random.default_rng(seed + 1)
    embeddings = []
    for rows in made.features:
        shifted = rows + unlike * rng.normal(size=rows.shape[1])
        embeddings.append(np.concatenate([shifted, np.zeros_like(rows)], axis=1).astype(np.float32))
    about = (
        f"made up; each video's clips shifted by {unlike:g} of its own" if unlike else "made up; one's own or shared"
    )
    return _known(f"planted {unlike:g}", about, embeddings, made.identifying)


def inserted(real: Mapping[str, Rows], idle: Sequence[Rows], seed: int = 0) -> Collection:
    """Four clips of one real video each among fourteen drawn from the same few CCTV clips: the paper's premise holds.

    Args:
        real: features of unlike videos; those of at least four clips are used.
        idle: features of CCTV; the four longest are drawn from.
        seed: of the draws.
    """
    rng = np.random.default_rng(seed)
    pool = np.concatenate(sorted(idle, key=len)[-4:])
    embeddings, labels = [], []
    for _, rows in sorted(real.items()):
        if len(rows) < 4:
            continue
        own = np.arange(18) < 4
        clips = np.concatenate([rows[rng.choice(len(rows), 4, replace=False)], pool[rng.integers(len(pool), size=14)]])
        order = rng.permutation(18)
        embeddings.append(clips[order])
        labels.append(own[order])
    return _known("inserted", "real clips, unlike, among the same few of CCTV", embeddings, labels)


def _known(name: str, about: str, embeddings: Sequence[Rows], labels: Sequence[NDArray[np.bool_]]) -> Collection:
    return Collection(name, about, embeddings, [Known(own) for own in labels], labels)


def composed(idle: Sequence[Rows], fights: Sequence[Rows], num_videos: int, seed: int = 0) -> list[Rows]:
    """Features of videos spliced as the action set is, without making the videos, so that there can be many.

    Each has 18 of the idle clips with 3 to 5 of the fights among them.
    """
    rng = np.random.default_rng(seed)
    videos = []
    for _ in range(num_videos):
        row = [idle[i] for i in rng.choice(len(idle), min(BASE_CLIPS, len(idle)), replace=False)]
        for i in rng.choice(len(fights), int(rng.integers(3, 6)), replace=False):
            row.insert(int(rng.integers(1, len(row))), fights[i])
        videos.append(np.concatenate(row))
    return videos


@dataclass(frozen=True, eq=False)
class Material:
    """All that is read from the disk.

    Args:
        collections: the labelled ones, by name.
        idle, fights: features of the CCTV clips that action is spliced of.
        joined: numbers of the videos of footage that are joined of the same clips; the others hold none of these.
    """

    collections: Mapping[str, Collection]
    idle: Sequence[Rows]
    fights: Sequence[Rows]
    joined: Sequence[int]


def load(shared: Path) -> Material:
    """Reads everything, from the cache of features where it is there.

    Args:
        shared: folder of media and labels.
    """
    rated = _labelled("rated", "unlike videos", [shared / "annotations" / "rated" / "labels.jsonl"])
    footage = _labelled("footage", "joined and other", [shared / "annotations" / "footage" / "labels.jsonl"])
    joined = [i for i, video in enumerate(footage.videos) if video.path.name.startswith("d")]
    other = [i for i, video in enumerate(footage.videos) if not video.path.name.startswith("d")]
    spliced = [quality.spliced_labels(shared, "action", seed) for seed in SPLICE_SEEDS]
    action = _labelled("action", "spliced of the same 100 CCTV clips", spliced)
    media = shared / "media"
    idle = [rows for _, rows in _unlabelled(media / "actions" / "idle")]
    fights = [rows for _, rows in _unlabelled(media / "actions" / "fight")]
    collections = [
        planted(),
        planted(unlike=2.0),
        inserted(dict(_unlabelled(media / "real")), idle),
        action,
        footage.part("joined", "joined of the same 20 clips", joined),
        footage.part("other", "joined of clips of their own", other),
        footage,
        rated,
    ]
    return Material({collection.name: collection for collection in collections}, idle, fights, joined)


def _labelled(name: str, about: str, labels: Sequence[Path]) -> Collection:
    options, plugins = Options.of(speed="exact"), load_plugins(installed=False)
    videos = [video for path in labels for video in load_videos(read_labels(path), options, plugins)]
    embeddings = [video.features.embeddings.astype(np.float32) for video in videos]
    return Collection(name, about, embeddings, videos, [votes_on_clips(video) > 0.5 for video in videos])


def _unlabelled(folder: Path) -> Iterator[tuple[str, Rows]]:
    options, plugins = Options.of(speed="exact"), load_plugins(installed=False)
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        yield path.name, extract(probe(path), options, plugins=plugins).embeddings.astype(np.float32)
