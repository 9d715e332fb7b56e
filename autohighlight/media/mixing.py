"""Several sound tracks of one file, heard at once."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from autohighlight.media.audio import AudioReader, SoundChunk
from autohighlight.media.channels import channel_names
from autohighlight.types import AudioStream, MediaInfo, SoundChoice

Samples = NDArray[np.float32]


class SoundReader(Protocol):
    """Decodes the sound of one file: an `AudioReader` of one track, or a `MixedReader` of several."""

    @property
    def sample_rate(self) -> int:
        """Samples/s that are given."""
        ...

    @property
    def layout(self) -> str:
        """Layout of the channels that are given, in FFmpeg's words."""
        ...

    @property
    def num_lost(self) -> int:
        """Packets that could not be decoded, so far."""
        ...

    def chunks(self, start: Fraction | None = None, end: Fraction | None = None) -> Iterator[SoundChunk]:
        """The sound in order; see `AudioReader.chunks`."""
        ...


@dataclass(frozen=True, eq=False)
class Voice:
    """One track of a mix.

    Args:
        reader: of the track.
        weights: float32 (C, channels of the reader): how loud each of its channels is in each of the mix's.
    """

    reader: AudioReader
    weights: Samples


class MixedReader:
    """Adds up tracks, each at its own level; the sum may exceed full scale. Not shared between threads.

    Args:
        voices: the tracks, at least one, all read at one sample rate.
        layout: of the mix, in FFmpeg's words.
    """

    def __init__(self, voices: Sequence[Voice], layout: str) -> None:
        self._voices = voices
        self.sample_rate = voices[0].reader.sample_rate
        self.layout = layout

    @property
    def num_lost(self) -> int:
        """Packets that could not be decoded, so far, of all tracks together."""
        return sum(self.lost_by_track.values())

    @property
    def lost_by_track(self) -> dict[AudioStream, int]:
        """The same of each track of which any are lost."""
        lost = {voice.reader.track: voice.reader.num_lost for voice in self._voices}
        return {track: number for track, number in lost.items() if number}

    def chunks(self, start: Fraction | None = None, end: Fraction | None = None) -> Iterator[SoundChunk]:
        """As `AudioReader.chunks`; there is a gap where no track has sound.

        Raises:
            InputError: the file has changed since it was probed.
        """
        with contextlib.ExitStack() as stack:
            streams = [stack.enter_context(contextlib.closing(_placed(voice, start, end))) for voice in self._voices]
            waiting = [(*first, stream) for stream in streams if (first := next(stream, None)) is not None]
            while waiting:
                begin = min(at for at, _, _ in waiting)
                # Up to the next place where a track begins or ends, the same tracks are heard.
                stop = min(at if at > begin else at + samples.shape[1] for at, samples, _ in waiting)
                heard = [samples[:, : stop - begin] for at, samples, _ in waiting if at == begin]
                yield SoundChunk(Fraction(begin, self.sample_rate), np.sum(heard, axis=0, dtype=np.float32))
                waiting = [rest for at, samples, stream in waiting if (rest := _after(stop, at, samples, stream))]


_Placed = Generator[tuple[int, Samples], None, None]


def _after(stop: int, at: int, samples: Samples, stream: _Placed) -> tuple[int, Samples, _Placed] | None:
    """What a stream has from sample `stop` on; None where it has ended."""
    rest = samples[:, max(0, stop - at) :]
    if rest.shape[1]:
        return max(at, stop), rest, stream
    following = next(stream, None)
    return None if following is None else (*following, stream)


def _placed(voice: Voice, start: Fraction | None, end: Fraction | None) -> _Placed:
    """A track's part of the mix, each piece with the number of its first sample from time 0 on; none overlap."""
    rate, reached = voice.reader.sample_rate, -math.inf
    for chunk in voice.reader.chunks(start, end):
        begin = math.floor(chunk.start * rate + Fraction(1, 2))
        first = max(begin, reached)  # a track whose clock jumps back says some moments twice
        samples = chunk.samples[:, int(first - begin) :]
        if samples.shape[1]:
            yield int(first), voice.weights @ samples
            reached = first + samples.shape[1]


def open_choice(media: MediaInfo, choice: SoundChoice, *, sample_rate: int, layout: str) -> SoundReader | None:
    """A reader of the tracks that are used, joined; None for silence.

    Args:
        media: a probed file.
        choice: which of its tracks, and how they are joined.
        sample_rate: samples/s wanted.
        layout: channel layout wanted, in FFmpeg's words. A sound of one channel is given as ``mono`` all the same.
    """
    wanted = "mono" if choice.layout[1] == 1 else layout
    if len(choice.tracks) < 2:
        return next((AudioReader(media, t, sample_rate=sample_rate, layout=wanted) for t in choice.tracks), None)
    num_channels = len(channel_names(wanted))
    voices = []
    for number, track in enumerate(choice.tracks):
        own = "mono" if track.num_channels == 1 else wanted
        reader = AudioReader(media, track, sample_rate=sample_rate, layout=own)
        voices.append(Voice(reader, _weights(choice, number, track, num_channels)))
    return MixedReader(voices, wanted)


def _weights(choice: SoundChoice, number: int, track: AudioStream, num_channels: int) -> Samples:
    """How loud each channel of a track is in each of the mix's. Mono is heard from all sides as loud as it is."""
    if choice.join == "pairs":
        return np.eye(2, dtype=np.float32)[:, [number % 2]]
    return np.ones((num_channels, 1), np.float32) if track.num_channels == 1 else np.eye(num_channels, dtype=np.float32)
