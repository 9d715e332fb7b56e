"""A sound track -> how loud each clip is, and how much begins in it."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from autohighlight.media.audio import AudioReader
from autohighlight.types import Clip, MediaInfo

_SAMPLE_RATE = 16_000
_STEP = 320  # samples: 20 ms, the usual step of speech and music analysis
_WINDOW = 640
_NUM_BANDS = 20
_SILENCE_DB = -70.0  # the absolute gate of ITU-R BS.1770-5: below it nothing is heard


def measure_sound(media: MediaInfo, clips: Sequence[Clip], stop: threading.Event) -> dict[str, NDArray[np.float32]]:
    """Loudness and onsets of the main sound track, by clip.

    Returns:
        ``loudness``: float32 (N,), mean level in dB below full scale, at least -70; ``onset``: float32 (N,), spectral
        flux: by how many dB the bands of the spectrum rise from one 20 ms step to the next, on average. NaN where the
        track has no sound; no entries where the video has no track, or one that cannot be decoded at all.
    """
    track = media.main_audio
    if track is None:
        return {}
    steps: list[NDArray[np.float32]] = []
    times: list[NDArray[np.float64]] = []
    pending, begin = np.zeros(0, np.float32), 0.0
    for chunk in AudioReader(media, track, sample_rate=_SAMPLE_RATE, layout="mono").chunks():
        if stop.is_set():
            return {}
        start = float(chunk.start)
        if not len(pending) or abs(begin + len(pending) / _SAMPLE_RATE - start) > 0.05:
            pending, begin = np.zeros(0, np.float32), start
        pending = np.concatenate([pending, chunk.samples[0]])
        if len(pending) >= 10 * _SAMPLE_RATE:
            pending, begin = _measure(pending, begin, times, steps)
    _measure(np.concatenate([pending, np.zeros(_WINDOW, np.float32)]), begin, times, steps)
    if not steps:
        return {}
    return _by_clip(np.concatenate(times), np.concatenate(steps), clips)


def _measure(
    samples: NDArray[np.float32], begin: float, times: list[NDArray[np.float64]], steps: list[NDArray[np.float32]]
) -> tuple[NDArray[np.float32], float]:
    """Measures the whole steps in `samples`; gives back what is left and when that begins."""
    count = (len(samples) - _WINDOW) // _STEP + 1
    if count < 2:
        return samples, begin
    windows = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_STEP][:count]
    power = np.square(windows).mean(axis=1)
    level = 10 * np.log10(np.maximum(power, 10 ** (_SILENCE_DB / 10)))
    spectrum = np.abs(np.fft.rfft(windows * np.hanning(_WINDOW).astype(np.float32), axis=1)) ** 2
    edges = np.geomspace(2, spectrum.shape[1], _NUM_BANDS + 1).astype(int)
    bands = np.add.reduceat(spectrum, np.unique(edges[:-1]), axis=1) / _WINDOW
    bands_db = 10 * np.log10(np.maximum(bands, 10 ** (_SILENCE_DB / 10)))
    flux = np.maximum(np.diff(bands_db, axis=0), 0).mean(axis=1)
    # The first step has no predecessor; one step of overlap is kept, so that the next call measures the rest.
    done = count - 1
    times.append(begin + (np.arange(1, count) * _STEP + _WINDOW / 2) / _SAMPLE_RATE)
    steps.append(np.stack([level[1:], flux], axis=1).astype(np.float32))
    return samples[done * _STEP :], begin + done * _STEP / _SAMPLE_RATE


def _by_clip(
    times: NDArray[np.float64], steps: NDArray[np.float32], clips: Sequence[Clip]
) -> dict[str, NDArray[np.float32]]:
    means = mean_by_clip(times, steps, clips)
    return {"loudness": means[:, 0], "onset": means[:, 1]}


def mean_by_clip(
    times: NDArray[np.floating], values: NDArray[np.float32], clips: Sequence[Clip]
) -> NDArray[np.float32]:
    """float32 (N, M): the mean of the rows of `values` (T, M) whose time lies in each clip; NaN where none does.

    Args:
        times: float64 (T,), seconds, ascending.
        values: float32 (T, M).
        clips: N clips, in time order.
    """
    sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0, dtype=np.float64)])
    begins = np.searchsorted(times, [float(clip.time_range.start) for clip in clips])
    ends = np.searchsorted(times, [float(clip.time_range.end) for clip in clips])
    counts = (ends - begins).astype(np.float64)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        means: NDArray[np.float32] = ((sums[ends] - sums[begins]) / counts).astype(np.float32)
    return means
