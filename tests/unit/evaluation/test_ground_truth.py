from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from autohighlight.errors import InputError
from autohighlight.evaluation.ground_truth import labelled_highlights
from autohighlight.evaluation.labels import LabelFile, read_labels


def labels_of(folder: Path, *lines: dict[str, Any]) -> LabelFile:
    path = folder / "labels.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return read_labels(path)


def spans_line(video: str, *spans: list[float]) -> dict[str, Any]:
    return {"video": video, "duration": 60, "highlights": list(spans)}


def found(labels: LabelFile, video: Path) -> list[tuple[Fraction, Fraction]]:
    return [(span.start, span.end) for span in labelled_highlights(labels, video)]


def test_spans_are_given_as_they_are(tmp_path: Path) -> None:
    labels = labels_of(tmp_path, spans_line("a.mp4", [1, 2.5]), spans_line("b.mp4", [7, 9], [3, 4], [8, 12]))
    assert found(labels, tmp_path / "b.mp4") == [(3, 4), (7, 12)]
    assert found(labels, Path("elsewhere/a.mp4")) == [(1, Fraction(5, 2))]


def test_of_rated_clips_those_that_most_raters_call_highlights(tmp_path: Path) -> None:
    scores = [[1, 1, 5, 5, 1, 1, 1, 1], [1, 1, 5, 1, 5, 1, 1, 1], [1, 1, 5, 5, 1, 1, 1, 1]]
    labels = labels_of(tmp_path, {"video": "a.mp4", "clip_seconds": 2, "scores": scores})
    assert found(labels, Path("a.mp4")) == [(4, 8)]


def test_a_rater_who_sees_no_highlight_has_no_say(tmp_path: Path) -> None:
    scores = [[1, 1, 1, 5], [2, 2, 2, 2]]
    labels = labels_of(tmp_path, {"video": "a.mp4", "clip_seconds": 2, "scores": scores})
    assert found(labels, Path("a.mp4")) == [(6, 8)]
    nobody = labels_of(tmp_path, {"video": "a.mp4", "clip_seconds": 2, "scores": [[2, 2]]})
    assert found(nobody, Path("a.mp4")) == []


def test_a_name_without_a_suffix_is_enough(tmp_path: Path) -> None:
    labels = labels_of(tmp_path, {"vid": "sTEELN-vY30", "label": [[5.0], [1.0], [1.0]]})
    assert found(labels, Path("videos/sTEELN-vY30.mp4")) == [(0, 2)]


def test_the_line_of_this_very_file_goes_before_one_of_its_name(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.mp4").touch()
    labels = labels_of(tmp_path, spans_line("one/a.mp4", [0, 1]), spans_line("two/a.mp4", [2, 3]))
    assert found(labels, tmp_path / "two" / "a.mp4") == [(2, 3)]
    with pytest.raises(InputError, match=r"has several lines of a.mp4: 1, 2"):
        labelled_highlights(labels, Path("three/a.mp4"))


def test_a_video_without_a_line_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no line of b.mp4"):
        labelled_highlights(labels_of(tmp_path, spans_line("a.mp4")), Path("b.mp4"))
