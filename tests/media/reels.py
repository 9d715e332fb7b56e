"""Makes reels of made videos and reads back what they show and when they click."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autohighlight.config import AudioTracks, ExportOptions
from autohighlight.export.reel import write_reel
from autohighlight.media.probe import probe
from autohighlight.timeline.model import Part, Source, Timeline
from autohighlight.types import Progress
from tests.media_factory import X264, Decoded, Sound, clicks, decode, make_video

SIZE = (64, 48)


def make_reel(
    source: Path, cuts: Sequence[tuple[int, int]], *, audio_tracks: str | None = None, **options: object
) -> tuple[Decoded, Timeline, Path]:
    """The reel of the given (first frame, number of frames) of one source."""
    media = probe(source, audio_tracks=None if audio_tracks is None else AudioTracks.parse(audio_tracks))
    parts = tuple(Part(Source(media), first, count, 0.5, "") for first, count in cuts)
    timeline = Timeline("reel", media.frame_rate, media.display_size, parts)
    output = source.with_name("reel.mp4")
    told: list[Progress] = []
    values = {"overwrite": True, "preset": "ultrafast", **options}
    assert write_reel(timeline, output, ExportOptions(**values), told.append) == [output]  # type: ignore[arg-type]
    reel = decode(output)
    assert told[-1].done == told[-1].total == len(reel.lumas)
    return reel, timeline, output


def numbers_of(cuts: Sequence[tuple[int, int]]) -> list[int]:
    return [number for first, count in cuts for number in range(first, first + count)]


def click_delays(reel: Decoded) -> NDArray[np.float64]:
    """Seconds from each flash of the picture to the click nearest to it."""
    assert reel.sound is not None
    level = np.abs(reel.sound).max(axis=0)
    delays = []
    for luma, time in zip(reel.lumas, reel.times, strict=True):
        if luma.mean() > 150:
            flash = float(time - reel.sound_start)
            first = max(0, int((flash - 0.2) * reel.sample_rate))
            near = level[first : int((flash + 0.2) * reel.sample_rate)]
            assert near.max() > 0.2
            delays.append((first + int(np.argmax(near > 0.2))) / reel.sample_rate - flash)
    return np.array(delays)


def make_flashes(path: Path, seconds: int, rate: Fraction, sound: Sequence[str], sample_rate: int = 48_000) -> Path:
    """A flash of one frame and a click in each round(rate) frames, at the 13th."""
    period = round(rate)

    def flash(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
        return np.full(size[::-1], 235 if number % period == 12 else 30, np.uint8)

    heard = clicks(
        float(seconds * period / rate), float(period / rate), sample_rate=sample_rate, first=float(12 / rate)
    )
    encoder: tuple[object, ...] = (*X264, "-g", 30)
    if path.suffix == ".webm":
        encoder = ("-c:v", "libvpx", "-deadline", "realtime", "-g", 30)
    elif path.suffix == ".mpg":
        encoder = ("-c:v", "mpeg2video", "-q:v", 2)
    sized = Sound(heard.samples, sample_rate, encoder=sound)
    return make_video(path, seconds * period, rate, SIZE, picture=flash, encoder=encoder, sound=sized)
