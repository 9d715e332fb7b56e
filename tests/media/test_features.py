"""Features of a whole run: kept, keyed by content, and the same every time."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from autohighlight import pipeline
from autohighlight.config import Options
from autohighlight.features import extract as extract_room
from autohighlight.features import measure
from autohighlight.types import FeatureTrack
from tests.media.made_files import KINDS, make_kind
from tests.media_factory import make_video, tone
from tests.whole_runs import QUICKLY, Command


@pytest.fixture
def video(tmp_path: Path) -> Path:
    encoder = ("-c:v", "libx264", "-preset", "ultrafast", "-g", 25)
    return make_video(tmp_path / "video.mp4", 750, 25, (64, 48), encoder=encoder, sound=tone(30))


@pytest.fixture
def decoding_fails(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From when it is called on, measuring a video is a fault."""

    def never(*_arguments: object, **_others: object) -> None:
        raise AssertionError("decoded again")

    return lambda: monkeypatch.setattr(extract_room, "measure", never)


def extract(video: Path, **options: object) -> FeatureTrack:
    return pipeline.extract(pipeline.probe(video), Options.of(**{"cache": False, **options}))


def assert_same(one: FeatureTrack, other: FeatureTrack) -> None:
    for spec in dataclasses.fields(FeatureTrack):
        if spec.name not in {"embeddings", "cues", "media"}:
            assert getattr(one, spec.name) == getattr(other, spec.name)
    np.testing.assert_array_equal(one.embeddings, other.embeddings)
    assert one.cues.keys() == other.cues.keys()
    for name, values in one.cues.items():
        np.testing.assert_array_equal(values, other.cues[name])


def test_features_name_the_video_whether_they_are_fresh_or_kept(
    video: Path, decoding_fails: Callable[[], None], tmp_path: Path
) -> None:
    media = pipeline.probe(video)
    assert pipeline.extract(media).media is media
    moved = pipeline.probe(video.rename(tmp_path / "moved.mp4"))
    decoding_fails()
    assert pipeline.extract(moved).media is moved


def test_choosing_again_decodes_nothing(video: Path, decoding_fails: Callable[[], None], command: Command) -> None:
    assert command("reel", *QUICKLY, "--dry-run", video).code == 0
    decoding_fails()
    for words in (["--duration", "10s"], ["--count", "1"], ["--order", "score"], ["--scorer", "centre"]):
        assert command("reel", *QUICKLY, "--dry-run", *words, video).code == 0
    for words in (["--clip-length", "3s"], ["--speed", "exact"], ["--no-cache"]):
        assert "decoded again" in command("reel", *QUICKLY, "--dry-run", *words, video).err


def test_the_same_content_under_another_name_is_known(
    video: Path, decoding_fails: Callable[[], None], tmp_path: Path, command: Command
) -> None:
    assert command("reel", *QUICKLY, "--dry-run", video).code == 0
    copy = Path(shutil.copy(video, tmp_path / "another name.mp4"))
    decoding_fails()
    assert command("reel", *QUICKLY, "--dry-run", copy).code == 0
    with copy.open("ab") as file:
        file.write(b"\0\0\0\x08free")  # other content, the same film
    assert "decoded again" in command("reel", *QUICKLY, "--dry-run", copy).err


def test_kept_features_are_those_that_were_measured(video: Path) -> None:
    fresh = extract(video)
    assert_same(extract(video, cache=True), fresh)
    assert_same(extract(video, cache=True), fresh)


@pytest.mark.parametrize("speed", ["fast", "balanced", "exact"])
def test_features_are_the_same_every_time_and_with_any_number_of_workers(
    speed: str, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for cores in (2, 1, 3, 2):
        monkeypatch.setattr(measure, "num_cores", lambda cores=cores: cores)
        found.append(extract(video, speed=speed))
    for other in found[1:]:
        assert_same(found[0], other)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("speed", ["fast", "balanced", "exact"])
def test_every_kind_of_file_has_features(kind: str, speed: str, tmp_path: Path) -> None:
    track = extract(make_kind(kind, tmp_path), speed=speed, clip_length="0.5s")
    assert np.isfinite(track.embeddings).all()
    assert track.num_frames_lost == 0
    assert track.num_frames_read > 0
    if speed == "exact":
        assert np.isfinite(track.cues["movement"]).any()
