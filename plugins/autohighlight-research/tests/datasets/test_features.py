from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from autohighlight.config import ExtractOptions
from autohighlight.default_plugins import load_plugins
from autohighlight.errors import InputError, OptionError
from autohighlight.pipeline import no_progress
from autohighlight.times import TimeRange
from autohighlight.types import Clip, Progress
from autohighlight_research.datasets import TVSUM, YOUTUBE_HIGHLIGHTS
from autohighlight_research.datasets.dataset import ClipGrid, DatasetVideo
from autohighlight_research.datasets.features import ExtractedFeatures, ReadyFeatures, common_refinement
from tests.media_factory import make_video
from tests.whole_runs import SmallBackbone


def _video(*edges: tuple[int, int], unit: str = "frames", name: str = "-a_1") -> DatasetVideo:
    ratings = np.zeros((1, len(edges)))
    return DatasetVideo(name, "dog", "test", ClipGrid(unit, np.array(edges)), ratings, ratings > 0)  # type: ignore[arg-type]


CLIPS = _video((0, 100), (50, 150), (100, 200))


def _read(folder: Path, video: DatasetVideo = CLIPS, stride: int | None = None) -> NDArray[np.float32]:
    return ReadyFeatures(folder, stride).read(video, no_progress)


def test_features_of_clips_are_taken_as_they_are(tmp_path: Path) -> None:
    rows = np.arange(6.0).reshape(3, 2)
    assert not ReadyFeatures(tmp_path).is_there(CLIPS)
    np.save(tmp_path / "-a_1.npy", rows)
    assert ReadyFeatures(tmp_path).is_there(CLIPS)
    result = _read(tmp_path)
    np.testing.assert_array_equal(result, rows)
    assert result.dtype == np.float32


@pytest.mark.parametrize("arrays", [{"features": 0, "other": 1}, {"anything": 0}])
def test_an_npz_holds_one_array_or_one_of_that_name(tmp_path: Path, arrays: dict[str, int]) -> None:
    rows = [np.arange(6.0).reshape(3, 2), np.ones((3, 2))]
    np.savez(tmp_path / "-a_1.npz", **{name: rows[number] for name, number in arrays.items()})
    np.testing.assert_array_equal(_read(tmp_path), rows[0])


def _naive_means(rows: NDArray[np.float64], stride: int, video: DatasetVideo) -> list[NDArray[np.float64]]:
    means = []
    for first, stop in video.grid.edges.tolist():
        inside = [row for n, row in enumerate(rows) if min(stop, n * stride + 16) - max(first, n * stride) >= 8]
        means.append(np.mean(inside, axis=0))
    return means


@pytest.mark.parametrize("stride", [1, 3, 8, 16])
def test_windows_belong_to_the_clips_that_hold_half_of_them(tmp_path: Path, stride: int) -> None:
    rows = np.random.default_rng(0).normal(size=(200 // stride, 3)).astype(np.float32)
    np.save(tmp_path / "-a_1.npy", rows)
    np.testing.assert_allclose(_read(tmp_path, stride=stride), _naive_means(rows, stride, CLIPS), rtol=1e-5)
    np.savez(tmp_path / "other.npz", features=rows, stride=stride)
    of_other = _video((0, 100), (50, 150), (100, 200), name="other")
    np.testing.assert_array_equal(_read(tmp_path, of_other, 5), _read(tmp_path, stride=stride))


def test_a_clip_without_a_window_takes_the_nearest(tmp_path: Path) -> None:
    rows = np.arange(4.0)[:, None]  # windows at 0, 100, 200, 300
    np.save(tmp_path / "-a_1.npy", rows)
    assert _read(tmp_path, _video((0, 100), (120, 160), (170, 199), (300, 304)), 100).ravel().tolist() == [0, 1, 2, 3]


def test_too_few_windows_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "-a_1.npy", np.ones((10, 2)))
    with pytest.raises(InputError, match=r"tells of 26 frames at a stride of 1, the last clip begins at frame 100"):
        _read(tmp_path, stride=1)


def test_windows_on_clips_in_seconds_need_the_frame_rate(tmp_path: Path) -> None:
    np.save(tmp_path / "-a_1.npy", np.ones((10, 2)))
    with pytest.raises(OptionError, match="do not tell the frame rate"):
        _read(tmp_path, _video((0, 2), unit="seconds"), 1)


def test_another_number_of_clips_is_refused_with_what_may_be_meant(tmp_path: Path) -> None:
    np.save(tmp_path / "-a_1.npy", np.ones((10, 2)))
    with pytest.raises(InputError, match=r"holds 10 features for 3 clips .*--feature-stride"):
        _read(tmp_path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"text", "holds no features"),
        (b"", "holds no features"),
        (np.ones(3), r"array of the shape \(3,\)"),
        (np.ones((3, 0)), r"array of the shape \(3, 0\)"),
        (np.full((3, 2), np.nan), "finite numbers"),
        (np.array([["a"]]), "holds no features"),
        (np.array([{}], dtype=object), "holds no features"),
    ],
)
def test_files_of_another_form_are_refused(tmp_path: Path, content: Any, problem: str) -> None:
    path = tmp_path / "-a_1.npy"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.save(path, content, allow_pickle=True)
    with pytest.raises(InputError, match=problem):
        _read(tmp_path)


