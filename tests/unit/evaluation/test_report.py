from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autohighlight.config import Options
from autohighlight.default_plugins import load_plugins
from autohighlight.errors import InputError, OptionError
from autohighlight.evaluation import videos as videos_module
from autohighlight.evaluation.report import CHANCE, ORACLE, OTHER_RATERS, EvaluationReport, evaluate
from autohighlight.evaluation.videos import scores_on_labels
from autohighlight.plugins import Plugins
from autohighlight.times import TimeRange
from autohighlight.types import Clip, FeatureTrack, MediaInfo, Progress, ScoreTrack
from tests.factories import make_clips, make_features, make_media

START = Fraction(3)  # videos of these tests do not begin at 0


@pytest.fixture
def extracted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, Fraction]]:
    """Stands in for probing and extracting: 20.5 s of video, its movement rising; notes each extraction."""
    done = list[tuple[Path, Fraction]]()

    def extract(media: MediaInfo, options: Options, plugins: Plugins, progress: Any) -> FeatureTrack:
        length = options.sample.clip_length.value
        done.append((media.path, length))
        count = int(media.duration / length)
        clips = make_clips([length] * count + [media.duration - count * length], start=START)
        rising = np.arange(count + 1, dtype=np.float32)
        return make_features(count + 1, clips=clips, cues={"difference": rising, "spread": rising})

    monkeypatch.setattr(videos_module, "probe", lambda path, _options: make_media(20.5, start=START, path=path))
    monkeypatch.setattr(videos_module, "extract", extract)
    return done


@pytest.fixture
def plugins() -> Plugins:
    """The built-in ones, and a scorer that makes no difference."""

    def constant(features: FeatureTrack, options: Any) -> ScoreTrack:
        return ScoreTrack(features.clips, np.full(len(features), 0.5), "constant")

    plugins = load_plugins(installed=False)
    plugins.scorers.add("constant", constant, "tests")
    return plugins


def _labels(folder: Path, rows: Sequence[dict[str, Any]]) -> Path:
    for row in rows:
        (folder / row["video"]).touch()
    path = folder / "labels.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def _ratings(video: str, *scores: list[int], seconds: float = 2) -> dict[str, Any]:
    return {"video": video, "clip_seconds": seconds, "scores": list(scores)}


RISING = [1, 1, 1, 1, 1, 1, 1, 2, 3, 4]
FALLING = RISING[::-1]


def _evaluate(
    labels: Path, plugins: Plugins, scorers: Sequence[str] = ("constant",), **others: Any
) -> EvaluationReport:
    return evaluate(labels, scorers, Options(), plugins, **others)


def test_the_table(tmp_path: Path, extracted: list[Any], plugins: Plugins) -> None:
    rows = [
        _ratings("a.mp4", RISING, RISING),
        _ratings("b.mp4", RISING, FALLING),
        _ratings("none.mp4", [3] * 10, [2] * 10),
    ]
    report = _evaluate(_labels(tmp_path, rows), plugins, ["constant", "movement", "constant"])
    names = ["constant", "movement", CHANCE, "centre", "spread", "movement+spread", ORACLE, OTHER_RATERS]
    assert [row.scorer for row in report.rows] == names
    kinds = ["scorer", "scorer", "chance", "floor", "floor", "floor", "ceiling", "ceiling"]
    assert [row.kind for row in report.rows] == kinds
    assert report.num_left_out == 1
    assert {row.num_videos for row in report.rows} == {2}
    assert report.row("constant").per_video == pytest.approx(report.row(CHANCE).per_video, nan_ok=True)
    backwards = (1 / 8 + 2 / 9 + 3 / 10) / 3
    assert report.row("movement").per_video[:2] == pytest.approx((1, (1 + backwards) / 2))
    assert report.row("movement").mean == pytest.approx((3 + backwards) / 4)
    assert report.row(OTHER_RATERS).per_video[:2] == pytest.approx((1, backwards), abs=0.1)
    assert report.row(ORACLE).per_video[0] == 1
    assert [path.name for path, _ in extracted] == ["a.mp4", "b.mp4", "none.mp4"]  # once, not once a scorer


