"""SMPTE timecode: the labels ``HH:MM:SS:FF`` that cameras stamp on frames and editors find them by (ST 12-1).

A label counts frames, not time. Of a rate of 30000/1001 thirty frames make one second of labels and 1.001 s of time.
Drop-frame counting leaves labels out, never frames, so that labels keep up with the clock: the first two of each
minute that is not a tenth one, four at 60 frames a second and eight at 120.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from autohighlight.errors import OptionError

HOURS_PER_DAY = 24
"""Labels begin again at 00:00:00:00 after so many hours of labels."""

RATES = (
    *(Fraction(n) for n in (24, 25, 30, 48, 50, 60)),
    *(Fraction(n * 1000, 1001) for n in (24, 30, 48, 60)),
)
"""Frame rates in frames/s that SMPTE ST 12-1 has timecode for."""

_LABEL = re.compile(r"(\d\d?)([:;])(\d\d?)([:;])(\d\d?)([:;.,])(\d{1,5})", re.ASCII)
_HOW_TO_WRITE = "write 01:00:00:00, or 01:00:00;00 for drop-frame"


@dataclass(frozen=True)
class TimecodeFormat:
    """How the frames of a stream are labelled.

    Args:
        rate: true frames/s, exact.
        is_drop_frame: whether labels are left out. Made for 30000/1001 and its multiples; at 30 and 60 it is odd, but
            files have it, and it counts the same there. At rates that no multiple of 30 is nearest to there is none.

    Raises:
        ValueError: the rate is not above 0, or has no drop-frame counting.
    """

    rate: Fraction
    is_drop_frame: bool = False

    def __post_init__(self) -> None:
        if self.rate <= 0:
            raise ValueError(f"a frame rate is above 0, not {self.rate}")
        if self.is_drop_frame and not self.has_drop_frame(self.rate):
            raise ValueError(f"there is no drop-frame counting at {self.rate} frames/s")

    @staticmethod
    def has_drop_frame(rate: Fraction) -> bool:
        """Whether frames of that rate can be counted drop-frame: 29.97, 59.94, 119.88, and 30, 60, 120."""
        return round(rate) > 0 and round(rate) % 30 == 0

    @property
    def nominal_rate(self) -> int:
        """Frames in one second of labels: the whole number nearest to the rate, at least 1."""
        return max(1, round(self.rate))

    @property
    def is_ntsc(self) -> bool:
        """Whether the rate is 1000/1001 of the nominal one."""
        return self.rate == Fraction(self.nominal_rate * 1000, 1001)

    @property
    def keeps_time(self) -> bool:
        """Whether labels go with the clock, or 1000/1001 as fast: at 12.5 frames/s a second of labels lasts 1.04 s."""
        return self.rate.denominator == 1 or self.is_ntsc

    @property
    def frames_per_day(self) -> int:
        """How many labels there are."""
        return HOURS_PER_DAY * 6 * self._per_ten_minutes

    def label(self, frame: int) -> str:
        """The label of frame number `frame`, counted from 00:00:00:00 on; before that and after a day it comes round.

        Drop-frame labels have a semicolon before the frame. Its field has two digits, and three where the nominal rate
        is above 100, as FFmpeg writes it; ST 12-1 itself ends at 60 frames a second.
        """
        hours, minutes, seconds, frames = self.fields(frame)
        separator = ";" if self.is_drop_frame else ":"
        width = max(2, len(str(self.nominal_rate - 1)))
        return f"{hours:02d}:{minutes:02d}:{seconds:02d}{separator}{frames:0{width}d}"

    def fields(self, frame: int) -> tuple[int, int, int, int]:
        """Hours, minutes, seconds and frames of the label of frame number `frame`; see `label`."""
        count = frame % self.frames_per_day
        if self.is_drop_frame:
            tens, rest = divmod(count, self._per_ten_minutes)
            full_minute = 60 * self.nominal_rate  # the tenth minute, which loses no label
            minutes = (rest >= full_minute) * ((rest - self._num_dropped) // (full_minute - self._num_dropped))
            count += self._num_dropped * (9 * tens + minutes)
        seconds, frames = divmod(count, self.nominal_rate)
        return seconds // 3600, seconds // 60 % 60, seconds % 60, frames

    def frame(self, hours: int, minutes: int, seconds: int, frames: int) -> int:
        """The number of the frame with that label.

        Raises:
            ValueError: there is no such label: a field is too large, or drop-frame counting leaves it out.
        """
        fields = zip((hours, minutes, seconds, frames), (HOURS_PER_DAY, 60, 60, self.nominal_rate), strict=True)
        if not all(0 <= field < limit for field, limit in fields):
            raise ValueError(f"no label at {self.nominal_rate} frames a second")
        all_minutes = hours * 60 + minutes
        count = (all_minutes * 60 + seconds) * self.nominal_rate + frames
        if not self.is_drop_frame:
            return count
        if minutes % 10 and seconds == 0 and frames < self._num_dropped:
            raise ValueError("drop-frame counting leaves this label out")
        return count - self._num_dropped * (all_minutes - all_minutes // 10)

    @property
    def _num_dropped(self) -> int:
        """Labels left out in a minute that loses some."""
        return self.nominal_rate // 15 if self.is_drop_frame else 0

    @property
    def _per_ten_minutes(self) -> int:
        return 600 * self.nominal_rate - 9 * self._num_dropped


@dataclass(frozen=True)
class Timecode:
    """The label of one frame.

    Args:
        format: how frames are counted.
        frame: the frame's number from 00:00:00:00 on; of a day, so below ``format.frames_per_day``.

    Raises:
        ValueError: the frame lies outside the day.
    """

    format: TimecodeFormat
    frame: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.frame < self.format.frames_per_day:
            raise ValueError(
                f"a timecode lies within a day: {self.frame} is none of {self.format.frames_per_day} frames"
            )

    @classmethod
    def parse(cls, text: str, rate: Fraction) -> Timecode:
        """Reads ``HH:MM:SS:FF``, and as drop-frame ``HH:MM:SS;FF``, ``HH;MM;SS;FF``, ``HH:MM:SS.FF``, ``HH:MM:SS,FF``.

        These are the forms that FFmpeg reads and writes, and Premiere's.

        Args:
            text: the label.
            rate: true frames/s of what is labelled.

        Raises:
            OptionError: it is none of these, or there is no such label at that rate.
        """
        match = _LABEL.fullmatch(text.strip())
        if match is None:
            raise OptionError(f"cannot read {text[:40]!r} as a timecode", _HOW_TO_WRITE)
        hours, minutes, seconds, frames = (int(match[group]) for group in (1, 3, 5, 7))
        try:
            format_ = TimecodeFormat(rate, is_drop_frame=match[6] != ":")
            return cls(format_, format_.frame(hours, minutes, seconds, frames))
        except ValueError as error:
            raise OptionError(f"there is no timecode {text!r}: {error}", _HOW_TO_WRITE) from None

    @property
    def seconds(self) -> Fraction:
        """Time from the frame 00:00:00:00 to this one, exact: what FCPXML and OpenTimelineIO count."""
        return self.frame / self.format.rate

    def __add__(self, num_frames: int) -> Timecode:
        """The label so many frames later; midnight is passed."""
        return Timecode(self.format, (self.frame + num_frames) % self.format.frames_per_day)

    def at_rate(self, rate: Fraction) -> Timecode:
        """The same label on frames of another rate, the field of frames in proportion: 10:00:00:12 at 25 is :24 at 50.

        It stays drop-frame where the other rate has that counting; a label that one leaves out the other does too.
        """
        format_ = TimecodeFormat(rate, self.format.is_drop_frame and TimecodeFormat.has_drop_frame(rate))
        hours, minutes, seconds, frames = self.format.fields(self.frame)
        frames = frames * format_.nominal_rate // self.format.nominal_rate
        return Timecode(format_, format_.frame(hours, minutes, seconds, frames))

    def __str__(self) -> str:
        return self.format.label(self.frame)
