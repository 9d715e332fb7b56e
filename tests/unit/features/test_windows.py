"""Windows of frames: where they lie by the paper's rule, and what a whole run makes of them, piece by piece."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from autohighlight.config import ExtractOptions
from autohighlight.features import measure
from autohighlight.features.cache import FeatureCache
from autohighlight.features.extract import extract_features
from autohighlight.features.windows import WindowGrid, lay_windows
from autohighlight.media.probe import probe
from autohighlight.times import TimeRange
from autohighlight.types import Clip, FeatureTrack, MediaInfo, PacketIndex
from tests.factories import make_clips, make_media
from tests.media.made_files import x264
from tests.media_factory import make_video

RATE, NUM_FRAMES, T = 10, 400, 16


def media_of(num_frames: int) -> MediaInfo:
    """One tick a frame."""
    pts = np.arange(num_frames)
    packets = PacketIndex(pts, np.ones(num_frames, np.int64), pts == 0, np.ones(num_frames, np.bool_))
    whole = TimeRange(Fraction(0), Fraction(num_frames, RATE))
    return make_media(time_base=Fraction(1, RATE), time_range=whole, packets=packets, frame_rate=Fraction(RATE))


def clips_of(bounds: list[tuple[int, int]]) -> tuple[Clip, ...]:
    return tuple(
        Clip(number, TimeRange(Fraction(first, RATE), Fraction(stop, RATE)))
        for number, (first, stop) in enumerate(bounds)
    )


def frames_of(grid: WindowGrid) -> list[list[int]]:
    return [grid.ticks[start : start + grid.length].tolist() for start in grid.starts]


@given(
    num_frames=st.integers(1, 120),
    length=st.integers(2, 20),
    stride=st.integers(1, 60),
    clips=st.lists(st.tuples(st.integers(0, 119), st.integers(1, 60)), min_size=1, max_size=6),
)
def test_windows_follow_the_papers_rule(
    num_frames: int, length: int, stride: int, clips: list[tuple[int, int]]
) -> None:
    bounds = sorted({(first % num_frames, min(num_frames, first % num_frames + size)) for first, size in clips})
    grid = lay_windows(media_of(num_frames), clips_of(bounds), length=length, stride=stride, frame_rate=None)
    windows = frames_of(grid)
    whole = [*range(num_frames)] + [num_frames - 1] * (length - num_frames)  # the last frame stays
    regular = [whole[start : start + length] for start in range(0, len(whole) - length + 1, stride)]
    assert all(window in windows for window in regular)
    used = set()
    for window, members in zip(windows, grid.clips, strict=True):
        assert len(window) == length
        if num_frames >= length:
            assert window == list(range(window[0], window[0] + length))
        if members:
            used |= set(members)
        if num_frames < length:
            continue
        for clip, (first, stop) in enumerate(bounds):
            inside = sum(first <= frame < stop for frame in window)
            has_regular = any(2 * sum(first <= frame < stop for frame in other) >= length for other in regular)
            if has_regular:
                assert (clip in members) == (2 * inside >= length)
            elif clip in members:  # its own: as much of the clip as a window can hold
                assert inside == min(length, stop - first)
    assert used == set(range(len(bounds)))
    needed = sorted({frame for window in windows for frame in window})
    assert sorted(set(grid.ticks.tolist())) == needed


def test_a_rate_of_its_own_samples_evenly() -> None:
    grid = lay_windows(media_of(100), clips_of([(0, 100)]), length=4, stride=4, frame_rate=5.0)
    assert frames_of(grid)[:2] == [[0, 2, 4, 6], [8, 10, 12, 14]]


class WindowBackbone:
    """The mean brightness of each of the frames of a window, so that a missing or doubled frame is seen."""

    name = "brightness"
    dim = T
    window_length = T
    frame_rate: float | None = None
    resize: tuple[int, int] | int = 8
    input_size = (8, 8)
    fingerprint = "brightness-1"
    device = "cpu"

    def embed(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 (N, 16, 8, 8, 3) -> float32 (N, 16)."""
        assert frames.shape[1:] == (T, 8, 8, 3)
        return frames.mean(axis=(2, 3, 4), dtype=np.float32)


