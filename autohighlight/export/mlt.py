"""Timeline -> MLT XML, which `melt` plays and renders, Shotcut opens as a project, and Kdenlive takes as a clip.

MLT counts everything in frames of the profile, here the sequence; outs are inclusive. At a position it shows the frame
of a file that is nearest to that instant. So a part begins at the first position that shows its first frame or a later
one, and all that it shows lies in its range, also where the file has another rate.

Shotcut edits a tractor that is marked ``shotcut``, over a track of black; `main_bin` is its playlist of files. A part
is cut from a producer that has one sound track of its file: the one that a player would play goes with the picture,
each other one on a sound track of its own, and all are mixed.

Source: MLT XML (mltframework.org/docs/mltxml) and its DTD; Shotcut's annotations of it
(shotcut.org/notes/mltxml-annotations).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as ET

from autohighlight.config import ExportOptions
from autohighlight.export.clock import clock
from autohighlight.export.documents import add, one_line, write_documents, xml_document
from autohighlight.export.mlt_limits import mlt_warnings
from autohighlight.timeline.events import Event, events
from autohighlight.timeline.model import Source, Timeline
from autohighlight.types import AudioStream, Progress, ProgressCallback

_LOG = logging.getLogger(__name__)

MARKER_COLOUR = "#008000"
"""Of the markers: Shotcut's own default."""

_COLOUR_SPACES = {"bt2020nc": 2020, "bt2020c": 2020, "bt470bg": 601, "smpte170m": 601}
_USUAL_COLOUR_SPACE = 709
_TRACK = "playlist{}"
_NO_STREAM = -1


