"""Timeline -> reel: one film of all the parts, picture and sound of exactly the same length.

The picture's frames rule. A part of n frames gets the samples between its first and its last instant on the
sequence's clock, so that rounding never adds up: after any number of parts sound and picture are less than one sample
apart. The reel is written to a hidden folder beside its place and moved there when it is whole.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from autohighlight.config import ExportOptions
from autohighlight.errors import OptionError
from autohighlight.export.reel_sound import write_sound
from autohighlight.files import check_destination, written_whole
from autohighlight.media.alpha import Background
from autohighlight.media.encode import PictureFormat, encode
from autohighlight.media.pictures import STANDARD_COLOUR, SdrConformer
from autohighlight.media.playback import (
    FrameConformer,
    conformed_colour,
    frame_planes,
    shown_matrix,
)
from autohighlight.media.players import FramePlayers
from autohighlight.media.remarks import shape_remark
from autohighlight.media.sound_tracks import sound_warnings
from autohighlight.timeline.model import Part, Timeline
from autohighlight.types import MediaInfo, Progress, ProgressCallback

_LOG = logging.getLogger(__name__)

SUFFIXES = (".mp4", ".mov", ".mkv")
"""Containers that hold H.264 or HEVC with AAC, and that editors and players open."""

CROSSFADE_SECONDS = Fraction(2, 5)
"""Long enough to be seen as a fade, short enough not to eat a highlight of two seconds."""

_PIXEL_FORMATS = {False: "yuv420p", True: "yuv420p10le"}
"""By whether they have more than 8 bits."""

_MOST_BITS = 10
"""Of one component of the film: hardly any player decodes HEVC of 12 bits in hardware."""


@dataclass(frozen=True)
class Place:
    """A part's place in the film.

    Args:
        part: what is shown.
        start: number of its first frame in the film.
        fade_in, fade_out: frames that it shares with the part before and after.
    """

    part: Part
    start: int
    fade_in: int
    fade_out: int

    @property
    def end(self) -> int:
        """Number of the film's frame after its last."""
        return self.start + self.part.num_frames


