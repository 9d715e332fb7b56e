"""Chooses as much more as transitions take away.

Two highlights that fade into each other are shown at once, so highlights of 20 s in all make a film of less. More is
chosen then, and the ends of the weakest highlights are cut until the film is as long as is allowed, and no longer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import ceil

from autohighlight.config import SelectOptions
from autohighlight.selection.budget import highlight_of
from autohighlight.times import TimeRange
from autohighlight.types import MediaInfo, Selection

Chosen = tuple[Selection, ...]
"""What was chosen: one selection a video, or several of one."""

_MOST_TRIES = 12


def filled(
    choose: Callable[[Fraction], Chosen],
    shown: Callable[[Chosen], Fraction],
    allowed: Fraction,
    options: SelectOptions,
) -> Chosen:
    """The choice that is shown longest without being shown for longer than allowed.

    Args:
        choose: gives the choice within a budget of seconds.
        shown: for how many seconds a choice is shown; never longer than its highlights are together.
        allowed: the longest that may be shown, in seconds.
        options: the shortest highlight, and the order.
    """
    best, enough, too_much, stride = choose(allowed), allowed, None, Fraction(0)
    for _ in range(_MOST_TRIES):
        missing = allowed - shown(best)
        if missing < max((1 / selection.media.frame_rate for selection in best), default=allowed):
            break
        stride = max(stride, missing)
        budget = enough + stride if too_much is None else (enough + too_much) / 2
        more = _shortened(choose(budget), shown, allowed, options)
        if shown(more) > allowed:  # too many highlights that may not be shorter
            too_much = budget
            continue
        enough = budget
        if shown(more) > shown(best):
            best, stride = more, Fraction(0)
        else:
            stride *= 2  # what is chosen may grow by whole clips alone
    return best


def _shortened(
    chosen: Chosen, shown: Callable[[Chosen], Fraction], allowed: Fraction, options: SelectOptions
) -> Chosen:
    """The choice without ends of its weakest highlights, as far as it is shown for too long."""
    weakest = sorted(
        ((place, number) for place, selection in enumerate(chosen) for number in range(len(selection))),
        key=lambda at: (chosen[at[0]][at[1]].score, at),
    )
    for place, number in weakest:
        excess = shown(chosen) - allowed
        if excess <= 0:
            break
        selection = _cut_at_end(chosen[place], number, excess, options)
        chosen = (*chosen[:place], selection, *chosen[place + 1 :])
    return _by_score(chosen) if options.order == "score" else chosen


def _cut_at_end(selection: Selection, number: int, seconds: Fraction, options: SelectOptions) -> Selection:
    """The selection with one highlight shorter by so much, in whole frames, if it may be."""
    media, span = selection.media, selection[number].time_range
    num_frames = ceil(seconds * media.frame_rate)
    spare = int((span.duration - _shortest(media, options)) * media.frame_rate)
    end = span.end - min(num_frames, max(0, spare)) / media.frame_rate
    highlights = list(selection)
    if end < span.end:
        highlights[number] = highlight_of(TimeRange(span.start, end), selection.scores)
    return replace(selection, highlights=tuple(highlights))


def _by_score(chosen: Chosen) -> Chosen:
    """The same in their order again; a highlight whose end is cut may have another score."""
    ordered = (replace(each, highlights=tuple(sorted(each, key=lambda h: (-h.score, h.time_range)))) for each in chosen)
    return tuple(sorted(ordered, key=lambda each: -each[0].score))


def _shortest(media: MediaInfo, options: SelectOptions) -> Fraction:
    return max(options.min_length.seconds(whole=media.duration, frame_rate=media.frame_rate), 1 / media.frame_rate)
