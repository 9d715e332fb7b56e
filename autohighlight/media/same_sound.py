"""Whether a sound track holds what another has: screen recorders write a mix of all beside its parts."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from autohighlight.media.mixing import open_choice
from autohighlight.media.playback import play_samples
from autohighlight.types import AudioStream, MediaInfo, SoundChoice

_SAMPLE_RATE = 16_000
_NUM_STRETCHES = 6
_STRETCH_SECONDS = 4

_SILENT = 1e-4
"""Root mean square below which a track says nothing of itself (-80 dB of full scale)."""

_TOO_QUIET = 1e-3
"""A track of less than this part of another's energy (-30 dB) may seem to be in it by chance."""

_SHARES = (0.7, 1.4)
"""How loud a track is in one that holds it: 1, but for what lossy codecs and limiters change; 0 in any other."""

_SAME = 0.99
"""Correlation of two tracks that hold the same at different levels, as cameras write one for safety."""


def contained_tracks(media: MediaInfo, choice: SoundChoice) -> tuple[AudioStream, ...]:
    """Those tracks of a choice whose sound is in another one, at the same moments and level.

    Half a minute at most is listened to, from all over the file. Two tracks that are the same are not both named. Of
    mono pairs, both tracks of one are named or none.

    Args:
        media: a probed file.
        choice: several of its tracks.
    """
    size = 2 if choice.join == "pairs" else 1
    units = [choice.tracks[first : first + size] for first in range(0, len(choice.tracks), size)]
    if len(units) < 2:
        return ()
    heard = [_heard(media, SoundChoice(unit, "pairs" if size == 2 else "single")) for unit in units]
    # A mix has more energy than each of its parts; so what is in it is not taken for the whole.
    by_energy = sorted(range(len(units)), key=lambda number: (-_energy(heard[number]), number))
    named = [
        number
        for place, number in enumerate(by_energy)
        if any(_holds(heard[louder], heard[number]) for louder in by_energy[:place])
    ]
    return tuple(track for number in sorted(named) for track in units[number])


def _heard(media: MediaInfo, choice: SoundChoice) -> NDArray[np.float32]:
    """float32 (2, S): the stretches, one after the other, silent where the track is."""
    length, whole = _STRETCH_SECONDS * _SAMPLE_RATE, media.time_range
    number = max(1, min(_NUM_STRETCHES, math.ceil(whole.duration / _STRETCH_SECONDS)))
    step = max(Fraction(0), whole.duration - _STRETCH_SECONDS) / max(1, number - 1)
    samples = np.zeros((2, number * length), np.float32)
    reader = open_choice(media, choice, sample_rate=_SAMPLE_RATE, layout="stereo")
    if reader is None:
        return samples
    for place in range(number):
        for offset, piece in play_samples(reader, start=whole.start + place * step, num_samples=length):
            samples[:, place * length + offset :][:, : piece.shape[1]] = piece
    return samples


def _energy(samples: NDArray[np.float32]) -> float:
    return float(np.square(samples, dtype=np.float64).sum())


def _holds(whole: NDArray[np.float32], part: NDArray[np.float32]) -> bool:
    """Whether one sound is a sum of the other and of more, or the same at another level."""
    if _energy(part) < max(part.size * _SILENT**2, _energy(whole) * _TOO_QUIET):
        return False
    product = float(np.sum(whole * part, dtype=np.float64))
    is_same = product > _SAME * math.sqrt(_energy(whole) * _energy(part))
    return is_same or _SHARES[0] < product / _energy(part) < _SHARES[1]
