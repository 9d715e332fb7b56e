from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autohighlight.errors import InputError, OptionError
from autohighlight.evaluation.report import CHANCE, ORACLE
from autohighlight.training.recipes import PAPER, Recipe
from autohighlight.types import Progress
from autohighlight_research.benchmark import CENTRE, SELECTOR, UNTRAINED, measure_video, run_benchmark
from autohighlight_research.benchmark_report import BenchmarkReport, MethodResult
from autohighlight_research.datasets import BENCHMARKS, TVSUM, VTW, YOUTUBE_HIGHLIGHTS
from autohighlight_research.datasets.dataset import Benchmark, ClipGrid, DatasetVideo
from autohighlight_research.datasets.features import ReadyFeatures
from autohighlight_research.over_seeds import OverSeeds
from autohighlight_research.paper_tables import MEAN, OURS, PAPER_TABLES
from tests.benchmark_files import write_features, write_labels

QUICK = PAPER.replace(d=8, steps=2, device="cpu")


def _run(benchmark: Benchmark, folder: Path, recipe: Recipe = QUICK, **others: Any) -> BenchmarkReport:
    """On the stand-in, with features of clips."""
    dataset = write_labels(benchmark, folder)
    write_features(folder / "features", dataset)
    others = {"num_seeds": 2, "partial": True} | others
    return run_benchmark(benchmark, folder, ReadyFeatures(folder / "features"), recipe, **others)


@pytest.mark.parametrize("benchmark_", BENCHMARKS.values(), ids=lambda b: b.name)
def test_every_method_on_every_test_video(benchmark_: Benchmark, tmp_path: Path) -> None:
    report = _run(benchmark_, tmp_path)
    assert [result.method for result in report.results] == [SELECTOR, UNTRAINED, CHANCE, CENTRE, ORACLE]
    test = benchmark_.load(tmp_path).of("test")
    for result in report.results:
        assert set(result.by_category) == {video.category for video in test}
        assert set(result.by_video) == {video.name for video in test}
        assert all(0 <= value <= 1 for by_seed in result.by_video.values() for value in by_seed.values)
        categories = [value.mean for value in result.by_category.values()]
        assert result.mean.mean == pytest.approx(np.mean(categories))
    assert report.seeds == (0, 1)
    assert len(report.result(SELECTOR).mean.values) == 2
    assert len(report.result(CHANCE).mean.values) == 1


@pytest.mark.parametrize("benchmark_", BENCHMARKS.values(), ids=lambda b: b.name)
def test_a_stand_in_is_never_called_the_benchmark(benchmark_: Benchmark, tmp_path: Path) -> None:
    report = _run(benchmark_, tmp_path, num_seeds=1)
    total = sum(benchmark_.num_videos.values())
    assert not report.is_complete
    assert report.heading.startswith(f"partial: 6 of {total} videos of {benchmark_.title}")
    assert report.heading.endswith("no result of the benchmark")
    document = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    assert (document["is_complete"], document["heading"]) == (False, report.heading)
    assert [table["table"] for table in document["paper"]] == [table.number for table in PAPER_TABLES[benchmark_.name]]


def test_a_run_with_all_videos_is_the_benchmarks(tmp_path: Path) -> None:
    small = dataclasses.replace(TVSUM, num_videos={"train": 4, "test": 2})
    report = _run(small, tmp_path, num_seeds=1, partial=False)
    assert report.is_complete
    assert report.heading == "TVSum: 4 videos to train on, 2 to measure on"


def test_the_same_seeds_give_the_same_numbers_and_others_give_others(tmp_path: Path) -> None:
    first = _run(YOUTUBE_HIGHLIGHTS, tmp_path)
    assert _run(YOUTUBE_HIGHLIGHTS, tmp_path).as_dict() == first.as_dict()
    later = _run(YOUTUBE_HIGHLIGHTS, tmp_path, QUICK.replace(seed=1), num_seeds=1)
    assert later.seeds == (1,)
    assert later.result(SELECTOR).mean.values[0] == first.result(SELECTOR).mean.values[1]


def test_only_training_videos_are_trained_on(tmp_path: Path) -> None:
    before = _run(VTW, tmp_path, num_seeds=1).result(SELECTOR).by_video["vtw-4"]
    other = tmp_path / "features" / "vtw-5.npy"
    content = np.load(other) + 1
    np.save(other, content)
    source = ReadyFeatures(tmp_path / "features")
    after = run_benchmark(VTW, tmp_path, source, QUICK, num_seeds=1, partial=True).result(SELECTOR)
    assert after.by_video["vtw-4"] == before


def test_missing_videos_are_named_before_any_work(tmp_path: Path) -> None:
    told = list[Progress]()
    dataset = write_labels(TVSUM, tmp_path)
    write_features(tmp_path / "features", dataset)
    (tmp_path / "features" / "-vt_2.npy").unlink()
    source = ReadyFeatures(tmp_path / "features")
    with pytest.raises(InputError) as caught:
        run_benchmark(TVSUM, tmp_path, source, QUICK, told.append)
    assert "45 of 50 videos of TVSum are missing: -vt_2, ..." in str(caught.value)
    assert "people.csail.mit.edu" in caught.value.hint
    assert "--partial" in caught.value.hint
    assert told == []


