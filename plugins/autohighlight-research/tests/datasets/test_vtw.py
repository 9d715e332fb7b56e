from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autohighlight.errors import InputError
from autohighlight_research.datasets.vtw import VTW, clip_edges, highlight_clips, load
from tests.benchmark_files import write_vtw


def _row(**others: Any) -> dict[str, Any]:
    return {"video": "a", "split": "test", "num_frames": 650, "highlights": [[120, 260]]} | others


def _write(root: Path, *rows: Any) -> Path:
    path = root / "vtw.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), "utf-8")
    return path


def test_clips_of_a_hundred_frames(tmp_path: Path) -> None:
    _write(tmp_path, _row(), "", {"video": "b", "split": "train", "num_frames": 120})
    test, training = load(tmp_path).videos
    assert (test.name, test.split, test.grid.unit) == ("a", "test", "frames")
    assert test.grid.edges.tolist() == [
        [0, 100],
        [100, 200],
        [200, 300],
        [300, 400],
        [400, 500],
        [500, 600],
        [600, 650],
    ]
    assert test.positives.tolist() == [[False, True, True, False, False, False, False]]
    assert not test.grid.overlaps
    assert training.grid.edges.tolist() == [[0, 120]]
    assert not training.positives.any()


@pytest.mark.parametrize(
    ("num_frames", "edges"),
    [
        (1, [[0, 1]]),
        (149, [[0, 149]]),
        (150, [[0, 100], [100, 150]]),
        (200, [[0, 100], [100, 200]]),
        (249, [[0, 100], [100, 249]]),
    ],
)
def test_a_short_rest_belongs_to_the_clip_before_it(num_frames: int, edges: list[list[int]]) -> None:
    assert clip_edges(num_frames).tolist() == edges


@pytest.mark.parametrize("length", [1, 30, 60, 99, 100, 101, 150, 400])
@pytest.mark.parametrize("first", [0, 17, 50, 99, 151])
def test_every_highlight_has_a_clip(first: int, length: int) -> None:
    assert highlight_clips(clip_edges(1000), np.array([[first, first + length]])).any()


def test_no_highlight_makes_no_clip_positive() -> None:
    assert highlight_clips(clip_edges(300), np.empty((0, 2), np.int64)).tolist() == [False] * 3


def test_the_stand_in_is_not_the_benchmark(tmp_path: Path) -> None:
    names = write_vtw(tmp_path)
    dataset = load(tmp_path)
    assert [video.name for video in dataset.videos] == names
    assert not VTW.is_complete(dataset.videos)
    assert dict(VTW.num_videos) == {"train": 2000, "test": 2000}


def test_a_missing_file_is_said_with_where_it_is_described(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no vtw.jsonl .*docs/reproducing.md"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "is not JSON"),
        ("[]", "is not a JSON object"),
        (_row(), "names a again"),
        (_row(video=""), "does not name its video"),
        (_row(video=3), "does not name its video"),
        (_row(split="val"), "has the split 'val'"),
        (_row(num_frames=0), "does not tell the number of frames"),
        (_row(num_frames=1.5), "does not tell the number of frames"),
        ({"video": "b", "split": "test", "num_frames": 3}, "has no list of highlights"),
        (_row(highlights=[[3, 3]]), r"is not \[first, stop\] in frames"),
        (_row(highlights=[[0.5, 3]]), r"is not \[first, stop\] in frames"),
        (_row(highlights=[[1, 2, 3]]), r"is not \[first, stop\] in frames"),
        (_row(highlights=[5]), r"is not \[first, stop\] in frames"),
    ],
)
def test_a_line_of_another_form_is_named(tmp_path: Path, line: Any, problem: str) -> None:
    path = _write(tmp_path, _row(), line)
    with pytest.raises(InputError, match=rf"line 2 .*{problem}") as caught:
        load(tmp_path)
    assert caught.value.path == path


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "vtw.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="is not UTF-8 text"):
        load(tmp_path)
