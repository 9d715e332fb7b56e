"""Small things to try a plugin on; the same each time."""

from __future__ import annotations

import dataclasses
import itertools
import tempfile
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autohighlight.timeline.build import build_timeline
from autohighlight.timeline.model import Timeline
from autohighlight.times import TimeRange
from autohighlight.types import Clip, ColourInfo, FeatureTrack, Highlight, MediaInfo, ScoreTrack, Selection

COLOUR = ColourInfo("bt709", "bt709", "bt709", "tv")

CUES = ("difference", "movement", "packet_size", "spread", "change", "local_change", "living")
"""What is measured of each clip with a backbone that sees places and things; another gives fewer."""

VIDEO_SECONDS, VIDEO_RATE, VIDEO_SIZE, VIDEO_SAMPLE_RATE = 8, 25, (128, 96), 48_000
"""Of the example video: length, frames/s, width and height, samples/s."""


def example_frames(num_windows: int, window_length: int = 1, size: tuple[int, int] = (64, 64)) -> NDArray[np.uint8]:
    """Windows of frames, each of a scene of its own in which something moves: uint8 (N, T, H, W, 3).

    Args:
        num_windows: N.
        window_length: T.
        size: H and W.
    """
    random, (height, width) = np.random.default_rng(7), size
    frames = np.empty((num_windows, window_length, height, width, 3), np.uint8)
    rows, columns = np.arange(height) * 6 // max(height, 1), np.arange(width) * 6 // max(width, 1)
    for scene in frames:
        colours = random.integers(0, 256, (6, 6, 3), np.uint8)
        picture = colours[rows][:, columns]
        for number, frame in enumerate(scene):
            noise = random.integers(0, 16, frame.shape, np.uint8)
            frame[:] = np.clip(np.roll(picture, 3 * number, axis=1).astype(np.int16) + noise, 0, 255)
    return frames


def example_media(
    seconds: Fraction | int = 60, frame_rate: Fraction | int = 25, start: Fraction | int = 0, **others: Any
) -> MediaInfo:
    """A silent H.264 file of 1280 x 720 that is not there; `others` are fields of `MediaInfo`."""
    rate, begin = Fraction(frame_rate), Fraction(start)
    values: dict[str, Any] = {
        "path": Path("example.mp4"),
        "container": "mov,mp4,m4a,3gp,3g2,mj2",
        "video_stream": 0,
        "codec": "h264",
        "time_base": 1 / (rate * 1000),
        "time_range": TimeRange(begin, begin + Fraction(seconds)),
        "frame_rate": rate,
        "is_variable_rate": False,
        "width": 1280,
        "height": 720,
        "rotation": 0,
        "sample_aspect_ratio": Fraction(1),
        "pixel_format": "yuv420p",
        "bit_depth": 8,
        "colour": COLOUR,
        "audio": (),
        "num_frames": max(1, round(Fraction(seconds) * rate)),
    }
    return MediaInfo(**(values | others))


def example_clips(num_clips: int, clip_seconds: Fraction | int = 2, start: Fraction | int = 0) -> tuple[Clip, ...]:
    """Clips of one length, one after the other."""
    edges = [Fraction(start) + number * Fraction(clip_seconds) for number in range(num_clips + 1)]
    return tuple(Clip(index, TimeRange(*edge)) for index, edge in enumerate(itertools.pairwise(edges)))


def example_features(num_clips: int = 30, dim: int = 8, **others: Any) -> FeatureTrack:
    """What might be measured of clips of 2 s, by a backbone whose features have `dim` numbers.

    Args:
        num_clips: N.
        dim: of the backbone; embeddings are (N, 2 * dim), without negative numbers.
        others: fields of `FeatureTrack`.
    """
    random = np.random.default_rng(7)
    features = FeatureTrack(
        clips=example_clips(num_clips),
        embeddings=np.abs(random.standard_normal((num_clips, 2 * dim))).astype(np.float32),
        cues={name: random.random(num_clips, dtype=np.float32) for name in CUES},
        shot_boundaries=(),
        backbone="example",
        fingerprint="example",
    )
    return dataclasses.replace(features, **others)


def example_scores(values: Sequence[float], clip_seconds: Fraction | int = 2, start: Fraction | int = 0) -> ScoreTrack:
    """A score in [0, 1] for each clip, with one part that is the same."""
    array = np.asarray(values, np.float64)
    return ScoreTrack(example_clips(len(array), clip_seconds, start), array, "example", {"example": array})


def example_selection(media: MediaInfo) -> Selection:
    """Three highlights of a video of at least 7 s: of 2 s, of 1 s and of 1.5 s, the last one first."""
    start = media.time_range.start
    moments = [
        (Fraction(5), Fraction(13, 2), 0.9),
        (Fraction(1, 2), Fraction(5, 2), 0.75),
        (Fraction(3), Fraction(4), 0.5),
    ]
    highlights = [
        Highlight(TimeRange(start + first, start + end), score, f'it says "{score}" & <more>')
        for first, end, score in moments
    ]
    num_clips = int(media.duration // 1)
    return Selection(media, tuple(highlights), example_scores(np.linspace(0, 1, num_clips).tolist(), 1, start))


def example_timeline(media: MediaInfo) -> Timeline:
    """`example_selection` on a timeline."""
    return build_timeline(example_selection(media))


def write_example_video(path: Path) -> Path:
    """Writes a video of 8 s with sound, H.264 and AAC: scenes of 2 s, each with a tone of its own; gives its path.

    Raises:
        DependencyError: there is no ffmpeg program that can encode it.
    """
    from autohighlight.media.audio import SoundFile  # noqa: PLC0415 -- not everybody needs it
    from autohighlight.media.encode import PictureFormat, encode  # noqa: PLC0415 -- the same

    times = np.arange(VIDEO_SECONDS * VIDEO_SAMPLE_RATE) / VIDEO_SAMPLE_RATE
    tone = 0.3 * np.sin(2 * np.pi * 220 * (1 + times // 2) * times)
    picture = PictureFormat(VIDEO_SIZE, "yuv420p", Fraction(VIDEO_RATE), COLOUR)
    with tempfile.TemporaryDirectory(prefix="autohighlight-") as folder:
        sound = SoundFile(Path(folder) / "sound.f32", VIDEO_SAMPLE_RATE, "stereo", 2)
        np.stack([tone, tone], axis=1).astype("<f4").tofile(sound.path)
        encode(_planes(), picture, sound, path, codec="h264", crf=20, preset="ultrafast")
    return path


def _planes() -> Iterator[list[NDArray[np.uint8]]]:
    """The planes Y, U and V of each frame."""
    width, height = VIDEO_SIZE
    scenes = example_frames(VIDEO_SECONDS // 2, 2 * VIDEO_RATE, (height, width))
    for frame in scenes.reshape(-1, height, width, 3):
        luma = np.clip(frame.mean(axis=2), 16, 235).astype(np.uint8)
        chroma = [np.ascontiguousarray(frame[::2, ::2, channel] // 2 + 64) for channel in (2, 0)]
        yield [luma, *chroma]
