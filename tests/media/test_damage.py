"""What is lost is said: holes in a recording are no highlights, and damaged sound does not go by in silence."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from autohighlight import pipeline
from autohighlight.config import Options
from autohighlight.times import TimeRange
from autohighlight.types import Clip, Highlight, ScoreTrack, Selection
from tests.media_factory import make_video, run_ffmpeg, tone


@pytest.mark.slow
def test_damaged_sound_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    video = make_video(tmp_path / "whole.mp4", num_frames=100, sound=tone(440, 4))
    damaged = tmp_path / "damaged.mkv"
    run_ffmpeg("-i", video, "-c", "copy", "-bsf:a", "noise=amount=20", damaged)
    media = pipeline.probe(damaged)
    scores = ScoreTrack((Clip(0, media.time_range),), np.ones(1), "all")
    whole = TimeRange(media.time_range.start, media.time_range.end)
    selection = Selection(media, (Highlight(whole, 1.0, ""),), scores)
    with caplog.at_level(logging.WARNING, "autohighlight"):
        pipeline.write(selection, tmp_path / "reel.mp4", options=Options.of(preset="ultrafast"))
    assert "damage in the sound" in caplog.text
    assert pipeline.probe(tmp_path / "reel.mp4").num_frames == 100


def test_a_held_picture_does_not_move(tmp_path: Path) -> None:
    video = make_video(tmp_path / "moving.mp4", num_frames=50)
    held = tmp_path / "held.mkv"
    run_ffmpeg("-i", video, "-vf", "setpts='if(lt(N,25),N,N+150)/25/TB'", "-fps_mode", "vfr", held)
    features = pipeline.extract(
        pipeline.probe(held), Options.of(backbone="efficientnet-lite0-random", cache=False, clip_length="1s")
    )
    assert (features.cues["movement"][2:6] == 0).all()
    assert (features.cues["change"][2:6] == 0).all()
    assert features.cues["movement"][0] > 0
