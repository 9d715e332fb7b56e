"""Which frames a GIF shows, and for how long: those of its highlight, at the speed of the video."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from numpy.typing import NDArray

from autohighlight.config import ExportOptions
from autohighlight.errors import DependencyError, OptionError, OutputError, OutputExistsError
from autohighlight.export.animation import write_animations
from autohighlight.media import animate
from autohighlight.media.animate import Pictures, encode_animation
from autohighlight.media.ffmpeg import find_ffmpeg
from autohighlight.media.probe import probe
from autohighlight.types import Progress
from tests.media.gifs import make_animations, read_animation, timeline_of
from tests.media_factory import make_video, read_number
from tests.timeline_matrix import MATRIX, Matrix, read_shown_number
from tests.whole_runs import files_in

CUTS = [(3, 12), (21, 19)]


@pytest.mark.parametrize(
    "name",
    ["23.976", "25", "29.97 DF", "50", "59.94 NDF", "120", "VFR", "rotated 90", "rotated 180", "rotated 270",
     "anamorphic", "PQ", "HLG", "Matroska", "portrait", "odd path"],
)  # fmt: skip
def test_the_first_frame_is_that_of_the_highlight_and_the_rest_follow_evenly(
    name: str, matrix: Matrix, tmp_path: Path
) -> None:
    source, video = MATRIX[name], matrix.path(name)
    media, timeline = probe(video), timeline_of(video, CUTS)
    made = write_animations(timeline, tmp_path / "made.gif", "gif", ExportOptions(), lambda _: None)
    for (first, count), animation in zip(CUTS, made, strict=True):
        step = source.rate / animation.frame_rate
        assert step.denominator == 1
        shown = read_animation(animation.path)
        instants = [(first + number * step) / source.rate for number in range(animation.num_frames)]
        expected = [source.number_at(instant, 1 / (4 * source.rate)) for instant in instants]
        assert [read_shown_number(luma, media.display_size) for luma in shown.lumas] == expected
        assert expected[0] == source.number_at(first / source.rate, 1 / (4 * source.rate))
        assert instants[-1] < (first + count) / source.rate
        assert abs(animation.duration - count / source.rate) <= 1 / (2 * animation.frame_rate)


@pytest.mark.parametrize("form", ["webp", "avif"])
def test_webp_and_avif_show_the_same_frames(form: str, tmp_path: Path) -> None:
    video = make_video(tmp_path / "made.mp4", 60, "30000/1001")
    (made,) = make_animations(video, [(7, 30)], form)
    assert [read_number(luma) for luma in read_animation(made.path).lumas] == list(range(7, 37, 2))


def test_a_rate_that_is_asked_for_shows_what_is_on_the_screen_then(tmp_path: Path) -> None:
    video = make_video(tmp_path / "made.mp4", 60, 25)
    (made,) = make_animations(video, [(5, 50)], fps="10")
    assert (made.frame_rate, made.num_frames) == (10, 20)
    numbers = [read_number(luma) for luma in read_animation(made.path).lumas]
    assert numbers == [5 + (5 * number + 1) // 2 for number in range(20)]


def test_handles_are_for_editors(tmp_path: Path) -> None:
    timeline = timeline_of(make_video(tmp_path / "made.mp4", 60, 15), [(5, 40)])
    part = replace(timeline.parts[0], head_handle=10, tail_handle=20)
    timeline = replace(timeline, parts=(part,))
    write_animations(timeline, tmp_path / "made.gif", "gif", ExportOptions(), lambda _: None)
    numbers = [read_number(luma) for luma in read_animation(tmp_path / "made.gif").lumas]
    assert numbers == list(range(15, 25))


@pytest.mark.parametrize("count", [1, 2])
def test_the_shortest_of_highlights_is_still_a_gif(count: int, tmp_path: Path) -> None:
    (made,) = make_animations(make_video(tmp_path / "made.mp4", 20, 25), [(4, count)])
    assert [read_number(luma) for luma in read_animation(made.path).lumas] == [4]


def moving(num_frames: int) -> Iterator[NDArray[np.uint8]]:
    for number in range(num_frames):
        picture = np.full((24, 32, 3), 40, np.uint8)
        picture[:, number % 32] = 220
        yield picture


@pytest.mark.parametrize(("form", "tick"), [("gif", 10), ("webp", 1)])
@pytest.mark.parametrize("rate", ["15", "25/2", "15000/1001", "12000/1001", "30000/1001", "24", "7", "50", "100/3"])
def test_the_speed_is_right_and_no_error_adds_up(form: str, tick: int, rate: str, tmp_path: Path) -> None:
    pictures = Pictures(lambda: moving(37), 37, (32, 24), Fraction(rate))
    encode_animation(form, pictures, (32, 24), tmp_path / f"made.{form}", plays=0, dither="none")
    durations = read_animation(tmp_path / f"made.{form}").durations
    assert len(durations) == 37
    assert min(durations) >= 20  # browsers take less for a mistake, and show it for a tenth of a second
    # GIF is within half a tick everywhere; libwebp makes up the length of the last frame.
    for number, end in enumerate(itertools.accumulate(durations[: None if form == "gif" else -1]), start=1):
        assert abs(end - number * 1000 / Fraction(rate)) <= tick / 2 + (form == "webp") / 2
    assert sum(durations) == pytest.approx(float(37_000 / Fraction(rate)), abs=max(tick / 2, 2))


@pytest.mark.parametrize("form", ["gif", "webp", "avif"])
def test_pictures_that_stand_still_take_their_time(form: str, tmp_path: Path) -> None:
    still = np.full((24, 32, 3), 90, np.uint8)
    pictures = Pictures(lambda: iter([still] * 30), 30, (32, 24), Fraction(15))
    encode_animation(form, pictures, (32, 24), tmp_path / f"made.{form}", plays=0, dither="bayer")
    shown = read_animation(tmp_path / f"made.{form}")
    assert np.abs(shown.pictures[-1].astype(int) - 90).max() <= 3
    if form != "webp":  # libwebp makes one still picture of it
        assert sum(shown.durations) == pytest.approx(2000, abs=15)


@pytest.mark.parametrize(("plays", "gif", "webp"), [(0, 0, 0), (1, None, 1), (3, 2, 3)])
def test_it_is_played_as_often_as_asked_for(plays: int, gif: int | None, webp: int, tmp_path: Path) -> None:
    """A GIF says how often it is repeated, and nothing if it is not; WebP and AVIF say how often they are played."""
    video = make_video(tmp_path / "made.mp4", 20)
    assert read_animation(make_animations(video, [(2, 10)], loop=plays)[0].path).loop == gif
    assert read_animation(make_animations(video, [(2, 10)], "webp", loop=plays)[0].path).loop == webp
    if not find_ffmpeg().is_at_least("6.0"):
        return  # the next test has that
    content = make_animations(video, [(2, 10)], "avif", loop=plays)[0].path.read_bytes()
    track = content[content.index(b"tkhd") + 4 :]  # its duration is that of all repetitions, in milliseconds
    duration = int.from_bytes(track[20:24] if track[0] == 0 else track[28:36], "big")
    assert duration == (400 * plays if plays else 2**63 - 1)
    repeated = content[content.index(b"elst") + 7]  # the flag that the list is repeated
    assert repeated == (plays != 1)


@pytest.mark.parametrize(
    ("libavutil", "plays", "needed"), [((57, 17), 0, "5.1"), ((57, 17), 2, "6.0"), ((57, 28), 2, "6.0")]
)
def test_a_program_too_old_for_avif_is_said(
    libavutil: tuple[int, int], plays: int, needed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = replace(find_ffmpeg(), libavutil=libavutil, version="old")
    monkeypatch.setattr(animate, "find_ffmpeg", lambda _chosen: old)
    video = make_video(tmp_path / "made.mp4", 20)
    with pytest.raises(DependencyError, match=f"needs FFmpeg {needed}, and .* is old"):
        make_animations(video, [(2, 10)], "avif", loop=plays)
    assert files_in(tmp_path) == {"made.mp4"}


def test_no_error_leaves_anything_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    video = make_video(tmp_path / "made.mp4", 60)
    calls: list[Path] = []

    def failing(*arguments: object, **options: object) -> None:
        calls.append(arguments[3])  # type: ignore[arg-type]
        if len(calls) == 2:
            raise OutputError(calls[-1], "ffmpeg could not encode it")
        encode_animation(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("autohighlight.export.animation.encode_animation", failing)
    with pytest.raises(OutputError, match="could not encode it") as caught:
        make_animations(video, [(2, 10), (20, 10), (40, 10)])
    assert caught.value.path == tmp_path / "made-2.gif"
    assert files_in(tmp_path) == {"made.mp4"}


def test_a_file_that_is_there_stops_it_before_any_work(tmp_path: Path) -> None:
    timeline = timeline_of(make_video(tmp_path / "made.mp4", 60), [(2, 10), (20, 10)])
    (tmp_path / "made-2.gif").write_bytes(b"mine")
    told: list[Progress] = []
    with pytest.raises(OutputExistsError, match=r"made-2\.gif: is there already"):
        write_animations(timeline, tmp_path / "made.gif", "gif", ExportOptions(), told.append)
    assert not told
    assert files_in(tmp_path) == {"made.mp4", "made-2.gif"}


def test_another_suffix_is_said(tmp_path: Path) -> None:
    timeline = timeline_of(make_video(tmp_path / "made.mp4", 20), [(2, 10)])
    with pytest.raises(OptionError, match=r"made\.png does not end in \.gif"):
        write_animations(timeline, tmp_path / "made.png", "gif", ExportOptions(), lambda _: None)


def test_every_form_has_an_encoder_in_the_ffmpeg_that_comes_along() -> None:
    assert set(animate.ENCODERS.values()) <= find_ffmpeg(imageio_ffmpeg.get_ffmpeg_exe()).encoders
