from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from autohighlight.selector.model import scores
from autohighlight.training.dataset import measure
from autohighlight.training.loop import train_on
from autohighlight.training.options import TrainingOptions
from autohighlight.training.recipes import PAPER
from tests.media_factory import make_video
from tests.whole_runs import use_small_backbone

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
OWN = (
    "when_training_helps",
    "half_labelled",
    "jobs",
    "tables",
    "labelled_collections",
    "step_curves",
    "study_picture",
    "quality",
)


@pytest.fixture(scope="module")
def study() -> Iterator[ModuleType]:
    """The benchmark, which is no part of the package; its modules find each other beside it."""
    sys.path.insert(0, str(BENCHMARKS))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as in the benchmark's own processes
    yield importlib.import_module("when_training_helps")
    torch.set_num_threads(threads)
    sys.path.remove(str(BENCHMARKS))
    for name in OWN:
        sys.modules.pop(name, None)


@pytest.fixture
def collections(study: ModuleType) -> ModuleType:
    return sys.modules["labelled_collections"]


@pytest.fixture
def step_curves(study: ModuleType) -> ModuleType:
    return sys.modules["step_curves"]


class InTurn:
    """Runs the jobs here."""

    def run(self, function: Callable[..., Any], jobs: Iterable[tuple[Any, ...]]) -> list[Any]:
        return [function(*job) for job in jobs]


def small(study: ModuleType, **options: Any) -> Any:
    return study.of_width(replace(PAPER, options=TrainingOptions(learning_rate=1e-3, batch_size=4, **options)), 16)


@pytest.mark.parametrize("options", [{}, {"pieces": 6, "negatives": "hard"}])
def test_a_curve_is_of_the_packages_own_training(
    study: ModuleType, collections: ModuleType, step_curves: ModuleType, options: dict[str, Any]
) -> None:
    videos, recipe = collections.planted(num_videos=10), small(study, **options)
    curve = step_curves.follow(videos, recipe, 3, (0, 2, 5))
    features = videos.features("mean")
    own = replace(recipe.options, seed=3, steps=5, device="cpu")
    trained, history = train_on(measure(features, pieces=own.pieces), recipe.selector_config(32), own)
    assert curve.history == history
    for rows, attention in zip(features, curve.attention, strict=True):
        np.testing.assert_array_equal(attention, scores(trained, rows))
    assert list(curve.accuracy) == [0, 2, 5]
    assert curve.last == curve.accuracy[5] == videos.measure(curve.attention)
    assert curve.accuracy[0] != curve.accuracy[2]
    assert 0 < curve.entropy <= 1


def test_labels_draw_attention(study: ModuleType, collections: ModuleType, step_curves: ModuleType) -> None:
    videos = collections.planted(unlike=2.0, num_videos=8)
    recipe = small(study, label_weight=10.0)
    without, labelled = (
        step_curves.follow(videos, recipe, 0, (40,), labels=labels).last for labels in (None, videos.highlights)
    )
    assert labelled > without + 0.2


def test_clips_identify_videos_only_where_the_rest_is_shared(collections: ModuleType, step_curves: ModuleType) -> None:
    shared, unlike = collections.planted(0), collections.planted(0, unlike=2.0)
    assert shared.measure(step_curves.identifying(shared.features("mean"))) > 0.85
    assert unlike.measure(step_curves.identifying(unlike.features("mean"))) < unlike.chance + 0.1
    assert step_curves.between_videos(shared.features("mean")) < 0.2
    assert step_curves.between_videos(unlike.features("mean")) > 0.7


def test_a_clip_of_a_video_of_one_clip_identifies_it(step_curves: ModuleType) -> None:
    rows = [np.eye(4, dtype=np.float32)[:1], np.eye(4, dtype=np.float32)[1:]]
    assert [len(values) for values in step_curves.identifying(rows)] == [1, 3]


