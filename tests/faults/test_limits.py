"""What announces more than a video may have is refused early, and said how to allow; what is merely large passes."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from autohighlight import pipeline
from autohighlight.config import Limits, Options
from autohighlight.errors import InputError, LimitError, OptionError
from autohighlight.media.probe import probe
from tests.faults import crafted
from tests.media_factory import make_video, run_ffmpeg, tone
from tests.whole_runs import QUICKLY, Command, files_in

_YEAR = 365 * 24 * 3600

CRAFTED: dict[str, tuple[str, Callable[[Path], Path], str, str]] = {
    # name: suffix, what makes it, what is wrong, the limit
    "picture of a GIF": ("gif", crafted.huge_gif, "its picture of 30,000 x 30,000", "pixels=900000000"),
    "pictures of JPEG": ("avi", crafted.huge_mjpeg, "its picture of 30,000 x 30,000", "pixels=900000000"),
    "raw pictures": ("avi", crafted.huge_raw, "its picture of 30,000 x 30,000", "pixels=900000000"),
    "samples of one size": ("mp4", crafted.many_samples, "it has 1,000,000,000 frames", "frames=1000000000"),
    "compressed tables": ("mov", crafted.many_compressed_samples, "it has 1,000,000,000 frames", "frames=1000000000"),
    "fragment": ("mp4", crafted.many_in_a_fragment, "it has 1,000,000,000 frames", "frames=1000000000"),
    "AVI of many frames": ("avi", crafted.many_in_avi, "it has 1,000,000,000 frames", "frames=1000000000"),
    "tracks": ("mp4", crafted.many_tracks, "it has 501 streams, more than 500", "streams=501"),
    "10,000 fps": ("mov", lambda p: crafted.with_clock(p, 10_000, 1), "it has 10,000 frames in a second", "max_fps"),
    "0.001 fps": ("mov", lambda p: crafted.with_clock(p, 1, 1000), "its frames are 1,000 s apart", "min_fps=0.000999"),
    "years": ("mov", lambda p: crafted.with_clock(p, 1, _YEAR), "it plays for 166,440.0 hours", "hours=166440"),
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("crafted")
    return {name: make(folder / f"{name}.{suffix}") for name, (suffix, make, _, _) in CRAFTED.items()}


@pytest.mark.parametrize("name", CRAFTED)
def test_it_is_refused_with_the_limit_to_set(name: str, made: dict[str, Path]) -> None:
    _, _, problem, limit = CRAFTED[name]
    with pytest.raises(LimitError) as caught:
        probe(made[name])
    assert caught.value.problem.startswith(problem)
    assert f"--limits {limit}" in caught.value.hint


_MEASURE = """
import json, re, sys
from pathlib import Path
from autohighlight.errors import LimitError
from autohighlight.media.probe import probe
peaks = {}
for name in sys.argv[1:]:
    try:
        probe(Path(name))
    except LimitError:
        peaks[name] = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
