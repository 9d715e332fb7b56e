"""What is heard, as a spectrum in the bands of the ear: for onsets and for changes."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft
from scipy.ndimage import maximum_filter1d
from scipy.signal import firwin, upfirdn
from scipy.signal.windows import hann

from autohighlight_audio.loudness import SAMPLE_RATE
from autohighlight_audio.windows import Windows

Values = NDArray[np.float64]

RATE = 16_000
"""Samples/s that are looked at: a third of `SAMPLE_RATE`."""

HOP_SECONDS = 0.01
"""From one spectrum to the next."""

NUM_BANDS = 40

_WINDOW = 512  # samples, 32 ms
_LOWEST, _HIGHEST = 50.0, 7500.0  # Hz
_COMPRESSION = 1000.0  # a band at -60 dB of full scale counts log10(2)
_LAG = 2  # spectra: 20 ms, as far apart as windows of 32 ms have to be to differ
ONSET_SECONDS = _LAG * HOP_SECONDS + _WINDOW / RATE / 2
"""From the beginning of the sound to the moment that the first onset strength is of: the middle of its later window."""

_SPREAD = 3  # bands: a tone that slides into the next one is no new one

_TO_MONO = {"LFE": 0.0, "LFE2": 0.0, "FC": 1.0, "FL": 0.7071, "FR": 0.7071}
"""Recommendation ITU-R BS.775-4, table 2; all others count half."""


def mono_weights(channels: tuple[str, ...]) -> NDArray[np.float32]:
    """(channels,): how much each has of one channel made of all; they sum to 1."""
    raw = np.array([_TO_MONO.get(name, 0.5) for name in channels], np.float32)
    return raw / raw.sum() if raw.any() else np.full(len(raw), 1 / len(raw), np.float32)


class Decimator:
    """From `SAMPLE_RATE` to `RATE`, without delay, piece by piece."""

    _TAPS = 97  # 96 is a multiple of three, and -60 dB are reached at 8 kHz
    _FACTOR = SAMPLE_RATE // RATE

    def __init__(self) -> None:
        self._filter = firwin(self._TAPS, 7000, fs=SAMPLE_RATE).astype(np.float32)
        self._rest = np.zeros(self._TAPS // 2, np.float32)

    def __call__(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 (S,) -> float32, about a third of it."""
        held = np.concatenate([self._rest, samples])
        number = max(0, (len(held) - self._TAPS) // self._FACTOR + 1)
        self._rest = held[number * self._FACTOR :].copy()
        filtered: NDArray[np.float32] = upfirdn(self._filter, held, down=self._FACTOR)
        return filtered[self._TAPS // self._FACTOR :][:number]


class LogMel:
    """Spectra in `NUM_BANDS` bands that are evenly spaced on the mel scale, compressed by a logarithm."""

    def __init__(self) -> None:
        self._windows = Windows(_WINDOW, round(HOP_SECONDS * RATE))
        self._shape = hann(_WINDOW, sym=False).astype(np.float32)
        self._bands = _mel_bands()

    def __call__(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 (S,) at `RATE` -> float32 (K, NUM_BANDS): log10(1 + 1000 a), a about 1 for a sine at full scale."""
        windows = self._windows(samples)
        if not len(windows):
            return np.empty((0, NUM_BANDS), np.float32)
        magnitudes = np.abs(rfft(windows * self._shape, axis=1)) * (2 / self._shape.sum())
        return np.log10(1 + _COMPRESSION * (magnitudes @ self._bands))  # type: ignore[no-any-return]


def _mel_bands() -> NDArray[np.float32]:
    """float32 (bins, NUM_BANDS): triangles of height 1, half overlapping, on the mel scale of O'Shaughnessy."""
    lowest, highest = (2595 * math.log10(1 + hertz / 700) for hertz in (_LOWEST, _HIGHEST))
    edges: Values = 700 * (10 ** (np.linspace(lowest, highest, NUM_BANDS + 2) / 2595) - 1)
    bins = np.fft.rfftfreq(_WINDOW, 1 / RATE)[:, None]
    rising, falling = (bins - edges[:-2]) / np.diff(edges)[:-1], (edges[2:] - bins) / np.diff(edges)[1:]
    triangles: Values = np.clip(np.minimum(rising, falling), 0, None)
    return triangles.astype(np.float32)


class OnsetStrength:
    """How much sets in at each moment: the SuperFlux of Boeck and Widmer (DAFx 2013, section 3), on mel bands.

    Of each band the rise above what it and its neighbours were 20 ms before, falls left out, and the mean of all bands.
    So a tone that merely sways, as a voice does, is not taken for new ones.
    """

    def __init__(self) -> None:
        self._pairs = Windows(1 + _LAG, 1, before=None)

    def __call__(self, spectra: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 (F, NUM_BANDS) -> float32 (K,), one for each spectrum but the first two of a stretch."""
        pairs = self._pairs(spectra)
        before, after = maximum_filter1d(pairs[:, 0], _SPREAD, axis=1), pairs[:, _LAG]
        return np.maximum(after - before, 0).mean(axis=1)  # type: ignore[no-any-return]
