"""What people should know of how a file's picture is shown."""

from __future__ import annotations

from collections.abc import Iterator

from autohighlight.types import MediaInfo


def shape_remark(media: MediaInfo) -> str:
    """What to say where pictures of the file do not have the shape of its first."""
    return f"{media.path.name}: its picture changes shape; what differs from the first one is fitted in with black bars"


def picture_remarks(media: MediaInfo) -> Iterator[str]:
    """What is not shown, or not as the file says; a line each."""
    if len(media.moving_tracks) > 1:
        number = media.moving_tracks.index(media.video_stream) + 1
        others = "the other is left out" if len(media.moving_tracks) == 2 else "the others are left out"
        yield f"{media.path.name}: video track {number} of {len(media.moving_tracks)} is used; {others}"
    if not media.is_orientation_exact:
        slant = "asks for its picture to be shown at a slant"
        yield f"{media.path.name} {slant}; it is shown level, by the nearest quarter turn"
