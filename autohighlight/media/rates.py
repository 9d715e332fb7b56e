"""The frame rate of a stream, by the times of its frames: what a container's header says is only a first guess."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from autohighlight.config import Limits
from autohighlight.media.packets import FALLBACK_RATE
from autohighlight.times import STANDARD_FRAME_RATES, nearest_standard_rate
from autohighlight.types import PacketIndex

_LEAST_HELD = 0.99  # of the places of a constant rate: editors show another frame where one is missing
_MOSTLY = 0.9  # of the gaps between frames
_LONGEST_USUAL_GAP = 1.5  # times the median: longer ones are frames left out
_HIGHEST_VARIABLE_RATE = Fraction(60)  # closer frames are bursts of a screen recorder, not a rate
_HIGHEST_RATE_OF_ONE_FRAME = 300
_FINE_CLOCK = Fraction(1, 500)  # seconds
_CLOCK_ERROR = Fraction(1, 10_000)
"""1000000/33333 is 30 as a clock of microseconds writes it; the NTSC rates lie ten times as far from whole ones."""

SAME_RATE = Fraction(1, 2_000)
"""Rates this near to a standard one, by ratio, are taken for it: half of the distance from 29.97 to 30.

Phones and cheap recorders write 29.98 or 30.006, and editors mean 29.97 and 30. The times of the frames are kept, so
picture and sound stay together however long the file is: once in 2,000 frames or more one is repeated or left out.
"""

_PULLDOWN_RATES = (Fraction(24_000, 1_001), Fraction(24))
_LEAST_CADENCE = 6  # frames
_MOST_OUT_OF_STEP = 0.05  # of the frames: the cadence starts anew where a film was edited
_MOST_ASTRAY = 0.9  # frames


def without_pulldown(packets: PacketIndex, time_base: Fraction) -> PacketIndex:
    """The packets with evenly spaced times where film is shown for two and three fields in turn; else as they are.

    A frame is then shown up to half its length before or after its time on a screen of 60 fields/s. Where a film was
    edited, and the difference becomes more, one is shown for longer or shorter.
    """
    shown = np.unique(packets.pts[packets.is_shown])
    for rate in _PULLDOWN_RATES if len(shown) >= _LEAST_CADENCE else ():
        if _is_pulled_down(shown, time_base, rate):
            places = (shown - shown[0]).astype(np.float64) * float(time_base * rate)
            even = shown[0] + np.rint(_followed(places) / float(time_base * rate)).astype(np.int64)
            times = np.rint(np.interp(packets.pts, shown, even)).astype(np.int64)
            return replace(packets, pts=times, stamp=packets.pts if packets.stamp is None else packets.stamp)
    return packets


def _followed(places: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole numbers that follow the places one by one, and leap only where they are left behind."""
    numbers, number = np.zeros(len(places), np.int64), -1
    for position, place in enumerate(places.tolist()):
        number += 1
        if abs(place - number) > _MOST_ASTRAY:
            number = max(number, round(place))
        numbers[position] = number
    return numbers


