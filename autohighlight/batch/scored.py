"""What of one video's analysis a montage over many needs: few numbers a clip, kept as text to the last bit."""

from __future__ import annotations

import dataclasses
import itertools
import math
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from autohighlight.errors import InputError
from autohighlight.scorers.across import Measures, measures_for
from autohighlight.times import FrameGrid, TimeRange
from autohighlight.types import Clip, MediaInfo, ScoreTrack

if TYPE_CHECKING:
    from autohighlight.pipeline import Analysis

FORMAT_VERSION = 1
"""Raised when a field of `ScoredVideo.to_json` changes its meaning or goes away."""


@dataclass(frozen=True, eq=False)
class ScoredVideo:
    """One video's scores, and where its pictures cut; what `batch.combined` chooses by, without features or packets.

    Args:
        path: the file.
        time_range: from the first frame's presentation to the end of the last, in seconds.
        frame_rate: nominal frames/s.
        scores: of its clips, as the scorer gave them.
        shot_boundaries: presentation times at which the picture cuts, in seconds; ascending.
        measures: name -> float64 (N,): what the scores were made of, as `scorers.across.measures_for` says; NaN where
            it was not measured. Empty for scorers of which nothing but the scores counts.
        gaps: where nothing can be shown; see `MediaInfo`.
    """

    path: Path
    time_range: TimeRange
    frame_rate: Fraction
    scores: ScoreTrack
    shot_boundaries: tuple[Fraction, ...]
    measures: Measures = field(default_factory=dict)
    gaps: tuple[TimeRange, ...] = ()

    @classmethod
    def of(cls, analysis: Analysis) -> ScoredVideo:
        """What is kept of an analysis."""
        media, features, scores = analysis.media, analysis.features, analysis.scores
        measures = measures_for(scores.scorer, features)
        return cls(
            media.path,
            media.time_range,
            media.frame_rate,
            scores,
            tuple(features.shot_boundaries),
            dict(measures),
            media.gaps,
        )

    @property
    def duration(self) -> Fraction:
        """How long the picture is shown, in seconds."""
        return self.time_range.duration

    @property
    def grid(self) -> FrameGrid:
        """The instants of the frames at the nominal rate, from the first frame on."""
        return FrameGrid(self.frame_rate, self.time_range.start)

    def moved(self, path: Path) -> ScoredVideo:
        """The same video in another place."""
        return dataclasses.replace(self, path=path)

    def check(self, media: MediaInfo) -> None:
        """Refuses a file that has been replaced since.

        Raises:
            InputError: it is not as long, or does not have the rate, that it had when it was scored.
        """
        if (media.time_range, media.frame_rate) != (self.time_range, self.frame_rate):
            raise InputError(media.path, "has changed since it was scored", "run again, so that it is scored anew")

    def to_json(self) -> dict[str, Any]:
        """Plain values, of which `from_json` makes the same again: times as ``n/d``, numbers that are NaN as null."""
        clips = self.scores.clips
        ranges = [clip.time_range for clip in clips]
        is_gapless = all(before.end == after.start for before, after in itertools.pairwise(ranges))
        times = [*(span.start for span in ranges), ranges[-1].end]
        return {
            "format_version": FORMAT_VERSION,
            "path": str(self.path),
            "time_range": [str(self.time_range.start), str(self.time_range.end)],
            "frame_rate": str(self.frame_rate),
            "scorer": self.scores.scorer,
            "edges": [str(time) for time in times] if is_gapless else None,
            "clips": None if is_gapless else [[str(span.start), str(span.end)] for span in ranges],
            "scores": _numbers(self.scores.values),
            "parts": {name: _numbers(part) for name, part in self.scores.parts.items()},
            "shot_boundaries": [str(time) for time in self.shot_boundaries],
            "measures": {name: _numbers(values) for name, values in self.measures.items()},
            "gaps": [[str(gap.start), str(gap.end)] for gap in self.gaps],
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> ScoredVideo:
        """What `to_json` was made of.

        Raises:
            ValueError: the document is damaged, or of another version.
        """
        try:
            if document["format_version"] != FORMAT_VERSION:
                raise ValueError(f"version {document['format_version']!r} of scores is not {FORMAT_VERSION}")
            return cls(
                Path(document["path"]),
                TimeRange(*map(Fraction, document["time_range"])),
                Fraction(document["frame_rate"]),
                ScoreTrack(
                    _clips(document),
                    _array(document["scores"]),
                    str(document["scorer"]),
                    {name: _array(part) for name, part in document["parts"].items()},
                ),
                tuple(Fraction(time) for time in document["shot_boundaries"]),
                {name: _array(values) for name, values in document["measures"].items()},
                tuple(TimeRange(*pair) for pair in _pairs(document.get("gaps", []))),  # older ones have none
            )
        except (KeyError, TypeError, AttributeError, ZeroDivisionError) as error:
            raise ValueError(f"no scores of a video: {error!r}") from error


def _numbers(values: np.ndarray[Any, Any]) -> list[float | None]:
    return [None if math.isnan(value) else value for value in values.astype(np.float64).tolist()]


def _array(numbers: list[float | None]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([math.nan if number is None else number for number in numbers], np.float64)


def _clips(document: dict[str, Any]) -> tuple[Clip, ...]:
    edges = document["edges"]
    pairs = itertools.pairwise(map(Fraction, edges)) if edges is not None else _pairs(document["clips"])
    clips = tuple(Clip(number, TimeRange(start, end)) for number, (start, end) in enumerate(pairs))
    if not clips:
        raise ValueError("a video has at least one clip")
    return clips


def _pairs(ranges: list[list[str]]) -> list[tuple[Fraction, Fraction]]:
    return [(Fraction(start), Fraction(end)) for start, end in ranges]
