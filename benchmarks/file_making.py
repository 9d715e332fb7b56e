"""Makes the files of the matrix: frames that carry their numbers, sound with marks at moments that never repeat."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.file_codecs import CONTAINERS, SOUND, VIDEO
from benchmarks.file_combinations import Combination
from benchmarks.file_traits import TRAITS
from benchmarks.full_decode import SAMPLE_RATE, run_program
from tests.media_factory import coded_picture

_DARK, _BRIGHT = np.array([30, 50, 120]), np.array([250, 210, 150])
_LEVELS = (50, 205)  # of `coded_picture`


@dataclass(frozen=True)
class MadeFile:
    """A file of the matrix.

    Args:
        path: where it is.
        combination: what it is.
        num_frames: how many it was made of; they carry the numbers from 0 on.
        rate: frames/s that editors count them at.
    """

    path: Path
    combination: Combination
    num_frames: int
    rate: Fraction


def make_file(combination: Combination, folder: Path) -> MadeFile:
    """Makes the file of a combination in a folder of its own.

    Raises:
        DecodeError: the ffmpeg program cannot.
    """
    trait, codec = TRAITS[combination.trait], VIDEO[combination.video]
    container = CONTAINERS[combination.container]
    num_frames, size = min(trait.num_frames, codec.num_frames), trait.size or codec.size
    suffix = container.suffix or combination.container
    made = folder / f"{trait.stem}.{suffix}"
    path = made if trait.finish is None else folder / "finished" / f"{trait.stem}.{trait.suffix or suffix}"
    if trait.suffix and trait.finish is None:
        path = made = made.with_suffix(f".{trait.suffix}")
    path.parent.mkdir(exist_ok=True)
    pictures = b"".join(_picture(number, size).tobytes() for number in range(num_frames))
    inputs: list[object] = ["-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", f"{size[0]}x{size[1]}",
                            "-framerate", trait.rate, "-r", trait.rate, "-i", "pipe:0",
                            *_tracks(combination, num_frames, folder)]  # fmt: skip
    pixel_format = trait.pixel_format or codec.pixel_format
    filters = ["-vf", _palette(trait.filters)] if pixel_format == "pal8" else ["-vf", trait.filters or "null"]
    sound = ["-c:a", *SOUND[combination.sound]] if combination.sound else []
    sound += ["-af", trait.sound_filter] if trait.sound_filter and combination.sound else []
    run_program([
        *inputs, *filters, *codec.options, *(["-pix_fmt", pixel_format] if pixel_format else []), *sound,
        *container.options, *trait.options, f"file:{made}",
    ], data=pictures)  # fmt: skip
    if trait.finish is not None:
        trait.finish(made, path)
    return MadeFile(path, combination, num_frames, Fraction(trait.editor_rate or trait.rate))


def _palette(filters: str) -> str:
    return f"{filters or 'null'},split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=none"


def _picture(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """uint8 RGB (H, W, 3): a number in two colours."""
    bright = coded_picture(number, size)[..., None] == _LEVELS[1]
    return np.where(bright, _BRIGHT, _DARK).astype(np.uint8)


def _tracks(combination: Combination, num_frames: int, folder: Path) -> list[object]:
    """The raw sound of each track as an input, and the maps of all."""
    if not combination.sound:
        return []
    trait = TRAITS[combination.trait]
    inputs, maps = list[object](), list[object](["-map", "0:v"])
    seconds = float(num_frames / Fraction(trait.rate))
    for track, layout in enumerate(trait.layouts, start=1):
        num_channels = av.AudioLayout(layout).nb_channels
        path = folder / f"track-{track}.f32"
        channels = [marks(seconds, seed=100 * track + channel) for channel in range(num_channels)]
        path.write_bytes(np.stack(channels, axis=1).astype(np.float32).tobytes())
        inputs += ["-f", "f32le", "-ar", SAMPLE_RATE, "-ch_layout", layout, "-i", path]
        maps += ["-map", f"{track}:a"]
    return [*inputs, *maps]


def marks(seconds: float, seed: int) -> NDArray[np.float32]:
    """float32 (S,): bursts of noise between 300 and 3000 Hz, of lengths and at moments that differ by the seed."""
    random = np.random.default_rng(seed)
    num_samples = round(seconds * SAMPLE_RATE)
    gate, place = np.zeros(num_samples, np.float32), 0
    while place < num_samples:
        place += int(random.uniform(0.02, 0.14) * SAMPLE_RATE)
        length = int(random.uniform(0.015, 0.06) * SAMPLE_RATE)
        gate[place : place + length] = 1
        place += length
    spectrum = np.fft.rfft(random.standard_normal(num_samples))
    frequencies = np.fft.rfftfreq(num_samples, 1 / SAMPLE_RATE)
    spectrum[(frequencies < 300) | (frequencies > 3000)] = 0
    noise = np.fft.irfft(spectrum, num_samples)
    return (gate * noise * 0.25 / max(1e-9, noise.std())).clip(-1, 1).astype(np.float32)
