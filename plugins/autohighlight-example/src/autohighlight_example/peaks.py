"""A selection policy called ``peaks``: the best clips, one by one, until the time is used up."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from autohighlight import Highlight, Selection, TimeRange, hookimpl
from autohighlight.config import DEFAULT_DURATION_CEILING, DEFAULT_DURATION_SHARE

if TYPE_CHECKING:
    from autohighlight import Length, MediaInfo, ScoreTrack
    from autohighlight.config import SelectOptions
    from autohighlight.plugins import Register, SelectionPolicy


def select(
    media: MediaInfo, scores: ScoreTrack, shot_boundaries: Sequence[Fraction], options: SelectOptions
) -> Selection:
    """Each clip is a highlight of its own; the last may be cut short, but not below ``--min-length``."""

    def seconds(length: Length) -> Fraction:
        return length.seconds(whole=media.duration, frame_rate=media.frame_rate)

    usual = min(seconds(DEFAULT_DURATION_SHARE), seconds(DEFAULT_DURATION_CEILING))
    room = usual if options.duration is None else seconds(options.duration)
    chosen = list[Highlight]()
    for place, clip in enumerate(np.argsort(-scores.values, kind="stable"), start=1):
        time_range = scores.clips[clip].time_range
        length = min(time_range.duration, seconds(options.max_length), room)
        if len(chosen) == options.count or length <= 0 or (chosen and length < seconds(options.min_length)):
            break
        cut = TimeRange(time_range.start, time_range.start + length)
        chosen.append(Highlight(cut, float(scores.values[clip]), f"number {place} of {len(scores)} clips"))
        room -= length
    if options.order == "time":
        chosen.sort()
    return Selection(media, tuple(chosen), scores)


@hookimpl
def autohighlight_register_selection_policies(register: Register[SelectionPolicy]) -> None:
    """For ``--policy peaks``."""
    register("peaks", select)
