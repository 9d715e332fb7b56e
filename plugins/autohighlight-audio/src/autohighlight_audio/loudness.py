"""Momentary loudness, by Recommendation ITU-R BS.1770-5 (annex 1) and EBU Tech 3341 (section 2.2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import sosfilt

from autohighlight_audio.windows import Windows

SAMPLE_RATE = 48_000
"""For which the recommendation gives its filter (tables 1 and 2)."""

STEP_SECONDS = 0.02
"""From one measurement to the next; a tenth of a second would miss short sounds by up to 1 LU."""

REACH_SECONDS = 0.2
"""How much is heard before and after the moment that a measurement is of."""

_MOMENTARY = round(2 * REACH_SECONDS / STEP_SECONDS)  # steps

SILENCE = -70.0
"""LUFS; anything quieter is not told from it, as by the absolute gate of the recommendation."""

_K_WEIGHTING = np.array([
    [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585],
    [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621],
])  # fmt: skip

_BEHIND = frozenset({"BL", "BR", "BC", "SL", "SR", "SDL", "SDR", "TBL", "TBC", "TBR"})


def channel_weight(name: str) -> float:
    """How much a channel counts: those from the side and behind 1.5 dB more, those of low frequencies not at all."""
    if name in ("LFE", "LFE2"):
        return 0.0
    return 1.41 if name in _BEHIND else 1.0


class LoudnessMeter:
    """Measures a stretch of sound piece by piece.

    Args:
        channels: FFmpeg's name of each; one whose name is not known counts as one in front.
    """

    def __init__(self, channels: Sequence[str]) -> None:
        self._weights = np.array([channel_weight(name) for name in channels])
        self._state = np.zeros((len(_K_WEIGHTING), len(channels), 2))
        length = round(STEP_SECONDS * SAMPLE_RATE)
        self._steps = Windows(length, length)

    def __call__(self, samples: NDArray[np.float32]) -> NDArray[np.float64]:
        """float32 (channels, S) at `SAMPLE_RATE` -> (K,): mean square of each step that they complete, weighted."""
        heard, self._state = sosfilt(_K_WEIGHTING, samples, axis=1, zi=self._state)
        return self._steps(self._weights @ np.square(heard, out=heard)).mean(axis=1)  # type: ignore[no-any-return]


def momentary(energies: NDArray[np.floating]) -> NDArray[np.float64]:
    """LUFS of the 0.4 s around the beginning of each step, from the steps' mean squares (K,); `SILENCE` at least."""
    if not len(energies):
        return np.empty(0)
    windows = np.convolve(energies, np.full(_MOMENTARY, 1 / _MOMENTARY))[_MOMENTARY // 2 - 1 :][: len(energies)]
    return np.maximum(-0.691 + 10 * np.log10(np.maximum(windows, 1e-12)), SILENCE)
