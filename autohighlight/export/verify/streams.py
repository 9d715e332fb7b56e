"""Sound channels by the number that they have in a file, for formats that name tracks by their stream."""

from __future__ import annotations

from autohighlight.types import MediaInfo


def channels_of_stream(media: MediaInfo, index: int) -> frozenset[int]:
    """Numbers of the channels of one stream of a file, from 1 on; none where that is no sound stream of it."""
    number = 1
    for stream in media.audio:
        if stream.index == index:
            return frozenset(range(number, number + stream.num_channels))
        number += stream.num_channels
    return frozenset()
