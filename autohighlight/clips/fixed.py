"""Fixed windows: a video divided into clips of one length, as in the paper (section 4.1: 100 frames on VTW)."""

from __future__ import annotations

import itertools

from autohighlight.errors import OptionError
from autohighlight.times import Length, TimeRange
from autohighlight.types import Clip, MediaInfo

MAX_CLIPS = 1_000_000
"""Three weeks of 2-second clips, or nine hours of single frames at 30 frames/s: beyond it lies a slip."""


def fixed_clips(media: MediaInfo, clip_length: Length) -> tuple[Clip, ...]:
    """Divides the video into windows of one length, in time order, that cover it exactly.

    What is left at the end is a clip of its own if it is at least half a clip long; else it is joined to the clip
    before, as too few frames make a feature that is noise. So every clip is 0.5 to 1.5 times the length asked for;
    only a video shorter than one clip is one clip, however short.

    Args:
        media: the video; frames are counted at its nominal rate, from its first frame on.
        clip_length: seconds, frames, or a part of the whole video.

    Returns:
        At least one clip; the first begins with ``media.time_range``, the last ends with it.

    Raises:
        OptionError: the length is less than one frame, or makes more than `MAX_CLIPS` clips.
    """
    length = clip_length.seconds(whole=media.duration, frame_rate=media.frame_rate)
    if length < 1 / media.frame_rate:
        raise OptionError(
            f"--clip-length {clip_length} is less than one frame of {media.path.name}", "1f is the shortest there is"
        )
    num_whole, rest = divmod(media.duration, length)
    num_clips = max(1, num_whole + (rest >= length / 2))
    if num_clips > MAX_CLIPS:
        raise OptionError(
            f"--clip-length {clip_length} makes {num_clips} clips of {media.path.name}",
            f"choose one that makes at most {MAX_CLIPS}",
        )
    start, end = media.time_range.start, media.time_range.end
    edges = [*(start + n * length for n in range(num_clips)), end]
    return tuple(Clip(index, TimeRange(*edge)) for index, edge in enumerate(itertools.pairwise(edges)))
