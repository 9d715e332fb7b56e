"""Timeline -> GIFs, animated WebP or AVIF: one moving picture a highlight.

The first frame of each is the first frame of its highlight. Each source is decoded once: the pictures that any tried
size and rate may need are kept uncompressed beside the result until it is made, and nothing of a run is moved to its
place before all of it is.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from autohighlight.config import ExportOptions
from autohighlight.errors import FormatError, OptionError
from autohighlight.export.size_search import Rung, frame_rates, highest_that_fits, ladder
from autohighlight.files import check_destination, written_whole
from autohighlight.media.alpha import BLACK
from autohighlight.media.animate import Pictures, encode_animation
from autohighlight.media.pictures import PictureMaker
from autohighlight.media.players import FramePlayers
from autohighlight.media.remarks import shape_remark
from autohighlight.timeline.model import Part, Timeline
from autohighlight.types import MediaInfo, Progress, ProgressCallback

_LOG = logging.getLogger(__name__)

SUFFIXES = {"gif": ".gif", "webp": ".webp", "avif": ".avif"}
"""Form of a moving picture -> the suffix of its files."""

USUAL_SIDE = 480
"""Longer side, in pixels, where no width is asked for: what messages and pages show, at a weight that they take."""

USUAL_RATE = 15
"""Frames/s that are aimed at where no rate is asked for: movement is still smooth, at half the weight of film."""


@dataclass(frozen=True)
class Animation:
    """What was written.

    Args:
        path: the file.
        size: width and height in pixels.
        frame_rate: frames/s.
        num_frames: how many.
        num_bytes: of the file.
        wanted: size and frames/s that it would have without a limit of bytes.
    """

    path: Path
    size: tuple[int, int]
    frame_rate: Fraction
    num_frames: int
    num_bytes: int
    wanted: tuple[tuple[int, int], Fraction]

    @property
    def is_reduced(self) -> bool:
        """Whether a limit of bytes made it smaller."""
        return (self.size, self.frame_rate) != self.wanted

    @property
    def duration(self) -> Fraction:
        """How long it plays once, in seconds."""
        return self.num_frames / self.frame_rate


def animation_paths(path: Path, count: int) -> list[Path]:
    """Where `count` of them go: `path` for one; for several ``name-1.gif``, ``name-2.gif``, ..."""
    if count == 1:
        return [path]
    return [path.with_name(f"{path.stem}-{number}{path.suffix}") for number in range(1, count + 1)]


def animation_size(media: MediaInfo, width: int | None) -> tuple[int, int]:
    """Width and height in pixels: as asked for or as usual, never more than the video has, in its shape."""
    shown_width, shown_height = media.display_size
    scale = Fraction(width, shown_width) if width else Fraction(USUAL_SIDE, max(shown_width, shown_height))
    scale = min(Fraction(1), scale)
    return max(1, round(shown_width * scale)), max(1, round(shown_height * scale))


def animation_rate(media: MediaInfo, fps: Fraction | None) -> Fraction:
    """Frames/s: as asked for, or every n-th frame of the video for an even movement; never more than the video has.

    Programs that show GIFs play none faster than 50 frames/s.
    """
    if fps is not None:
        return min(fps, media.frame_rate)
    step = max(math.floor(media.frame_rate / USUAL_RATE + Fraction(1, 2)), math.ceil(media.frame_rate / 50))
    return media.frame_rate / step


def write_animations(
    timeline: Timeline, path: Path, form: str, options: ExportOptions, progress: ProgressCallback
) -> list[Animation]:
    """Writes one file a highlight, handles left out, in the order of the timeline.

    Args:
        timeline: what to show.
        path: of the file; see `animation_paths` for several.
        form: ``gif``, ``webp`` or ``avif``.
        options: width, rate, dithering, most bytes of each, how often it is played.
        progress: is told of frames read and encoded.

    Raises:
        OptionError: the suffix names another form, or one cannot be made small enough; nothing is then written.
        OutputError: it cannot be written there; nothing is left behind.
        InputError: a source cannot be read any more.
        DependencyError: there is no ffmpeg program that can encode it.
    """
    if path.suffix.lower() != SUFFIXES[form]:
        raise OptionError(f"{path.name} does not end in {SUFFIXES[form]}", f"name it {path.stem}{SUFFIXES[form]}")
    paths = animation_paths(path, len(timeline.parts))
    for place in paths:
        sources = timeline.sources if os.path.lexists(place) else timeline.sources[:1]  # one that is there may be any
        for source in sources:
            check_destination(place, source=source.media.path, overwrite=options.overwrite)
    shots = [_shot(number, part, timeline, options) for number, part in enumerate(timeline.parts, start=1)]
    steps = _Steps(progress, len(shots), 2 * sum(len(shot.instants(shot.rate)) for shot in shots))
    made = []
    refitted: dict[Path, MediaInfo] = {}
    with FramePlayers() as players, contextlib.ExitStack() as unfinished:
        for shot, place in zip(shots, paths, strict=True):
            file = unfinished.enter_context(written_whole(place, overwrite=options.overwrite))
            made.append(_make(shot, form, options, place, file, players, refitted, steps))
        if players.num_lost:
            _LOG.warning("damage in the video: %d frames in or near the highlights are lost", players.num_lost)
    for media in refitted.values():
        _LOG.warning("%s", shape_remark(media))
    return made


@dataclass(frozen=True)
class _Shot:
    """One highlight and how it is shown where nothing limits it; the start is on the source's clock, in seconds."""

    number: int
    media: MediaInfo
    start: Fraction
    duration: Fraction
    size: tuple[int, int]
    rate: Fraction

    def instants(self, rate: Fraction) -> list[Fraction]:
        """When each frame is shown at that rate, in seconds on the source's clock; all of them in the highlight."""
        count = max(1, math.floor(self.duration * rate + Fraction(1, 2)))
        return [self.start + number / rate for number in range(count)]