def test_composed_videos_hold_idle_clips_and_three_to_five_others(collections: ModuleType) -> None:
    idle = [np.full((1, 2), i, np.float32) for i in range(20)]
    fights = [np.full((1, 2), 100 + i, np.float32) for i in range(9)]
    videos = collections.composed(idle, fights, 12, seed=1)
    assert len(videos) == 12
    for rows in videos:
        assert (rows[:, 0] < 100).sum() == collections.BASE_CLIPS == len(np.unique(rows[rows[:, 0] < 100]))
        assert 3 <= (rows[:, 0] >= 100).sum() <= 5
        assert rows[0, 0] < 100 > rows[-1, 0]


def test_rated_videos_are_read_with_their_labels(
    collections: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_small_backbone(monkeypatch)
    make_video(tmp_path / "a.mp4", 200)
    line = {"video": "a.mp4", "clip_seconds": 2, "scores": [[1, 2, 5, 1], [1, 1, 4, 4]]}
    (tmp_path / "labels.jsonl").write_text(json.dumps(line))
    videos = collections._labelled("rated", "", [tmp_path / "labels.jsonl"])
    assert [rows.shape for rows in videos.embeddings] == [(4, 24)]
    assert videos.highlights[0].tolist() == [False, False, True, False]  # the last divides the raters
    assert videos.measure([np.arange(4)]) < videos.measure([np.array([0, 1, 3, 2])])


def test_inserted_clips_are_the_labelled_ones(collections: ModuleType) -> None:
    real = {"a": np.full((6, 2), 7, np.float32), "b": np.full((3, 2), 8, np.float32)}
    videos = collections.inserted(real, [np.zeros((2, 2), np.float32)])
    assert len(videos.videos) == 1  # the other is too short
    np.testing.assert_array_equal(videos.embeddings[0][:, 0] == 7, videos.highlights[0])
    assert videos.highlights[0].sum() == 4


@pytest.fixture
def stand_in(collections: ModuleType) -> Any:
    """Made-up videos under the names of the real ones: what is printed of them is no result."""
    made = {name: collections.planted(seed, num_videos=9) for seed, name in enumerate(("footage", "action"))}
    named = {name: videos.part(name, "made up", range(9)) for name, videos in made.items()}
    clips = [rows[:1] for rows in made["footage"].embeddings * 2]
    return collections.Material(named, clips, clips, range(4))


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("curves", ["footage", "seeds agree", "over untrained", "Spearman"]),
        ("number", ["composed videos", "96"]),
        ("options", ["hard, batches of 8", "pieces of 8", "chance"]),
        ("labels", ["ridge regression", "labels, weight 1", "joined, for other"]),
    ],
)
def test_each_part_prints_its_table(
    study: ModuleType,
    stand_in: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    part: str,
    expected: list[str],
) -> None:
    monkeypatch.setattr(study, "OPTION_STEPS", 1)
    picture = tmp_path / "curves.png"
    arguments = argparse.Namespace(
        collections=["action", "footage"], recipes=["paper", "scaled"], seeds=2, steps=2, d=8, plot=picture
    )
    getattr(study, f"print_{part}")(stand_in, InTurn(), arguments)
    printed = capsys.readouterr().out
    assert all(word in printed for word in expected)
    assert "nan" not in printed
    assert picture.is_file() is (part == "curves")


def test_every_line_is_named_in_its_colour(study: ModuleType) -> None:
    picture_module = sys.modules["study_picture"]
    lines = [picture_module.Line(str(i), [0.3 + i / 10, 0.9 - i / 10], [0.05, 0.0]) for i in range(4)]
    panels = [picture_module.Panel("name", "about", 0.5, lines)] * 4
    picture = picture_module.draw(panels, [picture_module.Dot("3", 0.5, 0.2)], [0, 10], 0.3)
    assert picture.height > picture_module.TOP + 2 * picture_module.PANEL_HEIGHT  # the last panel begins a row
    assert picture.mode == "RGB"
    pixels = np.unique(np.asarray(picture)[100:150, :500].reshape(-1, 3), axis=0).astype(int)
    for colour in picture_module.COLOURS[:4]:
        wanted = np.array(list(bytes.fromhex(colour[1:])))
        assert np.abs(pixels - wanted).max(axis=1).min() <= 12  # smooth edges ring
