"""A file as a full decode by the ffmpeg program gives it: the measure of what a reel or a timeline must show.

The program is the one of imageio-ffmpeg, whichever ffmpeg the package itself uses.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

SIDE = 96
"""Width and height in pixels to which every picture is brought, whatever its shape."""

SAMPLE_RATE = 48_000
"""Samples/s to which all sound is brought."""


class DecodeError(Exception):
    """The program cannot write or decode a file; the message is the last line it said."""


@dataclass(frozen=True, eq=False)
class Sound:
    """One sound track.

    Args:
        samples: float32 (S, channels); silence where the track has a gap.
        start: when the first sample is heard, in seconds from the first frame on.
    """

    samples: NDArray[np.float32]
    start: float

    def between(self, start: float, end: float) -> NDArray[np.float32]:
        """float32 (S, channels): what is heard in a stretch (seconds from the first frame on)."""
        first, stop = (round(time * SAMPLE_RATE) for time in (start, end))
        offset = round(self.start * SAMPLE_RATE)
        heard = np.zeros((stop - first, self.samples.shape[1]), np.float32)
        begin, until = max(first, offset), min(stop, offset + len(self.samples))
        if begin < until:
            heard[begin - first : until - first] = self.samples[begin - offset : until - offset]
        return heard


@dataclass(frozen=True, eq=False)
class Decoded:
    """All of a file, as a player would show it.

    Args:
        pictures: uint8 RGB (N, SIDE, SIDE, 3): upright.
        times: when each is shown, in seconds from the first on; ascending.
        aspect: width of the picture over its height as shown.
        sounds: every track.
    """

    pictures: NDArray[np.uint8]
    times: list[Fraction]
    aspect: Fraction
    sounds: tuple[Sound, ...]


def run_program(arguments: Sequence[object], data: bytes | None = None) -> None:
    """Runs the ffmpeg program of imageio-ffmpeg, quietly; outputs are replaced.

    Raises:
        DecodeError: it fails.
    """
    program = imageio_ffmpeg.get_ffmpeg_exe()
    command = [program, "-hide_banner", "-v", "error", "-y", *([] if data else ["-nostdin"]), *map(str, arguments)]
    environment = os.environ | {"SVT_LOG": "0"}
    done = subprocess.run(command, input=data, capture_output=True, check=False, timeout=120, env=environment)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise DecodeError(said[-1] if said else f"exit code {done.returncode}")


def decode(path: Path, num_tracks: int, video_track: int = 0) -> Decoded:
    """Decodes a whole file: one video track, and the first sound tracks.

    Args:
        path: the file.
        num_tracks: how many sound tracks it has.
        video_track: number among the video tracks of the one that moves.

    Raises:
        DecodeError: it cannot be decoded.
    """
    scale = f"setsar=sar:max=1000,scale={SIDE}:{SIDE}:flags=area+accurate_rnd+full_chroma_int"
    picture = ["-map", f"0:v:{video_track}", "-vf", scale, "-c:v", "rawvideo", "-pix_fmt", "rgb24"]
    sounds = [word for track in range(num_tracks) for word in ("-map", f"0:a:{track}?")]
    timing = ["-fps_mode", "passthrough", "-enc_time_base", "demux"]
    with tempfile.TemporaryDirectory(prefix="decode-") as folder:
        raw = Path(folder, "decoded.nut")
        source = ["-copyts", "-i", f"file:{path}"]  # a shift would be rounded by coarse clocks, as those of AVI
        heard = [*sounds, "-c:a", "pcm_f32le", "-ar", SAMPLE_RATE]
        run_program([*source, *picture, *timing, *heard, "-f", "nut", raw])
        return _read(raw, num_tracks)


def _read(raw: Path, num_tracks: int) -> Decoded:
    pictures, times = [], list[Fraction]()
    chunks: list[list[tuple[Fraction, NDArray[np.float32]]]] = [[] for _ in range(num_tracks)]
    with av.open(str(raw)) as container:
        aspect = container.streams.video[0].sample_aspect_ratio or Fraction(1)
        for packet in container.demux():
            for frame in packet.decode():
                time = (frame.pts or 0) * (frame.time_base or Fraction(0))
                if isinstance(frame, VideoFrame):
                    pictures.append(frame.to_ndarray())
                    times.append(time)
                else:
                    samples = frame.to_ndarray().reshape(frame.samples, -1)
                    chunks[packet.stream_index - 1].append((time, samples))
    if not pictures:
        raise DecodeError("not one frame can be decoded")
    origin = times[0]
    sounds = tuple(_joined(track, origin) for track in chunks if track)
    return Decoded(np.stack(pictures), [time - origin for time in times], aspect, sounds)


def _joined(chunks: list[tuple[Fraction, NDArray[np.float32]]], origin: Fraction) -> Sound:
    """The chunks of a track, each at its time; rounding of the container's clock below a hundredth is none."""
    first = chunks[0][0]
    pieces, reached = [], 0
    for time, samples in chunks:
        place = round((time - first) * SAMPLE_RATE)
        if abs(place - reached) < SAMPLE_RATE // 100:
            place = reached
        if place > reached:
            pieces.append(np.zeros((place - reached, samples.shape[1]), np.float32))
        pieces.append(samples[max(0, reached - place) :])
        reached = max(reached, place + len(samples))
    return Sound(np.concatenate(pieces), float(first - origin))
