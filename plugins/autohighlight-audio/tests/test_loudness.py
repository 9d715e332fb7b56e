"""Loudness is that of the standard: its own examples, those of the EBU, and another implementation."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from autohighlight_audio.loudness import SILENCE, STEP_SECONDS, LoudnessMeter, channel_weight, momentary

from .sounds import RATE, Samples, noise, silence, tone

SURROUND = ("FL", "FR", "FC", "LFE", "BL", "BR")


def measured(channels: Samples, names: tuple[str, ...]) -> np.ndarray:
    """LUFS at each step, of float32 (channels, S)."""
    return momentary(LoudnessMeter(names)(channels))


def test_a_sine_of_997_hz_at_full_scale_in_one_channel_has_minus_3_01() -> None:
    for names in [("FC",), ("FL", "FR")]:
        samples = np.stack([tone(2, 0, 997), *[silence(2)] * (len(names) - 1)])
        assert measured(samples, names)[50] == pytest.approx(-3.01, abs=0.005)


def test_ebu_3341_cases_1_and_2_stereo_sines() -> None:
    for level in (-23.0, -33.0):
        lufs = measured(np.stack([tone(3, level)] * 2), ("FL", "FR"))
        assert lufs[20:-20] == pytest.approx(level, abs=0.1)


def test_ebu_3341_case_6_five_channels() -> None:
    levels = {"FL": -28, "FR": -28, "FC": -24, "LFE": 0, "BL": -30, "BR": -30}
    lufs = measured(np.stack([tone(3, level) for level in levels.values()]), tuple(levels))
    assert lufs[20:-20] == pytest.approx(-23, abs=0.1)


def test_ebu_3341_case_12_momentary_loudness_of_a_changing_tone() -> None:
    mono = np.concatenate([np.concatenate([tone(0.18, -20), tone(0.22, -30)]) for _ in range(10)])
    lufs = measured(np.stack([mono] * 2), ("FL", "FR"))
    assert lufs[50:-50] == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize("number", range(0, 20, 3))
def test_ebu_3341_case_13_a_short_tone_wherever_it_begins(number: int) -> None:
    mono = np.concatenate([silence(0.02 * number), tone(0.4, -23), silence(1)])
    assert measured(np.stack([mono] * 2), ("FL", "FR")).max() == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize("names", [("FC",), ("FL", "FR"), SURROUND])
def test_another_implementation_finds_the_same(names: tuple[str, ...], tmp_path: Path) -> None:
    swell = np.interp(
        np.arange(4 * RATE), np.linspace(0, 4 * RATE, 9), 10 ** (np.array([0, -9, -3, -30, -5, -1, -20, -40, 0]) / 20)
    )
    samples = np.stack([noise(4, -20 - 2 * number, seed=number) * swell for number in range(len(names))]).astype(
        np.float32
    )
    (tmp_path / "sound.f32").write_bytes(samples.T.astype("<f4").tobytes())
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(names)]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-f", "f32le", "-ar", str(RATE)]
    command += ["-ch_layout", layout, "-i", str(tmp_path / "sound.f32"), "-f", "null"]
    command += ["-af", "ebur128=metadata=1,ametadata=mode=print:key=lavfi.r128.M:file=-", "-"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    theirs = np.array([float(value) for value in re.findall(r"lavfi\.r128\.M=(\S+)", said)])
    ends = 0.1 * np.arange(1, len(theirs) + 1)  # theirs are of the 0.4 s before, every tenth of a second
    ours = measured(samples, names)[np.rint((ends[4:] - 0.2) / STEP_SECONDS).astype(int)]
    assert len(ours) > 30
    np.testing.assert_allclose(ours, theirs[4:], atol=0.02)


def test_sound_may_come_in_pieces() -> None:
    samples = np.stack([noise(3), tone(3)])
    meter = LoudnessMeter(("FL", "FR"))
    pieces = [meter(piece) for piece in np.split(samples, [7, 5000, 5001, 70_000], axis=1)]
    np.testing.assert_allclose(np.concatenate(pieces), LoudnessMeter(("FL", "FR"))(samples), rtol=1e-9)


def test_silence_is_as_quiet_as_can_be_told() -> None:
    assert (measured(silence(1)[None], ("FC",)) == SILENCE).all()
    assert (measured(tone(1, -90)[None], ("FC",)) == SILENCE).all()


def test_channels_that_nobody_named_count_in_full() -> None:
    assert [channel_weight(name) for name in ("NONE", "FL", "AMBI0", "LFE", "SL")] == [1, 1, 1, 0, 1.41]
