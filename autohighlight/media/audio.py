"""Sound, decoded: exact samples for a reel."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from av.stream import Discard
from numpy.typing import NDArray

from autohighlight.media.channels import downmix, is_mixed_down, settled_layout
from autohighlight.media.source import changed, check_unchanged, open_probed, packets_from
from autohighlight.types import AudioStream, MediaInfo

_JUMP_SECONDS = Fraction(1, 20)
"""Time stamps that leap further than this mean a gap; less is the rounding of a container's clock."""

_WARM_UP_SECONDS = Fraction(1)
"""Decoding begins so much before what is wanted, and the first half of it is left out.

Codecs with overlapping windows need the packet before. In MPEG program and transport streams, decoding begins in the
middle of a frame after a seek: that frame is lost, and the next may get the wrong time.
"""


_READ_FROM_THE_BEGINNING = frozenset({"pcm_dvd"})
"""Codecs whose packets go on in the middle of a sample: after a seek a decoder would take channels for one another."""


@dataclass(frozen=True)
class SoundChunk:
    """Consecutive samples.

    Args:
        start: presentation time of the first, in seconds.
        samples: float32 (channels, S), in [-1, 1].
    """

    start: Fraction
    samples: NDArray[np.float32]


@dataclass(frozen=True)
class SoundFile:
    """Raw interleaved float32 samples in a file.

    Args:
        path: the file.
        sample_rate: samples/s.
        layout: FFmpeg's name of the channel layout.
        num_channels: how many channels.
    """

    path: Path
    sample_rate: int
    layout: str
    num_channels: int


class AudioReader:
    """Decodes one sound track; not shared between threads.

    Args:
        media: a probed file.
        track: one of `media.audio`.
        sample_rate: samples/s wanted.
        layout: channel layout wanted, in FFmpeg's words; for mono and stereo, more channels are mixed by `downmix`.

    Attributes:
        track: the one that is read.
        sample_rate: samples/s that are given.
        layout: channel layout that is given.
        num_lost: packets that could not be decoded, so far.
    """

    def __init__(self, media: MediaInfo, track: AudioStream, *, sample_rate: int, layout: str) -> None:
        self._media = media
        self.track = track
        self.sample_rate = sample_rate
        self.layout = layout
        self.num_lost = 0

    def chunks(self, start: Fraction | None = None, end: Fraction | None = None) -> Iterator[SoundChunk]:
        """The sound, from at or somewhat before `start` to at or somewhat after `end` (seconds), in order.

        Gaps in the track's own time stamps show as gaps between chunks; nothing is filled in.

        Raises:
            InputError: the file has changed since it was probed; told at the end too, of what was heard before.
        """
        # Closed here and not when it is destroyed, where an interruption would be lost.
        with contextlib.closing(self._frames(start)) as frames:
            yield from self._in_chunks(frames, end)
        check_unchanged(self._media)

    def _in_chunks(self, frames: Iterator[AudioFrame], end: Fraction | None) -> Iterator[SoundChunk]:
        resampler = begin = expected = None
        form: tuple[str, str, int] | None = None
        for frame in frames:
            time = (frame.pts or 0) * (frame.time_base or Fraction(0)) if frame.pts is not None else expected
            time = Fraction(0) if time is None else time
            before, form = form, (frame.format.name, frame.layout.name, frame.sample_rate)
            # Broadcasts change from stereo to 5.1 and back on the way, and a resampler takes one form only.
            is_next = expected is not None and abs(time - expected) <= _JUMP_SECONDS and form == before
            if resampler is None or begin is None or not is_next:
                if resampler is not None and begin is not None:
                    yield from resampler.samples(None, begin)
                resampler, begin = _Resampler(frame.layout.name, self.layout, self.sample_rate), time
            expected = time + Fraction(frame.samples, frame.sample_rate)
            frame.pts = None
            for chunk in resampler.samples(frame, begin):
                yield chunk
                begin += Fraction(chunk.samples.shape[1], self.sample_rate)
            if end is not None and begin >= end:
                break
        else:
            if resampler is not None and begin is not None:
                yield from resampler.samples(None, begin)

    def _frames(self, start: Fraction | None) -> Generator[AudioFrame, None, None]:
        """The frames from somewhat before `start` on; those of the first moments after a seek are left out."""
        with contextlib.ExitStack() as stack:
            container, stream = stack.enter_context(self._opened())
            is_sequential = self.track.codec in _READ_FROM_THE_BEGINNING
            if start is None or start <= _WARM_UP_SECONDS or is_sequential:
                yield from self._decoded(container, stream, None)
                return
            try:
                time_base = stream.time_base or Fraction(1, 1000)
                container.seek(int((start - _WARM_UP_SECONDS) / time_base), stream=stream)
            except av.error.FFmpegError:  # the track begins later, or the container has no index
                stack.close()
                container, stream = stack.enter_context(self._opened())
            yield from self._decoded(container, stream, start - _WARM_UP_SECONDS / 2)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[tuple[InputContainer, av.AudioStream]]:
        with open_probed(self._media) as container:
            streams = container.streams
            stream = streams[self.track.index] if self.track.index < len(streams) else None
            if not isinstance(stream, av.AudioStream):
                raise changed(self._media)
            settled_layout(stream)
            for other in container.streams:
                if other.index != stream.index:
                    other.discard = Discard.all
            yield container, stream

    def _decoded(
        self, container: InputContainer, stream: av.AudioStream, begin: Fraction | None
    ) -> Iterator[AudioFrame]:
        """The frames that end after `begin` (seconds); damage before it counts for nothing."""
        is_warm = begin is None
        try:
            for packet in packets_from(container, stream):
                try:
                    for frame in stream.codec_context.decode(packet if packet.size else None):
                        is_warm = is_warm or _ends_after(frame, begin)
                        if is_warm:
                            yield frame
                except av.error.EOFError:
                    return
                except av.error.FFmpegError:
                    self.num_lost += is_warm
        except (av.error.FFmpegError, OSError):
            self.num_lost += 1  # the file ends in damage


class _Resampler:
    """Brings frames of one layout to the rate and the layout wanted."""

    def __init__(self, layout: str, wanted: str, sample_rate: int) -> None:
        self._weights = downmix(layout, 1 if wanted == "mono" else 2) if is_mixed_down(layout, wanted) else None
        kept = wanted if self._weights is None else layout
        # Channels side by side, not in planes: PyAV reads past the end of a frame's list of planes from eight on.
        self._resampler = AudioResampler("flt", kept, sample_rate)

    def samples(self, frame: AudioFrame | None, begin: Fraction) -> Iterator[SoundChunk]:
        """What a frame completes; None for the rest. The first sample of it is heard at `begin` (seconds)."""
        frames = self._resampler.resample(frame)
        arrays = [frame.to_ndarray().reshape(frame.samples, -1) for frame in frames if frame.samples]
        if arrays:
            samples = np.ascontiguousarray(np.concatenate(arrays).T, np.float32)
            yield SoundChunk(begin, samples if self._weights is None else self._weights @ samples)


def _ends_after(frame: AudioFrame, time: Fraction | None) -> bool:
    """Whether a frame is heard later than at a time (seconds); so is one that says no time."""
    if time is None or frame.pts is None or frame.time_base is None:
        return True
    return frame.pts * frame.time_base + Fraction(frame.samples, frame.sample_rate) > time