def write_reel(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    """Writes the film.

    Args:
        timeline: what to show.
        path: an MP4, MOV or MKV file.
        options: codec, quality, transition.
        progress: is told of frames done.

    Returns:
        `path` alone.

    Raises:
        OptionError: the suffix names another container.
        OutputError: it cannot be written there; nothing is left behind.
        InputError: a source cannot be read any more.
        DependencyError: there is no ffmpeg program that can encode it.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise OptionError(f"a reel is not written as {path.suffix or 'a file without suffix'}", "name it .mp4")
    for media in {part.media.path: part.media for part in timeline.parts}.values():
        check_destination(path, source=media.path, overwrite=options.overwrite)
    places = lay_out(timeline, is_crossfade=options.transition == "crossfade")
    picture = picture_format(timeline)
    codec = options.codec
    if codec == "auto":
        codec = "h264" if picture.pixel_format == _PIXEL_FORMATS[False] else "hevc"
    for line in left_behind(timeline):
        _LOG.warning("%s", line)
    with written_whole(path, overwrite=options.overwrite) as unfinished:
        sound = write_sound(places, timeline.frame_rate, unfinished.with_name("sound.f32"))
        with FramePlayers() as players:
            film = _Film(picture, ImageColor.getrgb(options.background)[:3], players)
            frames = _counted(_frames(places, film), places[-1].end, progress)
            encode(
                frames, picture, sound, unfinished,
                codec=codec, crf=options.crf, preset=options.preset, program=options.ffmpeg,
            )  # fmt: skip
            if players.num_lost:
                _LOG.warning("damage in the video: %d frames in or near the reel's parts are lost", players.num_lost)
    for media in film.refitted.values():
        _LOG.warning("%s", shape_remark(media))
    return [path]


def picture_format(timeline: Timeline) -> PictureFormat:
    """How the film's frames look: size and rate are the timeline's.

    Colours are the sources' own where they have them in common. Where they do not, all is brought to BT.709 and the
    standard range, and HDR is mapped to it, unless the sources have one HDR transfer function in common: then the
    first's matrix and range count. Frames have 10 bits where most seconds come from sources of more than 8; 8 where HDR
    is mapped.
    """
    seconds: dict[MediaInfo, int] = {}
    for part in timeline.parts:
        seconds[part.media] = seconds.get(part.media, 0) + part.num_frames
    sources = list(seconds)
    colour = conformed_colour(sources[0])
    is_mixed = len({source.colour.dynamic_range for source in sources}) > 1
    if len({(shown_matrix(source), conformed_colour(source)) for source in sources}) > 1:
        colour = STANDARD_COLOUR if is_mixed or not colour.is_hdr else colour
    deep = sum(num_frames for source, num_frames in seconds.items() if source.bit_depth > 8)
    is_deep = not is_mixed and 2 * deep > timeline.num_frames
    light_levels = {source.hdr for source in sources}
    times = [source.creation_time for source in sources if source.creation_time is not None]
    return PictureFormat(
        timeline.size,
        _PIXEL_FORMATS[is_deep],
        timeline.frame_rate,
        colour,
        hdr=light_levels.pop() if len(light_levels) == 1 and colour.dynamic_range == "pq" else None,
        creation_time=min(times, default=None),
    )


def left_behind(timeline: Timeline) -> Iterator[str]:
    """What the sources hold and the film cannot, a line each."""
    is_deep = picture_format(timeline).pixel_format == _PIXEL_FORMATS[True]
    for source in timeline.sources:
        media = source.media
        things = ((media.num_chapters, "chapter"), (media.num_subtitles, "subtitle track"))
        if words := [f"{number} {noun}{'' if number == 1 else 's'}" for number, noun in things if number]:
            yield f"{media.path.name}: the reel does not keep its {' and '.join(words)}"
        for line in sound_warnings(media):
            yield f"{media.path.name}: {line}"
        if media.bit_depth > _MOST_BITS:
            depth = "10" if is_deep else "8"
            yield f"{media.path.name} has {media.bit_depth} bits a component; the reel has {depth}"
        if media.projection != "flat":
            yield (
                f"{media.path.name} is a 360° video; the reel is one too, but has no tag that says so: players show it "
                "flat until it is tagged, for example with Google's Spatial Media Metadata Injector"
            )


def lay_out(timeline: Timeline, *, is_crossfade: bool) -> list[Place]:
    """Where each part goes; with crossfades neighbours overlap, by at most half of the shorter."""
    longest = int(CROSSFADE_SECONDS * timeline.frame_rate) if is_crossfade else 0
    parts = timeline.parts
    overlaps = [min(longest, a.num_frames // 2, b.num_frames // 2) for a, b in itertools.pairwise(parts)]
    places, start = [], 0
    for part, fade_in, fade_out in zip(parts, [0, *overlaps], [*overlaps, 0], strict=True):
        start -= fade_in
        places.append(Place(part, start, fade_in, fade_out))
        start += part.num_frames
    return places


def reel_duration(timeline: Timeline, options: ExportOptions) -> Fraction:
    """How long the film is, in seconds: in crossfades two parts are shown at once."""
    return lay_out(timeline, is_crossfade=options.transition == "crossfade")[-1].end / timeline.frame_rate


def _counted(
    frames: Iterator[list[NDArray[Any]]], total: int, progress: ProgressCallback
) -> Iterator[list[NDArray[Any]]]:
    for number, frame in enumerate(frames):
        yield frame
        progress(Progress("export", number + 1, total))


@dataclass
class _Film:
    """How frames are brought to the form of the film.

    Args:
        picture: that form.
        background: what is seen where they are transparent.
        players: play the sources.

    Attributes:
        refitted: the sources so far whose picture changes shape.
    """

    picture: PictureFormat
    background: Background
    players: FramePlayers
    refitted: dict[Path, MediaInfo] = field(default_factory=dict)

    def conformer(self, media: MediaInfo) -> FrameConformer:
        picture = self.picture
        if media.colour.is_hdr and not picture.colour.is_hdr:
            return SdrConformer(media, picture.size, picture.pixel_format, self.background)
        return FrameConformer(media, picture.size, picture.pixel_format, picture.colour, self.background)


def _frames(places: list[Place], film: _Film) -> Iterator[list[NDArray[Any]]]:
    """The planes of every frame of the film."""
    before: Iterator[list[NDArray[Any]]] = iter(())
    for number, place in enumerate(places):
        # In a crossfade two parts play at once, and each needs a reader of its own.
        reader = number % 2 if place.fade_in or place.fade_out else 0
        frames = _played(place.part, film, reader=reader)
        for step in range(place.fade_in):
            weight = (step + 1) / (place.fade_in + 1)
            yield [_mix(a, b, weight) for a, b in zip(next(before), next(frames), strict=True)]
        yield from itertools.islice(frames, place.part.num_frames - place.fade_in - place.fade_out)
        before = frames


def _played(part: Part, film: _Film, *, reader: int) -> Iterator[list[NDArray[Any]]]:
    """The planes of each frame of a part; a repeated frame is converted once."""
    conform, player = film.conformer(part.media), film.players.of(part.media, reader)
    frames = player.play(start=part.start, num_frames=part.num_frames, rate=film.picture.frame_rate)
    shown, planes = None, list[NDArray[Any]]()
    for frame in frames:
        if frame is not shown:
            shown, planes = frame, frame_planes(conform(frame))
            if conform.is_refitted:
                film.refitted[part.media.path] = part.media
        yield planes


def _mix(one: NDArray[Any], other: NDArray[Any], weight: float) -> NDArray[Any]:
    """Linear, on the encoded values, as editors' dissolves are."""
    mixed: NDArray[Any] = np.rint(one + (other.astype(np.float32) - one) * np.float32(weight)).astype(one.dtype)
    return mixed
