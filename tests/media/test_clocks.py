"""Clocks of recordings that begin anew on the way."""

from __future__ import annotations

import re
import shlex
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from autohighlight import pipeline
from autohighlight.errors import InputError
from autohighlight.media.decode import VideoReader, packets_of, spans
from tests.media.reels import click_delays, make_flashes, make_reel
from tests.media_factory import X264, decode, luma_of, make_video, read_number, run_ffmpeg, tone

_WRAP_SECONDS = 2**33 / 90_000
_MPEG2 = ("-c:v", "mpeg2video", "-q:v", 2)


def _made(path: Path, start: float = 0) -> Path:
    is_program = path.suffix == ".mpg"
    sound = ("-c:a", "mp2") if is_program else ("-c:a", "aac")
    made = make_video(
        path.with_suffix(".mkv"), 75, encoder=(*(_MPEG2 if is_program else X264), "-g", 25), sound=tone(3)
    )
    moved = path.with_name(f"moved-{path.name}")
    run_ffmpeg("-i", made, "-c:v", "copy", *sound, "-output_ts_offset", start, moved)
    return moved


@pytest.mark.parametrize("suffix", ["ts", "mpg", "flv", "mkv"])
def test_a_clock_that_restarts_is_refused_with_a_command_that_mends_it(suffix: str, tmp_path: Path) -> None:
    content = _made(tmp_path / f"first.{suffix}").read_bytes()
    joined = tmp_path / f"a joined one.{suffix}"
    joined.write_bytes(content + content[13 if suffix == "flv" else 0 :])
    assert _mended(joined, "jumps back from 0:0[2-5].[0-9] to 0:0[01].[0-9] after 75 frames") == [
        *range(75),
        *range(75),
    ]


@pytest.mark.parametrize("second", [0, 10 * 3600])
def test_a_clock_that_leaps_is_refused_too(second: int, tmp_path: Path) -> None:
    one, other = (_made(tmp_path / f"{start}.ts", start) for start in (7 * 3600, second))
    joined = tmp_path / "joined.ts"
    joined.write_bytes(one.read_bytes() + other.read_bytes())  # FFmpeg takes the 0 for a clock that went on to its end
    assert _mended(joined, "leaps from 7:00:0[0-9].[0-9] to [0-9:]*.[0-9] after 75 frames") == [*range(75), *range(75)]


def _mended(joined: Path, problem: str) -> list[int]:
    """The pictures of a file, once it was rewritten by the command that the error names."""
    with pytest.raises(InputError, match=problem) as caught:
        pipeline.probe(joined)
    assert str(caught.value).startswith(str(joined))
    command = re.search("ffmpeg (.*)", caught.value.hint)
    assert command is not None
    *arguments, mended = shlex.split(command[1])
    run_ffmpeg(*arguments, joined.with_name(mended))
    media = pipeline.probe(joined.with_name(mended))
    assert media.frame_rate == 25
    assert float(media.duration) == pytest.approx(6, abs=0.1)
    return decode(media.path).numbers


def test_a_clock_that_wraps_goes_on(tmp_path: Path) -> None:
    flashes = make_flashes(
        tmp_path / "made.ts", 6, pipeline.probe(_made(tmp_path / "rate.ts")).frame_rate, ("-c:a", "aac")
    )
    wrapping = tmp_path / "wrapping.ts"
    run_ffmpeg("-i", flashes, "-c", "copy", "-output_ts_offset", _WRAP_SECONDS - 4.4, wrapping)
    media = pipeline.probe(wrapping)
    assert media.gaps == ()
    assert (media.num_frames, float(media.duration)) == (150, pytest.approx(6, abs=0.001))
    reel, timeline, _ = make_reel(wrapping, [(5, 17), (55, 60), (130, 17)])
    assert len(reel.lumas) == timeline.num_frames
    delays = click_delays(reel)
    assert len(delays) == 5
    assert np.abs(delays).max() < 0.003


@pytest.mark.parametrize(
    ("codec", "rate", "size"),
    [("mpeg2video", "25", (720, 576)), ("mpeg2video", "30000/1001", (720, 480)), ("mpeg1video", "25", (720, 576))],
)
def test_a_clock_that_counts_fields(codec: str, rate: str, size: tuple[int, int], tmp_path: Path) -> None:
    encoder = ("-c:v", codec, "-bf", 2, "-g", 6, "-q:v", 4, "-timecode", "01:02:03:04")
    media = pipeline.probe(make_video(tmp_path / "made.gxf", 12, rate, size, encoder=encoder))
    shown = decode(media.path)
    assert (media.frame_rate, media.is_variable_rate, media.num_frames) == (Fraction(rate), False, 12)
    assert media.time_range.start == shown.times[0]
    assert media.duration == 12 / Fraction(rate)
    assert str(media.start_timecode) == "01:02:03:04"
    with VideoReader(media) as reader:
        (whole,) = spans(packets_of(media), np.zeros(1, np.int64))
        frames = [(read_number(luma_of(frame)), frame.pts) for frame in reader.frames(whole)]
    step = frames[1][1] - frames[0][1]
    assert [number for number, _ in frames] == shown.numbers == [*range(12)]
    assert [pts for _, pts in frames] == [frames[0][1] + n * step for n in range(12)]
