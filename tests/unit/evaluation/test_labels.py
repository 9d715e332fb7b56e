from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autohighlight.errors import InputError, OptionError
from autohighlight.evaluation.labels import RATINGS, SPANS, TVSUM, LabelledVideo, find_videos, read_labels
from autohighlight.times import TimeRange


def _write(folder: Path, *rows: Any) -> Path:
    path = folder / "labels.jsonl"
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), "utf-8")
    return path


def _read(folder: Path, row: Any) -> LabelledVideo:
    (video,) = read_labels(_write(folder, row)).videos
    return video


def _spans(*highlights: list[float], duration: float = 10, video: str = "a.mp4") -> dict[str, Any]:
    return {"video": video, "duration": duration, "highlights": list(highlights)}


def _ratings(*scores: list[float], video: str = "a.mp4") -> dict[str, Any]:
    return {"video": video, "clip_seconds": 2, "scores": list(scores)}


def test_spans_make_a_clip_positive_that_lies_in_them_by_half(tmp_path: Path) -> None:
    video = _read(tmp_path, _spans([1, 2.9], [6.4, 7.2], [7.0, 7.4], duration=11))
    assert video.protocol is SPANS
    targets = video.targets(Fraction(2))
    assert targets.clips[-1] == TimeRange(Fraction(8), Fraction(10))  # the second that is left is no clip
    assert targets.positives.tolist() == [[True, False, False, True, False]]  # overlapping spans count once
    assert video.targets(Fraction(5)).positives.tolist() == [[False, False]]


def test_a_tenth_of_a_second_is_exact(tmp_path: Path) -> None:
    video = _read(tmp_path, _spans([0.1, 0.3], duration=0.9))
    assert video.targets(Fraction("0.3")).positives.tolist() == [[True, False, False]]


def test_a_video_shorter_than_a_clip_has_nothing_to_find(tmp_path: Path) -> None:
    targets = _read(tmp_path, _spans([0, 1], duration=1)).targets(Fraction(2))
    assert targets.clips == ()
    assert targets.positives.shape == (1, 0)


def test_ratings_keep_their_clip_length(tmp_path: Path) -> None:
    video = _read(tmp_path, _ratings([1, 2, 5, 2], [4, 1, 2, 1]))
    assert video.protocol is RATINGS
    targets = video.targets(Fraction(7))
    assert [clip.duration for clip in targets.clips] == [2] * 4
    assert targets.positives.tolist() == [[False, False, True, False], [True, False, False, False]]
    np.testing.assert_array_equal(targets.oracle, [2.5, 1.5, 3.5, 1.5])


def test_tvsum_rows_hold_a_list_for_each_clip(tmp_path: Path) -> None:
    row = {"qid": "x", "vid": "x", "duration": 3, "label": [[1.0, 5.0], [2.0, 4.0], [3.0, 1.0]], "domain": "VU"}
    video = _read(tmp_path, row)
    assert video.protocol is TVSUM
    assert video.ratings.shape == (2, 3)
    assert video.duration == 6
    assert video.targets(Fraction(2)).positives.tolist() == [[False, False, True], [True, False, False]]


def test_empty_lines_are_passed_over(tmp_path: Path) -> None:
    path = _write(tmp_path, "", _spans(), "  ", _spans(video="b.mp4"))
    assert [(video.name, video.line) for video in read_labels(path).videos] == [("a.mp4", 2), ("b.mp4", 4)]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[1]", "not a JSON object"),
        ({"video": "a.mp4"}, "neither highlights nor scores"),
        ({"duration": 3, "highlights": []}, "does not name its video"),
        (_spans(video=""), "does not name its video"),
        (_spans(video="a\0b"), "does not name its video"),
        (_spans(duration=0), "no duration above 0"),
        ({"video": "a.mp4", "highlights": []}, "no duration above 0"),
        ('{"video": "a.mp4", "duration": NaN, "highlights": []}', "no duration above 0"),
        (_spans(duration=10**400), "no duration above 0"),
        (_spans([3, 2]), r"not \[start, end\] in seconds: \[3, 2\]"),
        (_spans([1, 2, 3]), r"not \[start, end\]"),
        (_spans(["1", "2"]), r"not \[start, end\]"),  # type: ignore[list-item]
        (_spans([-1, 2]), r"not \[start, end\]"),
        (_spans([1, 200]), "ends after the duration"),
        ({"video": "a.mp4", "duration": 3, "highlights": 7}, "not a list"),
        ({"video": "a.mp4", "scores": [[1]]}, "no clip_seconds above 0"),
        ({"video": "a.mp4", "clip_seconds": True, "scores": [[1]]}, "no clip_seconds above 0"),
        (_ratings(), "not a list of lists"),
        (_ratings([]), "not a list of lists"),
        ({"video": "a.mp4", "clip_seconds": 2, "scores": [1, 2]}, "not a list of lists"),
        (_ratings([1, None]), "not all numbers"),  # type: ignore[list-item]
        (_ratings([1, 2], [1, 2, 3]), "unequal lengths: 2, 3"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: Any, problem: str) -> None:
    path = _write(tmp_path, _spans(), line)
    with pytest.raises(InputError, match=rf"line 2 .*{problem}") as caught:
        read_labels(path)
    assert str(caught.value).startswith(str(path))


