"""Makes small videos on the spot, whose frames and sounds can be told apart after lossy encoding.

Every frame carries its number as black and white cells, so what a reel shows can be read back from it. The sound may
click in step with flashes of the picture.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "20")
"""Fast to encode; key frames every 250 frames unless told otherwise."""

_COLUMNS, _ROWS = 4, 3
_DARK, _BRIGHT = 50, 205


def coded_picture(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """uint8 grey (H, W): `number` + 1 in 12 bits as cells, the lowest first, row by row; never all of one level."""
    width, height = size
    bits = ((number + 1) >> np.arange(_COLUMNS * _ROWS)) & 1
    cells = np.where(bits.reshape(_ROWS, _COLUMNS), _BRIGHT, _DARK).astype(np.uint8)
    rows, columns = np.arange(height) * _ROWS // height, np.arange(width) * _COLUMNS // width
    return cells[np.ix_(rows, columns)]


def read_number(luma: NDArray[Any]) -> int:
    """The number coded in a picture, whatever became of its size, levels and depth."""
    height, width = luma.shape
    middle = (float(luma.max()) + float(luma.min())) / 2
    number = 0
    for bit in range(_COLUMNS * _ROWS):
        row, column = divmod(bit, _COLUMNS)
        y, x = int((row + 0.5) * height / _ROWS), int((column + 0.5) * width / _COLUMNS)
        reach_y, reach_x = max(1, height // 12), max(1, width // 16)
        cell = luma[max(0, y - reach_y) : y + reach_y, max(0, x - reach_x) : x + reach_x]
        number |= int(float(cell.mean()) > middle) << bit
    return number - 1


def run_ffmpeg(*arguments: object, data: bytes | None = None) -> None:
    """Runs the ffmpeg program in imageio-ffmpeg, the same on every machine; its output is replaced."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-v", "error", "-y", *map(str, arguments)]
    if data is None:
        command.insert(1, "-nostdin")
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")


@dataclass(frozen=True)
class Sound:
    """Samples to go with a video: float32 (S, channels), at `sample_rate`, first heard at `start` seconds."""

    samples: NDArray[np.float32]
    sample_rate: int = 48_000
    start: float = 0.0
    encoder: Sequence[str] = ("-c:a", "aac", "-b:a", "192k")


def clicks(
    seconds: float, every: float = 1.0, *, sample_rate: int = 48_000, first: float = 0.5, num_channels: int = 2
) -> Sound:
    """A short burst of 3 kHz in silence at `first`, and again `every` so many seconds."""
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    since = (time - first) % every
    burst = np.where((since < 0.010) & (time >= first - 1e-9), np.sin(2 * np.pi * 3000 * since), 0) * 0.8
    return Sound(np.repeat(burst[:, None], num_channels, axis=1).astype(np.float32), sample_rate)


def tone(
    seconds: float, frequency: float = 440.0, *, sample_rate: int = 48_000, num_channels: int = 2, level: float = 0.5
) -> Sound:
    """A steady sine."""
    wave = level * np.sin(2 * np.pi * frequency * np.arange(round(seconds * sample_rate)) / sample_rate)
    return Sound(np.repeat(wave[:, None], num_channels, axis=1).astype(np.float32), sample_rate)


def make_video(
    path: Path,
    num_frames: int = 50,
    rate: Fraction | int | str = 25,
    size: tuple[int, int] = (96, 72),
    *,
    encoder: Sequence[object] = X264,
    pixel_format: str = "yuv420p",
    sound: Sound | None = None,
    options: Sequence[object] = (),
    picture: Callable[[int, tuple[int, int]], NDArray[np.uint8]] = coded_picture,
) -> Path:
    """Writes a video whose frame n shows ``picture(n, size)``, and gives back its path."""
    data = b"".join(picture(number, size).tobytes() for number in range(num_frames))
    inputs: list[object] = ["-f", "rawvideo", "-pixel_format", "gray", "-video_size", f"{size[0]}x{size[1]}",
                            "-framerate", rate, "-r", rate, "-i", "pipe:0"]  # fmt: skip
    track = path.with_name(f"{path.name}.mka")
    if sound is not None:
        _write_sound(track, sound)
        inputs += ["-itsoffset", sound.start, "-i", track, "-c:a", "copy"]
    run_ffmpeg(*inputs, *encoder, "-pix_fmt", pixel_format, *options, path, data=data)
    track.unlink(missing_ok=True)
    return path


def _write_sound(path: Path, sound: Sound) -> None:
    """Encodes the sound by itself: FFmpeg would drop the offset of raw samples."""
    layout = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}[sound.samples.shape[1]]
    samples = np.ascontiguousarray(sound.samples).tobytes()
    raw = ["-f", "f32le", "-ar", sound.sample_rate, "-ch_layout", layout, "-i", "pipe:0"]
    run_ffmpeg(*raw, *sound.encoder, path, data=samples)


def luma_of(frame: VideoFrame) -> NDArray[Any]:
    """(H, W): the first plane, 8 bits or more; of RGB pictures, the grey of them."""
    if frame.format.is_rgb or frame.format.name == "pal8":
        frame = frame.reformat(format="gray")
    kind = np.uint8 if frame.format.components[0].bits <= 8 else np.uint16
    plane = frame.planes[0]
    return np.frombuffer(memoryview(plane), kind).reshape(plane.height, -1)[:, : plane.width]


@dataclass(frozen=True)
class Decoded:
    """All of a file: its pictures in order, their times in seconds, and its sound, float32 (channels, S)."""

    lumas: list[NDArray[Any]]
    times: list[Fraction]
    sound: NDArray[np.float32] | None
    sample_rate: int
    sound_start: Fraction

    @property
    def numbers(self) -> list[int]:
        """The number that each frame shows."""
        return [read_number(luma) for luma in self.lumas]


def decode(path: Path) -> Decoded:
    """Decodes a whole file as a player would."""
    lumas, times = [], []
    with av.open(f"file:{path.absolute()}") as container:
        for frame in container.decode(video=0):
            lumas.append(luma_of(frame))
            times.append((frame.pts or 0) * (frame.time_base or Fraction(0)))
    pieces, start, sample_rate = [], Fraction(0), 0
    with av.open(f"file:{path.absolute()}") as container:
        if not container.streams.audio:
            return Decoded(lumas, times, None, 0, start)
        for number, sound in enumerate(_sound(container)):
            if number == 0:
                start, sample_rate = (sound.pts or 0) * (sound.time_base or Fraction(0)), sound.sample_rate
            pieces.append(sound.to_ndarray())
    return Decoded(lumas, times, np.concatenate(pieces, axis=1), sample_rate, start)


def _sound(container: av.container.InputContainer) -> Iterator[av.AudioFrame]:
    yield from container.decode(audio=0)


def patch(path: Path, old: bytes, new: bytes, count: int = 1) -> None:
    """Overwrites bytes of a file, the first `count` places; `old` must be there."""
    content = path.read_bytes()
    assert content.count(old) >= count
    assert len(old) == len(new)
    path.write_bytes(content.replace(old, new, count))
