"""Sound, to be listened to from end to end: whole blocks of samples, each where it is heard.

For scorers that look at a file's sound. `audio` has the samples of a reel.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from autohighlight.media.audio import AudioReader, SoundChunk
from autohighlight.media.channels import channel_names
from autohighlight.media.mixing import SoundReader, open_choice
from autohighlight.media.sound_tracks import sound_of
from autohighlight.types import AudioStream, MediaInfo, SoundChoice

_MOST_CHANNELS = 24  # those of 22.2, the largest layout that there is


def open_sound(media: MediaInfo, track: AudioStream | None = None, *, sample_rate: int = 48_000) -> SoundReader | None:
    """A reader of the sound, with its own channels (`SoundReader.layout`); None for silence.

    Args:
        media: a probed file.
        track: one of `media.audio`; None for those that were chosen when the file was probed, joined.
        sample_rate: samples/s wanted.
    """
    choice = sound_of(media) if track is None else SoundChoice((track,))
    if len(choice.tracks) == 1:
        return AudioReader(media, choice.tracks[0], sample_rate=sample_rate, layout=heard_layout(choice.tracks[0]))
    return open_choice(media, choice, sample_rate=sample_rate, layout=known_layout(*choice.layout))


def heard_layout(track: AudioStream) -> str:
    """The layout of a track's channels in FFmpeg's words; mono or stereo where the file names none that there is."""
    return known_layout(track.layout, track.num_channels)


def known_layout(layout: str, num_channels: int) -> str:
    """A layout, if FFmpeg knows it and it is not too large; else mono or stereo, by the number of channels."""
    try:
        num_known = len(channel_names(layout))
    except ValueError:
        num_known = 0
    if 0 < num_known <= _MOST_CHANNELS:
        return layout
    return "mono" if num_channels == 1 else "stereo"


def sound_blocks(reader: SoundReader, block_seconds: int = 10) -> Iterator[SoundChunk]:
    """The whole sound in order, in blocks of at most so many seconds; only one of them is in memory at a time.

    A block begins where the one before ends, unless there is a gap between them, in which nothing is heard. What a
    track says twice of the same moment, as where its clock jumps back, is given once.

    Args:
        reader: of the sound.
        block_seconds: how long a block is, but for the last before a gap; at least 1.

    Raises:
        InputError: the file has changed since it was probed.
    """
    rate, length = reader.sample_rate, block_seconds * reader.sample_rate
    held: list[NDArray[np.float32]] = []
    origin: Fraction | None = None
    first = reached = 0  # samples after `origin`: where what is held begins and ends
    for chunk in reader.chunks():
        origin = chunk.start if origin is None else origin
        begin = round((chunk.start - origin) * rate)
        samples = chunk.samples[:, max(0, reached - begin) :]
        if not samples.shape[1]:
            continue
        if begin > reached:
            if held:
                yield SoundChunk(origin + Fraction(first, rate), np.concatenate(held, axis=1))
            held, first, reached = [], begin, begin
        while reached - first + samples.shape[1] >= length:
            head, samples = np.split(samples, [length - (reached - first)], axis=1)
            yield SoundChunk(origin + Fraction(first, rate), np.concatenate([*held, head], axis=1))
            held, first, reached = [], first + length, first + length
        if samples.shape[1]:
            held.append(samples)
            reached += samples.shape[1]
    if held and origin is not None:
        yield SoundChunk(origin + Fraction(first, rate), np.concatenate(held, axis=1))
