"""Makes GIFs, WebPs and AVIFs of made videos, and reads them as a browser would: Pillow decodes them, not FFmpeg."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from autohighlight.config import Options
from autohighlight.export.animation import Animation, write_animations
from autohighlight.media.probe import probe
from autohighlight.timeline.model import Part, Source, Timeline
from autohighlight.types import Progress


@dataclass(frozen=True)
class Shown:
    """All of a file: its pictures, uint8 (H, W, 3), how long each is shown in ms, and what it says of repetition."""

    pictures: list[NDArray[np.uint8]]
    durations: list[float]
    loop: int | None

    @property
    def lumas(self) -> list[NDArray[np.uint8]]:
        return [np.asarray(Image.fromarray(picture).convert("L")) for picture in self.pictures]


def read_animation(path: Path) -> Shown:
    pictures, durations = [], []
    with Image.open(path) as image:
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            pictures.append(np.asarray(image.convert("RGB")))
            durations.append(image.info.get("duration", 0))
        loop = image.info.get("loop")
    return Shown(pictures, durations, loop)


def timeline_of(video: Path, cuts: Sequence[tuple[int, int]]) -> Timeline:
    """The given (first frame, number of frames) of one source."""
    media = probe(video)
    parts = tuple(Part(Source(media), first, count, 0.5, "") for first, count in cuts)
    return Timeline("made", media.frame_rate, media.display_size, parts)


def make_animations(
    video: Path, cuts: Sequence[tuple[int, int]], form: str = "gif", **options: object
) -> list[Animation]:
    """One file a cut, beside the video."""
    told: list[Progress] = []
    export = Options.of(overwrite=True, **options).export
    made = write_animations(timeline_of(video, cuts), video.with_name(f"made.{form}"), form, export, told.append)
    assert told[-1].done == told[-1].total
    assert [animation.num_bytes for animation in made] == [animation.path.stat().st_size for animation in made]
    return made
