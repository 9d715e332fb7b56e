"""New videos as they come: told of when they have stopped growing."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from autohighlight.batch import patterns, remote
from autohighlight.batch.inputs import Input, find_inputs
from autohighlight.errors import InputError, OptionError, printable
from autohighlight.files import FileState
from autohighlight.finding import is_hidden, is_result, real_path

_LOG = logging.getLogger(__name__)

SETTLE_SECONDS = 5.0
"""For how long a file does not change before it counts as whole."""

SEARCH_SECONDS = 60.0
"""After how long places are searched again though nothing was told of them: network drives tell nothing."""

Wait = Callable[[float], Collection[Path]]
"""Waits for some seconds, or until something changes, and gives what did."""


def settled(
    places: Sequence[str],
    *,
    suffixes: Collection[str] | None = None,
    exclude: Path | None = None,
    written: Collection[Path] = (),
    joins_chapters: bool = True,
    settle_seconds: float = SETTLE_SECONDS,
    wait: Wait | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[tuple[Input, ...]]:
    """The videos in some places, those there already and then new ones, each time as many as are whole; never ends.

    A video is whole when it is not empty, can be opened, and its size and time stamps have stayed the same for
    `settle_seconds`. One that changes after it was told of is told of again; one that goes and comes back, too.
    What counts as a video is as for `find_inputs`, so that names of unfinished downloads, as ``a.mp4.part``, do not.

    Args:
        places: files, folders and patterns, at no address; see `find_inputs`.
        suffixes: see `find_inputs`.
        exclude: the output folder.
        written: see `find_inputs`.
        joins_chapters: see `find_inputs`.
        settle_seconds: for how long a file must not have changed.
        wait: waits until something changes; by the system's notices if None.
        clock: in seconds.

    Raises:
        InputError: a place is not there at the beginning; later that is only logged.
        OptionError: a place is at an address.
    """
    roots = [_root(place) for place in places]
    wait = wait or notices(roots)
    output = real_path(exclude) if exclude else None
    growing = _Growing(settle_seconds)
    warned: set[str] = set()
    search_at = clock()
    while True:
        if is_search := clock() >= search_at:
            began = clock()
            found = find_inputs(
                places,
                suffixes=suffixes,
                exclude=exclude,
                written=written,
                needs_all=False,
                joins_chapters=joins_chapters,
            )
            for each in found.passed_over:
                _warn_once(warned, each.place, each.reason)
            growing.replace(found.inputs)
            again_at, search_at = _next_searches(began, clock())
        ready = growing.take_whole(clock(), all_of_them=is_search)
        if ready:
            yield ready
            continue
        changed = wait(max(0.0, min(search_at, growing.next_time(clock())) - clock()))
        if any(_matters(path, output) for path in changed if not growing.waits_for(path)):
            search_at = min(search_at, again_at)


def _next_searches(began: float, ended: float) -> tuple[float, float]:
    """When to search again if something changes, so that searching takes a tenth of the time at most, and if not."""
    return ended + max(1.0, 10 * (ended - began)), ended + SEARCH_SECONDS


@dataclass
class _Video:
    input: Input
    state: tuple[FileState, ...] = ()
    since: float = 0.0
    was_told_of: bool = False


@dataclass
class _Growing:
    """The videos that are there: those that are whole and were told of, and those that may still grow."""

    settle_seconds: float
    videos: dict[str, _Video] = field(default_factory=dict)
    warned: set[str] = field(default_factory=set)

    def replace(self, inputs: Sequence[Input]) -> None:
        """Takes these for all that there are."""
        self.videos = {each.source: replace(self.videos.get(each.source, _Video(each)), input=each) for each in inputs}

    def take_whole(self, now: float, *, all_of_them: bool) -> tuple[Input, ...]:
        """Those that have not changed for long enough, and were not told of as they are now.

        Args:
            now: the time.
            all_of_them: whether to look at those as well that were told of.
        """
        looked_at = [video for video in self.videos.values() if all_of_them or not video.was_told_of]
        whole = [video for video in looked_at if self._is_whole(video, now)]
        for video in whole:
            video.was_told_of = True
        return tuple(video.input for video in whole)

    def next_time(self, now: float) -> float:
        """When the next may be whole at the earliest."""
        times = [video.since + self.settle_seconds for video in self.videos.values() if not video.was_told_of]
        return max(now + 0.1, min(times, default=math.inf))

    def waits_for(self, path: Path) -> bool:
        """Whether this is a file that may still grow."""
        videos = (video for video in self.videos.values() if str(path) in video.input.sources)
        return any(not video.was_told_of for video in videos)

    def _is_whole(self, video: _Video, now: float) -> bool:
        sources = video.input.sources
        try:
            state = tuple(FileState.of(Path(source)) for source in sources)
        except OSError as error:
            if not isinstance(error, FileNotFoundError):  # which has just gone again
                _warn_once(self.warned, str(error.filename), f"waits until it can be read: {error.strerror}")
            del self.videos[sources[0]]
            return False
        if state != video.state:
            video.state, video.since, video.was_told_of = state, now, False
        if video.was_told_of or now < video.since + self.settle_seconds:
            return False
        if all(each.size > 0 for each in state) and all(map(self._can_be_opened, sources)):
            return True
        video.since = now
        return False

    def _can_be_opened(self, source: str) -> bool:
        try:
            with Path(source).open("rb"):
                return True
        except OSError as error:
            _warn_once(self.warned, source, f"waits until it can be read: {error.strerror}")
            return False


def notices(roots: Sequence[Path]) -> Wait:
    """Waits for notices of the system that something has changed in or below some files and folders.

    Where the system gives none, as when it watches too much already, it just waits.
    """
    import watchfiles  # noqa: PLC0415 -- only who watches needs it

    watched = watchfiles.watch(
        *roots,
        watch_filter=None,
        debounce=1000,
        step=500,
        rust_timeout=250,
        yield_on_timeout=True,
        ignore_permission_denied=True,
    )

    def wait(seconds: float) -> Collection[Path]:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                changes = next(watched, None)
            except (OSError, RuntimeError) as error:  # the second is what watchfiles makes of other faults
                _LOG.warning("new files are looked for every %.0f s only: %s", SEARCH_SECONDS, error)
                changes = None
            if changes:
                return {Path(path) for _, path in changes}
            if changes is None:
                time.sleep(left)
        return ()

    return wait


def _root(place: str) -> Path:
    """What is to be watched, so that nothing of a place is missed."""
    if remote.is_remote(place):
        raise OptionError(
            f"{remote.shown(place)} cannot be watched", "watch a folder, or run the batch from time to time"
        )
    path = remote.local_path(place)
    if patterns.is_pattern(path) and not path.exists():
        path, _ = patterns.divide(path)
    if not path.exists():
        raise InputError(path, "there is no such file or folder", "check the name")
    return path.absolute()


def _matters(path: Path, output: Path | None) -> bool:
    """Whether a change of this file or folder may be of a video."""
    if output is not None and path.is_relative_to(output):
        return False
    return not is_hidden(path.name) and not is_result(path.name)


def _warn_once(warned: set[str], place: str, reason: str) -> None:
    if f"{place}: {reason}" not in warned:
        warned.add(f"{place}: {reason}")
        _LOG.warning("%s: %s", printable(place), reason)
