"""Sound, decoded: exact samples for a reel."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from statistics import median_low
from typing import NamedTuple

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
"""Time stamps of two frames that leap further than this mean a gap."""

_SLACK_SECONDS = Fraction(1, 50)
"""Sound that is further from its time stamps than this is put where they say; less is the rounding of a clock.

A frame of AAC that was lost is 21 ms, one of MPEG layer II 24 ms, one of AC-3 32 ms at 48 kHz.
"""

_ROUNDING_SECONDS = Fraction(1, 500)
"""Matroska and FLV write times in milliseconds."""

_RUN_FRAMES = 8
_RUN_SECONDS = Fraction(1, 4)

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
        resampler = form = None
        begin = position = Fraction(0)  # of what the resampler gives next, and of what is decoded next
        for run in _runs(frames):
            start = position if run.start is None else run.start
            # Broadcasts change from stereo to 5.1 and back on the way, and a resampler takes one form only.
            if resampler is None or run.form != form or abs(start - position) > _SLACK_SECONDS:
                if resampler is not None:
                    yield from resampler.samples(None, begin)
                resampler, form = _Resampler(run.form.layout, self.layout, self.sample_rate), run.form
                begin = position = start
            position += run.duration
            for frame in run.frames:
                frame.pts = None
                for chunk in resampler.samples(frame, begin):
                    yield chunk
                    begin += Fraction(chunk.samples.shape[1], self.sample_rate)
            if end is not None and begin >= end:
                return
        if resampler is not None:
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


class _Form(NamedTuple):
    """What a resampler is made for."""

    sample_format: str
    layout: str
    sample_rate: int


@dataclass(frozen=True)
class _Run:
    """Frames of one form that follow on one another.

    Args:
        frames: at least one.
        form: of all of them.
        start: when the first is heard, in seconds, by the time stamps of most of them: FFmpeg puts single frames of
            Vorbis 9 ms too late. None if none has a time stamp.
        duration: of all together, in seconds.
    """

    frames: Sequence[AudioFrame]
    form: _Form
    start: Fraction | None
    duration: Fraction


def _runs(frames: Iterator[AudioFrame]) -> Iterator[_Run]:
    """Short runs; time stamps that leap, or another form, begin a new one."""
    run, starts, duration = list[AudioFrame](), list[Fraction](), Fraction(0)
    form: _Form | None = None

    def ended() -> Iterator[_Run]:
        if run and form is not None:
            yield _Run(tuple(run), form, _agreed(starts), duration)
        run.clear()
        starts.clear()

    for frame in frames:
        start = None if frame.pts is None else frame.pts * (frame.time_base or Fraction(0)) - duration
        before, now = form, _Form(frame.format.name, frame.layout.name, frame.sample_rate)
        leaps = start is not None and bool(starts) and abs(start - starts[-1]) > _JUMP_SECONDS
        if leaps or now != before or len(run) == _RUN_FRAMES or duration >= _RUN_SECONDS:
            yield from ended()
            start, duration = None if start is None else start + duration, Fraction(0)
        form = now
        run.append(frame)
        duration += Fraction(frame.samples, frame.sample_rate)
        if start is not None:
            starts.append(start)
    yield from ended()


def _agreed(starts: Sequence[Fraction]) -> Fraction | None:
    """When a run begins, by its first frame, unless most of the others say something else than rounding explains."""
    if not starts:
        return None
    usual = median_low(starts)
    return starts[0] if abs(starts[0] - usual) <= _ROUNDING_SECONDS else usual


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