print(json.dumps(peaks))
"""


def test_it_is_refused_before_memory_is_spent_on_it(made: dict[str, Path]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, *map(str, made.values())], capture_output=True, text=True, check=True
    )
    peaks = json.loads(done.stdout)
    assert set(peaks) == set(map(str, made.values()))
    assert max(peaks.values()) < 300_000  # kB; Python, numpy and FFmpeg take 80,000


def test_the_command_line_says_it_in_two_lines_and_takes_the_limit(
    made: dict[str, Path], command: Command, tmp_path: Path
) -> None:
    video = made["10,000 fps"]
    outcome = command("reel", *QUICKLY, video, "-o", tmp_path / "reel.mp4")
    assert outcome.code == 3
    assert outcome.err.splitlines() == [
        f"error: {video}: it has 10,000 frames in a second, more than 1,000",
        "       if that is right, allow it with --limits max_fps=10000",
    ]
    assert files_in(tmp_path) == set()
    assert command("score", "--limits", "max_fps=10000", video).code == 0


def test_larger_pictures_in_the_middle_are_left_out_as_damage(tmp_path: Path) -> None:
    video = crafted.huge_mjpeg(tmp_path / "video.avi", first=10)
    media = pipeline.probe(video)
    assert media.num_frames == 20
    features = pipeline.extract(media, Options.of(backbone="efficientnet-lite0-random", cache=False, speed="exact"))
    assert features.num_frames_lost == 10


def test_what_the_header_says_of_the_length_is_not_believed(tmp_path: Path) -> None:
    assert probe(crafted.years_of_header(tmp_path / "video.mp4")).duration == Fraction(20, 25)


def test_a_clock_beyond_all_reason_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a thousand years from zero"):
        probe(crafted.far_clock(tmp_path / "video.mp4"))


def test_a_picture_is_measured_as_it_is_shown(tmp_path: Path) -> None:
    video = make_video(tmp_path / "video.mp4", 3, options=("-vf", "setsar=8/1"))
    assert probe(video, Limits(pixels=Fraction(96 * 8 * 72))).display_size == (768, 72)
    with pytest.raises(LimitError, match="768 x 72"):
        probe(video, Limits(pixels=Fraction(96 * 8 * 72 - 1)))


def test_every_frame_that_is_there_counts(tmp_path: Path) -> None:
    video = make_video(tmp_path / "video.mkv", 30)  # says nothing of their number
    assert probe(video, Limits(frames=Fraction(30))).num_frames == 30
    with pytest.raises(LimitError, match="30 frames, more than 29"):
        probe(video, Limits(frames=Fraction(29)))


def test_a_reader_is_held_to_the_limits_of_the_probe(tmp_path: Path) -> None:
    from autohighlight.media.source import open_probed

    media = probe(make_video(tmp_path / "video.mp4", 3), Limits(streams=Fraction(7)))
    with open_probed(media) as container:
        assert container.options["max_streams"] == "8"
        assert container.options["max_pixels"] == container.streams.video[0].codec_context.options["max_pixels"]


@pytest.mark.parametrize("text", ["pixel=3", "pixels", "pixels=-1", "pixels=many", "pixels=1,pixels=2", "hours=1e999"])
def test_limits_that_cannot_be_meant_are_said(text: str) -> None:
    with pytest.raises(OptionError, match="--limits"):
        Options.of(limits=text)


def test_limits_are_read_as_they_are_written() -> None:
    limits = Limits.parse("pixels=900e6,min_fps=0.001")
    assert (limits.pixels, limits.min_fps, limits.hours) == (900_000_000, Fraction(1, 1000), Limits().hours)
    assert Limits.parse(str(limits)) == limits
    assert Options.of(limits=limits).extract.limits == limits


def _day(path: Path) -> Path:
    """24 hours of a camera that takes a picture every four seconds."""
    greys = [np.full((16, 16), level, np.uint8) for level in (32, 128)]
    return make_video(path, 6 * 3600, "1/4", (16, 16), options=("-g", 600), picture=lambda n, _: greys[n % 2])


def _sound_tracks(path: Path) -> Path:
    one = make_video(path.with_name("one.mp4"), 25, sound=tone(1))
    run_ffmpeg("-i", one, "-map", "0:v", *["-map", "0:a"] * 64, "-c", "copy", path)
    return path


LEGITIMATE: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "8K": ("mp4", lambda p: make_video(p, 1, size=(7680, 4320))),
    "16K": ("mov", lambda p: make_video(p, 1, size=(15360, 8640), encoder=("-c:v", "mjpeg"), pixel_format="yuvj420p")),
    "960 fps": ("mp4", lambda p: make_video(p, 96, 960)),
    "a picture in ten seconds": ("mp4", lambda p: make_video(p, 20, "1/10")),
    "24 hours": ("mp4", _day),
    "64 sound tracks": ("mp4", _sound_tracks),
}


@pytest.mark.parametrize("name", LEGITIMATE)
def test_what_is_merely_large_passes(name: str, tmp_path: Path) -> None:
    suffix, make = LEGITIMATE[name]
    media = probe(make(tmp_path / f"video.{suffix}"))
    expected = {
        "8K": (media.width, 7680), "16K": (media.width, 15360), "960 fps": (media.frame_rate, 960),
        "a picture in ten seconds": (media.frame_rate, Fraction(1, 10)),
        "24 hours": (media.duration, 24 * 3600), "64 sound tracks": (len(media.audio), 64),
    }  # fmt: skip
    found, wanted = expected[name]
    assert found == wanted


@pytest.mark.parametrize(("suffix", "options"), [
    ("mov", ()), ("mov", ("-movflags", "frag_keyframe+empty_moov")), ("mov", ("-movflags", "faststart")),
    ("mp4", ()), ("mp4", ("-movflags", "frag_keyframe+empty_moov")), ("mkv", ()), ("avi", ()),
])  # fmt: skip
@pytest.mark.parametrize("sound", [("-c:a", "pcm_s16le"), ("-c:a", "pcm_s24le"), ("-c:a", "pcm_f32le")])
def test_only_pictures_count_as_frames(
    suffix: str, sound: tuple[str, ...], options: tuple[str, ...], tmp_path: Path
) -> None:
    heard = tone(0.4)
    path = make_video(tmp_path / f"made.{suffix}", 10, sound=dataclasses.replace(heard, encoder=sound), options=options)
    assert probe(path, Limits(frames=Fraction(2000))).num_frames == 10
    with pytest.raises(LimitError):
        probe(path, Limits(frames=Fraction(9)))
