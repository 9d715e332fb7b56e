"""Where MLT plays something wrongly a warning is given; where none is given, melt is found to play it right."""

from __future__ import annotations

import wave
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from autohighlight.config import ExportOptions
from autohighlight.export.mlt import write_mlt
from autohighlight.export.mlt_limits import mlt_warnings
from autohighlight.media.probe import probe
from autohighlight.timeline.model import Part, Source, Timeline
from tests.factories import make_audio, make_media
from tests.media_factory import X264, Sound, decode, make_video
from tests.melt import melt_picture, melt_sound

CUTS = ((25, 25), (75, 25))
"""First frame and length of each part."""

RATE = 48_000
NOISE = (np.random.default_rng(1).standard_normal(5 * RATE) * 0.1).astype(np.float32)


def timeline_of(path: Path) -> Timeline:
    source = Source(probe(path))
    parts = tuple(Part(source, first, length, 0.5, "") for first, length in CUTS)
    return Timeline("x", source.rate, source.media.display_size, parts)


def write(timeline: Timeline, folder: Path) -> Path:
    (path,) = write_mlt(timeline, folder / "x.mlt", ExportOptions(), lambda _: None)
    return path


def warnings_of(media: object, project: str = "x.mlt") -> list[str]:
    source = Source(media)  # type: ignore[arg-type]
    timeline = Timeline("x", source.rate, (2, 2), (Part(source, 0, 5, 0.5, ""),))
    return list(mlt_warnings(timeline, Path(project)))


@pytest.mark.parametrize(
    ("start", "time_base", "container", "is_warned"),
    [
        (0, "1/12800", "mov,mp4,m4a,3gp,3g2,mj2", False),
        ("0.04", "1/12800", "mov,mp4,m4a,3gp,3g2,mj2", False),  # 29 ms
        ("0.08", "1/12800", "mov,mp4,m4a,3gp,3g2,mj2", True),
        (5, "1/12800", "mov,mp4,m4a,3gp,3g2,mj2", True),
        (5, "1/90000", "mov,mp4,m4a,3gp,3g2,mj2", True),
        (5, "1/48000", "mov,mp4,m4a,3gp,3g2,mj2", False),
        (5, "1/1000", "matroska,webm", False),
    ],
)
def test_sound_that_old_versions_play_out_of_step(
    start: int | str, time_base: str, container: str, is_warned: bool
) -> None:
    values = {"start": start, "time_base": Fraction(time_base), "container": container}
    said = warnings_of(make_media(60, audio=[make_audio()], **values))  # type: ignore[arg-type]
    assert [("MLT before 7.14" in line) for line in said] == [True] * is_warned
    assert warnings_of(make_media(60, **values)) == []  # type: ignore[arg-type]


def test_names_that_mlt_takes_for_options() -> None:
    assert warnings_of(make_media(path="/a/who?.mov")) == []
    (said,) = warnings_of(make_media(path="/a/b.mov"), "/a/who?.mlt")
    assert said == "/a/who?.mlt: Shotcut and melt cannot open a project with '?' in its path; rename it"
    (said,) = warnings_of(make_media(path="/a/b\\?.mov"))
    assert said.startswith("b\\?.mov: MLT takes what follows '\\?' in a path for options")


def lags(document: Path, folder: Path, sound_ahead: float) -> NDArray[np.float64]:
    """How late the sound of each part comes, in seconds."""
    melt_sound(document, folder / "x.wav")
    with wave.open(str(folder / "x.wav")) as file:
        heard = np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, 2)[:, 0].astype(float)
    late = []
    for number, (first, length) in enumerate(CUTS):
        begin = number * length * RATE // 25 + RATE // 4
        piece = heard[begin : begin + RATE // 2]
        size = 1 << 19
        match = np.fft.irfft(np.fft.rfft(NOISE, size) * np.conj(np.fft.rfft(piece, size)))
        due = first / 25 + 0.25 + sound_ahead
        late.append(due - int(np.argmax(match)) / RATE)
    return np.array(late)


@pytest.mark.parametrize(
    ("suffix", "start", "sound_start"),
    [
        ("mov", 0, 0),
        ("mov", 0, 0.5),
        ("mp4", 0, 0),
        ("mkv", 0, 0),
        ("mkv", 5, 5),
        ("mkv", 0.5, 0),
        ("ts", 0, 0),
        ("ts", 0.5, 0),
        ("mov", 5, 5),
        ("mp4", 5, 5),
        ("mp4", 0.5, 0),
    ],
)
def test_sound_is_in_step_where_nothing_is_said(suffix: str, start: float, sound_start: float, tmp_path: Path) -> None:
    sound = Sound(NOISE[:, None], start=sound_start - start, encoder=("-c:a", "aac", "-b:a", "320k"))
    options = ("-output_ts_offset", start, "-muxdelay", 0, "-muxpreload", 0)
    path = make_video(tmp_path / f"made.{suffix}", 125, sound=sound, options=("-bf", 2, "-g", 25, *options))
    timeline = timeline_of(path)
    document = write(timeline, tmp_path)
    is_warned = any("out of step" in line for line in mlt_warnings(timeline, document))
    assert is_warned == (suffix in ("mov", "mp4") and start > 0)
    if not is_warned:
        assert np.abs(lags(document, tmp_path, start - sound_start)).max() < 0.06


@pytest.mark.parametrize(("suffix", "gop", "b_frames"), [("ts", 1, 0), ("ts", 50, 0), ("mpg", 25, 2), ("mkv", 250, 2)])
def test_frames_are_right_where_nothing_is_said(suffix: str, gop: int, b_frames: int, tmp_path: Path) -> None:
    codec = ("-c:v", "mpeg2video", "-q:v", "2") if suffix == "mpg" else X264
    path = make_video(tmp_path / f"made.{suffix}", 125, encoder=(*codec, "-g", gop, "-bf", b_frames))
    timeline = timeline_of(path)
    document = write(timeline, tmp_path)
    is_warned = any("MPEG stream" in line for line in mlt_warnings(timeline, document))
    assert is_warned == (suffix in ("ts", "mpg") and gop > 1)
    if not is_warned:
        assert melt_picture(document, tmp_path / "x.mkv") == []
        shown = decode(tmp_path / "x.mkv").numbers
        assert shown == [number for first, length in CUTS for number in range(first, first + length)]


@pytest.mark.parametrize(("rotation", "cure"), [(0, "Flip"), (90, "Mirror"), (180, "Flip"), (270, "Mirror")])
def test_a_mirrored_picture_needs_a_filter(rotation: int, cure: str) -> None:
    (line,) = warnings_of(make_media(is_mirrored=True, rotation=rotation))
    assert line.endswith(f"do not mirror it; add the filter {cure}")
    assert warnings_of(make_media(rotation=rotation)) == []
