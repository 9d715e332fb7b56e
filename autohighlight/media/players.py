"""Players of many sources, of which only a few have their files open at a time."""

from __future__ import annotations

from pathlib import Path

from autohighlight.media.playback import FramePlayer
from autohighlight.media.seeking import find_seeking
from autohighlight.types import MediaInfo

_MOST_OPEN = 4
"""A decoder holds frames for each of its threads. A crossfade needs two."""


class FramePlayers:
    """Gives players of any sources, and keeps the last few open; to be used under ``with``."""

    def __init__(self) -> None:
        self._players: dict[tuple[Path, int], FramePlayer] = {}
        self._num_lost = 0

    def __enter__(self) -> FramePlayers:
        return self

    def __exit__(self, *error: object) -> None:
        while self._players:
            self._close_oldest()

    @property
    def num_lost(self) -> int:
        """Frames that could not be decoded, so far."""
        return self._num_lost + sum(player.num_lost for player in self._players.values())

    def of(self, media: MediaInfo, number: int = 0) -> FramePlayer:
        """The player of a file, which is now the last that will be closed.

        Args:
            media: a probed file.
            number: tells players of one file apart, where two are to play it at once.
        """
        key = (media.path, number)
        player = self._players.pop(key, None) or FramePlayer(media, find_seeking(media))
        self._players[key] = player
        if len(self._players) > _MOST_OPEN:
            self._close_oldest()
        return player

    def _close_oldest(self) -> None:
        oldest = self._players.pop(next(iter(self._players)))
        self._num_lost += oldest.num_lost
        oldest.close()