class AcceleratedBackbone(WindowBackbone):
    """As if it ran on an accelerator, which is always shown batches of one size."""

    device = "cuda"

    def embed(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """As above."""
        assert len(frames) == 16
        return super().embed(frames)


def picture(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Every frame has a brightness of its own, at most 3 from the one before and after the turn."""
    return np.full(size[::-1], 20 + abs(number % 140 - 70) * 3, np.uint8)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("windows") / "video.mp4"
    return make_video(path, NUM_FRAMES, RATE, encoder=x264("keyint=10:bframes=2"), picture=picture)


def features_of(path: Path, stride: int, backbone: WindowBackbone | None = None, seconds: int = 2) -> FeatureTrack:
    media = probe(path)
    clips = make_clips([seconds] * (NUM_FRAMES // RATE // seconds))
    options, cache = ExtractOptions(window_stride=stride, speed="balanced"), FeatureCache(None, 0)
    model = backbone or WindowBackbone()
    return extract_features(media, clips, lambda _: model, options, cache=cache, progress=lambda _: None)


@pytest.mark.parametrize("stride", [1, 5, 16, 45])
def test_a_clip_is_the_mean_of_its_windows_and_of_the_steps_between_them(video: Path, stride: int) -> None:
    track = features_of(video, stride)
    brightness = np.array([20 + abs(number % 140 - 70) * 3 for number in range(NUM_FRAMES)], np.float32)
    grid = lay_windows(probe(video), track.clips, length=T, stride=stride, frame_rate=None)
    frames = np.array([np.searchsorted(probe_ticks(video), window) for window in frames_of(grid)])
    for clip in range(len(track.clips)):
        rows = np.array([row for row, members in zip(frames, grid.clips, strict=True) if clip in members])
        mean, step = track.embeddings[clip, :T], track.embeddings[clip, T:]
        # the encoder takes up to 2.5; a frame more or less is 3
        np.testing.assert_allclose(mean, brightness[rows].mean(axis=0), atol=2.5)
        if len(rows) > 1:
            np.testing.assert_allclose(step, np.abs(np.diff(brightness[rows], axis=0)).mean(axis=0), atol=2.5)
            assert np.isfinite(track.cues["change"][clip])
    assert len(set(frames.ravel())) <= track.num_frames_read <= NUM_FRAMES
    if stride > T:
        assert track.num_frames_read < NUM_FRAMES


def probe_ticks(video: Path) -> NDArray[np.int64]:
    packets = probe(video).packets
    assert packets is not None
    return np.unique(packets.pts)


@pytest.mark.parametrize("stride", [3, 16])
def test_features_do_not_depend_on_workers_or_batches(
    video: Path, stride: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracks = []
    for num_cores in (1, 2, 5):
        monkeypatch.setattr(measure, "num_cores", lambda number=num_cores: number)
        tracks += [features_of(video, stride, backbone) for backbone in (WindowBackbone(), AcceleratedBackbone())]
    for other in tracks[1:]:
        np.testing.assert_array_equal(other.embeddings, tracks[0].embeddings)
        for name, values in tracks[0].cues.items():
            np.testing.assert_array_equal(other.cues[name], values)


def test_windows_longer_than_pieces_of_work_are_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At one frame a second a window is longer than a piece, so its frames lie in three."""
    path = make_video(tmp_path / "slow.mp4", 60, 1, encoder=x264("keyint=6:bframes=0"), picture=picture)
    media = probe(path)
    backbone = WindowBackbone()
    tracks = []
    for num_cores in (1, 3):
        monkeypatch.setattr(measure, "num_cores", lambda number=num_cores: number)
        tracks.append(
            extract_features(
                media,
                make_clips([20, 20, 20]),
                lambda _: backbone,
                ExtractOptions(window_stride=4),
                cache=FeatureCache(None, 0),
                progress=lambda _: None,
            )
        )
    expected = np.array([20 + abs(number - 70) * 3 for number in range(60)], np.float32)
    rows = [expected[start : start + T] for start in range(0, 45, 4) if min(20, start + T) - start >= 8]
    np.testing.assert_allclose(tracks[0].embeddings[0, :T], np.mean(rows, axis=0), atol=2.5)
    np.testing.assert_array_equal(tracks[0].embeddings, tracks[1].embeddings)


def test_an_error_of_the_network_on_an_accelerator_reaches_the_caller(video: Path) -> None:
    class Broken(AcceleratedBackbone):
        def embed(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
            raise RuntimeError(f"out of order at {frames.shape}")

    with pytest.raises(RuntimeError, match="out of order"):
        features_of(video, 16, Broken())
