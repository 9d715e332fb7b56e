"""Each measure finds what it is for, and nothing else."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from autohighlight_audio.novelty import novelty
from autohighlight_audio.spectrum import NUM_BANDS, Decimator, LogMel, OnsetStrength, mono_weights
from autohighlight_audio.voice import VoiceDetector, _model
from autohighlight_audio.windows import Windows

from .sounds import Samples, clicks, noise, silence, speech, tone

PIECES = [0, 1, 2, 700, 30_000, 30_001, 90_000]


def spectra_of(samples: Samples) -> np.ndarray:
    return LogMel()(Decimator()(samples))


def onsets_of(samples: Samples) -> np.ndarray:
    return OnsetStrength()(spectra_of(samples))


@pytest.mark.parametrize(("length", "hop"), [(5, 5), (7, 3), (3, 1), (1, 1)])
def test_windows_are_the_same_whatever_pieces_come(length: int, hop: int) -> None:
    values = np.arange(50 * 2).reshape(50, 2)
    whole = Windows(length, hop)(values)
    np.testing.assert_array_equal(whole[1], values[hop : hop + length])
    for cuts in ([1, 2, 3, 4], [20, 20, 41], [49]):
        windows = Windows(length, hop)
        np.testing.assert_array_equal(np.concatenate([windows(piece) for piece in np.split(values, cuts)]), whole)


def test_sound_is_decimated_in_place_without_what_cannot_be_kept() -> None:
    samples = tone(1, -6, 440) + tone(1, -6, 11_000)  # which would fold to 5 kHz
    thirds = Decimator()(samples)
    expected = tone(1, -6, 440, rate=16_000)[: len(thirds)]
    np.testing.assert_allclose(thirds[100:], expected[100:], atol=0.003)
    assert abs(len(thirds) - 16_000) < 20


@pytest.mark.parametrize("make", [Decimator, LogMel, VoiceDetector])
def test_sound_may_come_in_pieces(make: type[Decimator]) -> None:
    samples, in_pieces = noise(3) * np.linspace(0, 1, 3 * 48_000, dtype=np.float32), make()
    pieces = np.concatenate([in_pieces(piece) for piece in np.split(samples, PIECES)])
    np.testing.assert_allclose(pieces, make()(samples), atol=1e-5)


def test_a_band_says_how_loud_a_tone_in_it_is() -> None:
    loud, quiet = (spectra_of(tone(1, level, 1000)).max(axis=1)[50] for level in (0, -60))
    assert loud == pytest.approx(3, abs=0.25)
    assert quiet == pytest.approx(np.log10(2), abs=0.15)
    assert spectra_of(silence(1)).max() == 0
    assert spectra_of(tone(1)).shape[1] == NUM_BANDS


def test_clicks_are_onsets_where_they_are_and_steady_sound_is_none() -> None:
    strength = onsets_of(clicks(2, 4))
    peaks = np.flatnonzero(strength > 0.5 * strength.max())
    np.testing.assert_allclose(np.unique(np.round((peaks * 0.01 + 0.036) * 20) / 20), [0.25, 0.75, 1.25, 1.75])
    assert onsets_of(tone(2))[10:].max() < 0.02 * strength.max()


def test_a_swaying_tone_is_no_row_of_onsets() -> None:
    times = np.arange(2 * 48_000) / 48_000
    swaying = (0.3 * np.sin(2 * np.pi * 600 * times + 6 * np.sin(2 * np.pi * 5 * times))).astype(np.float32)
    assert onsets_of(swaying)[10:].mean() < 0.1 * onsets_of(clicks(2, 10)).mean()


def test_novelty_is_where_one_sound_gives_way_to_another() -> None:
    for before, after in [
        (noise(10), tone(10)),
        (tone(10, frequency=300), tone(10, frequency=3000)),
        (noise(10), silence(10)),
    ]:
        spectra = spectra_of(np.concatenate([before, after]))
        found = novelty(spectra[: len(spectra) // 50 * 50].reshape(-1, 50, NUM_BANDS).mean(axis=1))
        assert np.nanargmax(found) == 20
        assert np.nanmax(found) > 10 * np.nanmean(found[:12])


def test_novelty_is_what_its_definition_says() -> None:
    spectra = np.random.default_rng(3).random((30, 4)).astype(np.float32)
    distances = np.linalg.norm(spectra[:, None] - spectra[None], axis=2)
    for moment in (2, 5, 15, 28):
        near = [n for n in range(30) if -8 <= n - moment < 8]
        pairs = [(a, b) for a in near for b in near if a < b]
        fading = {n: np.exp(-2 * ((n - moment + 0.5) / 8) ** 2) for n in near}
        means = [
            np.average([distances[p] for p in some], weights=[fading[a] * fading[b] for a, b in some])
            for some in ([p for p in pairs if p[0] < moment <= p[1]], [p for p in pairs if not p[0] < moment <= p[1]])
        ]
        assert novelty(spectra)[moment] == pytest.approx(max(0, means[0] - means[1]))


@pytest.mark.parametrize("number", range(6))
def test_of_short_sound_nothing_is_known(number: int) -> None:
    known = np.isfinite(novelty(np.ones((number, 3), np.float32)))
    assert known.tolist() == [2 <= n <= number - 2 for n in range(number)]


def test_voices_are_told_from_other_sounds() -> None:
    share = {}
    others = {"noise": noise(5, rate=16_000), "tone": tone(5, rate=16_000), "silence": silence(5, 16_000)}
    for name, samples in {"speech": speech(8, 16_000), **others}.items():
        share[name] = float((VoiceDetector()(samples) >= 0.5).mean())
    assert share.pop("speech") > 0.4
    assert max(share.values()) == 0


def test_the_voice_detector_is_that_of_its_makers() -> None:
    samples = speech(4, 16_000)
    samples = samples[: len(samples) // 512 * 512]
    theirs = onnxruntime.InferenceSession(
        str(_model().with_name("silero_vad.onnx")), providers=["CPUExecutionProvider"]
    )
    state, context, expected = np.zeros((2, 1, 128), np.float32), np.zeros((1, 64), np.float32), []
    for window in samples.reshape(-1, 1, 512):
        inputs = {"input": np.concatenate([context, window], axis=1), "state": state, "sr": np.array(16_000)}
        found, state = theirs.run(None, inputs)
        context = window[:, -64:]
        expected.append(found[0, 0])
    np.testing.assert_allclose(VoiceDetector()(samples), expected, atol=1e-5)


def test_one_channel_is_made_of_all_but_low_frequencies() -> None:
    weights = mono_weights(("FL", "FR", "FC", "LFE", "BL", "BR"))
    assert weights.sum() == pytest.approx(1)
    assert weights[3] == 0
    assert weights[2] > weights[0] == weights[1] > weights[4] == weights[5]
    assert mono_weights(("LFE",)).tolist() == [1]
    assert mono_weights(("NONE", "NONE")).tolist() == [0.5, 0.5]