def _shot(number: int, part: Part, timeline: Timeline, options: ExportOptions) -> _Shot:
    num_frames = part.num_frames - part.head_handle - part.tail_handle
    start = part.start + part.head_handle / timeline.frame_rate
    size, rate = animation_size(part.media, options.width), animation_rate(part.media, options.fps)
    return _Shot(number, part.media, start, num_frames / timeline.frame_rate, size, rate)


def _make(
    shot: _Shot,
    form: str,
    options: ExportOptions,
    place: Path,
    file: Path,
    players: FramePlayers,
    refitted: dict[Path, MediaInfo],
    steps: _Steps,
) -> Animation:
    """Makes the unfinished `file` of one, as good as its limit lets it be."""
    limit = options.max_bytes
    wanted = Rung(shot.size, shot.rate, 1.0)
    num_wanted = len(shot.instants(shot.rate))
    rates = (shot.rate,) if limit is None else frame_rates(shot.rate)
    tried: dict[Rung, Path] = {}
    with tempfile.TemporaryFile(dir=file.parent) as raw:
        instants = sorted({instant for rate in rates for instant in shot.instants(rate)})
        steps.say(f"highlight {shot.number}")
        store = _Store(raw, shot.size, num_channels=4 if shot.media.has_alpha else 3)
        for picture in _played(shot, instants, players, refitted):
            store.add(instants[len(store)], picture)
            steps.add(Fraction(num_wanted, len(instants)))

        def weigh(rung: Rung) -> int:
            steps.say(f"highlight {shot.number}: {_in_words(rung)}")
            shown = shot.instants(rung.frame_rate)
            pictures = Pictures(
                lambda: store.pictures(shown), len(shown), shot.size, rung.frame_rate, has_alpha=shot.media.has_alpha
            )
            tried[rung] = file.with_name(f"tried-{len(tried) + 1}{file.suffix}")
            encode_animation(
                form, pictures, rung.size, tried[rung],
                plays=options.loop, dither=options.dither if form == "gif" else None, program=options.ffmpeg,
            )  # fmt: skip
            return tried[rung].stat().st_size

        rung, num_bytes = wanted, 0
        if limit is None:
            num_bytes = weigh(wanted)
        else:
            rung, num_bytes = highest_that_fits(ladder(shot.size, shot.rate), limit, weigh)
            _check_limit(shot, form, rung, num_bytes, limit)
    steps.add(Fraction(num_wanted))
    tried[rung].replace(file)
    num_frames = len(shot.instants(rung.frame_rate))
    return Animation(place, rung.size, rung.frame_rate, num_frames, num_bytes, (shot.size, shot.rate))


