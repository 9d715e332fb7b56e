"""Times as clocks of hours, minutes, seconds and milliseconds, as WebVTT and MLT write them."""

from __future__ import annotations

from fractions import Fraction


def clock(time: Fraction) -> str:
    """``HH:MM:SS.mmm``, to the nearest millisecond; `time` in seconds, not below 0."""
    seconds, milliseconds = divmod(round(time * 1000), 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{milliseconds:03d}"
