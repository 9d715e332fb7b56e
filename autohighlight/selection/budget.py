"""The best highlights within a budget of seconds.

What is maximised is the total of score times seconds shown. Where there is more footage than budget, as nearly
always, a second of the reel then has a price: the score of the best second left out. A highlight grows into a
neighbour only where that is better than anything elsewhere, so peaks fill the reel and filler gets in only where the
shortest length asks for it or nothing better is left. A mean instead of a total would leave the budget unused, and a
sum over highlights instead of seconds would favour many short ones whatever they show.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from autohighlight.config import DEFAULT_DURATION_CEILING, DEFAULT_DURATION_SHARE, SelectOptions
from autohighlight.errors import OptionError
from autohighlight.selection.frames import on_whole_frames
from autohighlight.selection.pieces import pieces_of
from autohighlight.selection.reasons import clip_weights, reason_for
from autohighlight.selection.runs import Limits, best_runs
from autohighlight.selection.snap import snap_distance, snapped
from autohighlight.times import Length, TimeRange
from autohighlight.types import Highlight, MediaInfo, ScoreTrack, Selection


def select_within_budget(
    media: MediaInfo, scores: ScoreTrack, shot_boundaries: Sequence[Fraction], options: SelectOptions
) -> Selection:
    """Chooses the highlights with the greatest total of score times seconds.

    Each is a run of consecutive clips; at least one clip lies between two, as neighbours are one highlight. Clips
    that could be in no highlight of allowed length are divided first, see `pieces_of`. Then ends are moved to shot
    boundaries that are near, see `snapped`, and to whole frames, see `on_whole_frames`. A video whose clips all
    score 0 is taken as one in which all matter the same, so every video gives a reel.

    Args:
        media: the video.
        scores: of its clips.
        shot_boundaries: presentation times at which the picture cuts, in seconds.
        options: the limits; see `limits_of`.

    Returns:
        At least one highlight, in the order asked for. The same input gives the same highlights.

    Raises:
        OptionError: limits that no highlight can keep to.
    """
    covered = scores.clips[-1].time_range.end - scores.clips[0].time_range.start
    limits = limits_of(media, options, covered)
    pieces = pieces_of(scores, limits)
    runs = best_runs(pieces.times, pieces.scores, limits)
    if not runs:
        runs = best_runs(pieces.times, np.ones_like(pieces.scores), limits)
    ranges = [TimeRange(pieces.times[first], pieces.times[end]) for first, end in runs]
    ranges = snapped(ranges, shot_boundaries, media.time_range, snap_distance(scores.clips), limits)
    highlights = [_highlight(time_range, scores) for time_range in on_whole_frames(ranges, media, limits)]
    if options.order == "score":
        highlights.sort(key=lambda highlight: (-highlight.score, highlight.time_range))
    return Selection(media, tuple(highlights), scores)


def limits_of(media: MediaInfo, options: SelectOptions, covered: Fraction | None = None) -> Limits:
    """What the options come to for one video, in seconds; percentages are of the whole video.

    A duration that is given is kept to the letter, so where it is less than `min_length`, that gives way. The default
    duration is `DEFAULT_DURATION_SHARE` of the video and at most `DEFAULT_DURATION_CEILING`, but enough for one
    highlight of `min_length`, so that a short video still gives a reel. Of a video shorter than `min_length`, all of
    it is long enough.

    Args:
        media: the video.
        options: as given.
        covered: how much of the video has clips, in seconds; None: all.

    Raises:
        OptionError: `max_length` below `min_length`, or no room for one frame.
    """
    whole, frame = media.duration, 1 / media.frame_rate

    def seconds(length: Length) -> Fraction:
        return length.seconds(whole=whole, frame_rate=media.frame_rate)

    min_length, max_length = seconds(options.min_length), seconds(options.max_length)
    if max_length < min_length:
        raise OptionError(
            f"--max-length {options.max_length} is less than --min-length {options.min_length}",
            "give a longer --max-length or a shorter --min-length",
        )
    if options.duration is None:
        default = min(seconds(DEFAULT_DURATION_SHARE), seconds(DEFAULT_DURATION_CEILING))
        budget = min(whole, max(default, min_length))
    else:
        budget = min(whole, seconds(options.duration))
    for name, length, given in (
        ("duration", budget, options.duration),
        ("max-length", max_length, options.max_length),
    ):
        if length < min(frame, whole):
            raise OptionError(f"--{name} {given} is less than one frame of {media.path.name}", "give a longer one")
    longest = min(max_length, budget)
    shortest = min(max(min_length, frame), longest, covered or whole)
    return Limits(shortest, longest, budget, options.count)


def _highlight(time_range: TimeRange, scores: ScoreTrack) -> Highlight:
    first, weights = clip_weights(scores.clips, time_range)
    mean = float(np.average(scores.values[first : first + len(weights)], weights=weights))
    return Highlight(time_range, min(1.0, max(0.0, mean)), reason_for(time_range, scores))
