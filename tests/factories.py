"""Makes values for tests: say what the test is about, the rest is plain.

from tests.factories import make_media, make_scores
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from autohighlight.times import TimeRange
from autohighlight.types import AudioStream, Clip, ColourInfo, FeatureTrack, MediaInfo, ScoreTrack

Number = int | float | str | Fraction


def exact(number: Number) -> Fraction:
    """The number as it is written: 0.1 is 1/10, "1001/30000" is that."""
    return Fraction(str(number)) if isinstance(number, float) else Fraction(number)


def make_audio(index: int = 1, **others: Any) -> AudioStream:
    """A stereo AAC track at 48 kHz."""
    values: dict[str, Any] = {"codec": "aac", "sample_rate": 48000, "layout": "stereo", "num_channels": 2}
    return AudioStream(index=index, **(values | others))


def make_media(
    duration: Number = 60,
    frame_rate: Number = 25,
    *,
    start: Number = 0,
    audio: Sequence[AudioStream] = (),
    path: Path | str = "video.mp4",
    **others: Any,
) -> MediaInfo:
    """An H.264 file of 1280 x 720, without sound unless given; `others` are fields of `MediaInfo`."""
    begin, rate = exact(start), exact(frame_rate)
    end = begin + exact(duration)
    values: dict[str, Any] = {
        "container": "mov,mp4,m4a,3gp,3g2,mj2",
        "video_stream": 0,
        "codec": "h264",
        "time_base": 1 / (rate * 1000),
        "time_range": TimeRange(begin, end),
        "is_variable_rate": False,
        "width": 1280,
        "height": 720,
        "rotation": 0,
        "sample_aspect_ratio": Fraction(1),
        "pixel_format": "yuv420p",
        "bit_depth": 8,
        "colour": ColourInfo("bt709", "bt709", "bt709", "tv"),
        "num_frames": max(1, round((end - begin) * rate)),
    }
    return MediaInfo(path=Path(path), frame_rate=rate, audio=tuple(audio), **(values | others))


def make_clips(lengths: Iterable[Number], start: Number = 0) -> tuple[Clip, ...]:
    """Clips of the given lengths in seconds, one after the other from `start` on."""
    clips, begin = list[Clip](), exact(start)
    for index, length in enumerate(lengths):
        clips.append(Clip(index, TimeRange(begin, begin + exact(length))))
        begin = clips[-1].time_range.end
    return tuple(clips)


def make_scores(
    values: Sequence[float],
    clip_length: Number | Sequence[Number] = 2,
    *,
    start: Number = 0,
    scorer: str = "test",
    parts: Mapping[str, Sequence[float]] | None = None,
) -> ScoreTrack:
    """A score for each clip; one `clip_length` for all, or one for each."""
    lengths = clip_length if isinstance(clip_length, Sequence) and not isinstance(clip_length, str) else None
    clips = make_clips(lengths if lengths is not None else [clip_length] * len(values), start)
    named = {name: np.asarray(part, dtype=np.float64) for name, part in (parts or {}).items()}
    return ScoreTrack(clips, np.asarray(values, dtype=np.float64), scorer, named)


def media_of(scores: ScoreTrack, frame_rate: Number = 25, **others: Any) -> MediaInfo:
    """The video that the clips of `scores` cover."""
    start, end = scores.clips[0].time_range.start, scores.clips[-1].time_range.end
    return make_media(end - start, frame_rate, start=start, **others)


CUES = ("difference", "movement", "packet_size", "spread", "change", "local_change", "living")
"""What is measured of each clip with a backbone that sees places and things."""


def make_features(num_clips: int = 30, dim: int = 4, clip_length: Number = 2, **others: Any) -> FeatureTrack:
    """Random features that are the same each time; `others` are fields of `FeatureTrack`."""
    random = np.random.default_rng(0)
    features = FeatureTrack(
        clips=make_clips([clip_length] * num_clips),
        embeddings=random.standard_normal((num_clips, dim)).astype(np.float32),
        cues={name: random.random(num_clips, dtype=np.float32) for name in CUES},
        shot_boundaries=(),
        backbone="test",
        fingerprint="test",
    )
    return dataclasses.replace(features, **others)
