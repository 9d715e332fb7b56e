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

_MOST_COMPARED = 8
"""Tracks, or pairs: screen recorders write six at most, cameras eight pairs."""

_SILENT = 1e-4
"""Root mean square below which a track says nothing of itself (-80 dB of full scale)."""

_SHARES = (0.7, 1.4)
"""How loud a track is in one that holds it: 1, but for what lossy codecs and limiters change; 0 in any other."""

_MORE_ENERGY = 1.01
"""A mix has more energy than each of its parts; of two tracks that differ by less, either may be the mix."""

_COPY = 0.99999
"""Correlation of tracks that are the same but for their level, as cameras write one for safety."""


def contained_tracks(media: MediaInfo, choice: SoundChoice) -> tuple[AudioStream, ...]:
    """Where one track of a choice holds the sound of all others, at the same moments and level: those others.

    Half a minute at most is listened to, from all over the file. A track that is silent there is not named, and does
    not count. Of mono pairs, both tracks of one are named or none.

    Args:
        media: a probed file.
        choice: several of its tracks.
    """
    size = 2 if choice.join == "pairs" else 1
    units = [choice.tracks[first : first + size] for first in range(0, len(choice.tracks), size)]
    if not 2 <= len(units) <= _MOST_COMPARED:
        return ()
    heard = [_heard(media, SoundChoice(unit, "pairs" if size == 2 else "single")) for unit in units]
    loud = [number for number, samples in enumerate(heard) if _energy(samples) > samples.size * _SILENT**2]
    for number in loud:
        others = [other for other in loud if other != number]
        if others and all(_holds(heard[number], heard[other]) for other in others):
            return tuple(track for other in others for track in units[other])
    return ()


def _heard(media: MediaInfo, choice: SoundChoice) -> NDArray[np.float32]:
    """float32 (2, S): the stretches, one after the other, silent where the track is.

    Each sample less the one before: low tones are less loud then, so that sounds that have nothing to do with each
    other are less alike by chance.
    """
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
    return np.diff(samples, axis=1)


def _energy(samples: NDArray[np.float32]) -> float:
    return float(np.square(samples, dtype=np.float64).sum())


def _holds(whole: NDArray[np.float32], part: NDArray[np.float32]) -> bool:
    """Whether one sound is a sum of the other and of more, or the same at another level."""
    product = float(np.sum(whole * part, dtype=np.float64))
    if product > _COPY * math.sqrt(_energy(whole) * _energy(part)):
        return True
    is_louder = _energy(whole) > _MORE_ENERGY * _energy(part)
    return is_louder and _SHARES[0] < product / _energy(part) < _SHARES[1]