def write_mlt(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    """Writes the project.

    Args:
        timeline: what to write.
        path: of the document.
        options: `markers` and `overwrite`.
        progress: is told when it is done.

    Returns:
        `path` alone.

    Raises:
        OutputError: it cannot be written there; nothing is left behind.
    """
    for warning in mlt_warnings(timeline, path):
        _LOG.warning("%s", warning)
    root = ET.Element("mlt", LC_NUMERIC="C", version="7.0.0", title="autohighlight", producer="main_bin")
    _add_profile(root, timeline)
    _add_producers(root, timeline)
    _add_bin(root, timeline)
    placed = events(timeline)
    num_sound_tracks = max(len(_other_sound(source)) for source in timeline.sources)
    _add_background(root, timeline)
    _add_picture_track(root, placed)
    for number in range(1, num_sound_tracks + 1):
        _add_sound_track(root, placed, number)
    _add_tractor(root, timeline, placed if options.markers else (), num_sound_tracks)
    paths = write_documents(timeline, {path: xml_document(root)}, overwrite=options.overwrite)
    progress(Progress("export", len(timeline.parts), len(timeline.parts), "parts"))
    return paths


def first_position(frame: int, rate: Fraction, profile_rate: Fraction) -> int:
    """The first position at which MLT shows frame number `frame` or a later one.

    Args:
        frame: counted from the file's first.
        rate: frames/s of the file.
        profile_rate: frames/s of the profile: what positions count.
    """
    return max(0, math.ceil((frame - Fraction(1, 2)) * profile_rate / rate))


def _other_sound(source: Source) -> list[AudioStream]:
    """The sound tracks that do not go with the picture."""
    return [stream for stream in source.media.audio if stream is not source.media.main_audio]


def _property(parent: ET.Element, name: str, value: object) -> None:
    add(parent, "property", value, name=name)


def _add_profile(root: ET.Element, timeline: Timeline) -> None:
    (width, height), rate = timeline.size, timeline.frame_rate
    shape = Fraction(width, height)
    matrix = timeline.parts[0].media.colour.matrix
    add(
        root,
        "profile",
        description=f"{width}x{height}, {float(rate):.3f} fps",
        width=width,
        height=height,
        progressive=timeline.field_order == "progressive",
        sample_aspect_num=1,
        sample_aspect_den=1,
        display_aspect_num=shape.numerator,
        display_aspect_den=shape.denominator,
        frame_rate_num=rate.numerator,
        frame_rate_den=rate.denominator,
        colorspace=_COLOUR_SPACES.get(matrix, _USUAL_COLOUR_SPACE),
    )


def _add_producers(root: ET.Element, timeline: Timeline) -> None:
    """A producer for the picture of each file with its main sound, and one for each other sound track."""
    for source in timeline.sources:
        media, sound = source.media, source.media.main_audio
        _add_producer(root, timeline, source, source.id, media.video_stream, sound.index if sound else _NO_STREAM)
        for number, stream in enumerate(_other_sound(source), start=1):
            _add_producer(root, timeline, source, _sound_id(source, number), _NO_STREAM, stream.index)


def _sound_id(source: Source, number: int) -> str:
    return f"{source.id}-sound-{number}"


def _length(source: Source, rate: Fraction) -> int:
    return first_position(source.num_frames, source.rate, rate)


def _add_producer(
    root: ET.Element, timeline: Timeline, source: Source, id_: str, video_stream: int, audio_stream: int
) -> None:
    length = _length(source, timeline.frame_rate)
    producer = add(root, "producer", **{"id": id_, "in": 0, "out": length - 1})
    for name, value in (
        ("length", length),
        ("eof", "pause"),
        ("resource", source.path.as_posix()),  # as Shotcut writes it, on Windows too
        ("mlt_service", "avformat"),
        ("seekable", 1),
        ("video_index", video_stream),
        ("audio_index", audio_stream),
        ("shotcut:caption", one_line(source.name)),
    ):
        _property(producer, name, value)


def _add_bin(root: ET.Element, timeline: Timeline) -> None:
    """The files, for an editor to take more from; kept by those who write the document again, and not played."""
    playlist = add(root, "playlist", id="main_bin")
    _property(playlist, "xml_retain", 1)
    for source in timeline.sources:
        _add_entry(playlist, source.id, 0, _length(source, timeline.frame_rate))


def _add_entry(playlist: ET.Element, producer: str, first: int, num_frames: int) -> None:
    add(playlist, "entry", **{"producer": producer, "in": first, "out": first + num_frames - 1})


def _add_background(root: ET.Element, timeline: Timeline) -> None:
    num_frames = timeline.num_frames
    black = add(root, "producer", **{"id": "black", "in": 0, "out": num_frames - 1})
    for name, value in (
        ("length", num_frames),
        ("eof", "pause"),
        ("resource", 0),
        ("mlt_service", "color"),
        ("mlt_image_format", "rgba"),
        ("set.test_audio", 0),
    ):
        _property(black, name, value)
    _add_entry(add(root, "playlist", id="background"), "black", 0, num_frames)


def _add_picture_track(root: ET.Element, placed: Iterable[Event]) -> None:
    playlist = add(root, "playlist", id=_TRACK.format(0))
    _property(playlist, "shotcut:video", 1)
    _property(playlist, "shotcut:name", "V1")
    for event in placed:
        _add_entry(playlist, event.part.source.id, _position(event), event.record.num_frames)


def _position(event: Event) -> int:
    return first_position(event.source.first, event.source.rate, event.record.rate)


def _add_sound_track(root: ET.Element, placed: Iterable[Event], number: int) -> None:
    playlist = add(root, "playlist", id=_TRACK.format(number))
    _property(playlist, "shotcut:audio", 1)
    _property(playlist, "shotcut:name", f"A{number}")
    for event in placed:
        source, num_frames = event.part.source, event.record.num_frames
        if number <= len(_other_sound(source)):
            _add_entry(playlist, _sound_id(source, number), _position(event), num_frames)
        else:
            add(playlist, "blank", length=num_frames)


def _add_tractor(root: ET.Element, timeline: Timeline, marked: Iterable[Event], num_sound_tracks: int) -> None:
    tractor = add(root, "tractor", **{"id": "tractor0", "in": 0, "out": timeline.num_frames - 1})
    _property(tractor, "shotcut", 1)
    _property(tractor, "shotcut:projectAudioChannels", 6 if timeline.audio.output == "surround" else 2)
    if marked:
        _add_markers(tractor, marked)
    for number in range(-1, num_sound_tracks + 1):
        track = _TRACK.format(number) if number >= 0 else "background"
        add(tractor, "track", producer=track, hide="video" if number > 0 else None)
    for number in range(1, num_sound_tracks + 2):
        mix = add(tractor, "transition", id=f"transition{number - 1}")
        _property(mix, "a_track", 0)
        _property(mix, "b_track", number)
        _property(mix, "mlt_service", "mix")
        _property(mix, "always_active", 1)
        _property(mix, "sum", 1)


def _add_markers(tractor: ET.Element, marked: Iterable[Event]) -> None:
    markers = add(tractor, "properties", name="shotcut:markers")
    placed = [marker for event in marked for marker in event.markers]
    for number, marker in enumerate(placed):
        words = add(markers, "properties", name=number)
        span = marker.record
        _property(words, "text", one_line(f"{marker.marker.name}, {marker.marker.comment}"))
        _property(words, "start", clock(span.time_range.start))
        _property(words, "end", clock(span.time_range.end - 1 / span.rate))  # the last frame: Shotcut's ends are in it
        _property(words, "color", MARKER_COLOUR)
