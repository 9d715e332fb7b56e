"""Makes a sample video: a quiet evening over hills, with a few bursts of fireworks. Nothing of it is downloaded.

Between the bursts only the grain of the picture moves and crickets are heard, so that it is known which moments
are the highlights.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autohighlight.media.audio import SoundFile
from autohighlight.media.encode import PictureFormat, encode
from autohighlight.times import TimeRange
from autohighlight.types import ColourInfo, Progress, ProgressCallback

WIDTH, HEIGHT = 640, 360
FRAME_RATE = 25
DURATION = 40
"""Length of the sample video in seconds."""

SAMPLE_RATE = 48000

MOMENTS: tuple[TimeRange, ...] = tuple(
    TimeRange(Fraction(start), Fraction(end)) for start, end in ((8, 10), (20, 22), (32, 34))
)
"""When much happens, in seconds: what the highlights are to be."""

_SHELLS_PER_MOMENT = 6
_SPARKS = 170  # of one shell
_GRAVITY = 42.0  # pixels/s²
_DRAG = 1.7  # 1/s: how fast sparks lose their speed
_TRAIL = 0.86  # part of the light that stays until the next frame
_BURN = 1.5  # seconds that a spark is seen
_COLOURS = np.array([[255, 190, 90], [255, 96, 84], [120, 200, 255], [150, 255, 150], [240, 140, 255]], np.float32)

_RGB_TO_YUV = np.array([[0.2126, 0.7152, 0.0722], [-0.1146, -0.3854, 0.5], [0.5, -0.4542, -0.0458]], np.float32)
"""R'G'B' in [0, 1] to Y'CbCr: ITU-R BT.709, items 3.2 and 3.3."""

_Planes = list[NDArray[np.uint8]]


@dataclass(frozen=True)
class _Shell:
    """One firework.

    Args:
        time: when it bursts, in seconds.
        x, y: where, in pixels.
        velocity: float32 (sparks, 2): of each spark at the burst, pixels/s.
        colour: float32 (3,), in [0, 255].
    """

    time: float
    x: float
    y: float
    velocity: NDArray[np.float32]
    colour: NDArray[np.float32]


def write_demo_video(path: Path, progress: ProgressCallback, *, program: str | None = None) -> None:
    """Writes the sample video: H.264 and AAC, `WIDTH` x `HEIGHT`, `FRAME_RATE` frames/s, stereo, `DURATION` seconds.

    Args:
        path: the file.
        progress: is told how far the work has come.
        program: the ffmpeg program that is chosen; see `find_ffmpeg`.

    Raises:
        DependencyError: there is no ffmpeg program that can encode it.
        OSError: the disk is full.
        OutputError: it cannot be written.
    """
    shells = _shells(np.random.default_rng(7))
    colour = ColourInfo("bt709", "bt709", "bt709", "tv")
    picture = PictureFormat((WIDTH, HEIGHT), "yuv420p", Fraction(FRAME_RATE), colour)
    with tempfile.TemporaryDirectory(prefix="autohighlight-") as folder:
        sound = SoundFile(Path(folder) / "sound.f32", SAMPLE_RATE, "stereo", 2)
        _sound(shells).T.astype("<f4").tofile(sound.path)
        frames = _counted(_frames(shells), progress)
        encode(frames, picture, sound, path, codec="h264", crf=19, preset="veryfast", program=program)


def _counted(frames: Iterator[_Planes], progress: ProgressCallback) -> Iterator[_Planes]:
    for number, frame in enumerate(frames):
        yield frame
        progress(Progress("demo", number + 1, DURATION * FRAME_RATE))


def _shells(random: np.random.Generator) -> list[_Shell]:
    """The fireworks of all moments, evenly spread over the first two thirds of each."""
    shells = []
    for moment in MOMENTS:
        for number in range(_SHELLS_PER_MOMENT):
            direction = random.standard_normal((_SPARKS, 3))
            direction /= np.linalg.norm(direction, axis=1, keepdims=True)  # a sphere, seen from the side
            speed = random.uniform(150, 230) * random.uniform(0.75, 1.0, (_SPARKS, 1))
            shells.append(
                _Shell(
                    time=float(moment.start) + 0.08 + number * 0.22,
                    x=random.uniform(0.14, 0.86) * WIDTH,
                    y=random.uniform(0.16, 0.42) * HEIGHT,
                    velocity=(direction[:, :2] * speed).astype(np.float32),
                    colour=_COLOURS[random.integers(len(_COLOURS))],
                )
            )
    return shells


def _frames(shells: list[_Shell]) -> Iterator[_Planes]:
    """The planes of every frame."""
    random = np.random.default_rng(11)
    backdrop, is_sky = _backdrop(random)
    grain = random.normal(0, 1.2, (4, HEIGHT, WIDTH, 1)).astype(np.float32)
    quiet = [_planes(backdrop + one) for one in grain]
    light = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    for number in range(DURATION * FRAME_RATE):
        time = number / FRAME_RATE
        if not any(0 <= time - shell.time < _BURN + 1 for shell in shells):  # a second for the trails to fade
            yield quiet[number % len(grain)]
            continue
        light *= _TRAIL
        glow = np.zeros(3, np.float32)
        for shell in shells:
            age = time - shell.time
            if 0 <= age < _BURN:
                _add_sparks(light, shell, age)
                _add_sparks(light, shell, age + 0.5 / FRAME_RATE)  # trails without gaps
                glow += shell.colour * np.float32(0.09 * np.exp(-4 * age))
        shine = light * is_sky + glow * (0.35 + 0.65 * is_sky)
        picture = backdrop + shine + grain[number % len(grain)]
        yield _planes(picture)


def _planes(picture: NDArray[np.float32]) -> _Planes:
    """R'G'B', float32 (H, W, 3) in [0, 255], as the planes of yuv420p in limited range."""
    rgb = np.clip(picture, 0, 255) / np.float32(255)
    luma = 16 + 219 * (rgb @ _RGB_TO_YUV[0])
    quarter = (rgb[::2, ::2] + rgb[::2, 1::2] + rgb[1::2, ::2] + rgb[1::2, 1::2]) / 4
    chroma = (128 + 224 * (quarter @ _RGB_TO_YUV[plane]) for plane in (1, 2))
    return [np.rint(plane).astype(np.uint8) for plane in (luma, *chroma)]


