"""Each benchmark from end to end on a stand-in of the same layout: that the parts fit, not what numbers come out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from autohighlight_research.commands.benchmark import _DESCRIPTIONS
from autohighlight_research.datasets import BENCHMARKS
from autohighlight_research.datasets.dataset import Benchmark
from tests.benchmark_files import write_features, write_labels, write_youtube_folders
from tests.cli.conftest import Outcome
from tests.media_factory import make_video
from tests.whole_runs import use_small_backbone

Command = Callable[..., Outcome]

QUICK = ("--seeds", "2", "--steps", "2", "--d", "8", "--device", "cpu")
ANNOTATIONS = {"tvsum": "tvsum", "youtube-highlights": "youtube_highlights"}

every_benchmark = pytest.mark.parametrize("of", BENCHMARKS.values(), ids=lambda of: of.name)


def test_help_names_the_papers_backbones() -> None:
    assert {name: backbone for name, (_, backbone) in _DESCRIPTIONS.items()} == {
        name: of.backbone for name, of in BENCHMARKS.items()
    }


@every_benchmark
def test_from_ready_features(command: Command, tmp_path: Path, of: Benchmark) -> None:
    write_features(tmp_path / "features", write_labels(of, tmp_path))
    words = ("benchmark", of.name, "--root", tmp_path, "--features", tmp_path / "features", *QUICK)
    refused = command(*words)
    total = sum(of.num_videos.values())
    assert (refused.code, refused.out) == (3, "")
    assert f"{total - 6} of {total} videos of {of.title} are missing" in refused.err
    assert "docs/reproducing.md" in refused.err
    outcome = command(*words, "--partial")
    assert outcome.code == 0
    assert outcome.out.startswith(f"partial: 6 of {total} videos of {of.title}")
    assert f"warning: partial: 6 of {total}" in outcome.err
    for word in ("selector", "untrained", "random (expected)", "centre first", "oracle", "of the paper", "±"):
        assert word in outcome.out
    assert "here" not in outcome.out  # nothing of a part stands beside the paper's numbers


@every_benchmark
def test_as_json(command: Command, tmp_path: Path, of: Benchmark) -> None:
    write_features(tmp_path / "features", write_labels(of, tmp_path))
    words = (
        "benchmark",
        of.name,
        "--root",
        tmp_path,
        "--features",
        tmp_path / "features",
        *QUICK,
        "--partial",
        "--json",
    )
    outcome = command(*words)
    document = json.loads(outcome.out)
    assert (outcome.code, document["benchmark"], document["is_complete"]) == (0, of.name, False)
    assert document["seeds"] == [0, 1]
    assert document["results"][0]["method"] == "selector"
    assert len(document["results"][0]["mean"]["by_seed"]) == 2
    assert document["recipe"]["steps"] == 2
    assert document["paper"]


@every_benchmark
def test_from_labels_alone(command: Command, tmp_path: Path, of: Benchmark) -> None:
    num_test = len(write_labels(of, tmp_path).of("test"))
    outcome = command("benchmark", of.name, "--root", tmp_path, "--labels-only")
    assert outcome.code == 0
    for words in (f"{of.title}, {num_test} test videos, which are not all", "all 6 videos", "centre first", "oracle"):
        assert words in outcome.out
    assert "selector" not in outcome.out
    document = json.loads(command("benchmark", of.name, "--root", tmp_path, "--labels-only", "--json").out)
    methods = [result["method"] for result in document["results"]["all 6 videos"]]
    assert methods == ["random (expected)", "centre first", "oracle"]


@pytest.mark.parametrize("name", ANNOTATIONS)
def test_on_the_real_labels_with_features_made_up(
    command: Command, shared: Path | None, tmp_path: Path, name: str
) -> None:
    of = BENCHMARKS[name]
    root = tmp_path if shared is None else shared / "annotations" / ANNOTATIONS[name]
    dataset = write_labels(of, tmp_path) if shared is None else of.load(root)
    write_features(tmp_path / "features", dataset, d_in=4)
    part = () if shared is not None else ("--partial",)
    outcome = command(
        "benchmark", name, "--root", root, "--features", tmp_path / "features", *QUICK, *part, "--seeds", "1"
    )
    assert outcome.code == 0
    assert {video.category for video in dataset.videos} <= set(outcome.out.split())
    assert ("here" in outcome.out) is (shared is not None)
    assert ("partial" in outcome.out) is (shared is None)


def _make_videos(of: Benchmark, root: Path) -> None:
    """A tiny video for each of the stand-in, where people have it."""
    for number, video in enumerate(of.load(root).videos):
        path = root / f"{of.video_places[0].format(name=video.name, category=video.category)}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)

        def picture(frame: int, size: tuple[int, int], level: int = 20 * number) -> np.ndarray:
            return np.full(size[::-1], (level + frame) % 200 + 20, np.uint8)

        make_video(path, 650, 25, (32, 32), picture=picture)


@every_benchmark
def test_from_videos(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of: Benchmark) -> None:
    use_small_backbone(monkeypatch)
    write_labels(of, tmp_path)
    if of.name == "youtube-highlights":
        write_youtube_folders(tmp_path)
    _make_videos(of, tmp_path)
    words = ("benchmark", of.name, "--root", tmp_path, *QUICK, "--partial", "--backbone", "efficientnet-lite0")
    outcome = command(*words)
    assert (outcome.code, outcome.out.splitlines()[0][:7]) == (0, "partial")
    assert "efficientnet-lite0 on the videos" in outcome.out
    assert command(*words).out == outcome.out  # the features are kept


def test_the_papers_backbone_is_asked_for_unless_another_is(command: Command, tmp_path: Path) -> None:
    of = BENCHMARKS["tvsum"]
    write_labels(of, tmp_path)
    _make_videos(of, tmp_path)
    outcome = command("benchmark", "tvsum", "--root", tmp_path, *QUICK, "--partial")
    assert outcome.code == 1
    assert "resnet3d-34" in outcome.err  # whose weights nobody has fetched


def test_features_of_frames_are_pooled(command: Command, tmp_path: Path) -> None:
    of = BENCHMARKS["vtw"]
    dataset = write_labels(of, tmp_path)
    (tmp_path / "features").mkdir()
    for number, video in enumerate(dataset.videos):
        rows = np.random.default_rng(number).normal(size=(80, 4))
        np.save(tmp_path / "features" / f"{video.name}.npy", rows)
    words = ("benchmark", "vtw", "--root", tmp_path, "--features", tmp_path / "features", *QUICK, "--partial")
    assert "--feature-stride" in command(*words).err
    assert command(*words, "--feature-stride", "8").code == 0


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--root", "nowhere"), "--root: the folder nowhere is not there"),
        (("--root", ".", "--features", "nowhere"), "--features: the folder nowhere is not there"),
        (("--root", ".", "--videos", "nowhere"), "--videos: the folder nowhere is not there"),
        (("--root", ".", "--features", ".", "--videos", "."), "--videos and --features exclude each other"),
        (("--root", ".", "--feature-stride", "1"), "--feature-stride is of features that are ready"),
        (("--root", ".", "--features", ".", "--feature-stride", "0"), "--feature-stride is at least 1"),
        (("--root", ".", "--features", ".", "--recipe", "footage"), "is for features of the kind 'step'"),
        (("--root", ".", "--features", ".", "--seeds", "0"), "--seeds is at least 1"),
        (("--root", ".", "--backbone", "none"), "no backbone is called 'none'"),
        (("--root", ".", "--batch-size", "1"), "--batch-size is at least 2"),
        (("--root", ".", "--recipe", "best"), "--recipe cannot be 'best'"),
        ((), "the following arguments are required: --root"),
    ],
)
def test_what_cannot_be_meant_is_said_before_any_work(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], problem: str
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = command("benchmark", "tvsum", *words)
    assert (outcome.code, outcome.out) == (2, "")
    assert problem in outcome.err


def test_planted(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from autohighlight_research import planted

    quick = planted.RECIPES[0].replace(steps=2)
    monkeypatch.setattr(
        planted.run_planted, "__kwdefaults__", {"recipes": [quick], "num_videos": 4, "num_clips": (9, 11)}
    )
    outcome = command("benchmark", "planted", "--seeds", "2")
    assert outcome.code == 0
    for word in (
        "quick",
        "quick untrained",
        "random (expected)",
        "4 made-up videos",
        "2 seeds",
        "0.95 with every seed",
    ):
        assert word in outcome.out
    document = json.loads(command("benchmark", "planted", "--seeds", "2", "--json").out)
    assert [row["method"] for row in document["rows"]] == ["quick", "quick untrained", "random (expected)"]
    assert len(document["rows"][0]["trained_on"]["by_seed"]) == 2
    assert command("benchmark", "planted", "--seeds", "0").code == 2