def _check_limit(shot: _Shot, form: str, rung: Rung, num_bytes: int, limit: int) -> None:
    if num_bytes > limit:
        raise FormatError(
            f"highlight {shot.number} does not fit into {limit:,} bytes as {form.upper()}: "
            f"{_in_words(rung)} has {num_bytes:,}",
            "allow more with --max-bytes, or shorten the highlights with --max-length",
        )


def _in_words(rung: Rung) -> str:
    return f"{rung.size[0]}x{rung.size[1]} at {float(rung.frame_rate):.4g} frames/s"


class _Steps:
    """Counts frames that are read, and as many that are encoded; tells of them with a few words beside.

    Args:
        progress: is told.
        num_shots: how many moving pictures there are to be.
        total: of what is counted.
    """

    def __init__(self, progress: ProgressCallback, num_shots: int, total: int) -> None:
        self._progress, self._num_shots, self._total = progress, num_shots, total
        self._done, self._note = Fraction(0), ""

    def say(self, note: str) -> None:
        """Changes the words."""
        self._note = note
        self.add(Fraction(0))

    def add(self, count: Fraction) -> None:
        """So much more is done."""
        self._done += count
        self._progress(Progress("export", float(self._done), self._total, note=self._note))


class _Store:
    """Pictures by the instants at which they are shown, in a file; one shown at several is kept once.

    Args:
        file: empty, open for reading and writing.
        size: width and height of the pictures.
        num_channels: 3, or 4 with alpha.
    """

    def __init__(self, file: IO[bytes], size: tuple[int, int], num_channels: int) -> None:
        self._file, self._shape = file, (size[1], size[0], num_channels)
        self._places: dict[Fraction, int] = {}
        self._latest: NDArray[np.uint8] | None = None
        self._num_kept = 0

    def __len__(self) -> int:
        return len(self._places)

    def add(self, instant: Fraction, picture: NDArray[np.uint8]) -> None:
        """Keeps a picture; the very array that was kept last is not written again."""
        if picture is not self._latest:
            self._file.write(picture.data)
            self._latest, self._num_kept = picture, self._num_kept + 1
        self._places[instant] = self._num_kept - 1

    def pictures(self, instants: Sequence[Fraction]) -> Iterator[NDArray[np.uint8]]:
        """Those shown at these instants, uint8 (H, W, channels) each."""
        num_bytes = math.prod(self._shape)
        for instant in instants:
            self._file.seek(self._places[instant] * num_bytes)
            yield np.frombuffer(self._file.read(num_bytes), np.uint8).reshape(self._shape)


def _played(
    shot: _Shot, instants: Sequence[Fraction], players: FramePlayers, refitted: dict[Path, MediaInfo]
) -> Iterator[NDArray[np.uint8]]:
    """The picture shown at each instant; one that is shown at several is made once."""
    media = shot.media
    maker = PictureMaker(media, shot.size, background=None if media.has_alpha else BLACK)
    shown, picture = None, np.empty(0, np.uint8)
    for frame in players.of(media).play_at(instants, 1 / (2 * media.frame_rate)):
        if frame is not shown:
            shown, picture = frame, maker.picture(frame)
            if maker.is_refitted:
                refitted[media.path] = media
        yield picture
