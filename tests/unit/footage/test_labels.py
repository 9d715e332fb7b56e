from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autohighlight.errors import InputError, OptionError
from autohighlight.evaluation.labels import LabelFile, LabelledVideo, read_labels
from autohighlight.footage.labels import lines_by_path, mark_clips, mark_equal_clips
from tests.factories import make_clips


def labels_of(folder: Path, *rows: dict[str, Any]) -> LabelFile:
    path = folder / "labels.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return read_labels(path)


def spans(video: str = "a.mp4", *highlights: tuple[float, float], duration: float = 10) -> dict[str, Any]:
    return {"video": video, "duration": duration, "highlights": highlights}


def rated(*scores: list[float], video: str = "a.mp4") -> dict[str, Any]:
    return {"video": video, "clip_seconds": 2, "scores": scores}


def line_of(folder: Path, row: dict[str, Any]) -> LabelledVideo:
    return labels_of(folder, row).videos[0]


@pytest.mark.parametrize(
    ("highlights", "marks"),
    [
        ([(2, 4)], [0, 1, 0, 0, 0]),
        ([(3, 5)], [0, 1, 1, 0, 0]),
        ([(3.1, 4.9)], [0, 0, 0, 0, 0]),
        ([(0, 0.5), (1.5, 2)], [1, 0, 0, 0, 0]),
        ([(9, 10.5)], [0, 0, 0, 0, 1]),
        ([], [0, 0, 0, 0, 0]),
    ],
)
@pytest.mark.parametrize("start", [0, 7])
def test_a_clip_is_a_highlight_if_half_of_it_is(
    tmp_path: Path, highlights: list[tuple[float, float]], marks: list[int], start: int
) -> None:
    line = line_of(tmp_path, spans("a.mp4", *highlights))
    assert mark_clips(line, make_clips([2] * 5, start)).tolist() == [bool(mark) for mark in marks]


def test_rated_clips_are_highlights_where_half_of_the_raters_say_so(tmp_path: Path) -> None:
    line = line_of(tmp_path, rated([1, 1, 1, 5], [1, 1, 5, 5], [1, 5, 1, 5]))
    assert mark_clips(line, make_clips([2] * 4)).tolist() == [False, False, False, True]


def test_where_raters_do_not_agree_most_of_them_decide(tmp_path: Path) -> None:
    line = line_of(tmp_path, rated([1, 1, 1, 5], [1, 1, 5, 1], [1, 5, 1, 1]))
    assert mark_clips(line, make_clips([2] * 4)).tolist() == [False, True, True, True]


def test_clips_of_another_length_are_matched_by_time(tmp_path: Path) -> None:
    line = line_of(tmp_path, rated([1, 1, 5, 1]))
    assert mark_clips(line, make_clips([4, 4])).tolist() == [False, True]
    assert mark_clips(line, make_clips([1] * 9)).tolist() == [number in (4, 5) for number in range(9)]


def test_features_without_times_are_clips_of_equal_length(tmp_path: Path) -> None:
    line = line_of(tmp_path, spans("a.mp4", (5, 10)))
    assert mark_equal_clips(line, 4, tmp_path).tolist() == [False, False, True, True]
    line = line_of(tmp_path, rated([1, 1, 5]))
    assert mark_equal_clips(line, 3, tmp_path).tolist() == [False, False, True]
    assert mark_equal_clips(line, 4, tmp_path).tolist() == [False, False, True, False]
    with pytest.raises(InputError, match="has 5 clips, and line 1 of the labels rates 3"):
        mark_equal_clips(line, 5, tmp_path / "a.npy")


def test_lines_find_their_files_by_name_with_or_without_suffix(tmp_path: Path) -> None:
    labels = labels_of(tmp_path, spans("x/a.mp4"), spans("b"), spans("elsewhere.mp4"), spans("c.mp4"))
    paths = [Path("f/a.mp4"), Path("f/b.mov"), Path("f/c.npy"), Path("f/d.mp4")]
    found = lines_by_path(labels, paths)
    assert {path.name: line.line for path, line in found.items()} == {"a.mp4": 1, "b.mov": 2, "c.npy": 4}


def test_folders_tell_files_of_one_name_apart(tmp_path: Path) -> None:
    paths = [Path("f/one/a.mp4"), Path("f/two/a.mp4")]
    found = lines_by_path(labels_of(tmp_path, spans("two/a.mp4"), spans("one/a.mp4")), paths)
    assert {path: line.line for path, line in found.items()} == {paths[1]: 1, paths[0]: 2}
    with pytest.raises(InputError, match=r"line 1 names a\.mp4, which fits f/one/a\.mp4 and f/two/a\.mp4"):
        lines_by_path(labels_of(tmp_path, spans("a.mp4")), paths)


def test_one_file_has_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"lines 1 and 2 both speak of f/a\.mp4"):
        lines_by_path(labels_of(tmp_path, spans("a.mp4"), spans("x/a.mp4")), [Path("f/a.mp4")])


def test_labels_of_other_videos_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"speaks of no file of the footage; its first line names b\.mp4"):
        lines_by_path(labels_of(tmp_path, spans("b.mp4")), [Path("a.mp4")])
