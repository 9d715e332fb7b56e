"""Sound, to be listened to from end to end: whole blocks of samples, each where it is heard.

For scorers that look at a file's sound. `audio` has the samples of a reel.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np

from autohighlight.media.audio import AudioReader, SoundChunk
from autohighlight.types import AudioStream, MediaInfo

_MOST_CHANNELS = 24  # those of 22.2, the largest layout that there is


def open_sound(media: MediaInfo, track: AudioStream | None = None, *, sample_rate: int = 48_000) -> AudioReader | None:
    """A reader of one sound track, with the track's own channels (`heard_layout`); None where the video has no sound.

    Args:
        media: a probed file.
        track: one of `media.audio`; None for the one that a player would play.
        sample_rate: samples/s wanted.
    """
    heard = track or media.main_audio
    return None if heard is None else AudioReader(media, heard, sample_rate=sample_rate, layout=heard_layout(heard))


def heard_layout(track: AudioStream) -> str:
    """The layout of a track's channels in FFmpeg's words; mono or stereo where the file names none that there is."""
    try:
        num_channels = len(channel_names(track.layout))
    except ValueError:
        num_channels = 0
    if 0 < num_channels <= _MOST_CHANNELS:
        return track.layout
    return "mono" if track.num_channels == 1 else "stereo"


def channel_names(layout: str) -> tuple[str, ...]:
    """FFmpeg's names of a layout's channels, as ``FL``, ``FR``, ``FC``, ``LFE``, in the order of the samples.

    A channel of which the file does not say where it belongs is called ``NONE``.

    Raises:
        ValueError: there is no such layout.
    """
    return tuple(channel.name for channel in av.AudioLayout(layout).channels)


def sound_blocks(reader: AudioReader, block_seconds: int = 10) -> Iterator[SoundChunk]:
    """The whole track in order, in blocks of at most so many seconds; only one of them is in memory at a time.

    A block begins where the one before ends, unless there is a gap between them, in which nothing is heard. What a
    track says twice of the same moment, as where its clock jumps back, is given once.

    Args:
        reader: of the track.
        block_seconds: how long a block is, but for the last before a gap; at least 1.

    Raises:
        InputError: the file has changed since it was probed.
    """
    length = block_seconds * reader.sample_rate
    held: list[SoundChunk] = []
    num_held = 0
    end: Fraction | None = None
    for chunk in _without_repeats(reader):
        if held and chunk.start != end:
            yield _joined(held)
            held, num_held = [], 0
        while num_held + chunk.samples.shape[1] >= length:
            head, chunk = _divided(chunk, length - num_held, reader.sample_rate)  # noqa: PLW2901 -- the rest of it
            yield _joined([*held, head])
            held, num_held = [], 0
        if chunk.samples.shape[1]:
            held.append(chunk)
            num_held += chunk.samples.shape[1]
        end = _end(chunk, reader.sample_rate)
    if held:
        yield _joined(held)


def _without_repeats(reader: AudioReader) -> Iterator[SoundChunk]:
    """The chunks of a reader, each without what was heard before it ends."""
    reached: Fraction | None = None
    for chunk in reader.chunks():
        later = chunk
        if reached is not None and chunk.start < reached:
            _, rest = _divided(chunk, round((reached - chunk.start) * reader.sample_rate), reader.sample_rate)
            later = dataclasses.replace(rest, start=reached)  # to the very moment: there is no gap
        if later.samples.shape[1]:
            reached = _end(later, reader.sample_rate)
            yield later


def _divided(chunk: SoundChunk, num_samples: int, sample_rate: int) -> tuple[SoundChunk, SoundChunk]:
    head, rest = chunk.samples[:, :num_samples], chunk.samples[:, num_samples:]
    return SoundChunk(chunk.start, head), SoundChunk(chunk.start + Fraction(head.shape[1], sample_rate), rest)


def _end(chunk: SoundChunk, sample_rate: int) -> Fraction:
    return chunk.start + Fraction(chunk.samples.shape[1], sample_rate)


def _joined(chunks: list[SoundChunk]) -> SoundChunk:
    return SoundChunk(chunks[0].start, np.concatenate([chunk.samples for chunk in chunks], axis=1))
