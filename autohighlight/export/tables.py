"""Timeline -> CSV and JSON, for scripts and spreadsheets: each part's frames, labels and seconds on both clocks.

Frames and rates are exact; seconds are the number nearest to what they say. Columns and fields keep their names and
meaning; one that goes away or means something else raises `SCHEMA_VERSION`.
"""

from __future__ import annotations

import csv
import importlib.resources
import io
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import autohighlight
from autohighlight.config import ExportOptions
from autohighlight.export.documents import write_documents
from autohighlight.file_urls import name_bytes
from autohighlight.timeline.events import Event, FrameSpan, events
from autohighlight.timeline.model import Source, Timeline
from autohighlight.times import TimeRange
from autohighlight.types import Progress, ProgressCallback, ScoreTrack

SCHEMA_VERSION = 1
"""Raised when a field changes its meaning or goes away; a field that is added leaves it as it is."""

COLUMNS = (
    "number",
    "source_path",
    "source_rate",
    "source_first_frame",
    "source_end_frame",
    "source_timecode_in",
    "source_timecode_out",
    "source_start",
    "source_end",
    "record_rate",
    "record_first_frame",
    "record_end_frame",
    "record_timecode_in",
    "record_timecode_out",
    "record_start",
    "record_end",
    "head_handle",
    "tail_handle",
    "score",
    "reason",
)
"""Of the CSV file; each part is a row. Documented in docs/formats.md."""


def schema_text() -> str:
    """The JSON schema of `timeline_document`, as shipped."""
    return importlib.resources.files("autohighlight").joinpath("schemas", "timeline.schema.json").read_text("utf-8")


def write_csv(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    """Writes a row for each part, under `COLUMNS`.

    A path that is no UTF-8 stands in the file with its own bytes.

    Args:
        timeline: what to write.
        path: of the file.
        options: `overwrite`.
        progress: is told when it is done.

    Returns:
        `path` alone.

    Raises:
        OutputError: it cannot be written there; nothing is left behind.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    quoting = csv.DictWriter(text, COLUMNS, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    for event in events(timeline):
        source = event.part.source
        row = {
            "source_path": source.path,
            "source_rate": source.rate,
            "record_rate": timeline.frame_rate,
            **_part(event),
        }
        # Python 3.11 does not quote a carriage return where lines end in a line feed.
        (quoting if any("\r" in str(value) for value in row.values()) else writer).writerow(row)
    return _write(timeline, path, name_bytes(text.getvalue()), options, progress)


def write_json(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    """Writes `timeline_document`; arguments and errors of `write_csv`. It is ASCII, which holds any file's name."""
    text = json.dumps(timeline_document(timeline), indent=2, allow_nan=False) + "\n"
    return _write(timeline, path, text.encode("ascii"), options, progress)


def timeline_document(timeline: Timeline) -> dict[str, Any]:
    """The sequence, its sources with their whole score curves, and its parts, after the published schema."""
    width, height = timeline.size
    sound = timeline.audio
    return {
        "schema_version": SCHEMA_VERSION,
        "autohighlight_version": autohighlight.__version__,
        "name": timeline.name,
        "sequence": {
            "frame_rate": str(timeline.frame_rate),
            "width": width,
            "height": height,
            "num_frames": timeline.num_frames,
            "duration": float(timeline.duration),
            "start_timecode": str(timeline.start_timecode),
            "drop_frame": timeline.is_drop_frame,
            "sample_rate": sound.sample_rate,
            "num_channels": sound.num_channels,
        },
        "sources": [_source(source) for source in timeline.sources],
        "parts": [{**_part(event), "source": event.part.source.id} for event in events(timeline)],
    }


def scored_clips(scores: ScoreTrack, origin: Fraction = Fraction(0)) -> list[dict[str, Any]]:
    """Each clip's start and end in seconds from `origin` on, its score, and what the score is made of."""
    parts = {name: values.tolist() for name, values in scores.parts.items()}
    return [
        {
            **seconds(clip.time_range, origin),
            "score": score,
            "parts": {name: values[number] for name, values in parts.items()},
        }
        for number, (clip, score) in enumerate(zip(scores.clips, scores.values.tolist(), strict=True))
    ]


def seconds(time_range: TimeRange, origin: Fraction = Fraction(0)) -> dict[str, float]:
    """Start and end in seconds from `origin` on."""
    return {"start": float(time_range.start - origin), "end": float(time_range.end - origin)}


def _source(source: Source) -> dict[str, Any]:
    media, scores = source.media, source.scores
    width, height = media.display_size
    return {
        "id": source.id,
        "path": str(source.path),
        "url": source.url,
        "frame_rate": str(source.rate),
        "variable_rate": media.is_variable_rate,
        "num_frames": source.num_frames,
        "start": float(media.time_range.start),
        "start_timecode": str(source.start_timecode),
        "width": width,
        "height": height,
        "sound_tracks": [
            {
                "stream": stream.index,
                "sample_rate": stream.sample_rate,
                "num_channels": stream.num_channels,
                "layout": stream.layout,
                "language": stream.language,
            }
            for stream in media.audio
        ],
        "scorer": None if scores is None else scores.scorer,
        "clips": [] if scores is None else scored_clips(scores, media.time_range.start),
    }


def _part(event: Event) -> dict[str, Any]:
    part = event.part
    return {
        "number": event.number,
        **_frames("source", event.source),
        **_frames("record", event.record),
        "head_handle": part.head_handle,
        "tail_handle": part.tail_handle,
        "score": float(part.score),
        "reason": part.reason,
    }


def _frames(clock: str, span: FrameSpan) -> dict[str, Any]:
    return {
        f"{clock}_first_frame": span.first,
        f"{clock}_end_frame": span.end,
        f"{clock}_timecode_in": str(span.timecode_in),
        f"{clock}_timecode_out": str(span.timecode_out),
        f"{clock}_start": float(span.time_range.start),
        f"{clock}_end": float(span.time_range.end),
    }


def _write(
    timeline: Timeline, path: Path, content: bytes, options: ExportOptions, progress: ProgressCallback
) -> list[Path]:
    paths = write_documents(timeline, {path: content}, overwrite=options.overwrite)
    progress(Progress("export", len(timeline.parts), len(timeline.parts), "parts"))
    return paths
