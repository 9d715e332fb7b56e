"""Which video track of a file is the picture: of those that move, the one that a player shows."""

from __future__ import annotations

import contextlib
from pathlib import Path

import av.error
from av.container import InputContainer
from av.stream import Discard
from av.video.stream import VideoStream

from autohighlight.config import Limits
from autohighlight.errors import NoVideoStreamError, UndecodableError
from autohighlight.media.source import open_source

_ATTACHED_PICTURE = 0x0400 | 0x0800  # AV_DISPOSITION_ATTACHED_PIC, AV_DISPOSITION_TIMED_THUMBNAILS
_DEFAULT = 0x0001  # AV_DISPOSITION_DEFAULT

_MOST_STILLS = 3
"""So many pictures are stills beside a track of more."""

_STILLS_SHARE = 10
"""A track with less than a tenth of the pictures of another is stills, or a moment beside the whole."""


def moving_tracks(container: InputContainer, path: Path, limits: Limits) -> list[VideoStream]:
    """The video tracks that move, best first: marked as default, then the largest picture, then the first in the file.

    Phones and cameras keep pictures in tracks of their own: covers, thumbnails, the large still of a motion photo. A
    cover is marked as one. The others are known by their packets: three pictures or fewer where another track has more,
    or less than a tenth of the pictures of another track.

    Args:
        container: the open file.
        path: its path.
        limits: what it may have at most.

    Raises:
        NoVideoStreamError: there is no video track.
        UndecodableError: none that moves can be decoded here.
    """
    tracks = [stream for stream in container.streams.video if not int(stream.disposition) & _ATTACHED_PICTURE]
    if not tracks:
        raise NoVideoStreamError(path, "contains no picture, only sound or data", "name a video file")
    readable = [stream for stream in _moving(tracks, path, limits) if stream.codec_context is not None]
    if not readable:
        raise UndecodableError(path, "is in a video codec that cannot be decoded here", "convert it first")
    return sorted(
        readable,
        key=lambda s: (not int(s.disposition) & _DEFAULT, -(s.width or 0) * (s.height or 0), s.index),
    )


def _moving(tracks: list[VideoStream], path: Path, limits: Limits) -> list[VideoStream]:
    if len(tracks) == 1:
        return tracks
    counts = _num_pictures([stream.index for stream in tracks], path, limits)
    most = max(counts.values())
    stills = {
        index for index, count in counts.items() if count * _STILLS_SHARE < most or count <= min(_MOST_STILLS, most - 1)
    }
    return [stream for stream in tracks if stream.index not in stills]


def _num_pictures(tracks: list[int], path: Path, limits: Limits) -> dict[int, int]:
    """Track -> how many packets it has, by reading the file to its end or to where it is damaged."""
    counts = dict.fromkeys(tracks, 0)
    with open_source(path, limits) as container, contextlib.suppress(av.error.FFmpegError, OSError, IndexError):
        for stream in container.streams:
            if stream.index not in counts:
                stream.discard = Discard.all
        for packet in container.demux():
            if packet.size and packet.stream_index in counts:
                counts[packet.stream_index] += 1
    return counts