def test_a_report_is_json(tmp_path: Path, extracted: list[Any], plugins: Plugins) -> None:
    rows = [_ratings("a.mp4", RISING), _ratings("none.mp4", [3] * 10)]
    table = json.loads(json.dumps(_evaluate(_labels(tmp_path, rows), plugins).as_dict(), allow_nan=False))
    assert table["protocol"] == "ratings"
    constant = table["rows"][0]
    assert constant["scorer"] == "constant"
    assert constant["per_video"] == [constant["map"], None]
    assert constant["interval"] == [constant["map"]] * 2
    assert all(row["scorer"] != OTHER_RATERS for row in table["rows"])  # there is one rater only


def test_labels_without_a_highlight_give_no_number(tmp_path: Path, extracted: list[Any], plugins: Plugins) -> None:
    report = _evaluate(_labels(tmp_path, [_ratings("a.mp4", [3] * 10)]), plugins)
    assert (report.num_left_out, len(report.rows)) == (1, 1)
    assert report.as_dict()["rows"][0]["map"] is None


def test_rated_videos_are_sampled_on_the_labels_grid(tmp_path: Path, extracted: list[Any], plugins: Plugins) -> None:
    rows = [_ratings("a.mp4", [1, 2, 3], seconds=5), _ratings("b.mp4", RISING, seconds=2)]
    _evaluate(_labels(tmp_path, rows), plugins)
    assert [length for _, length in extracted] == [5, 2]


def test_spans_are_measured_on_the_clips_of_the_options(tmp_path: Path, extracted: list[Any], plugins: Plugins) -> None:
    row = {"video": "a.mp4", "duration": 20.5, "highlights": [[16, 20]]}
    report = evaluate(_labels(tmp_path, [row]), ["movement"], Options.of(clip_length="100f"), plugins)
    assert [length for _, length in extracted] == [4]
    assert report.row("movement").mean == 1


def test_labels_of_another_video_are_refused(tmp_path: Path, extracted: list[Any], plugins: Plugins) -> None:
    _evaluate(_labels(tmp_path, [_ratings("a.mp4", [*RISING, 1])]), plugins)  # the last clip is half there
    with pytest.raises(InputError, match=r"line 1 labels 24 s of a.mp4, which lasts 20.5"):
        _evaluate(_labels(tmp_path, [_ratings("a.mp4", [*RISING, 1, 1])]), plugins)
    assert len(extracted) == 1


def test_a_wrong_scorer_is_said_before_the_work(tmp_path: Path, extracted: list[Any], plugins: Plugins) -> None:
    with pytest.raises(OptionError, match="no scorer is called 'best'"):
        _evaluate(tmp_path / "none.jsonl", plugins, ["best"])


def test_progress_counts_videos(tmp_path: Path, extracted: list[Any], plugins: Plugins) -> None:
    told = list[Progress]()
    rows = [_ratings("a.mp4", RISING), _ratings("b.mp4", RISING)]
    _evaluate(_labels(tmp_path, rows), plugins, progress=told.append)
    assert [(step.stage, step.done, step.total) for step in told] == [("evaluate", n, 2) for n in range(3)]


def _ranges(*spans: tuple[str, str]) -> list[TimeRange]:
    return [TimeRange(Fraction(start), Fraction(end)) for start, end in spans]


def test_scores_are_matched_by_time() -> None:
    clips: tuple[Clip, ...] = make_clips([1, 3, 2], start=10)
    labelled = _ranges(("0", "1"), ("1", "2"), ("2", "5"), ("5", "9"))
    matched = scores_on_labels([0.1, 0.4, 0.7], clips, labelled, Fraction(10))
    np.testing.assert_allclose(matched, [0.1, 0.4, (2 * 0.4 + 0.7) / 3, 0.7])


def test_a_score_on_its_own_clip_is_kept_to_the_last_bit() -> None:
    scores = np.random.default_rng(0).random(30)
    clips = make_clips([Fraction(1001, 300)] * 30)
    np.testing.assert_array_equal(scores_on_labels(scores, clips, [c.time_range for c in clips], Fraction(0)), scores)
