"""Stretches of a file in which there is nothing to see: a picture that stays, and no sound.

A broadcast that is cut out of a stream, or a camera that keeps the last minute, begins between two key frames: nothing
can be decoded before the first of them. Reception that fails leaves a hole. A screen recorder leaves out frames too,
where nothing changes on the screen, but its sound goes on.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av.error
import numpy as np
from av.container import InputContainer
from av.stream import Discard
from numpy.typing import NDArray

from autohighlight.config import Limits
from autohighlight.media.source import open_source
from autohighlight.times import TimeRange
from autohighlight.types import MediaInfo, PacketIndex

LEAST_GAP_SECONDS = Fraction(1)
"""Shorter ones are hardly noticed, and are no reason to leave out what is around them."""

_LEAST_USUAL_GAPS = 10
"""A frame that stays for so many times the usual distance of two is no time-lapse film or slide show."""

_LEAST_SILENCE_SECONDS = 0.5  # some containers have a packet of sound a second, and do not say how long it is
_UNEVEN = 1.5  # times the usual distance of two frames
_MOST_UNEVEN = 0.01  # of the frames: more, and leaving out frames is how the file was made
_LEAST_KEY_FRAMES = 3  # fewer do not tell how far apart they are as a rule

_LOSING_PACKETS = frozenset({"mpegts", "mpeg"})
"""Containers in which a hole is one in the stream: what follows is predicted from what is missing."""

_WITH_HELD_FRAMES = frozenset({"gif"})

_WAITING_FOR_KEY_FRAMES = frozenset({"h264", "hevc", "vvc", "mpeg1video", "mpeg2video", "vp8", "vp9", "av1"})
"""Codecs whose decoders give no frame before they have all that it is predicted from; others give grey ones."""


def undecodable_head(packets: PacketIndex, codec: str, first_frame: int | None) -> list[tuple[int, int]]:
    """The part before the first picture that can be decoded, in ticks; none or one.

    Args:
        packets: of the stream.
        codec: FFmpeg's name.
        first_frame: the time of the first frame that the decoder gave, as it came from the container.
    """
    if not packets.has_timestamps or first_frame is None:
        return []
    stamps = packets.pts if packets.stamp is None else packets.stamp
    found = np.flatnonzero(packets.is_shown & (stamps == first_frame))
    if not len(found):
        return []
    begin, end = int(packets.pts[packets.is_shown].min()), int(packets.pts[found[0]])
    keys = np.flatnonzero(packets.is_key)  # that an edit list hides one does not matter to the decoder
    if codec not in _WAITING_FOR_KEY_FRAMES and len(keys):
        end = max(end, int(packets.pts[keys[0]]))
    return [(begin, end)] if end > begin else []


def holes(
    packets: PacketIndex, end: Fraction, time_base: Fraction, path: Path, container: str, limits: Limits
) -> list[tuple[int, int]]:
    """Where frames and sound are missing, in ticks.

    Sound that ends early, or a file without any, says nothing. There a frame that stays long is a hole only if nearly
    all others are evenly spaced. GIFs are not looked at: they hold pictures as they like.

    Args:
        packets: of the stream.
        end: of the last frame shown, in seconds.
        time_base: seconds a tick.
        path: the file.
        container: FFmpeg's name of the format.
        limits: within which the file may be read.
    """
    times = np.append(np.unique(packets.pts[packets.is_shown]), int(end / time_base))
    steps = np.diff(times)
    if len(steps) < 2 or container in _WITH_HELD_FRAMES:
        return []
    usual = int(np.median(steps))
    least = max(int(LEAST_GAP_SECONDS / time_base), _LEAST_USUAL_GAPS * usual)
    long = np.flatnonzero(steps >= usual + least)
    if not len(long):
        return []
    candidates = [(int(times[number]) + usual, int(times[number + 1])) for number in long]
    is_even = float((steps > _UNEVEN * usual).mean()) <= _MOST_UNEVEN
    silences = _silences(path, time_base, limits, (int(times[0]), int(times[-1])) if is_even else None)
    common = [(max(a, c), min(b, d)) for a, b in candidates for c, d in silences]
    found = [(begin, stop) for begin, stop in common if stop - begin >= int(LEAST_GAP_SECONDS / time_base)]
    if container not in _LOSING_PACKETS:
        return found
    return [(begin, _key_frame_from(packets, stop)) for begin, stop in found]


def after_lost_key_frames(packets: PacketIndex, *, is_variable_rate: bool) -> list[tuple[int, int]]:
    """From where a key frame is missing to the next one, in ticks: what is predicted from it shows something else.

    One is missing where frames are, and the next key frame comes later than key frames come as a rule. Frames alone, of
    which no other may be predicted, are no reason; and where the rate varies, their absence says nothing.
    """
    times = np.unique(packets.pts[packets.is_shown])
    keys = np.unique(packets.pts[packets.is_shown & packets.is_key])
    if is_variable_rate or not packets.has_timestamps or len(keys) < _LEAST_KEY_FRAMES:
        return []
    usual, group = np.median(np.diff(times)), np.median(np.diff(keys))
    edges = np.append(keys, times[-1])
    found = []
    for number in np.flatnonzero(np.diff(times) > _UNEVEN * usual).tolist():
        following = int(np.searchsorted(keys, times[number + 1]))
        if following and edges[following] - keys[following - 1] > _UNEVEN * group:
            found.append((int(times[number] + usual), int(edges[following])))
    return [(begin, stop) for begin, stop in found if stop > begin]


def _key_frame_from(packets: PacketIndex, tick: int) -> int:
    """When the first key frame at `tick` or later is shown; `tick` where there is none."""
    keys = packets.pts[packets.is_shown & packets.is_key]
    later = keys[keys >= tick]
    return int(later.min()) if len(later) else tick


def _silences(path: Path, time_base: Fraction, limits: Limits, around: tuple[int, int] | None) -> list[tuple[int, int]]:
    """When no track has sound, in ticks: between its packets, and before and after them if `around` is given."""
    with open_source(path, limits) as container:
        heard = _heard(container) / float(time_base)
    if not len(heard):
        return [around] if around else []
    begins, reached = heard[:, 0], np.maximum.accumulate(heard[:, 1])
    first, last = around or (begins[0], reached[-1])
    edges = np.stack([np.append(first, reached), np.append(begins, last)], axis=1)
    is_silent = edges[:, 1] - edges[:, 0] >= _LEAST_SILENCE_SECONDS / float(time_base)
    return [(int(begin), int(stop)) for begin, stop in edges[is_silent].tolist()]


def _heard(container: InputContainer) -> NDArray[np.float64]:
    """float64 (P, 2): when each packet of sound begins and ends, in seconds; ordered. As far as the file can be read.

    The packet before a hole may claim to last until its end, as MP4 has it.
    """
    for stream in container.streams:
        if stream.type != "audio":
            stream.discard = Discard.all
    tracks: dict[int, list[tuple[float, float]]] = {stream.index: [] for stream in container.streams.audio}
    try:
        for packet in container.demux(*container.streams.audio) if tracks else ():
            if packet.size and packet.pts is not None and packet.time_base is not None:
                begin, length = packet.pts * packet.time_base, (packet.duration or 0) * packet.time_base
                tracks[packet.stream_index].append((float(begin), float(length)))
    except (av.error.FFmpegError, OSError, IndexError):
        pass  # damage, or streams that PyAV does not know of: see `source.packets_from`
    spans = [np.array(packets) for packets in tracks.values() if packets]
    for track in spans:
        track[:, 1] = track[:, 0] + np.minimum(track[:, 1], 2 * np.median(track[:, 1]))
    heard = np.concatenate([np.zeros((0, 2)), *spans])
    return heard[np.argsort(heard[:, 0])]


def joined(gaps: Iterable[TimeRange], media: MediaInfo) -> tuple[TimeRange, ...]:
    """More stretches, and those known before, as `MediaInfo.gaps` has them: in order, apart, without the short ones.

    What is missing at the very beginning counts however short it is.
    """
    result, frame_seconds = list[TimeRange](), 1 / media.frame_rate
    for gap in sorted([*media.gaps, *gaps]):
        if result and gap.start <= result[-1].end + frame_seconds:
            result[-1] = TimeRange(result[-1].start, max(gap.end, result[-1].end))
        else:
            result.append(gap)
    start = media.time_range.start
    return tuple(gap for gap in result if gap.duration >= LEAST_GAP_SECONDS or gap.start <= start)


def time_ranges(stretches: Iterable[tuple[int, int]], time_base: Fraction) -> list[TimeRange]:
    """Stretches in ticks as such in seconds."""
    return [TimeRange(begin * time_base, end * time_base) for begin, end in stretches]
