"""Sound comes in blocks, each where it is heard, whatever the file does."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autohighlight.media.audio import AudioReader, SoundChunk
from autohighlight.media.channels import channel_names
from autohighlight.media.probe import probe
from autohighlight.media.sound import heard_layout, open_sound, sound_blocks
from autohighlight.types import AudioStream
from tests.media_factory import Sound, make_video, run_ffmpeg, tone

RATE = 100


class Chunks(AudioReader):
    """A reader of samples that are there, each of which says at what hundredth of a second it is heard."""

    def __init__(self, *pieces: tuple[int, int]) -> None:
        self.sample_rate, self._pieces = RATE, pieces

    def chunks(self, *_: object) -> Iterator[SoundChunk]:
        for start, length in self._pieces:
            yield SoundChunk(Fraction(start, RATE), np.arange(start, start + length, dtype=np.float32)[None])


@given(st.lists(st.tuples(st.integers(-60, 60), st.integers(0, 250)), max_size=12), st.integers(1, 2))
def test_every_moment_is_given_once_and_where_it_is_heard(steps: list[tuple[int, int]], seconds: int) -> None:
    pieces, at = [], 0
    for step, length in steps:
        pieces.append((at + step, length))
        at += step + length
    heard = {moment for start, length in pieces for moment in range(start, start + length)}
    reached, given_once = -10_000, set()
    for block in sound_blocks(Chunks(*pieces), seconds):
        start, (samples,) = block.start * RATE, block.samples
        assert 0 < len(samples) <= seconds * RATE
        assert start >= reached
        np.testing.assert_array_equal(samples, np.arange(start, start + len(samples)))
        reached = int(start) + len(samples)
        given_once.update(samples.astype(int).tolist())
    assert given_once <= heard
    if all(step >= 0 for step, _ in steps):
        assert given_once == heard


def test_blocks_are_whole_but_for_the_last_before_a_gap() -> None:
    lengths = [block.samples.shape[1] for block in sound_blocks(Chunks((0, 130), (130, 220), (400, 10)), 1)]
    assert lengths == [100, 100, 100, 50, 10]


def test_sound_that_starts_late_says_so(tmp_path: Path) -> None:
    media = probe(make_video(tmp_path / "late.mkv", 100, sound=Sound(tone(2).samples, start=1.5)))
    blocks = list(sound_blocks(open_sound(media), 1))
    assert float(blocks[0].start) == pytest.approx(1.5, abs=0.03)
    assert sum(block.samples.shape[1] for block in blocks) == pytest.approx(2 * 48_000, abs=2048)


@pytest.mark.parametrize(("num_channels", "encoder"), [(1, "aac"), (6, "aac"), (8, "aac"), (8, "pcm_s16le")])
def test_all_channels_are_heard(num_channels: int, encoder: str, tmp_path: Path) -> None:
    sound = tone(1, num_channels=num_channels)
    levels = np.linspace(0.2, 1, num_channels, dtype=np.float32)
    made = make_video(tmp_path / "many.mkv", 25, sound=Sound(sound.samples * levels, encoder=("-c:a", encoder)))
    samples = np.concatenate([block.samples for block in sound_blocks(open_sound(probe(made)))], axis=1)
    loudness = samples[:, 10_000:40_000].std(axis=1)
    heard = [name != "LFE" for name in channel_names(probe(made).audio[0].layout)]  # AAC cuts the LFE off at 120 Hz
    np.testing.assert_allclose(loudness[heard], levels[heard] * 0.5 / np.sqrt(2), rtol=0.02)


def test_the_track_that_a_player_would_play_is_read_unless_another_is_named(tmp_path: Path) -> None:
    one, other = (make_video(tmp_path / f"{level}.mkv", 25, sound=tone(1, level=level)) for level in (0.1, 0.4))
    inputs = ["-i", one, "-i", other, "-map", "0:v", "-map", "0:a", "-map", "1:a", "-c", "copy"]
    inputs += ["-metadata:s:a:0", "language=deu", "-metadata:s:a:1", "language=fra"]
    run_ffmpeg(*inputs, "-disposition:a:0", "0", "-disposition:a:1", "default", tmp_path / "two.mkv")
    media = probe(tmp_path / "two.mkv")
    for track, level in [(None, 0.4), (media.audio[0], 0.1), (media.audio[1], 0.4)]:
        (block,) = sound_blocks(open_sound(media, track))
        assert block.samples[:, 10_000:40_000].std() == pytest.approx(level / np.sqrt(2), rel=0.02)


def test_a_video_without_sound_has_no_reader(tmp_path: Path) -> None:
    assert open_sound(probe(make_video(tmp_path / "silent.mp4", 5))) is None


@pytest.mark.parametrize(
    ("layout", "num_channels", "expected"),
    [
        ("5.1(side)", 6, "5.1(side)"),
        ("4 channels", 4, "4 channels"),
        ("22.2", 24, "22.2"),
        ("64 channels", 64, "stereo"),
        ("", 1, "mono"),
        ("", 5, "stereo"),
    ],
)
def test_layouts_are_read_as_they_are_where_that_can_be(layout: str, num_channels: int, expected: str) -> None:
    assert heard_layout(AudioStream(1, "pcm_s16le", 48_000, layout, num_channels, "", Fraction(0), True)) == expected
