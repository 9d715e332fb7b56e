"""Makes sure that a file has one clock that goes on, as it has not where recordings were joined as they were."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autohighlight.errors import InputError, printable
from autohighlight.times import format_clock

_MOST_REORDERED = 32  # frames; H.264 and HEVC hold back 16 at most
_FURTHEST_BACK_SECONDS = 2
_LONGEST_LEAP_SECONDS = 3600  # longer than a camera is paused, and shorter than most clocks are apart

_STREAMS = frozenset({"mpegts", "mpeg"})
"""Containers that are joined by writing one after the other, and whose clock FFmpeg mends when it copies them.

Their clock wraps after 26.5 hours, and FFmpeg counts on. So a recording that begins at 0 again may seem to leap ahead.
"""


def check_clock(times: NDArray[np.int64], time_base: Fraction, path: Path, container: str) -> None:
    """Makes sure that time only goes on, and in a transport or program stream not by more than an hour at once.

    Decoding order differs from that of presentation by a few frames: across a pause those may be seconds, but then they
    are few.

    Args:
        times: int64 (P,), of the packets, in decoding order, in ticks.
        time_base: seconds a tick.
        path: the file.
        container: FFmpeg's name of the format.

    Raises:
        InputError: the clock jumps; where it jumps back, half of the file would be lost if its times were believed.
    """
    for place, jump in _jumps(times, time_base, container):
        before, after = (format_clock(int(tick) * time_base) for tick in (times[:place].max(), times[place]))
        raise InputError(
            path,
            f"its clock {jump} from {before} to {after} after {place:,} frames: recordings were joined as they were",
            f"rewrite it first: {repair(path, container)}",
        )


def _jumps(times: NDArray[np.int64], time_base: Fraction, container: str) -> Iterator[tuple[int, str]]:
    """The number of the packet after each jump, and of which kind the jump is."""
    latest = np.maximum.accumulate(times)
    edges = np.append(np.flatnonzero(times == latest), len(times))  # the packets between two are behind the first
    for number in np.flatnonzero(np.diff(edges) - 1 > _MOST_REORDERED).tolist():
        run = times[edges[number] : edges[number + 1]]
        if run[0] - run.min() > int(_FURTHEST_BACK_SECONDS / time_base):
            yield int(edges[number] + 1 + np.argmin(np.diff(run))), "jumps back"
    if container in _STREAMS:
        for place in np.flatnonzero(np.diff(latest) > int(_LONGEST_LEAP_SECONDS / time_base)).tolist():
            yield place + 1, "leaps"


def repair(path: Path, container: str) -> str:
    """The command that gives a file one clock: by copying it, or where that fails, by encoding it again."""
    way = "-map 0:v -map 0:a? -c copy" if container in _STREAMS else "-vf setpts=N/FR/TB -af asetpts=N/SR/TB"
    source, mended = (f'"{name}"' if " " in name else name for name in (str(path), f"{path.stem}.repaired.mp4"))
    return f"ffmpeg -i {printable(source)} {way} {printable(mended)}"
