"""The scorer and each of its parts keep to the contract of scorers, on a video with sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import autohighlight_audio
from autohighlight.config import ScoreOptions
from autohighlight.plugins import Scorer
from autohighlight.testing import ScorerContract
from autohighlight.testing.registered import registered
from autohighlight.types import FeatureTrack

from .sounds import Track, clicks, features_of, make_video, noise, silence, speech, tone


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten clips of as many sounds."""
    sounds = [tone(2), tone(2, -30), noise(2), clicks(2, 4), speech(4), silence(4), noise(2, -40), clicks(2, 9)]
    return make_video(tmp_path_factory.mktemp("video") / "sounds.mkv", 20, Track(np.concatenate(sounds)))


@pytest.fixture(scope="module")
def measured(video: Path) -> FeatureTrack:
    """The same for all tests, so that it is listened to once."""
    return features_of(video)


class TestAudio(ScorerContract):
    NAME = "audio"

    def factory(self) -> Scorer:
        return registered(autohighlight_audio).scorers[self.NAME]

    @pytest.fixture
    def features(self, measured: FeatureTrack) -> FeatureTrack:
        return measured


class TestVoice(TestAudio):
    NAME = "audio-voice"


def test_each_part_alone_is_a_scorer_too(measured: FeatureTrack) -> None:
    given = registered(autohighlight_audio).scorers
    assert [n for n in given if given.owner(n) == "autohighlight_audio"] == sorted(
        ["audio", *autohighlight_audio.PARTS]
    )
    whole = given["audio"](measured, ScoreOptions())
    for name, part in autohighlight_audio.PARTS.items():
        alone = given[name](measured, ScoreOptions())
        assert (alone.scorer, list(alone.parts)) == (name, [part])
        np.testing.assert_allclose(alone.values, whole.parts[part], atol=1e-9)
    assert list(whole.parts) == list(autohighlight_audio.PARTS.values())
    np.testing.assert_allclose(whole.values, np.mean(list(whole.parts.values()), axis=0), atol=1e-9)
