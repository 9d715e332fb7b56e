"""Says in a few words why a highlight was chosen."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray

from autohighlight.times import TimeRange
from autohighlight.types import Clip, ScoreTrack

PART_NAMES = {
    "attention": "attention of the highlight selector",
    "centre": "nearness to the middle",
    "change": "change of what is seen",
    "contrastive": "attention of the highlight selector",
    "living": "signs of people or animals",
    "local_change": "change in places of the picture",
    "movement": "movement",
    "packet_size": "size of the packets",
    "position": "nearness to the middle",
    "random": "random number",
    "richness": "detail of the picture",
    "spread": "change of the picture",
}
"""What people call the parts that the built-in scorers report; another is called by its own name."""

_NOTABLE = 0.75  # a rank from the top quarter on is worth a word
_MOST_PARTS = 2
_LEAST_SAY = 0.1  # of that of the weightiest part: with less, it is no reason, however high it ranks


def reason_for(time_range: TimeRange, scores: ScoreTrack) -> str:
    """Why this stretch: "movement in the top 4%, detail of the picture in the top 10%".

    The two parts of the score that rank highest on average over the stretch, where they are in the top quarter of the
    video; of parts whose weights differ, weight times rank is what counts, and those of next to no weight do not. Else
    where its score stands in the video. A small share cannot be told in a video of few clips, so no percentage is below
    one clip's.

    Args:
        time_range: overlaps at least one clip.
        scores: of the whole video.
    """
    num_clips = len(scores)
    first, weights = clip_weights(scores.clips, time_range)
    there = slice(first, first + len(weights))
    if time_range.start <= scores.clips[0].time_range.start and time_range.end >= scores.clips[-1].time_range.end:
        return "the whole video"
    ranks = {name: float(np.average(part[there], weights=weights)) for name, part in scores.parts.items()}
    say = {name: scores.part_weights.get(name, 1.0) for name in ranks}
    least_say = _LEAST_SAY * max(say.values(), default=1.0)
    notable = [name for name in ranks if ranks[name] >= _NOTABLE and say[name] >= least_say]  # one that is NaN is not
    if notable:
        notable.sort(key=lambda name: (-say[name] * ranks[name], name))
        return ", ".join(_standing(_words(name), 1 - ranks[name], num_clips) for name in notable[:_MOST_PARTS])
    if scores.values.min() == scores.values.max():
        return "no moment stands out"
    if scores.values[there].max() == scores.values.max():
        return "highest score of the video"
    mean = float(np.average(scores.values[there], weights=weights))
    return _standing("score", float(np.mean(scores.values >= mean)), num_clips)


def clip_weights(clips: Sequence[Clip], time_range: TimeRange) -> tuple[int, NDArray[np.float64]]:
    """The first clip in a time range, and how many seconds of it and of each that follows lie in the range, (K,)."""
    first = bisect.bisect_right(clips, time_range.start, key=lambda clip: clip.time_range.end)
    end = bisect.bisect_left(clips, time_range.end, key=lambda clip: clip.time_range.start)
    return first, np.array([float(clip.time_range.overlap(time_range)) for clip in clips[first:end]])


def _words(name: str) -> str:
    return PART_NAMES.get(name, name.replace("_", " "))


def _standing(what: str, share_above: float, num_clips: int) -> str:
    share = max(share_above, 1 / num_clips)
    return f"{what} in the top {ceil(round(100 * share, 6))}%"  # rounded, as 1 - 0.9 is a little over 0.1