@pytest.mark.parametrize("arrays", [{}, {"stride": np.array(2)}, {"features": np.ones((3, 2)), "stride": np.array(0)}])
def test_an_npz_of_another_form_is_refused(tmp_path: Path, arrays: dict[str, Any]) -> None:
    np.savez(tmp_path / "-a_1.npz", **arrays)
    with pytest.raises(InputError, match=r"holds no features|windows 0 frames apart"):
        _read(tmp_path)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), min_size=1, max_size=8))
def test_clips_are_put_together_again_from_parts(spans: list[tuple[int, int]]) -> None:
    clips = tuple(
        Clip(n, TimeRange(Fraction(start, 7), Fraction(start + length, 7)))
        for n, (start, length) in enumerate(sorted(spans))
    )
    parts, weights = common_refinement(clips)
    assert all(a.time_range.end <= b.time_range.start for a, b in itertools.pairwise(parts))
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    middles = [float(part.time_range.middle) for part in parts]
    np.testing.assert_allclose(weights @ middles, [float(clip.time_range.middle) for clip in clips])


class SmallMotionBackbone(SmallBackbone):
    """The same of windows of four frames: the mean over them."""

    name = "small-motion"
    window_length = 4
    fingerprint = "small-motion-1"

    def embed(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 (N, 4, 32, 32, 3) -> float32 (N, 12)."""
        flat = super().embed(frames.reshape(-1, 1, *frames.shape[2:]))
        mean: NDArray[np.float32] = flat.reshape(len(frames), -1, self.dim).mean(axis=1)
        return mean


def _extracted(root: Path, backbone: SmallBackbone, **others: Any) -> ExtractedFeatures:
    made = list[SmallBackbone]()

    def factory(_options: ExtractOptions) -> SmallBackbone:
        assert not made  # once for all videos
        made.append(backbone)
        return backbone

    plugins = load_plugins(installed=False)
    plugins.backbones.add("made", factory, "test")
    options = ExtractOptions(backbone="made", window_stride=1, cache=False, device="cpu")
    return ExtractedFeatures(YOUTUBE_HIGHLIGHTS, root, options, "mean", plugins, **others)


def _level(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """As bright as the frame is late."""
    return np.full(size[::-1], 16 + number, np.uint8)


@pytest.mark.parametrize("backbone", [SmallBackbone(), SmallMotionBackbone()])
def test_overlapping_clips_each_have_the_mean_of_what_they_show(tmp_path: Path, backbone: SmallBackbone) -> None:
    folder = tmp_path / "dog" / "-a_1"
    folder.mkdir(parents=True)
    make_video(folder / "-a_1.mkv", 200, size=(32, 32), picture=_level)
    source = _extracted(tmp_path, backbone)
    windows = ", a window of 4 frames every 1" if backbone.window_length > 1 else ""
    assert source.description == f"made on the videos{windows}"
    told = list[Progress]()
    rows = source.read(CLIPS, told.append)
    levels = rows.mean(axis=1)
    assert levels == pytest.approx([65.5 / 255, 115.5 / 255, 165.5 / 255], abs=0.01)
    assert told
    source.read(CLIPS, no_progress)


@pytest.mark.parametrize(
    "place", ["dog/-a_1/-a_1.mp4", "DomainSpecificHighlight/dog/-a_1/-a_1.webm", "-a_1.mkv", "videos/dog/-a_1.mp4"]
)
def test_videos_are_found_where_people_have_them(tmp_path: Path, place: str) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    source = _extracted(tmp_path, SmallBackbone())
    assert source.path(CLIPS) == path
    assert source.is_there(CLIPS)


def test_the_given_folder_comes_first(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    for place in ("-a_1.mp4", "own/-a_1.mp4"):
        (tmp_path / place).touch()
    assert _extracted(tmp_path, SmallBackbone(), videos=tmp_path / "own").path(CLIPS) == tmp_path / "own" / "-a_1.mp4"


def test_a_missing_video_is_said(tmp_path: Path) -> None:
    source = _extracted(tmp_path, SmallBackbone())
    assert not source.is_there(CLIPS)
    with pytest.raises(InputError, match="holds no video -a_1"):
        source.read(CLIPS, no_progress)
    with pytest.raises(InputError, match="holds no features of -a_1"):
        _read(tmp_path)


def test_the_backbones_are_the_papers() -> None:
    known = load_plugins(installed=False).backbones
    assert TVSUM.backbone in known
    assert YOUTUBE_HIGHLIGHTS.backbone in known
