"""However many channels a track has, and whatever they are called, two loudspeakers play it without clipping."""

from __future__ import annotations

import subprocess
from collections.abc import Generator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from av.audio.frame import AudioFrame
from imageio_ffmpeg import get_ffmpeg_exe
from numpy.typing import NDArray

from autohighlight.media.audio import AudioReader
from autohighlight.media.channels import channel_names, downmix
from autohighlight.media.probe import probe
from tests.media_factory import make_video, run_ffmpeg, tone

RATE, LENGTH = 48_000, 1024
_COUNTS = [f"{number} channels" for number in range(1, 17)]
_AMBISONIC = ["ambisonic 0", "ambisonic 1", "ambisonic 2", "ambisonic 3", "ambisonic 1+stereo"]


def _named_layouts() -> list[str]:
    """Those that the ffmpeg program knows."""
    said = subprocess.run([get_ffmpeg_exe(), "-hide_banner", "-layouts"], capture_output=True, text=True, check=True)
    _, table = said.stdout.split("Standard channel layouts:")
    return [line.split()[0] for line in table.strip().splitlines()[1:]]


class _Frames(AudioReader):
    """A reader of one frame in which each channel has a constant level."""

    def __init__(self, media_path: Path, layout: str, wanted: str, levels: NDArray[np.float32]) -> None:
        media = probe(media_path)
        super().__init__(media, media.audio[0], sample_rate=RATE, layout=wanted)
        self._frame = AudioFrame.from_ndarray(np.tile(levels, LENGTH)[None], "flt", layout)
        self._frame.sample_rate = RATE

    def _frames(self, _: Fraction | None) -> Generator[AudioFrame, None, None]:
        yield self._frame


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("video") / "made.mkv", 3, sound=tone(0.1))


@pytest.mark.parametrize("layout", [*_named_layouts(), *_COUNTS, *_AMBISONIC])
def test_every_layout_is_heard_in_stereo_without_clipping(layout: str, video: Path) -> None:
    names = channel_names(layout)
    if len(names) == 1:
        heard = _heard(video, layout, "mono", np.ones(1, np.float32))
        np.testing.assert_allclose(heard, [1], atol=1e-5)
        return
    loud = _heard(video, layout, "stereo", np.ones(len(names), np.float32))
    assert loud.shape == (2,)
    assert 0 < np.abs(loud).max() <= 1.0001
    weights = downmix(layout, 2)
    assert np.abs(weights).sum(axis=1).max() <= 1.0001
    is_meant = np.array([not name.startswith("LFE") and name not in _higher_order(names) for name in names])
    assert (np.abs(weights).max(axis=0)[is_meant] > 0.05).all(), "a channel is not heard"
    np.testing.assert_allclose(np.abs(weights[0]).sum(), np.abs(weights[1]).sum(), rtol=1e-5)
    for number in range(len(names)):
        alone = np.eye(len(names), dtype=np.float32)[number]
        np.testing.assert_allclose(_heard(video, layout, "stereo", alone), weights[:, number], atol=1e-5)


def _higher_order(names: tuple[str, ...]) -> set[str]:
    return {name for name in names if name.startswith("AMBI")} - {"AMBI0", "AMBI1"}


def _heard(video: Path, layout: str, wanted: str, levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """(channels,): the level of each in the middle of the frame."""
    (chunk,) = _Frames(video, layout, wanted, levels).chunks()
    assert chunk.samples.shape[1] == LENGTH
    return chunk.samples[:, LENGTH // 2]


def test_sound_of_six_channels_is_mixed_by_the_levels_of_the_itu() -> None:
    left, right = downmix("5.1(side)", 2)
    np.testing.assert_allclose(left / left[0], [1, 0, np.sqrt(0.5), 0, np.sqrt(0.5), 0], atol=1e-6)
    np.testing.assert_allclose(right / right[1], [0, 1, np.sqrt(0.5), 0, 0, np.sqrt(0.5)], atol=1e-6)


def test_ambisonic_sound_is_heard_from_where_it_comes() -> None:
    from_left, from_right, in_front = [1, 1, 0, 0], [1, -1, 0, 0], [1, 0, 0, 1]  # W, Y, Z, X
    heard = downmix("ambisonic 1", 2) @ np.array([from_left, from_right, in_front]).T
    np.testing.assert_allclose(heard, [[1, 0, 0.5], [0, 1, 0.5]], atol=1e-6)


def test_channels_in_an_order_of_their_own_are_read(tmp_path: Path) -> None:
    levels = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
    waves = "|".join(f"{level}*sin(2764.6*t)" for level in levels)
    source = tmp_path / "made.mov"
    run_ffmpeg(
        "-i", make_video(tmp_path / "picture.mp4", 25),
        "-f", "lavfi", "-i", f"aevalsrc={waves}:d=1:s=48000:c=FL+FR+FC+SL+SR+LFE",
        "-c:v", "copy", "-c:a", "pcm_s16le", source,
    )  # fmt: skip
    for _ in range(5):  # a layout that is freed twice ends the program, if not the first time
        media = probe(source)
        (track,) = media.audio
        assert (track.layout, track.num_channels) == ("6 channels", 6)
        reader = AudioReader(media, track, sample_rate=48_000, layout="6 channels")
        samples = np.concatenate([chunk.samples for chunk in reader.chunks()], axis=1)
    np.testing.assert_allclose(np.abs(samples).max(axis=1), levels, atol=0.01)
