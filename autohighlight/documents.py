"""Results as data: JSON after the published schema, and CSV; seconds are numbers."""

from __future__ import annotations

import csv
import importlib.resources
import io
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import autohighlight
from autohighlight.export.tables import scored_clips, seconds
from autohighlight.media.sound_tracks import sound_of
from autohighlight.pipeline import Analysis
from autohighlight.types import MediaInfo, Selection

SCHEMA_VERSION = 1
"""Raised when a field changes its meaning or goes away; a field that is added leaves it as it is."""


def schema_text() -> str:
    """The JSON schema of `highlights_document`, as shipped."""
    return importlib.resources.files("autohighlight").joinpath("schemas", "highlights.schema.json").read_text("utf-8")


def highlights_document(
    analysis: Analysis, selection: Selection, output: Path | None, shown: Fraction | None = None
) -> dict[str, Any]:
    """What ``--json`` prints: one video, its clips with their scores, and its highlights in the order shown.

    Args:
        analysis: of the video.
        selection: what was chosen.
        output: the file that was written, if any.
        shown: how long the reel of these highlights is, in seconds, if one is asked for.
    """
    media, features, scores = analysis.media, analysis.features, analysis.scores
    return {
        "schema_version": SCHEMA_VERSION,
        "autohighlight_version": autohighlight.__version__,
        "video": str(media.path),
        "start": float(media.time_range.start),
        "duration": float(media.duration),
        "backbone": features.backbone,
        "scorer": scores.scorer,
        "lost_frames": features.num_frames_lost,
        "sound": _sound(media),
        "clips": scored_clips(scores),
        "highlights": [
            {**seconds(highlight.time_range), "score": float(highlight.score), "reason": highlight.reason}
            for highlight in selection
        ],
        "reel_duration": None if shown is None else float(shown),
        "output": None if output is None else str(output),
    }


def _sound(media: MediaInfo) -> dict[str, Any]:
    """The sound tracks of a file, and which of them are used."""
    choice = sound_of(media)
    return {
        "join": choice.join if choice.tracks else "none",
        "tracks": [
            {
                "number": media.track_number(track),
                "language": track.language,
                "title": track.title,
                "layout": track.layout,
                "num_channels": track.num_channels,
                "used": track in choice.tracks,
            }
            for track in media.audio
        ],
    }


def to_json(document: Any) -> str:
    """JSON in ASCII, which no terminal, pipe or locale can damage, and which holds any file name."""
    return json.dumps(document, indent=2, allow_nan=False)


def scores_csv(document: dict[str, Any]) -> str:
    """The clips of a `highlights_document` as CSV: start, end, score, each part, and what gave the scores."""
    text = io.StringIO()
    clips = document["clips"]
    parts = list(clips[0]["parts"]) if clips else []
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["start", "end", "score", *parts, "scorer", "backbone"])
    for clip in clips:
        values = [clip["start"], clip["end"], clip["score"], *(clip["parts"][name] for name in parts)]
        writer.writerow([*values, document["scorer"], document["backbone"]])
    return text.getvalue()
