"""Listens to a video once, from end to end, and measures everything on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autohighlight.media.channels import channel_names
from autohighlight.media.mixing import SoundReader
from autohighlight.media.sound import sound_blocks
from autohighlight.types import Clip
from autohighlight_audio import loudness, novelty, spectrum, voice
from autohighlight_audio.windows import Windows

Values = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Curve:
    """Something measured at even steps, in stretches that have gaps between them.

    Args:
        step: seconds from one value to the next.
        times: float64 (K,), ascending: the moment that each value is of, in seconds of presentation time.
        values: (K,).
        reach: how much is heard before and after that moment, in seconds; values that reach out of a clip are not its
            own, unless it is so short that all do.
    """

    step: float
    times: NDArray[np.float64]
    values: Values
    reach: float = 0.0

    def of_clips(self, clips: Sequence[Clip], pool: Callable[[Values], Any]) -> NDArray[np.float64]:
        """One number for each clip, (N,), of the values that are known in it; NaN where there are none.

        A clip that is shorter than a step has the value that is nearest to its middle.
        """
        result = np.full(len(clips), np.nan)
        for number, (first, last) in enumerate(zip(*self._in_clips(clips, self.reach), strict=True)):
            known = self.values[first:last]
            known = known[np.isfinite(known)]
            if len(known):
                result[number] = pool(known)
        return result

    def covers(self, clips: Sequence[Clip]) -> NDArray[np.bool_]:
        """(N,): whether there are values in at least half of the clip."""
        firsts, lasts = self._in_clips(clips, reach=0)
        seconds = np.array([float(clip.time_range.duration) for clip in clips])
        return (lasts > firsts) & ((lasts - firsts + 1) * self.step >= seconds / 2)

    def _in_clips(self, clips: Sequence[Clip], reach: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Numbers of the first value in each clip, so far from its ends, and of the first after it."""
        starts = np.array([float(clip.time_range.start) for clip in clips])
        ends = np.array([float(clip.time_range.end) for clip in clips])
        margins = np.minimum(reach, (ends - starts) / 3)
        starts, ends = starts + margins, ends - margins
        firsts, lasts = np.searchsorted(self.times, starts), np.searchsorted(self.times, ends)
        if len(self.times):
            middles = (starts + ends) / 2
            nearest = np.clip(np.searchsorted(self.times, middles - self.step / 2), 0, len(self.times) - 1)
            is_short = (firsts == lasts) & (np.abs(self.times[nearest] - middles) <= self.step)
            firsts, lasts = np.where(is_short, nearest, firsts), np.where(is_short, nearest + 1, lasts)
        return firsts, lasts


@dataclass(frozen=True, eq=False)
class Heard:
    """What was measured of the sound of a video.

    Args:
        loudness: LUFS, momentary.
        onsets: what sets in; see `spectrum.OnsetStrength`.
        novelty: see `novelty.novelty`.
        voice: probability of speech.
    """

    loudness: Curve
    onsets: Curve
    novelty: Curve
    voice: Curve


def listen(reader: SoundReader, layout: str) -> Heard:
    """Measures all of a sound; a few numbers for each second of it are kept, and ten seconds of sound.

    Args:
        reader: of the sound, at `loudness.SAMPLE_RATE`.
        layout: of its channels, in FFmpeg's words.

    Raises:
        InputError: the file has changed since it was probed.
        DependencyError: the voice detector is not there.
    """
    channels = channel_names(layout)
    heard: list[Heard] = []
    stretch, end = None, Fraction(0)
    for block in sound_blocks(reader):
        if stretch is None or block.start != end:
            heard += [] if stretch is None else [stretch.heard()]
            stretch = _Stretch(float(block.start), channels)
        stretch.add(block.samples)
        end = block.start + Fraction(block.samples.shape[1], reader.sample_rate)
    heard.append((stretch or _Stretch(0, channels)).heard())
    return Heard(*(_one_after_the_other([getattr(one, field.name) for one in heard]) for field in fields(Heard)))


def _one_after_the_other(curves: Sequence[Curve]) -> Curve:
    times, values = (np.concatenate([getattr(curve, name) for curve in curves]) for name in ("times", "values"))
    return replace(curves[0], times=times, values=values)


class _Stretch:
    """Sound without a gap, measured piece by piece.

    Args:
        start: presentation time of the first sample, in seconds.
        channels: FFmpeg's names.
    """

    def __init__(self, start: float, channels: tuple[str, ...]) -> None:
        self._start = start
        self._meter = loudness.LoudnessMeter(channels)
        self._to_mono = spectrum.mono_weights(channels)
        self._decimate, self._spectra = spectrum.Decimator(), spectrum.LogMel()
        self._onset_strength = spectrum.OnsetStrength()
        num_spectra = round(novelty.STEP_SECONDS / spectrum.HOP_SECONDS)
        self._groups = Windows(num_spectra, num_spectra)
        self._voice = voice.VoiceDetector()
        self._found: list[tuple[Values, Values, Values, Values]] = []

    def add(self, samples: NDArray[np.float32]) -> None:
        """float32 (channels, S), those that follow."""
        mono = self._decimate(self._to_mono @ samples)
        spectra = self._spectra(mono)
        averages = self._groups(spectra).mean(axis=1)
        self._found.append((self._meter(samples), self._onset_strength(spectra), averages, self._voice(mono)))

    def heard(self) -> Heard:
        """All that was found."""
        nothing = np.empty(0), np.empty(0), np.empty((0, spectrum.NUM_BANDS)), np.empty(0)
        energies, onsets, averages, voices = map(np.concatenate, zip(*(self._found or [nothing]), strict=True))
        voice_step = voice.WINDOW / spectrum.RATE
        return Heard(
            loudness=self._curve(loudness.momentary(energies), 0, loudness.STEP_SECONDS, loudness.REACH_SECONDS),
            onsets=self._curve(onsets, spectrum.ONSET_SECONDS, spectrum.HOP_SECONDS),
            novelty=self._curve(novelty.novelty(averages), 0, novelty.STEP_SECONDS),
            voice=self._curve(voices, voice_step / 2, voice_step),
        )

    def _curve(self, values: Values, first: float, step: float, reach: float = 0.0) -> Curve:
        times = self._start + first + step * np.arange(len(values), dtype=np.float64)
        return Curve(step, times, values, reach)
