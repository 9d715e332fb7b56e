"""Timeline -> OpenTimelineIO, by its own library, as Resolve, Premiere, Kdenlive and many tools read it.

A clip's range is counted as its media's: from the label 00:00:00:00 on, at the media's rate, so that the start
timecode is the beginning of the available range. Its length is counted at the sequence's rate, where it is a whole
number of frames whatever the media's rate is. Each sound track of the files has a track; files without it leave gaps.

Everything of this program's own is in the metadata, under ``autohighlight``: see docs/formats.md.

Source: OpenTimelineIO's documentation, "File Format Specification" and "Time Ranges" (opentimelineio.readthedocs.io).
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import opentimelineio
from opentimelineio.opentime import RationalTime
from opentimelineio.opentime import TimeRange as OtioRange
from opentimelineio.schema import Clip, ExternalReference, Gap, Marker, MarkerColor, Track, TrackKind

import autohighlight
from autohighlight.config import ExportOptions
from autohighlight.errors import printable
from autohighlight.export.documents import one_line, write_documents
from autohighlight.media.start_timecode import has_stream_timecode
from autohighlight.timeline.events import Event, FrameSpan, events, whole_sequence, whole_source
from autohighlight.timeline.model import Source, Timeline
from autohighlight.types import AudioStream, Progress, ProgressCallback

_LOG = logging.getLogger(__name__)

NAMESPACE = "autohighlight"
"""The key of all metadata."""


def write_otio(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    """Writes the timeline.

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
    _warn_of_timecode(timeline)
    document = otio_timeline(timeline, with_markers=options.markers).to_json_string(indent=2) + "\n"
    paths = write_documents(timeline, {path: document.encode()}, overwrite=options.overwrite)
    progress(Progress("export", len(timeline.parts), len(timeline.parts), "parts"))
    return paths


def _warn_of_timecode(timeline: Timeline) -> None:
    """Kdenlive reads the timecode of streams alone (its ``otioutil.cpp``, from 2025 on)."""
    for source in timeline.sources:
        if source.start_timecode.frame and not has_stream_timecode(source.media):
            _LOG.warning(
                "%s: its timecode begins at %s, which newer versions of Kdenlive do not find in this kind of file; "
                "they misplace its parts by as much. For Kdenlive, export mlt",
                printable(source.name), source.start_timecode,
            )  # fmt: skip


def otio_timeline(timeline: Timeline, *, with_markers: bool) -> opentimelineio.schema.Timeline:
    """The timeline as an object of the library."""
    placed = events(timeline)
    result = opentimelineio.schema.Timeline(
        one_line(timeline.name),
        global_start_time=_first(whole_sequence(timeline)),
        metadata={NAMESPACE: _words(timeline)},
    )
    picture = Track("V1", kind=TrackKind.Video)
    picture.extend([_picture(event, with_markers=with_markers) for event in placed])
    result.tracks.append(picture)
    for number in range(max(len(source.media.audio) for source in timeline.sources)):
        sound = Track(f"A{number + 1}", kind=TrackKind.Audio)
        sound.extend([_sound(event, number) for event in placed])
        result.tracks.append(sound)
    return result


def _first(span: FrameSpan) -> RationalTime:
    """The first frame of a span, counted from the label 00:00:00:00 on."""
    return RationalTime(span.origin.frame + span.first, float(span.rate))


def _length(span: FrameSpan) -> RationalTime:
    return RationalTime(span.num_frames, float(span.rate))


def _clip(event: Event, metadata: dict[str, Any]) -> Clip:
    source = event.part.source
    whole = whole_source(source)
    media = ExternalReference(source.url, OtioRange(_first(whole), _length(whole)), {NAMESPACE: {"id": source.id}})
    shown = OtioRange(_first(event.source), _length(event.record))
    return Clip(one_line(source.name), media, shown, {NAMESPACE: {"part": event.number, **metadata}})


def _picture(event: Event, *, with_markers: bool) -> Clip:
    part = event.part
    clip = _clip(
        event,
        {
            "score": part.score,
            "reason": one_line(part.reason),
            "head_handle": part.head_handle,
            "tail_handle": part.tail_handle,
        },
    )
    if with_markers:
        clip.markers.extend(
            Marker(
                one_line(placed.marker.name),
                OtioRange(_first(placed.source), _length(placed.record)),
                MarkerColor.GREEN,
                comment=one_line(placed.marker.comment),
            )
            for placed in event.markers
        )
    return clip


def _sound(event: Event, number: int) -> Clip | Gap:
    streams = event.part.media.audio
    return (
        _clip(event, _stream_words(streams[number])) if number < len(streams) else Gap(duration=_length(event.record))
    )


def _stream_words(stream: AudioStream) -> dict[str, Any]:
    return {"stream": stream.index, "num_channels": stream.num_channels, "layout": stream.layout}


def _words(timeline: Timeline) -> dict[str, Any]:
    width, height = timeline.size
    return {
        "version": autohighlight.__version__,
        "frame_rate": str(timeline.frame_rate),
        "width": width,
        "height": height,
        "drop_frame": timeline.is_drop_frame,
        "sources": [_source_words(source) for source in timeline.sources],
    }


def _source_words(source: Source) -> dict[str, Any]:
    words: dict[str, Any] = {
        "id": source.id,
        "url": source.url,
        "frame_rate": str(source.rate),
        "start_timecode": str(source.start_timecode),
        "variable_rate": source.media.is_variable_rate,
    }
    if source.scores is not None:
        origin = source.media.time_range.start
        spans = [clip.time_range for clip in source.scores.clips]
        words["scorer"] = source.scores.scorer
        words["score_starts"] = [float(span.start - origin) for span in spans]
        words["score_ends"] = [float(span.end - origin) for span in spans]
        words["scores"] = source.scores.values.tolist()
    return words
