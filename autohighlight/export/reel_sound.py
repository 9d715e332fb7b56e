"""The sound of a reel: each part's own, joined from the tracks that are used, of its picture's exact length."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from autohighlight import interruption
from autohighlight.media.audio import AudioReader, SoundFile
from autohighlight.media.mixing import MixedReader, SoundReader, open_choice
from autohighlight.media.playback import play_samples
from autohighlight.media.sound_tracks import sound_of
from autohighlight.types import MediaInfo, SoundChoice

if TYPE_CHECKING:
    from autohighlight.export.reel import Place

_LOG = logging.getLogger(__name__)

_CUT_FADE_SECONDS = 0.005
"""A cut through a wave clicks; five milliseconds of fade on either side are not heard, a click is."""

_AAC_SAMPLE_RATES = frozenset({8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000})
_AAC_LAYOUTS = frozenset({"mono", "stereo", "3.0", "4.0", "5.0", "5.1", "5.1(side)", "7.1"})


def write_sound(places: list[Place], frame_rate: Fraction, path: Path) -> SoundFile | None:
    """Writes the film's sound as raw samples; None where no part has any.

    Args:
        places: the film's parts, in order.
        frame_rate: of the film, frames/s.
        path: a new file.

    Raises:
        InputError: a source cannot be read any more.
        OSError: the disk is full.
    """
    choices = {place.part.media: sound_of(place.part.media) for place in places}
    heard = [choice for choice in choices.values() if choice.tracks]
    if not heard:
        return None
    sample_rate, layout, num_channels = _sound_format(heard)
    clock = _SampleClock(frame_rate, sample_rate)
    readers = {
        media: open_choice(media, choice, sample_rate=sample_rate, layout=layout) for media, choice in choices.items()
    }
    levels = {
        media: _level([p for p in places if p.part.media == media], choice, clock, layout)
        for media, choice in choices.items()
    }
    bytes_a_sample = num_channels * np.dtype(np.float32).itemsize
    with path.open("w+b") as file:
        for place in places:
            interruption.check()  # no progress is told of here
            reader = readers[place.part.media]
            if reader is None:
                continue
            begin, num_samples = clock.span(place)
            fade_in = clock.sample(place.start + place.fade_in) - begin
            fade_out = clock.sample(place.end) - clock.sample(place.end - place.fade_out)
            pieces = play_samples(reader, start=place.part.start, num_samples=num_samples)
            shortest = round(_CUT_FADE_SECONDS * sample_rate)
            for offset, samples in pieces:
                gain = _gain(offset, samples.shape[1], num_samples, max(fade_in, shortest), max(fade_out, shortest))
                gain *= levels[place.part.media]
                # One channel is heard from all loudspeakers as loud as it is; a resampler would take 3 dB off.
                channels = np.repeat(samples * gain, num_channels // len(samples), axis=0)
                _mix_in(file, (begin + offset) * bytes_a_sample, channels.T)
        file.truncate(clock.sample(places[-1].end) * bytes_a_sample)  # silence where no part has sound
    for line in _damage(readers):
        _LOG.warning("%s", line)
    return SoundFile(path, sample_rate, layout, num_channels)


@dataclass(frozen=True)
class _SampleClock:
    """Which sample of the film's sound is heard when a frame begins to be shown."""

    frame_rate: Fraction
    sample_rate: int

    def sample(self, frame: int) -> int:
        return round(frame / self.frame_rate * self.sample_rate)

    def span(self, place: Place) -> tuple[int, int]:
        """The first sample of a place, and how many it has."""
        begin = self.sample(place.start)
        return begin, self.sample(place.end) - begin


def _level(places: list[Place], choice: SoundChoice, clock: _SampleClock, layout: str) -> float:
    """What the sound of a source is multiplied by: 1, or less where the sum of several tracks would clip.

    One factor for all parts of a source, so that its loudness does not change from one to the next.
    """
    if len(choice.tracks) < (3 if choice.join == "pairs" else 2):
        return 1.0  # left and right are not added up
    peak = 1.0
    reader = open_choice(places[0].part.media, choice, sample_rate=clock.sample_rate, layout=layout)
    for place in places:
        interruption.check()
        assert reader is not None  # noqa: S101 -- for the type checker: there are tracks
        for _, samples in play_samples(reader, start=place.part.start, num_samples=clock.span(place)[1]):
            peak = max(peak, float(np.abs(samples).max()))
    return 1 / peak


def _damage(readers: Mapping[MediaInfo, SoundReader | None]) -> Iterator[str]:
    """How much sound could not be decoded, a line each; where several tracks are heard, of which."""
    alone = [reader for reader in readers.values() if isinstance(reader, AudioReader)]
    if num_lost := sum(reader.num_lost for reader in alone):
        yield f"damage in the sound: {num_lost} packets cannot be decoded, and the reel is silent there"
    for media, reader in readers.items():
        for track, num_lost in reader.lost_by_track.items() if isinstance(reader, MixedReader) else ():
            where = f"{media.path.name}: damage in sound track {media.track_number(track)}"
            yield f"{where}: {num_lost} packets cannot be decoded, and this track is silent there"


def _mix_in(file: BinaryIO, place: int, samples: NDArray[np.float32]) -> None:
    """Adds samples (S, channels) to those that a file has at a byte, and holds the sum below full scale.

    Read and written, not mapped: a disk that is full is then an error, where a mapped file would end the program.
    """
    mixed = samples.ravel()
    file.seek(place)
    there = np.frombuffer(file.read(mixed.nbytes), np.float32)
    mixed[: len(there)] += there
    file.seek(place)
    file.write(np.clip(mixed, -1, 1).tobytes())


def _gain(offset: int, count: int, total: int, fade_in: int, fade_out: int) -> NDArray[np.float32]:
    """float32 (count,): equal power, so that what is heard in a crossfade of unlike sounds does not dip."""
    place = np.arange(offset, offset + count, dtype=np.float32) + 0.5
    ramp = np.minimum(1, np.minimum(place / max(1, fade_in), (total - place) / max(1, fade_out)))
    gain: NDArray[np.float32] = np.sin(np.pi / 2 * np.maximum(ramp, 0)).astype(np.float32)
    return gain


def _sound_format(sounds: list[SoundChoice]) -> tuple[int, str, int]:
    """Sample rate, layout and number of channels of the film: the sources' own where they agree and AAC has them."""
    rates = {sound.sample_rate for sound in sounds}
    layouts = {sound.layout for sound in sounds}
    rate = rates.pop() if len(rates) == 1 else 48_000
    layout, num_channels = layouts.pop() if len(layouts) == 1 else ("stereo", 2)
    if layout not in _AAC_LAYOUTS:
        layout, num_channels = ("mono", 1) if num_channels == 1 else ("stereo", 2)
    return (rate if rate in _AAC_SAMPLE_RATES else 48_000), layout, num_channels
