"""The best highlights within a budget of seconds.

What is maximised is the total of score times seconds shown. Where there is more footage than budget, as nearly
always, a second of the reel then has a price: the score of the best second left out. A highlight grows into a
neighbour only where that is better than anything elsewhere, so peaks fill the reel and filler gets in only where the
shortest length asks for it or nothing better is left. A mean instead of a total would leave the budget unused, and a
sum over highlights instead of seconds would favour many short ones whatever they show.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from autohighlight.config import DEFAULT_DURATION_CEILING, DEFAULT_DURATION_SHARE, SelectOptions
from autohighlight.errors import OptionError, printable
from autohighlight.selection.frames import Timing, on_whole_frames
from autohighlight.selection.pieces import pieces_of
from autohighlight.selection.priced import Segment
from autohighlight.selection.reasons import clip_weights, reason_for
from autohighlight.selection.runs import Limits
from autohighlight.selection.several import best_runs_of_several
from autohighlight.selection.snap import snap_distance, snapped
from autohighlight.selection.stretches import scores_within, stretches
from autohighlight.times import Length, TimeRange
from autohighlight.types import Highlight, MediaInfo, ScoreTrack, Selection


@dataclass(frozen=True, eq=False)
class Material:
    """One video to choose from.

    Args:
        video: what it is.
        scores: of its clips; where there are several videos, on one scale.
        shot_boundaries: presentation times at which the picture cuts, in seconds.
    """

    video: Timing
    scores: ScoreTrack
    shot_boundaries: Sequence[Fraction]

    @property
    def covered(self) -> Fraction:
        """How much of the video has clips, in seconds."""
        return self.scores.clips[-1].time_range.end - self.scores.clips[0].time_range.start


def select_within_budget(
    media: MediaInfo, scores: ScoreTrack, shot_boundaries: Sequence[Fraction], options: SelectOptions
) -> Selection:
    """Chooses the highlights of one video with the greatest total of score times seconds; see `choose_within_budget`.

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
    (highlights,) = choose_within_budget([Material(media, scores, shot_boundaries)], options)
    return Selection(media, tuple(highlights), scores)


def choose_within_budget(materials: Sequence[Material], options: SelectOptions) -> list[list[Highlight]]:
    """Chooses the highlights of all videos with the greatest total of score times seconds.

    Each is a run of consecutive clips of one video; at least one clip lies between two, as neighbours are one
    highlight. Clips that could be in no highlight of allowed length are divided first, see `pieces_of`. Then ends are
    moved to shot boundaries that are near, see `snapped`, and to whole frames, see `on_whole_frames`; what is left of
    the budget goes to the videos in their order. If all clips score 0 all are taken to matter the same, so there is
    always a reel. No highlight reaches into a gap: what lies between two gaps is chosen from as a video of its own, but
    where it is shorter than the shortest highlight.

    Args:
        materials: at least one.
        options: the limits; see `limits_of_all`.

    Returns:
        The highlights of each video, in the order asked for; at least one in all. The same input gives the same.

    Raises:
        OptionError: limits that no highlight can keep to.
    """
    of_all = limits_of_all(materials, options)
    budget, count = of_all[0].budget, of_all[0].count
    parts = [list(_parts(material, limit)) for material, limit in zip(materials, of_all, strict=True)]
    flat = [part for those in parts for part in those]
    limits = [limit for _, limit in flat]
    pieces = [pieces_of(part.scores, limit) for part, limit in flat]
    segments = [Segment(p.times, p.scores, limit) for p, limit in zip(pieces, limits, strict=True)]
    runs = best_runs_of_several(segments, budget, count)
    if not any(runs):
        segments = [dataclasses.replace(segment, scores=np.ones_like(segment.scores)) for segment in segments]
        runs = best_runs_of_several(segments, budget, count)
    ranges = [
        [TimeRange(segment.times[first], segment.times[end]) for first, end in those]
        for segment, those in zip(segments, runs, strict=True)
    ]
    spare = budget - sum((_total(those) for those in ranges), Fraction(0))
    placed = list[list[TimeRange]]()
    for (part, limit), those in zip(flat, ranges, strict=True):
        own = dataclasses.replace(limit, budget=_total(those) + spare)
        placed.append(_at_their_places(part, those, own))
        spare = own.budget - _total(placed[-1])
    chosen, of_parts = list[list[Highlight]](), iter(placed)
    for material, own_parts in zip(materials, parts, strict=True):
        final = [time_range for those in itertools.islice(of_parts, len(own_parts)) for time_range in those]
        highlights = [highlight_of(time_range, material.scores) for time_range in final]
        if options.order == "score":
            highlights.sort(key=lambda highlight: (-highlight.score, highlight.time_range))
        chosen.append(highlights)
    return chosen