def _backdrop(random: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The evening: float32 (H, W, 3) in [0, 255], and (H, W, 1) that is 1 in the sky and 0 in the hills."""
    rows = np.linspace(0, 1, HEIGHT, dtype=np.float32)[:, None, None]
    high, low, horizon = (np.array(c, np.float32) for c in ((12, 16, 44), (44, 36, 84), (196, 104, 78)))
    sky = high + (low - high) * np.minimum(rows / 0.55, 1) + (horizon - low) * np.maximum((rows - 0.5) / 0.4, 0) ** 1.6
    picture = np.broadcast_to(sky, (HEIGHT, WIDTH, 3)).copy()
    stars = random.integers(0, [[HEIGHT // 2], [WIDTH]], (2, 110))
    picture[stars[0], stars[1]] += random.uniform(30, 150, (110, 1)).astype(np.float32)
    across = np.linspace(0, 2 * np.pi, WIDTH, dtype=np.float32)
    is_sky = np.ones((HEIGHT, WIDTH, 1), np.float32)
    depth = np.arange(HEIGHT, dtype=np.float32)[:, None]
    ranges = (
        (0.76, 0.050, 1.3, 0.4, (58, 44, 78)),
        (0.84, 0.040, 2.1, 2.0, (32, 26, 52)),
        (0.92, 0.03, 1.1, 4.0, (14, 12, 28)),
    )
    for level, swing, waves, phase, colour in ranges:
        ridge = HEIGHT * (level + swing * (np.sin(waves * across + phase) + 0.4 * np.sin(2.7 * waves * across)))
        hill = np.clip(depth - ridge[None], 0, 1)[..., None]
        picture = picture * (1 - hill) + np.array(colour, np.float32) * hill
        is_sky *= 1 - hill
    return picture, is_sky


def _add_sparks(light: NDArray[np.float32], shell: _Shell, age: float) -> None:
    """Adds the sparks of one shell, `age` seconds after its burst, to the light of the sky."""
    reach = (1 - np.exp(-_DRAG * age)) / _DRAG
    places = np.array([shell.x, shell.y], np.float32) + shell.velocity * np.float32(reach)
    places[:, 1] += np.float32(0.5 * _GRAVITY * age**2)
    columns, rows = np.rint(places).astype(int).T
    brightness = np.float32(np.exp(-1.5 * age))
    white = np.float32(max(0.0, 1 - 3 * age))
    colour = (shell.colour * (1 - white) + 255 * white) * brightness
    for across, down, weight in ((0, 0, 1.0), (1, 0, 0.5), (-1, 0, 0.5), (0, 1, 0.5), (0, -1, 0.5)):
        x, y = columns + across, rows + down
        inside = (x >= 0) & (x < WIDTH) & (y >= 0) & (y < HEIGHT)
        np.maximum.at(light, (y[inside], x[inside]), colour * np.float32(weight))


def _sound(shells: list[_Shell]) -> NDArray[np.float64]:
    """Crickets all the time, a bang and a crackle for every shell from where it bursts; (2, samples) in [-1, 1]."""
    random = np.random.default_rng(13)
    num_samples = DURATION * SAMPLE_RATE
    time = np.arange(num_samples) / SAMPLE_RATE
    chirp = np.sin(2 * np.pi * 4300 * time) * np.maximum(0, np.sin(2 * np.pi * 17 * time)) ** 3
    evening = 0.006 * chirp * (0.6 + 0.4 * np.sin(2 * np.pi * 0.9 * time)) + 0.002 * random.standard_normal(num_samples)
    sound = np.stack([evening, 0.8 * evening])
    for shell in shells:
        first = round((shell.time + 0.04) * SAMPLE_RATE)
        bang = _bang(random)[: num_samples - first]
        right = shell.x / WIDTH
        sound[:, first : first + len(bang)] += np.array([[1 - 0.7 * right], [0.3 + 0.7 * right]]) * bang
    heard: NDArray[np.float64] = np.tanh(sound)
    return heard


def _bang(random: np.random.Generator) -> NDArray[np.float64]:
    """One burst as it is heard: a low thud that dies away, then crackling; float64 (samples,)."""
    age = np.arange(round(0.9 * SAMPLE_RATE)) / SAMPLE_RATE
    noise = random.standard_normal(len(age))
    dull = np.convolve(noise, np.hanning(96) / np.hanning(96).sum() * 6, mode="same")
    thud = 0.9 * np.sin(2 * np.pi * 62 * age) * np.exp(-9 * age) + 0.55 * dull * np.exp(-7 * age)
    crackle = noise * (random.random(len(age)) > 0.9985) * np.exp(-4 * age) * (age > 0.25)
    fade = np.minimum(1, (age[-1] - age) / 0.05)
    bang: NDArray[np.float64] = (thud + 0.6 * crackle) * fade * np.minimum(1, age / 0.002)
    return bang
