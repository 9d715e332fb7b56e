"""Sounds, and small videos that they are heard in, made on the spot."""

from __future__ import annotations

import itertools
import math
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from autohighlight.media.probe import probe
from autohighlight.testing.examples import example_features
from autohighlight.times import TimeRange
from autohighlight.types import Clip, FeatureTrack

RATE = 48_000

Samples = NDArray[np.float32]


def tone(seconds: float, level: float = -20.0, frequency: float = 1000.0, rate: int = RATE) -> Samples:
    """A sine of that peak level in dB of full scale."""
    times = np.arange(round(seconds * rate)) / rate
    return (10 ** (level / 20) * np.sin(2 * np.pi * frequency * times)).astype(np.float32)


def noise(seconds: float, level: float = -20.0, rate: int = RATE, seed: int = 0) -> Samples:
    """White noise of that level (RMS)."""
    random = np.random.default_rng(seed)
    return (10 ** (level / 20) * random.standard_normal(round(seconds * rate))).clip(-1, 1).astype(np.float32)


def silence(seconds: float, rate: int = RATE) -> Samples:
    """Digital silence."""
    return np.zeros(round(seconds * rate), np.float32)


def clicks(seconds: float, number: int) -> Samples:
    """So many bursts of 5 ms, each in the middle of its share of the time."""
    samples = silence(seconds)
    for at in ((np.arange(number) + 0.5) / number * len(samples)).astype(int):
        samples[at : at + 240] = noise(0.005, -6, seed=number)
    return samples


def speech(seconds: float, rate: int = RATE) -> Samples:
    """Syllables of nobody: pulses of a swaying pitch through the formants of five vowels, with noise between."""
    random, samples, at = np.random.default_rng(2), np.zeros(round(seconds * 16_000)), 0
    vowels = [(730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410)]
    for number in itertools.count():
        length = int(16_000 * random.uniform(0.14, 0.24))
        pitch = random.uniform(100, 150) * (1 + 0.15 * np.sin(4 * np.pi * np.arange(length) / 16_000 + number))
        wave = np.diff(np.floor(np.cumsum(pitch) / 16_000), prepend=0) + 0.02 * random.standard_normal(length)
        for formant, width in zip(vowels[random.integers(5)], (80, 90, 120), strict=True):
            r = math.exp(-math.pi * width / 16_000)
            wave = lfilter([1 - r], [1, -2 * r * math.cos(2 * math.pi * formant / 16_000), r * r], wave)
        wave *= 0.3 / np.abs(wave).max() * np.sin(np.pi * np.linspace(0, 1, length)) ** 0.5
        hiss = int(16_000 * random.uniform(0.03, 0.09))
        if at + length + hiss >= len(samples):
            break
        samples[at : at + length] += wave
        at += length
        if number % 3 == 0:
            samples[at : at + hiss] += 0.03 * lfilter([1, -0.9], [1], random.standard_normal(hiss))
        at += hiss + (3200 if number % 6 == 5 else 0)
    moments = np.arange(round(seconds * rate)) * 16_000 / rate
    return np.interp(moments, np.arange(len(samples)), samples).astype(np.float32)


@dataclass(frozen=True)
class Track:
    """A sound track: float32 (S,) or (S, channels) that is first heard at `start` seconds."""

    samples: Samples
    rate: int = RATE
    start: float = 0.0
    encoder: str = "aac"
    is_default: bool = False
    language: str = ""


def make_video(path: Path, seconds: float, *tracks: Track) -> Path:
    """Writes a video of 10 frames/s with these tracks."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-f", "lavfi"]
    command += ["-i", f"testsrc2=duration={seconds}:size=64x48:rate=10"]
    settings, maps = ["-c:v", "libx264", "-preset", "ultrafast"], ["-map", "0:v"]
    for number, track in enumerate(tracks):
        samples = track.samples if track.samples.ndim == 2 else track.samples[:, None]
        raw = path.with_name(f"{path.name}.{number}.f32")
        raw.write_bytes(samples.astype("<f4").tobytes())
        layout = {1: "mono", 2: "stereo", 6: "5.1"}[samples.shape[1]]
        encoded = path.with_name(f"{path.name}.{number}.mka")  # an offset of raw samples would be dropped
        first = [command[0], "-v", "error", "-y", "-f", "f32le", "-ar", str(track.rate), "-ch_layout", layout]
        subprocess.run([*first, "-i", str(raw), "-c:a", track.encoder, "-b:a", "192k", str(encoded)], check=True)
        command += ["-itsoffset", str(track.start), "-i", str(encoded)]
        maps += ["-map", f"{number + 1}:a"]
        settings += ["-c:a", "copy", f"-disposition:a:{number}", "default" if track.is_default else "0"]
        settings += [f"-metadata:s:a:{number}", f"language={track.language}"] if track.language else []
    subprocess.run([*command, *maps, *settings, str(path)], check=True)
    return path


def features_of(path: Path, clip_seconds: Fraction | int = 2) -> FeatureTrack:
    """What might have been measured of the pictures of a video, and the video."""
    media = probe(path)
    start, end = media.time_range.start, media.time_range.end
    number = max(1, math.ceil(media.duration / clip_seconds))
    edges = [start + number * clip_seconds for number in range(number)] + [end]
    clips = tuple(Clip(index, TimeRange(*edge)) for index, edge in enumerate(itertools.pairwise(edges)))
    return example_features(number, clips=clips, media=media)