def _parts(material: Material, limits: Limits) -> Iterator[tuple[Material, Limits]]:
    """What can be shown of a video, in time order, with the limits for each part; all of it where it has no gaps."""
    shown = stretches(material.video)
    if shown == [material.video]:
        yield material, limits
        return
    longest = max(stretch.duration for stretch in shown)
    for stretch in shown:
        if stretch.duration >= min(limits.shortest, longest):
            part = Material(stretch, scores_within(material.scores, stretch.time_range), material.shot_boundaries)
            yield part, dataclasses.replace(limits, shortest=min(limits.shortest, part.covered))


def _at_their_places(material: Material, ranges: Sequence[TimeRange], limits: Limits) -> list[TimeRange]:
    """The ranges with their ends at cuts, where some are near, and on whole frames."""
    if not ranges:
        return []
    video, distance = material.video, snap_distance(material.scores.clips)
    ranges = snapped(ranges, material.shot_boundaries, video.time_range, distance, limits)
    return on_whole_frames(ranges, video, limits)


def _total(ranges: Sequence[TimeRange]) -> Fraction:
    return sum((time_range.duration for time_range in ranges), Fraction(0))


def limits_of(media: Timing, options: SelectOptions, covered: Fraction | None = None) -> Limits:
    """What the options come to for one video, in seconds; see `limits_of_all`.

    Args:
        media: the video.
        options: as given.
        covered: how much of the video has clips, in seconds; None: all.

    Raises:
        OptionError: `max_length` below `min_length`, or no room for one frame.
    """
    (limits,) = _limits([media], [media.duration if covered is None else covered], options)
    return limits


def limits_of_all(materials: Sequence[Material], options: SelectOptions) -> list[Limits]:
    """What the options come to for each of the videos, in seconds; the budget and the count are for all together.

    Percentages are of all footage; frames of a duration are those of the first video, other frames each video's own. A
    duration that is given is kept to the letter, so where it is less than `min_length`, that gives way. The default
    duration is `DEFAULT_DURATION_SHARE` of the footage and at most `DEFAULT_DURATION_CEILING`, but enough for one
    highlight of `min_length` and for one frame, so that short videos still give a reel. Of a video shorter than
    `min_length`, all of it is long enough.

    Raises:
        OptionError: `max_length` below `min_length`, or no room for one frame.
    """
    return _limits([m.video for m in materials], [m.covered for m in materials], options)


def check_lengths(options: SelectOptions) -> None:
    """Refuses lengths that contradict each other in any video; of different units that cannot be told.

    Raises:
        OptionError: `max_length` is below `min_length`.
    """
    if options.max_length.unit == options.min_length.unit and options.max_length.value < options.min_length.value:
        raise _crossed(options)


def _crossed(options: SelectOptions) -> OptionError:
    return OptionError(
        f"--max-length {options.max_length} is less than --min-length {options.min_length}",
        "give a longer --max-length or a shorter --min-length",
    )


def _too_short(name: str, given: Length | None, video: Timing) -> OptionError:
    """What to raise where a length has no room for one frame of a video."""
    title = printable(video.path.name)
    if given is not None and given.unit == "percent":
        problem = f"{title} shows pictures for {float(video.duration):.2g} s only, and {given} of that is less than one"
        return OptionError(problem, f"it may be music with a cover picture; if not, give a longer --{name}")
    return OptionError(f"--{name} {given} is less than one frame of {title}", "give a longer one")


def _limits(videos: Sequence[Timing], covered: Sequence[Fraction], options: SelectOptions) -> list[Limits]:
    whole = sum((video.duration for video in videos), Fraction(0))

    def seconds(length: Length, video: Timing) -> Fraction:
        return length.seconds(whole=whole, frame_rate=video.frame_rate)

    shortest = [seconds(options.min_length, video) for video in videos]
    longest = [seconds(options.max_length, video) for video in videos]
    if any(high < low for low, high in zip(shortest, longest, strict=True)):
        raise _crossed(options)
    first = videos[0]
    if options.duration is None:
        default = min(seconds(DEFAULT_DURATION_SHARE, first), seconds(DEFAULT_DURATION_CEILING, first))
        budget = min(whole, max([default, *shortest, 1 / first.frame_rate]))
    else:
        budget = min(whole, seconds(options.duration, first))
    for video, most in zip(videos, longest, strict=True):
        for name, length, given in (
            ("duration", budget, options.duration),
            ("max-length", most, options.max_length),
        ):
            if length < min(1 / video.frame_rate, video.duration):
                raise _too_short(name, given, video)
    return [
        Limits(min(max(low, 1 / video.frame_rate), high, budget, extent), min(high, budget), budget, options.count)
        for video, low, high, extent in zip(videos, shortest, longest, covered, strict=True)
    ]


def highlight_of(time_range: TimeRange, scores: ScoreTrack) -> Highlight:
    """The highlight that a stretch of a video makes, with the mean score of its clips and the reason for it."""
    first, weights = clip_weights(scores.clips, time_range)
    mean = float(np.average(scores.values[first : first + len(weights)], weights=weights))
    return Highlight(time_range, min(1.0, max(0.0, mean)), reason_for(time_range, scores))