def test_where_nothing_is_there_partial_is_no_help(tmp_path: Path) -> None:
    write_labels(TVSUM, tmp_path)
    (tmp_path / "features").mkdir()
    for partial in (False, True):
        with pytest.raises(
            InputError, match=r"50 of 50 videos of TVSum are missing: vt-1, -vt_2, vt-3, ds-1, ds-2, \.\.\."
        ) as caught:
            run_benchmark(TVSUM, tmp_path, ReadyFeatures(tmp_path / "features"), QUICK, partial=partial)
        assert "--partial" not in caught.value.hint


@pytest.mark.parametrize("kept", [["vt-1", "vt-3", "ds-3"], ["vt-1", "-vt_2", "ds-1"]])
def test_too_few_of_a_split_are_refused(tmp_path: Path, kept: list[str]) -> None:
    dataset = write_labels(TVSUM, tmp_path)
    write_features(tmp_path / "features", dataset)
    for path in (tmp_path / "features").iterdir():
        if path.stem not in kept:
            path.unlink()
    with pytest.raises(InputError, match="it takes two to train on, and one with a highlight to measure on"):
        run_benchmark(TVSUM, tmp_path, ReadyFeatures(tmp_path / "features"), QUICK, partial=True)


def test_features_of_two_widths_are_refused(tmp_path: Path) -> None:
    dataset = write_labels(TVSUM, tmp_path)
    write_features(tmp_path / "features", dataset)
    np.save(tmp_path / "features" / "vt-3.npy", np.ones((12, 3)))
    with pytest.raises(OptionError, match="the features of vt-3 have 3 columns, those before it 8"):
        run_benchmark(TVSUM, tmp_path, ReadyFeatures(tmp_path / "features"), QUICK, partial=True)


def test_no_seed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="--seeds is at least 1"):
        _run(TVSUM, tmp_path, num_seeds=0)


def test_progress_counts_videos_and_then_the_steps_of_all_seeds(tmp_path: Path) -> None:
    told = list[Progress]()
    _run(YOUTUBE_HIGHLIGHTS, tmp_path, progress=told.append)
    assert [(step.done, step.total) for step in told if step.stage == "evaluate"] == [(n, 6) for n in range(7)]
    steps = [step for step in told if step.stage == "train"]
    assert [(step.done, step.total) for step in steps] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert steps[-1].note.startswith("seed 1, loss ")


def _video(positives: list[list[bool]]) -> DatasetVideo:
    labels = np.array(positives)
    starts = np.arange(labels.shape[1]) * 2
    return DatasetVideo("a", "x", "test", ClipGrid("seconds", np.stack([starts, starts + 2], 1)), labels * 1.0, labels)


def test_of_clips_that_tie_the_earlier_is_better() -> None:
    first, last = _video([[True, False, False]]), _video([[False, False, True]])
    assert measure_video(YOUTUBE_HIGHLIGHTS.protocol, first, np.zeros(3)) == 1
    assert measure_video(YOUTUBE_HIGHLIGHTS.protocol, last, np.zeros(3)) == pytest.approx(1 / 3)


def test_an_annotator_of_tvsum_who_prefers_nothing_counts_nothing() -> None:
    video = _video([[True, False, False], [False, False, False]])
    assert measure_video(TVSUM.protocol, video, np.array([3.0, 2, 1])) == 0.5
    assert math.isnan(measure_video(TVSUM.protocol, _video([[False] * 3] * 2), np.zeros(3)))


def test_categories_count_the_same_however_many_videos_they_have() -> None:
    videos = [dataclasses.replace(_video([[True]]), name=name, category=name[0]) for name in ("a1", "a2", "b1", "b2")]
    result = MethodResult.of("x", videos, np.array([[0.0, 1.0, 0.2, np.nan], [0.0, 0.0, 0.4, np.nan]]))
    assert result.by_category == {"a": OverSeeds((0.5, 0.0)), "b": OverSeeds((0.2, 0.4))}
    assert result.mean == OverSeeds((0.35, 0.2))
    assert set(result.by_video) == {"a1", "a2", "b1"}
    with pytest.raises(ValueError, match="nothing to be found"):
        MethodResult.of("x", videos[:1], np.array([[np.nan]]))


def test_the_papers_means_are_those_of_its_categories() -> None:
    """Each number of Table 1 was typed in twice over: its last row is the mean of the others."""
    (table,) = PAPER_TABLES["youtube-highlights"]
    for method, rows in table.methods.items():
        mean = np.mean([value for row, value in rows.items() if row != MEAN])
        assert mean == pytest.approx(rows[MEAN], abs=0.0015), method


def test_the_papers_own_numbers() -> None:
    means = {name: {table.methods[OURS][MEAN] for table in tables} for name, tables in PAPER_TABLES.items()}
    assert means == {"youtube-highlights": {0.6539}, "tvsum": {0.5276}, "vtw": {0.6090}}
    assert PAPER_TABLES.keys() == BENCHMARKS.keys()
