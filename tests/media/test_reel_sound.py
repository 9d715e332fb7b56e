"""What a reel sounds like: each part's own sound, of its picture's length, without clicks at the cuts."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from autohighlight.media.probe import probe
from tests.media.reels import make_reel
from tests.media_factory import Decoded, Sound, decode, make_video, run_ffmpeg, tone

NUM_FRAMES = 60
SECONDS = NUM_FRAMES / 25


def levels(reel: Decoded, num_frames: int) -> NDArray[np.float64]:
    """float64 (num_frames,): root mean square of the first channel during each frame."""
    assert reel.sound is not None
    edges = np.rint(np.arange(num_frames + 1) / 25 * reel.sample_rate).astype(int)
    assert reel.sound.shape[1] >= edges[-1]
    pairs = itertools.pairwise(edges)
    return np.array([np.sqrt(np.square(reel.sound[0, a:b]).mean()) for a, b in pairs])


@pytest.mark.parametrize(("num_channels", "layout"), [(1, "mono"), (2, "stereo"), (6, "5.1")])
def test_channels_stay(num_channels: int, layout: str, tmp_path: Path) -> None:
    sound = tone(SECONDS, num_channels=num_channels)
    loudness = np.linspace(1, 0.2, num_channels, dtype=np.float32)
    source = make_video(tmp_path / "made.mp4", NUM_FRAMES, sound=Sound(sound.samples * loudness))
    reel, _, output = make_reel(source, [(10, 20), (40, 10)])
    assert [track.layout for track in probe(output).audio] == [layout]
    assert reel.sound is not None
    before, after = decode(source).sound, reel.sound
    assert before is not None
    ratio = np.sqrt(np.square(after[:, 4800:48000]).mean(axis=1) / np.square(before[:, 4800:48000]).mean(axis=1))
    low_frequencies = 3  # of a subwoofer an AAC encoder keeps only the lowest
    kept = [channel for channel in range(num_channels) if channel != low_frequencies]
    assert ratio[kept] == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("layout", "encoder"),
    [
        ("ambisonic 1", ("libopus", "-mapping_family", 2)),
        ("6 channels", ("pcm_s16le",)),
        ("10 channels", ("pcm_s16le",)),
        ("7.1.2", ("pcm_s16le",)),
        ("7.0", ("flac",)),
    ],
)
def test_channels_that_aac_does_not_have_become_stereo_without_clipping(
    layout: str, encoder: tuple[str, ...], tmp_path: Path
) -> None:
    num_channels = {"ambisonic 1": 4, "7.1.2": 10}.get(layout) or int(layout[:2].rstrip("."))
    channels = "|".join(["0.7*sin(2764.6*t)"] * num_channels)
    order = ",channelmap=0|1|2|3:ambisonic\\ 1" if "ambisonic" in layout else ""
    picture, source = make_video(tmp_path / "picture.mp4", NUM_FRAMES), tmp_path / "made.mkv"
    run_ffmpeg(
        "-i", picture, "-f", "lavfi", "-i", f"aevalsrc={channels}:d={SECONDS}:s=48000{order}",
        "-c:v", "copy", "-c:a", *encoder, source,
    )  # fmt: skip
    reel, timeline, output = make_reel(source, [(10, 20), (40, 10)])
    assert [track.layout for track in probe(output).audio] == ["stereo"]
    assert reel.sound is not None
    assert np.abs(reel.sound).max() < 0.98
    assert levels(reel, timeline.num_frames)[1:-1] == pytest.approx(0.7 / np.sqrt(2), abs=0.08)  # not squared


@pytest.mark.parametrize(
    ("sample_rate", "expected"), [(44_100, 44_100), (22_050, 22_050), (96_000, 96_000), (8_000, 8_000), (7_350, 48_000)]
)
def test_the_sample_rate_stays_where_aac_has_it(sample_rate: int, expected: int, tmp_path: Path) -> None:
    sound = Sound(tone(SECONDS, sample_rate=sample_rate).samples, sample_rate, encoder=("-c:a", "pcm_s16le"))
    source = make_video(tmp_path / "made.mov", NUM_FRAMES, sound=sound)
    reel, timeline, output = make_reel(source, [(10, 20), (40, 10)])
    assert [track.sample_rate for track in probe(output).audio] == [expected]
    assert reel.sample_rate == expected
    assert levels(reel, timeline.num_frames)[1:-1] == pytest.approx(0.5 / np.sqrt(2), abs=0.08)


def test_a_silent_film_has_no_sound_track(tmp_path: Path) -> None:
    _, _, output = make_reel(make_video(tmp_path / "made.mp4", NUM_FRAMES), [(10, 20)])
    assert probe(output).audio == ()


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
@pytest.mark.parametrize(
    ("start", "seconds", "first", "end"), [(1.2, 0.8, 30, 50), (0, 0.8, 0, 20), (0, 5, 0, 60), (-0.4, 1.2, 0, 20)]
)
def test_sound_that_begins_late_or_ends_early_stays_in_place(
    start: float, seconds: float, first: int, end: int, suffix: str, tmp_path: Path
) -> None:
    source = make_video(tmp_path / f"made.{suffix}", NUM_FRAMES, sound=Sound(tone(seconds).samples, start=start))
    shift = 10 if start < 0 else 0  # FFmpeg moves everything, so that nothing begins before 0
    cuts = [(45, 10), (0, 10), (15, 25)]
    reel, timeline, _ = make_reel(source, cuts)
    expected = [first <= number < end for at, count in cuts for number in range(at, at + count)]
    heard = levels(reel, timeline.num_frames) > 0.1
    if shift:  # the picture begins 0.4 s into the sound
        assert reel.numbers == [number for at, count in cuts for number in range(at, at + count)]
    # The frame in which the sound begins or ends may hold a little of it, as an encoder's windows smear it.
    differing = np.flatnonzero(heard != np.array(expected))
    edges = {index for index in range(1, len(expected)) if expected[index] != expected[index - 1]}
    assert all({int(d), int(d) + 1} & edges for d in differing), (heard.astype(int), np.array(expected).astype(int))
    assert len(differing) <= 2


def test_cuts_do_not_click(tmp_path: Path) -> None:
    frequency, level = 300.0, 0.8
    source = make_video(tmp_path / "made.mp4", 250, 25, (64, 48), sound=tone(10, frequency, level=level))
    reel, timeline, _ = make_reel(source, [(k * 11 + 3, 7) for k in range(20)])
    assert reel.sound is not None
    steepest = level * 2 * np.pi * frequency / 48_000
    assert np.abs(np.diff(reel.sound[0])).max() < 1.5 * steepest  # a bare cut steps by up to 2 * level
    assert levels(reel, timeline.num_frames).min() > 0.75 * level / np.sqrt(2)  # and nothing is silenced


def test_sound_of_a_crossfade_keeps_its_loudness(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).uniform(-0.4, 0.4, (10 * 48_000, 2)).astype(np.float32)
    source = make_video(tmp_path / "made.mp4", 250, 25, (64, 48), sound=Sound(noise))
    reel, _, _ = make_reel(source, [(10, 40), (100, 40), (200, 40)], transition="crossfade")
    assert len(reel.lumas) == 100
    heard = levels(reel, 100)[1:-1]
    assert heard == pytest.approx(np.median(heard), rel=0.12)


def test_loud_sounds_that_meet_are_held_below_full_scale(tmp_path: Path) -> None:
    source = make_video(tmp_path / "made.mov", 100, 25, (64, 48), sound=tone(4, 250, level=0.95))
    reel, _, _ = make_reel(source, [(0, 30), (50, 30)], transition="crossfade")
    assert reel.sound is not None
    assert np.abs(reel.sound).max() < 1.1


def test_of_several_tracks_the_default_one_is_heard(tmp_path: Path) -> None:
    quiet = make_video(tmp_path / "quiet.mp4", NUM_FRAMES, sound=tone(SECONDS, level=0.1))
    loud = make_video(tmp_path / "loud.mp4", NUM_FRAMES, sound=tone(SECONDS, level=0.6))
    source = tmp_path / "made.mp4"
    run_ffmpeg("-i", quiet, "-i", loud, "-map", "0:v", "-map", "0:a", "-map", "1:a", "-c", "copy",
               "-metadata:s:a:0", "language=deu", "-metadata:s:a:1", "language=fra",
               "-disposition:a:0", "0", "-disposition:a:1", "default", source)  # fmt: skip
    reel, timeline, output = make_reel(source, [(10, 20)])
    assert len(probe(source).audio) == 2
    assert len(probe(output).audio) == 1
    assert levels(reel, timeline.num_frames)[1:-1] == pytest.approx(0.6 / np.sqrt(2), abs=0.05)


def test_sound_that_changes_its_channels_on_the_way_is_heard_before_and_after(tmp_path: Path) -> None:
    halves = []
    for number, num_channels in enumerate([2, 6]):
        half = make_video(tmp_path / f"{number}.mp4", NUM_FRAMES, sound=tone(SECONDS, num_channels=num_channels))
        halves.append(tmp_path / f"{number}.ts")
        run_ffmpeg("-i", half, "-c", "copy", "-output_ts_offset", 1 + number * SECONDS, halves[-1])
    source = tmp_path / "broadcast.ts"
    source.write_bytes(b"".join(half.read_bytes() for half in halves))
    reel, timeline, output = make_reel(source, [(10, 20), (NUM_FRAMES - 10, 20), (NUM_FRAMES + 20, 20)])
    assert [track.layout for track in probe(output).audio] == ["stereo"]
    assert levels(reel, timeline.num_frames).min() > 0.1