def test_forms_are_not_mixed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 2 holds ratings, where line 1 holds spans"):
        read_labels(_write(tmp_path, _spans(), _ratings([1, 2])))


def test_a_file_that_holds_no_labels_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no labels"):
        read_labels(_write(tmp_path))
    with pytest.raises(InputError, match="No such file"):
        read_labels(tmp_path / "none.jsonl")
    (tmp_path / "bytes.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        read_labels(tmp_path / "bytes.jsonl")


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("media/a.mp4", "set/labels/media/a.mp4"),
        ("media/a.mp4", "set/media/a.mp4"),
        ("media/a.mp4", "videos/media/a.mp4"),
        ("media/a.mp4", "videos/a.mp4"),
        ("sTEELN-vY30", "videos/sTEELN-vY30.webm"),
        ("a.b", "videos/a.b.mkv"),
        ("-[%s] 'x'.mp4", "videos/-[%s] 'x'.mp4"),
    ],
)
def test_videos_are_found(tmp_path: Path, name: str, place: str) -> None:
    (tmp_path / "set/labels").mkdir(parents=True)
    (tmp_path / "videos").mkdir()
    there = tmp_path / place
    there.parent.mkdir(parents=True, exist_ok=True)
    there.touch()
    labels = read_labels(_write(tmp_path / "set/labels", _spans(video=name)))
    assert find_videos(labels, tmp_path / "videos") == (there,)


def test_an_absolute_path_and_the_given_folder_come_first(tmp_path: Path) -> None:
    for place in ("elsewhere", "videos", "."):
        (tmp_path / place).mkdir(exist_ok=True)
        (tmp_path / place / "a.mp4").touch()
    absolute = tmp_path / "elsewhere" / "a.mp4"
    labels = read_labels(_write(tmp_path, _spans(video=str(absolute)), _spans(video="a.mp4")))
    assert find_videos(labels, tmp_path / "videos") == (absolute, tmp_path / "videos" / "a.mp4")
    assert find_videos(labels) == (absolute, tmp_path / "a.mp4")


@pytest.mark.parametrize("name", ["a.mp4", "/", ".", "..", "x" * 5000])
def test_a_missing_video_is_said_with_its_line(tmp_path: Path, name: str) -> None:
    labels = read_labels(_write(tmp_path, _spans(video=name)))
    with pytest.raises(InputError, match=r"line 1 names .* not there .*--videos"):
        find_videos(labels)
    with pytest.raises(OptionError, match="is not there"):
        find_videos(labels, tmp_path / "none")


def test_the_given_labels_are_read_and_their_videos_found(shared: Path | None, tmp_path: Path) -> None:
    if shared is None:
        shared = tmp_path
        (tmp_path / "annotations/rated").mkdir(parents=True)
        (tmp_path / "media").mkdir()
        (tmp_path / "media/a.mp4").touch()
        _write(tmp_path / "annotations/rated", _ratings([1, 2], video="media/a.mp4"))
    labels = read_labels(shared / "annotations/rated/labels.jsonl")
    assert labels.protocol is RATINGS
    assert len(find_videos(labels)) == len(labels.videos)
