"""Makes videos of several sound tracks, each with a tone of its own, and tells which of them a reel has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.media_factory import decode, run_ffmpeg

NUM_FRAMES = 50
SECONDS = 2
TONES = (400, 700, 1100, 1700, 2600, 3300, 4100, 5200)
"""Of the tracks, in Hz; none is a multiple of another."""


@dataclass(frozen=True)
class Track:
    """One sound track, for FFmpeg's ``aevalsrc``; mono unless it has several expressions."""

    channels: tuple[str, ...]
    rate: int = 48_000
    seconds: float = SECONDS
    start: float = 0.0
    encoder: str = "aac"
    language: str = ""
    title: str = ""
    disposition: str = "0"


def sine(frequency: float, level: float = 0.2) -> str:
    return f"{level}*sin(2*PI*{frequency}*t)"


def mono(number: int, **others: object) -> Track:
    return Track((sine(TONES[number - 1]),), **others)  # type: ignore[arg-type]


def stereo(number: int, **others: object) -> Track:
    return Track((sine(TONES[number - 1]),) * 2, **others)  # type: ignore[arg-type]


def make_tracks(picture: Path, path: Path, *tracks: Track) -> Path:
    """The picture beside these tracks; the suffix says the container."""
    encoders = {".mxf": ["-c:v", "mpeg2video"], ".avi": ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p"]}
    words: list[object] = ["-i", picture]
    settings: list[object] = encoders.get(path.suffix, ["-c:v", "copy"])
    for number, track in enumerate(tracks):
        source = f"aevalsrc={'|'.join(track.channels)}:s={track.rate}:d={track.seconds}"
        words += ["-itsoffset", track.start, "-f", "lavfi", "-i", source]
        settings += ["-map", f"{number + 1}:a", f"-c:a:{number}", track.encoder]
        settings += [f"-disposition:a:{number}", track.disposition]
        if track.language:
            settings += [f"-metadata:s:a:{number}", f"language={track.language}"]
        if track.title:
            settings += [f"-metadata:s:a:{number}", f"title={track.title}"]
    run_ffmpeg(*words, "-map", "0:v", *settings, path)
    return path


def tones(sound: NDArray[np.float32], sample_rate: int, start: float = 0.25) -> dict[int, set[str]]:
    """Number of each track whose tone is heard in half a second -> the channels that it is heard in."""
    heard: dict[int, set[str]] = {}
    middle = sound[:, round(start * sample_rate) :][:, : sample_rate // 2]
    spectra = np.abs(np.fft.rfft(middle * np.hanning(middle.shape[1]), axis=1)) * 4 / middle.shape[1]
    for number, frequency in enumerate(TONES, start=1):
        place = frequency // 2  # half a second: 2 Hz a step
        for channel, spectrum in zip("LR" if len(sound) == 2 else "M", spectra, strict=True):
            if spectrum[place - 1 : place + 2].max() > 0.02:
                heard.setdefault(number, set()).add(channel)
    return heard


def heard_in(path: Path, start: float = 0.25) -> dict[int, set[str]]:
    """`tones` of a file; empty where it has no sound."""
    decoded = decode(path)
    return {} if decoded.sound is None else tones(decoded.sound, decoded.sample_rate, start)
