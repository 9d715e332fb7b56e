"""Exact rational time: seconds as `fractions.Fraction`, never a float on the way to a frame.

A float cannot hold 1001/30000 s, and 100,000 additions of one drift by a frame; a `Fraction` holds it for ever.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from autohighlight.errors import OptionError

STANDARD_FRAME_RATES: tuple[Fraction, ...] = tuple(
    sorted(
        [Fraction(n) for n in (10, 12, 15, 20, 24, 25, 30, 48, 50, 60, 100, 120, 200, 240)]
        + [Fraction(n * 1000, 1001) for n in (24, 30, 48, 60, 120, 240)]
    )
)
"""Frame rates in frames/s that players and editors know; the NTSC ones are exactly 1000/1001 of a whole number."""


def nearest_standard_rate(rate: Fraction) -> Fraction:
    """The standard frame rate nearest to `rate` by ratio, in frames/s; of two equally near, the lower."""
    if rate <= 0:
        raise ValueError(f"a frame rate is above 0, not {rate}")
    return min(STANDARD_FRAME_RATES, key=lambda r: (max(r / rate, rate / r), r))


@dataclass(frozen=True, order=True)
class TimeRange:
    """A half-open stretch of time, ``[start, end)`` in seconds; never empty.

    Raises:
        ValueError: the end does not lie after the start.
    """

    start: Fraction
    end: Fraction

    def __post_init__(self) -> None:
        if not self.end > self.start:
            raise ValueError(f"a time range ends after it starts: [{self.start}, {self.end})")

    @property
    def duration(self) -> Fraction:
        """Length in seconds."""
        return self.end - self.start

    @property
    def middle(self) -> Fraction:
        """The instant halfway, in seconds."""
        return (self.start + self.end) / 2

    def overlap(self, other: TimeRange) -> Fraction:
        """How many seconds lie in both; 0 where they only touch."""
        return max(Fraction(0), min(self.end, other.end) - max(self.start, other.start))


@dataclass(frozen=True)
class FrameGrid:
    """The instants at which a stream of constant rate shows its frames: ``origin + n / rate``.

    Args:
        rate: frames/s, exact.
        origin: when frame 0 is shown, in seconds.
    """

    rate: Fraction
    origin: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        if self.rate <= 0:
            raise ValueError(f"a frame rate is above 0, not {self.rate}")

    def time(self, frame: int) -> Fraction:
        """When frame number `frame` begins to be shown, in seconds."""
        return self.origin + frame / self.rate

    def nearest(self, time: Fraction) -> int:
        """The number of the frame that begins nearest to `time`; halfway goes to the later one."""
        return math.floor((time - self.origin) * self.rate + Fraction(1, 2))

    def floor(self, time: Fraction) -> int:
        """The number of the frame shown at `time`."""
        return math.floor((time - self.origin) * self.rate)

    def ceil(self, time: Fraction) -> int:
        """The number of the first frame that begins at `time` or later."""
        return math.ceil((time - self.origin) * self.rate)


Unit = Literal["seconds", "frames", "percent"]
_CLOCK = re.compile(r"(?:(?P<h>\d+):)?(?P<m>\d{1,3}):(?P<s>[0-5]?\d(?:\.\d+)?)")
_PARTS = re.compile(r"(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+(?:\.\d+)?)s)?")
_NUMBER = re.compile(r"(?P<n>\d+(?:\.\d+)?)(?P<u>ms|s|f|%)?")
_LONGEST_WORD = 40  # no length that is meant takes more, and numbers of thousands of digits break what reads them
_HOW_TO_WRITE = "write 60s, 1:30, 10% or 100f"
_SUFFIX: dict[Unit, str] = {"seconds": "s", "frames": "f", "percent": "%"}


@dataclass(frozen=True)
class Length:
    """A length as people give one: seconds, frames, or a part of the whole.

    Args:
        value: above 0; in percent at most 100.
        unit: of the value.
    """

    value: Fraction
    unit: Unit = "seconds"

    def __post_init__(self) -> None:
        if self.value <= 0:
            raise OptionError(f"a length is above 0, not {self}")
        if self.unit == "percent" and self.value > 100:
            raise OptionError(f"{self} is more than the whole")
        if self.unit == "frames" and self.value.denominator != 1:
            raise OptionError(f"{self} is not a whole number of frames")

    @classmethod
    def parse(cls, text: str | float | Fraction | Length) -> Length:
        """Reads ``60s``, ``60``, ``1:30``, ``1:02:03.5``, ``1m30s``, ``500ms``, ``100f`` or ``10%``.

        Raises:
            OptionError: the text is none of these.
        """
        if isinstance(text, Length):
            return text
        if isinstance(text, int | float | Fraction):
            if not math.isfinite(text):
                raise OptionError(f"a length is a finite number, not {text}")
            return cls(Fraction(str(text)) if isinstance(text, float) else Fraction(text))
        word = text.strip().lower()
        if len(word) > _LONGEST_WORD:
            raise OptionError(f"cannot read {word[:_LONGEST_WORD]!r}... as a length", _HOW_TO_WRITE)
        if match := _NUMBER.fullmatch(word):
            number, unit = Fraction(match["n"]), match["u"]
            if unit == "ms":
                return cls(number / 1000)
            return cls(number, {"%": "percent", "f": "frames"}.get(unit, "seconds"))  # type: ignore[arg-type]
        match = _CLOCK.fullmatch(word) or (_PARTS.fullmatch(word) if word else None)
        if match is None:
            raise OptionError(f"cannot read {text!r} as a length", _HOW_TO_WRITE)
        hours, minutes, seconds = (Fraction(match[key] or 0) for key in "hms")
        return cls(hours * 3600 + minutes * 60 + seconds)

    def seconds(self, *, whole: Fraction, frame_rate: Fraction) -> Fraction:
        """The length in seconds.

        Args:
            whole: what a percentage is of, in seconds.
            frame_rate: frames/s that frames are counted at.
        """
        if self.unit == "frames":
            return self.value / frame_rate
        return self.value * whole / 100 if self.unit == "percent" else self.value

    def __str__(self) -> str:
        value = self.value
        number = str(value) if value.denominator == 1 else f"{float(value):.6f}".rstrip("0").rstrip(".")
        return f"{number}{_SUFFIX[self.unit]}"


def format_clock(time: Fraction | float, *, decimals: int = 1) -> str:
    """A time for people: ``m:ss.d``, or ``h:mm:ss.d`` from an hour on; a minus where it is before 0."""
    scale = 10**decimals
    ticks = round(abs(time) * scale)
    minutes, rest = divmod(ticks, 60 * scale)
    hours, minutes = divmod(minutes, 60)
    whole, part = divmod(rest, scale)
    sign = "-" if time < 0 and ticks else ""
    tail = f"{whole:02d}" + (f".{part:0{decimals}d}" if decimals else "")
    return f"{sign}{hours}:{minutes:02d}:{tail}" if hours else f"{sign}{minutes}:{tail}"


def format_rate(rate: Fraction) -> str:
    """A frame rate for people, to three decimals: ``25``, ``29.97``."""
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")
