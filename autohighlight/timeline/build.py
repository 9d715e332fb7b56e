"""Selection -> Timeline: highlights laid on the exact frames of the sequence."""

from __future__ import annotations

from autohighlight.timeline.model import Part, Timeline
from autohighlight.types import Highlight, MediaInfo, Selection


def build_timeline(selection: Selection) -> Timeline:
    """Lays the highlights of one video end to end, at the video's own nominal frame rate and size as shown.

    A highlight begins with the frame nearest to its start and ends before the frame nearest to its end, so that
    two that touch neither share a frame nor lose one.

    Raises:
        ValueError: the selection is empty.
    """
    media = selection.media
    parts = tuple(_part(media, highlight) for highlight in selection)
    return Timeline(media.path.stem, media.frame_rate, media.display_size, parts)


def _part(media: MediaInfo, highlight: Highlight) -> Part:
    grid = media.grid
    first = max(0, grid.nearest(highlight.time_range.start))
    end = max(first + 1, grid.nearest(highlight.time_range.end))
    return Part(media, grid.time(first), end - first, highlight.score, highlight.reason)
