"""The sources that every timeline format is tried on: made on the spot, each a second or so long.

Frame n of each shows the number n, upright, as cells that `read_shown_number` reads from any rendering, so that one
frame off is seen. `MATRIX` says what each is; the fixture `matrix` makes each once in a run, when it is first asked
for: ``matrix.path("29.97 DF")``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.media_factory import X264, coded_picture, read_number, run_ffmpeg

NUM_FRAMES = 48
"""Frames in each source, before some are left out of those of variable rate."""

SIZE = (96, 64)

DROPPED = (*range(5, 45, 6), 20, 21, 22)
"""Frames that a source of variable rate does not have: the one before is shown longer. The rest come a little late."""

ODD_PATH = "a folder/żółć & 映画's 100% #1.mov"
"""Spaces, other scripts, and what XML and URLs escape."""

_SAMPLE_RATE = 48_000
_LATE = Fraction(1, 375)  # seconds; frames of variable rate come up to three times as much late, as a phone stamps them


@dataclass(frozen=True)
class MatrixSource:
    """One row of the matrix.

    Args:
        rate: frames/s, exact.
        timecode: the label of its first frame; empty for none.
        channels: how many channels each sound track has.
        size: width and height as stored.
        rotation: clockwise degrees that it is turned by to be shown.
        is_variable_rate: whether `DROPPED` frames are missing, and the rest unevenly spaced.
        path: where it lies in its folder.
        transfer: how the colours are meant: ``bt709``, ``smpte2084`` (PQ) or ``arib-std-b67`` (HLG).
        sample_aspect_ratio: width of a stored pixel over its height.
        field_order: ``progressive``, or which field comes first: ``top`` or ``bottom``.
    """

    rate: Fraction
    timecode: str = ""
    channels: Sequence[int] = (2,)
    size: tuple[int, int] = SIZE
    rotation: int = 0
    is_variable_rate: bool = False
    path: str = "source.mov"
    transfer: str = "bt709"
    sample_aspect_ratio: str = "1"
    field_order: str = "progressive"

    @property
    def is_drop_frame(self) -> bool:
        """Whether its timecode is drop-frame."""
        return ";" in self.timecode

    @property
    def frame_times(self) -> dict[int, Fraction]:
        """Number of each frame that is there -> when it is shown, in seconds from the first on."""
        there = [n for n in range(NUM_FRAMES) if not (self.is_variable_rate and n in DROPPED)]
        return {n: n / self.rate + self.is_variable_rate * _LATE * (place % 4) for place, n in enumerate(there)}

    def number_at(self, time: Fraction, tolerance: Fraction = Fraction(0)) -> int:
        """The number on the screen at `time`, in seconds from the first frame on, or due within the tolerance."""
        return max(number for number, shown in self.frame_times.items() if shown <= time + tolerance)


def _ntsc(nominal: int) -> Fraction:
    return Fraction(nominal * 1000, 1001)


MATRIX: dict[str, MatrixSource] = {
    "23.976": MatrixSource(_ntsc(24), "01:00:00:00"),
    "24": MatrixSource(Fraction(24), "10:11:12:13"),
    "25": MatrixSource(Fraction(25), "09:59:59:10"),
    "29.97 DF": MatrixSource(_ntsc(30), "00:59:59;20"),
    "29.97 NDF": MatrixSource(_ntsc(30), "00:59:59:20"),
    "30": MatrixSource(Fraction(30), "00:00:10:00"),
    "30 DF": MatrixSource(Fraction(30), "00:00:59;20"),
    "50": MatrixSource(Fraction(50), "10:00:00:40"),
    "59.94 DF": MatrixSource(_ntsc(60), "00:00:59;40"),
    "59.94 NDF": MatrixSource(_ntsc(60), "00:00:59:40"),
    "60": MatrixSource(Fraction(60), "00:00:59:40"),
    "120": MatrixSource(Fraction(120), "10:00:00:100"),
    "VFR": MatrixSource(Fraction(30), is_variable_rate=True, path="phone.mp4"),
    "past midnight": MatrixSource(Fraction(25), "23:59:59:10"),
    "no timecode": MatrixSource(_ntsc(30), path="none.mp4"),
    "rotated 90": MatrixSource(Fraction(30), rotation=90, path="portrait.mp4"),
    "rotated 180": MatrixSource(Fraction(25), rotation=180, path="upside down.mp4"),
    "rotated 270": MatrixSource(_ntsc(30), "01:00:00;00", rotation=270),
    "anamorphic": MatrixSource(Fraction(25), size=(72, 64), sample_aspect_ratio="4/3"),
    "mono": MatrixSource(Fraction(25), "01:00:00:00", channels=(1,)),
    "5.1": MatrixSource(Fraction(24), "01:00:00:00", channels=(6,)),
    "four mono tracks": MatrixSource(Fraction(25), "01:00:00:00", channels=(1, 1, 1, 1)),
    "stereo and mono": MatrixSource(Fraction(25), "01:00:00:00", channels=(2, 1)),
    "silent": MatrixSource(_ntsc(24), "01:00:00:00", channels=()),
    "odd path": MatrixSource(Fraction(25), "01:00:00:00", path=ODD_PATH),
    "PQ": MatrixSource(Fraction(24), "01:00:00:00", channels=(), transfer="smpte2084"),
    "HLG": MatrixSource(Fraction(50), "01:00:00:00", channels=(), transfer="arib-std-b67"),
    "interlaced": MatrixSource(Fraction(25), "01:00:00:00", field_order="top"),
    "lower field first": MatrixSource(_ntsc(30), "01:00:00;00", field_order="bottom"),
    "Matroska": MatrixSource(_ntsc(30), "01:00:00;02", path="source.mkv"),
    "larger": MatrixSource(Fraction(50), "02:00:00:00", size=(160, 120), path="larger.mov"),
    "portrait": MatrixSource(_ntsc(30), "03:00:00;00", size=(64, 112), channels=(1,), path="portrait.mov"),
}
"""Name -> what the source of that name is."""

SEVERAL = ("25", "larger", "portrait", "odd path", "VFR")
"""Names of the sources, of different rates and sizes, that stand together in one timeline."""


def read_shown_number(luma: NDArray[Any], shown_size: tuple[int, int]) -> int:
    """The number in a rendering of any size in which a picture of `shown_size` was fitted, with bars around it."""
    height, width = luma.shape
    scale = min(Fraction(width, shown_size[0]), Fraction(height, shown_size[1]))
    inner_width, inner_height = (round(side * scale) for side in shown_size)
    left, top = (width - inner_width) // 2, (height - inner_height) // 2
    return read_number(luma[top : top + inner_height, left : left + inner_width])


def make_source(name: str, folder: Path) -> Path:
    """Makes the source of that name in its own new folder inside `folder`, and gives back its path."""
    source = MATRIX[name]
    path = folder / name / source.path
    path.parent.mkdir(parents=True)
    upright = path.with_name(f"upright{path.suffix}") if source.rotation else path
    width, height = source.size
    data = b"".join(_stored_picture(number, source).tobytes() for number in range(NUM_FRAMES))
    picture = ["-f", "rawvideo", "-pixel_format", "gray", "-video_size", f"{width}x{height}",
               "-framerate", source.rate, "-i", "pipe:0"]  # fmt: skip
    tones, maps = _tones(source)
    run_ffmpeg(*picture, *tones, "-map", "0:v", *maps, *_encoding(source), upright, data=data)
    if source.rotation:  # ffmpeg counts the other way round
        run_ffmpeg("-display_rotation", -source.rotation, "-i", upright, "-map", "0:v", "-map", "0:a?", "-c", "copy",
                   *_stamp(source), path)  # fmt: skip
        upright.unlink()
    return path


def _stored_picture(number: int, source: MatrixSource) -> NDArray[np.uint8]:
    width, height = source.size if source.rotation % 180 == 0 else source.size[::-1]
    return np.rot90(coded_picture(number, (width, height)), source.rotation // 90)


def _tones(source: MatrixSource) -> tuple[list[object], list[object]]:
    """Inputs of one steady tone for each channel of each track (300 Hz and 100 Hz more for each), and their maps."""
    inputs, maps, number = list[object](), list[object](), 0
    seconds = NUM_FRAMES / source.rate
    for track, num_channels in enumerate(source.channels, start=1):
        waves = [f"0.3*sin(2*PI*{300 + 100 * (number + channel)}*t)" for channel in range(num_channels)]
        layout = {1: "mono", 2: "stereo", 6: "5.1"}[num_channels]
        graph = f"aevalsrc={'|'.join(waves)}:c={layout}:s={_SAMPLE_RATE}:d={float(seconds):.6f}"
        inputs += ["-f", "lavfi", "-i", graph]
        maps += ["-map", f"{track}:a"]
        number += num_channels
    return inputs, maps


def _encoding(source: MatrixSource) -> list[object]:
    filters = ["setsar=" + source.sample_aspect_ratio]
    if source.is_variable_rate:
        numbers = "+".join(rf"eq(n\,{number})" for number in DROPPED)
        late = rf"setpts=PTS+{_LATE * 90_000}*mod(N\,4)"
        filters = [f"select='not({numbers})'", "settb=1/90000", late, *filters]
    encoding: list[object] = [*X264, "-pix_fmt", "yuv420p", "-bf", 2, "-c:a", "pcm_s16le"]
    if Path(source.path).suffix == ".mp4":
        encoding[-1] = "aac"
    if source.transfer != "bt709":
        filters.append(f"setparams=color_primaries=bt2020:color_trc={source.transfer}:colorspace=bt2020nc:range=tv")
        encoding[:] = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error",
                       "-pix_fmt", "yuv420p10le", "-tag:v", "hvc1"]  # fmt: skip
    if source.field_order != "progressive":
        encoding += ["-flags", "+ildct+ilme", "-x264opts", f"{source.field_order[0]}ff=1"]
        filters.append(f"setfield={source.field_order[0]}ff")
    mode = ["-fps_mode", "passthrough", "-enc_time_base", "1/90000"] if source.is_variable_rate else []
    return ["-vf", ",".join(filters), *encoding, *mode, *_stamp(source)]


def _stamp(source: MatrixSource) -> list[object]:
    return ["-timecode", source.timecode] if source.timecode else []


class Matrix:
    """The sources of the matrix in one folder, `folder`; each is made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made: dict[str, Path] = {}

    def path(self, name: str) -> Path:
        """The file of that name."""
        if name not in self._made:
            self._made[name] = make_source(name, self.folder)
        return self._made[name]

    def several(self) -> list[Path]:
        """Files of different rates and sizes, for one timeline."""
        return [self.path(name) for name in SEVERAL]
