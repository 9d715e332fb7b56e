"""What is measured of whole files, with a network whose features can be told beforehand."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from autohighlight.config import ExtractOptions, Speed
from autohighlight.features import measure
from autohighlight.features.cache import FeatureCache
from autohighlight.features.extract import extract_features
from autohighlight.media.probe import probe
from autohighlight.types import FeatureTrack, Sight
from tests.factories import make_clips
from tests.media.made_files import x264
from tests.media_factory import make_video
from tests.whole_runs import SmallBackbone

RATE, NUM_FRAMES = 10, 400
CUTS = (83, 150, 241, 300)
"""150 and 300 are key frames, the others are none."""
MOVES = range(160, 200)
"""Frames in which the bright thing moves that is in all of them."""


def picture(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Another place after each cut; something bright moves across it for a while."""
    width, height = size
    shot = int(np.searchsorted(CUTS, number, side="right"))
    patches = np.random.default_rng(shot).integers(40, 216, (height // 12, width // 12))
    grey = patches.repeat(12, axis=0).repeat(12, axis=1).astype(np.uint8)
    left = 4 * abs(min(max(number, MOVES.start), MOVES.stop) % 32 - 16)
    grey[20:40, left : left + 20] = 250
    return grey


class SeeingSmallBackbone(SmallBackbone):
    """As `SmallBackbone`, with the four quarters as places, and the brightness as what lives."""

    name = "small seeing"

    def see(self, pictures: NDArray[np.uint8]) -> Sight:
        """Of uint8 (P, 32, 32, 3)."""
        features = self.embed(pictures[:, None])
        brightness = features.reshape(-1, 4, 3).mean(axis=2)
        cells = np.stack([brightness, 1 - brightness], axis=2)
        cells /= np.linalg.norm(cells, axis=2, keepdims=True)
        return Sight(features, cells, features.mean(axis=1))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("measures") / "video.mp4"
    return make_video(path, NUM_FRAMES, RATE, encoder=x264("keyint=10:bframes=2"), picture=picture)


def features_of(path: Path, speed: Speed, clip_length: Fraction | int = 2) -> FeatureTrack:
    media = probe(path)
    clips = make_clips([clip_length] * int(media.duration / clip_length))
    backbone = SeeingSmallBackbone()
    options, cache = ExtractOptions(speed=speed), FeatureCache(None, 0)
    return extract_features(media, clips, lambda _: backbone, options, cache=cache, progress=lambda _: None)


@pytest.mark.parametrize(("speed", "clip_length"), [("exact", 2), ("fast", 2), ("fast", Fraction(9, 10))])
def test_features_do_not_depend_on_the_number_of_workers(
    path: Path, speed: Speed, clip_length: Fraction | int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracks = []
    for num_cores in (1, 2, 3, 7):
        monkeypatch.setattr(measure, "num_cores", lambda number=num_cores: number)
        tracks.append(features_of(path, speed, clip_length))
    for other in tracks[1:]:
        np.testing.assert_array_equal(other.embeddings, tracks[0].embeddings)
        assert other.cues.keys() == tracks[0].cues.keys()
        for name, values in tracks[0].cues.items():
            np.testing.assert_array_equal(other.cues[name], values, err_msg=name)
        assert other.shot_boundaries == tracks[0].shot_boundaries
        assert other.num_frames_read == tracks[0].num_frames_read


@pytest.fixture(scope="module")
def exact(path: Path) -> FeatureTrack:
    return features_of(path, "exact")


def test_cuts_are_found_at_their_very_frames(exact: FeatureTrack) -> None:
    assert exact.shot_boundaries == tuple(Fraction(cut, RATE) for cut in CUTS)
    assert exact.num_frames_read == NUM_FRAMES


def test_everything_is_measured_of_every_clip(exact: FeatureTrack) -> None:
    assert set(exact.cues) == {
        "difference", "movement", "packet_size", "spread", "change", "local_change", "living"
    }  # fmt: skip
    for name, values in exact.cues.items():
        assert np.isfinite(values).all(), name
    assert exact.embeddings.shape == (20, 2 * SmallBackbone.dim)


def test_what_moves_is_measured_where_it_moves_and_cuts_are_no_movement(exact: FeatureTrack) -> None:
    moving = [clip.index for clip in exact.clips if clip.time_range.start * RATE in MOVES]
    for name in ("movement", "change", "local_change", "spread", "packet_size"):
        order = np.argsort(-exact.cues[name])
        highest = set(order[: len(moving)].tolist())
        if name == "spread":  # a clip with a cut in it has two places
            assert set(moving) < set(order[: len(moving) + len(CUTS)].tolist())
        else:
            assert highest == set(moving), name
    still = np.delete(exact.cues["movement"], moving)
    assert still.max() < 3


def test_embeddings_hold_the_mean_picture_then_the_mean_step(exact: FeatureTrack) -> None:
    shown = np.stack([picture(number, (96, 72)) for number in range(20)])  # the first clip: one shot
    quarters = shown.reshape(20, 2, 36, 2, 48).mean(axis=(0, 2, 4)).ravel()
    np.testing.assert_allclose(exact.embeddings[0, :12].reshape(4, 3).mean(axis=1) * 255, quarters, rtol=0.1)
    assert (exact.embeddings[0, 12:] < 0.01).all()
    assert exact.cues["living"][0] == pytest.approx(exact.embeddings[0, :12].mean(), abs=1e-3)


def test_key_frames_alone_show_no_movement(path: Path) -> None:
    fast = features_of(path, "fast")
    for name, values in fast.cues.items():
        assert np.isfinite(values).all() != (name in ("movement", "difference")), name
    assert fast.num_frames_read <= NUM_FRAMES // 8


def test_a_video_of_one_frame_has_features(tmp_path: Path) -> None:
    path = make_video(tmp_path / "one.mp4", 1, picture=picture)
    media = probe(path)
    track = extract_features(
        media, make_clips([media.duration]), lambda _: SmallBackbone(), ExtractOptions(),
        cache=FeatureCache(None, 0), progress=lambda _: None,
    )  # fmt: skip
    assert track.embeddings.shape == (1, 24)
    assert np.isnan(track.cues["movement"][0])