def frame_rate(
    stream: VideoStream, packets: PacketIndex, end: Fraction, first_decoded: int | None, limits: Limits
) -> tuple[Fraction, bool]:
    """The nominal rate, in frames/s, and whether frames are unevenly spaced.

    A rate is the true one if every frame lies on its grid, to within the rounding of the container's clock, and most
    grid places hold a frame; one that is nearly a standard rate counts as that (see `SAME_RATE`). It varies if more
    than one place in a hundred is empty, as in screen recordings, which leave out frames that do not change. Where
    there is no grid, the rate varies, and the nearest standard rate to that of the usual frames is the nominal one:
    phones stamp frames of one length with gaps and jitter.

    Args:
        stream: its header's guesses are tried first.
        packets: of the stream.
        end: of the last frame, in seconds; tells the rate where there is only one.
        first_decoded: time of the first frame that can be decoded, in ticks; where a recording begins before a key
            frame, times of the packets before may be guesses.
        limits: within which the file is read.
    """
    times = np.sort(packets.pts[packets.is_shown])
    if first_decoded is not None and packets.has_timestamps and packets.stamp is None and times[-1] > first_decoded:
        times = times[times >= first_decoded]
    time_base = stream.time_base or Fraction(1, 1000)
    guesses = [r for r in (stream.guessed_rate, stream.average_rate, stream.base_rate) if r]
    if len(times) < 2 or times[-1] == times[0]:
        return _rate_of_one_frame(guesses, end - int(times[0]) * time_base, max(time_base, Fraction(1, 1000))), False
    plausible = [r for r in guesses if r <= limits.max_fps]
    meant = [(nearest_standard_rate(rate), rate) for rate in plausible]
    written = [standard for standard, rate in meant if abs(standard / rate - 1) < _CLOCK_ERROR]
    counted = [1 / time_base] if time_base > _FINE_CLOCK else []  # a clock that counts frames, as an AVI's
    mean = Fraction(len(times) - 1, int(times[-1] - times[0])) / time_base
    for rate in [*counted, *written, *plausible, *STANDARD_FRAME_RATES, mean]:
        if step := _grid_step(times, time_base, rate):
            num_places = round(int(times[-1] - times[0]) * time_base * rate / step) + 1
            return _standard(rate / step), len(times) < _LEAST_HELD * num_places
    gaps = np.diff(times)
    gaps = gaps[gaps > 0]
    usual = gaps[gaps <= _LONGEST_USUAL_GAP * np.median(gaps)].mean()  # the mean sees through jitter
    rate = 1 / (Fraction(float(usual)) * time_base)
    return min(nearest_standard_rate(rate), _HIGHEST_VARIABLE_RATE), True


def _rate_of_one_frame(guesses: list[Fraction], length: Fraction, rounding: Fraction) -> Fraction:
    """The guess that fits the length of the only frame, else that length, else the first guess that can be meant."""
    fitting = [rate for rate in guesses if abs(1 / rate - length) <= rounding]
    by_length = [1 / length] if length > 0 else []
    usable = [rate for rate in [*fitting, *by_length, *guesses] if 1 <= rate <= _HIGHEST_RATE_OF_ONE_FRAME]
    return _standard(usable[0]) if usable else FALLBACK_RATE


def _standard(rate: Fraction) -> Fraction:
    """The standard rate that is meant by one that is nearly it, else the rate itself."""
    standard = nearest_standard_rate(rate)
    return standard if abs(rate / standard - 1) <= SAME_RATE else rate


def _grid_step(times: NDArray[np.int64], time_base: Fraction, rate: Fraction) -> int:
    """How many places of a rate's grid lie between two frames, at least; 0 where the frames do not lie on it."""
    # The clock rounds each time to a tick; containers that count in milliseconds, to one of those.
    tolerance = max(float(time_base), 0.001) * 1.01
    places = (times - times[0]).astype(np.float64) * float(time_base * rate)
    numbers = np.rint(places).astype(np.int64)
    spread = np.abs(places - numbers).max() / float(rate)
    steps = np.diff(numbers)
    if spread > min(tolerance, 0.25 / float(rate)) or (steps < 1).any():
        return 0
    step = int(np.gcd.reduce(steps))
    usual = int(np.median(steps))
    if usual > step and float((steps == usual).mean()) >= _MOSTLY:
        return 0  # a few frames lie between the places of the rate that all others have
    # At least half of the places are held, and no place twice.
    return step if numbers[-1] // step + 1 <= 2 * len(times) else 0


def _is_pulled_down(times: NDArray[np.int64], time_base: Fraction, rate: Fraction) -> bool:
    """Whether frames of this rate are shown for two and three fields in turn, as film is in NTSC."""
    fields = np.diff(times).astype(np.float64) * float(time_base * rate * Fraction(5, 2))
    tolerance = max(float(time_base), 0.001) * 1.01 * float(rate * Fraction(5, 2))
    lengths = np.rint(fields)
    is_in_step = (np.abs(fields - lengths) <= 2 * tolerance) & ((lengths == 2) | (lengths == 3))
    alternates = lengths[1:] + lengths[:-1] == 5
    return (
        len(lengths) >= 4
        and is_in_step.mean() >= 1 - _MOST_OUT_OF_STEP
        and bool(alternates.mean() >= 1 - _MOST_OUT_OF_STEP)
    )
