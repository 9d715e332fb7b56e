from __future__ import annotations

import errno
import gc
import tempfile
from pathlib import Path

import numpy as np
import pytest

from autohighlight.config import ExtractOptions, Options
from autohighlight.default_plugins import load_plugins
from autohighlight.errors import InputError, NoSpaceError, OutputError
from autohighlight.footage.measure import measure_videos, read_features
from autohighlight.pipeline import extract, probe
from autohighlight.scorers.contrastive import selector_input
from autohighlight.types import Backbone, Progress
from tests import whole_runs
from tests.media_factory import make_video
from tests.whole_runs import SmallBackbone, files_in

from .footage_files import make_rows, read, write_features

KINDS = ("mean", "step", "mean+step")


@pytest.fixture
def videos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    whole_runs.use_small_backbone(monkeypatch)
    return [make_video(tmp_path / f"v{n}.mp4", 100 + 50 * n, size=(64, 48)) for n in range(2)]


@pytest.mark.parametrize("kind", KINDS)
def test_videos_give_what_a_selector_is_given_in_use(videos: list[Path], tmp_path: Path, kind: str) -> None:
    told: list[Progress] = []
    footage = measure_videos(videos, kind, Options(), load_plugins(), tmp_path, progress=told.append)
    assert footage.lengths == (2, 3)
    assert (footage.backbone, footage.fingerprint, footage.feature_kind) == ("small", "small-1", kind)
    for number, video in enumerate(videos):
        np.testing.assert_array_equal(footage[number], selector_input(extract(probe(video)), kind))
    assert {step.note for step in told} == {"1 of 2: v0.mp4", "2 of 2: v1.mp4"}


def test_the_backbone_is_made_once(videos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[ExtractOptions] = []

    def factory(options: ExtractOptions) -> Backbone:
        made.append(options)
        return SmallBackbone()

    monkeypatch.setattr("autohighlight.default_plugins._efficientnet_lite0", factory)
    measure_videos(videos, "mean", Options(), load_plugins(), tmp_path)
    assert len(made) == 1


def test_videos_that_cannot_be_read_are_told_and_left_out(videos: list[Path], tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"no video at all" * 99)
    told: list[InputError] = []
    paths = [tmp_path / "bad.mp4", *videos]
    footage = measure_videos(paths, "mean", Options(), load_plugins(), tmp_path, on_left_out=told.append)
    assert footage.paths == tuple(videos)
    assert [error.path.name for error in told] == ["bad.mp4"]
    assert footage.left_out == tuple(told)


def test_where_nothing_can_be_read_the_first_is_named(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).write_bytes(b"x" * 999)
    with pytest.raises(InputError, match="of 2 files not one can be read") as caught:
        measure_videos([tmp_path / "a.mp4", tmp_path / "b.mp4"], "mean", Options(), load_plugins(), tmp_path)
    assert caught.value.path.name == "a.mp4"
    with pytest.raises(InputError, match="is not a video"):
        measure_videos([tmp_path / "a.mp4"], "mean", Options(), load_plugins(), tmp_path)


def test_ready_features_are_taken_as_they_are(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", make_rows(0).astype(np.float64))
    np.savez(tmp_path / "b.npz", anything=make_rows(1, 9))
    footage = read([tmp_path / "a.npy", tmp_path / "b.npz"])
    assert footage.lengths == (6, 9)
    np.testing.assert_array_equal(footage[0], make_rows(0))
    np.testing.assert_array_equal(footage[1], make_rows(1, 9))
    assert footage[1].dtype == np.float32


def test_features_stay_readable_and_leave_no_file(tmp_path: Path) -> None:
    footage = read(write_features(tmp_path, 3))
    assert files_in(tmp_path) == {"v0.npy", "v1.npy", "v2.npy"}
    gc.collect()
    np.testing.assert_array_equal(footage[2], make_rows(2))
    assert [len(rows) for rows in footage] == [6, 6, 6]
    with pytest.raises(IndexError):
        footage[3]


@pytest.mark.parametrize(
    ("array", "problem"),
    [
        (np.ones(4), r"of the shape \(4,\)"),
        (np.ones((0, 5)), r"of the shape \(0, 5\)"),
        (np.ones((2, 3, 5)), r"of the shape \(2, 3, 5\)"),
        (np.ones((3, 4)), "has features of 4 columns, where v0.npy has 5"),
        (np.array([[1.0] * 5, [1, 2, np.nan, 4, 5]]), "not finite, first in clip 1"),
        (np.full((2, 5), 1e300), "not finite, first in clip 0"),
    ],
)
def test_features_that_cannot_be_trained_on_are_named(tmp_path: Path, array: np.ndarray, problem: str) -> None:
    paths = write_features(tmp_path, 2)
    np.save(paths[1], array)
    with pytest.raises(InputError, match=problem) as caught:
        read(paths)
    assert caught.value.path == paths[1]


def _damage(path: Path, how: str) -> Path:
    if how == "npz":
        path = path.with_suffix(".npz")
    path.write_bytes(
        {"cut": b"\x93NUMPY\x01\x00v\x00{'descr'", "empty": b"", "npz": b"PK\x03\x04xx", "text": b"1 2"}[how]
    )
    return path


@pytest.mark.parametrize("how", ["cut", "empty", "npz", "text"])
def test_damaged_features_are_told_and_left_out(tmp_path: Path, how: str) -> None:
    paths = write_features(tmp_path, 3)
    paths[1] = _damage(paths[1], how)
    told: list[InputError] = []
    footage = read_features(paths, "mean", "test", tmp_path, on_left_out=told.append)
    assert [path.name for path in footage.paths] == ["v0.npy", "v2.npy"]
    assert "cannot be read" in told[0].problem


def test_arrays_that_are_no_features_are_told_and_left_out(tmp_path: Path) -> None:
    paths = write_features(tmp_path, 2)
    np.savez(tmp_path / "two.npz", a=make_rows(0), b=make_rows(1))
    np.save(tmp_path / "words.npy", np.array([["a", "b"]]))
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object))
    told: list[InputError] = []
    more = [tmp_path / name for name in ("two.npz", "words.npy", "objects.npy")]
    read_features([*paths, *more], "mean", "test", tmp_path, on_left_out=told.append)
    assert [error.problem for error in told] == [
        "holds 2 arrays, not one: a, b",
        "holds <U1, not numbers",
        "cannot be read: it is damaged, or holds no plain array",
    ]


class _FullDisk:
    def __init__(self, error: int) -> None:
        self.error = error

    def write(self, _rows: object) -> None:
        raise OSError(self.error, "words of the system")

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("error", "kind"), [(errno.ENOSPC, NoSpaceError), (errno.EIO, OutputError)])
def test_a_disk_that_takes_no_features_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int, kind: type[OutputError]
) -> None:
    paths = write_features(tmp_path)
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: _FullDisk(error))
    with pytest.raises(kind) as caught:
        read(paths)
    assert caught.value.path == tmp_path
