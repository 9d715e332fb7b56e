"""Tracks are added up moment by moment, whatever gaps and jumps each of them has."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from autohighlight.media.audio import AudioReader, SoundChunk
from autohighlight.media.mixing import MixedReader, Voice

RATE = 100
LONGEST = 2_000


class Chunks(AudioReader):
    """A reader of pieces that begin at some hundredths of a second, in each of which every sample has one value."""

    def __init__(self, pieces: list[tuple[int, int]], value: float) -> None:
        self.sample_rate, self.num_lost, self._pieces, self._value = RATE, 0, pieces, value

    def chunks(self, *_: object) -> Iterator[SoundChunk]:
        for start, length in self._pieces:
            yield SoundChunk(Fraction(start, RATE), np.full((1, length), self._value, np.float32))


pieces = st.lists(st.tuples(st.integers(-30, 60), st.integers(0, 120)), max_size=8)


@given(st.lists(pieces, min_size=1, max_size=3))
def test_every_moment_is_the_sum_of_the_tracks_that_have_sound(steps: list[list[tuple[int, int]]]) -> None:
    expected, voices = np.zeros((2, LONGEST)), []
    for number, track in enumerate(steps):
        at, reached, placed = 500, 0, []
        for step, length in track:
            at += step
            placed.append((at, length))
            expected[number % 2, max(at, reached) : at + length] += (
                2.0**number
            )  # a moment that is said twice counts once
            at += length
            reached = max(reached, at) if length else reached
        weights = np.array([[1 - number % 2], [number % 2]], np.float32)
        voices.append(Voice(Chunks(placed, 2.0**number), weights))
    heard, end = np.zeros((2, LONGEST)), 0
    for chunk in MixedReader(voices, "stereo").chunks():
        begin = int(chunk.start * RATE)
        assert begin >= end
        assert chunk.samples.shape[1] > 0
        end = begin + chunk.samples.shape[1]
        assert np.abs(chunk.samples).max(axis=0).min() > 0  # where no track has sound there is a gap
        heard[:, begin:end] = chunk.samples
    np.testing.assert_array_equal(heard, expected)
