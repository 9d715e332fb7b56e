"""Reads labelled videos: ``labels.jsonl``, one JSON object a line and a video, in one of three forms.

    {"video": "a.mp4", "duration": 60.0, "highlights": [[12.0, 17.5], ...]}        spans, seconds
    {"video": "a.mp4", "clip_seconds": 2, "scores": [[3, 1, 5, ...], [2, 1, 4, ...]]}     one list a rater
    {"vid": "sTEELN-vY30", "label": [[5.0, 3.0, ...], [5.0, 4.0, ...]], ...}     TVSum: one list a 2-second clip

Times count from the first frame shown. All lines of a file have the same form, for each is measured in its own way.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autohighlight.errors import InputError, OptionError, printable
from autohighlight.evaluation import metrics
from autohighlight.times import TimeRange

TVSUM_CLIP_SECONDS = Fraction(2)
SUFFIXES = (".mp4", ".mkv", ".webm", ".mov", ".avi")
"""Tried, in this order, where a label file names a video without one, as TVSum does."""

_LARGEST = 1e9
"""No number of a label file is larger; also catches NaN and infinity, which Python's JSON allows."""

_NUM_PARENTS = 3
"""How many folders above the label file's own its paths may be relative to."""


@dataclass(frozen=True)
class Protocol:
    """How one form of labels is measured.

    Args:
        name: of the form.
        metric: of one rater's positives and the scores.
        description: what is positive, and what is averaged, for people.
        silent: what a rater counts who calls nothing in the video a highlight; None: is left out.
    """

    name: str
    metric: metrics.Metric
    description: str
    silent: float | None = None

    def measure(self, positives: NDArray[np.bool_], scores: ArrayLike) -> float:
        """Mean of the metric over the raters of one video, bool (R, N), for scores (N,); NaN if nothing is positive."""
        return metrics.mean_over_raters(self.metric, positives, scores, silent=self.silent)


SPANS = Protocol(
    "spans",
    metrics.average_precision,
    "average precision a video; positive: clips at least half of which lies in a highlight",
)
RATINGS = Protocol(
    "ratings",
    metrics.average_precision,
    "average precision, mean over raters, then videos; positive: clips at or above the rater's upper quartile in the "
    "video and above the rater's lowest score",
)
TVSUM = Protocol(
    "tvsum",
    metrics.top_five_average_precision,
    "top-5 average precision, mean over annotators, then videos; positive: clips above the annotator's median",
    silent=0.0,  # none of the five is positive then
)


@dataclass(frozen=True, eq=False)
class Targets:
    """What a scorer is to find in one video.

    Args:
        clips: the N labelled clips: equal length, from 0 on, seconds from the first frame shown.
        positives: bool (R, N): what each rater calls a highlight.
        ratings: float64 (R, N): how much each rater made of each clip.
    """

    clips: tuple[TimeRange, ...]
    positives: NDArray[np.bool_]
    ratings: NDArray[np.float64]

    @property
    def oracle(self) -> NDArray[np.float64]:
        """The raters' mean, (N,): about the best that one score for all of them can do."""
        mean: NDArray[np.float64] = self.ratings.mean(axis=0)
        return mean


@dataclass(frozen=True, eq=False)
class LabelledVideo:
    """One line of a label file.

    Args:
        name: the video as the file names it.
        line: the number of the line, from 1.
        protocol: how it is measured.
        clip_seconds: length of the clips that were rated; None for spans, which fit clips of any length.
        ratings: float64 (R, N), finite; of spans (0, 0).
        highlights: the spans, in seconds; of ratings none.
        duration: of what is labelled, in seconds.
    """

    name: str
    line: int
    protocol: Protocol
    clip_seconds: Fraction | None
    ratings: NDArray[np.float64]
    highlights: tuple[TimeRange, ...]
    duration: Fraction

    def targets(self, clip_seconds: Fraction) -> Targets:
        """What is to be found, on clips of `clip_seconds`; rated videos keep the length they were rated at.

        A trailing part shorter than a clip is left out.
        """
        length = self.clip_seconds or clip_seconds
        count = math.floor(self.duration / length)
        clips = tuple(TimeRange(number * length, (number + 1) * length) for number in range(count))
        if self.protocol is SPANS:
            inside = [sum((clip.overlap(span) for span in self.highlights), Fraction(0)) for clip in clips]
            positive = np.array([[2 * seconds >= length for seconds in inside]], dtype=bool).reshape(1, count)
            return Targets(clips, positive, positive.astype(np.float64))
        positives = metrics.above_median_positives if self.protocol is TVSUM else metrics.upper_quartile_positives
        return Targets(clips, positives(self.ratings), self.ratings)


@dataclass(frozen=True, eq=False)
class LabelFile:
    """Labelled videos, at least one, all measured in one way."""

    path: Path
    videos: tuple[LabelledVideo, ...]

    @property
    def protocol(self) -> Protocol:
        """How they are measured."""
        return self.videos[0].protocol


def read_labels(path: Path) -> LabelFile:
    """Every line of a label file; empty lines are passed over.

    Raises:
        InputError: the file cannot be read, a line of it is none of the three forms or of another form than those
            before, or it holds no line; the message names the file and the line.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(path, f"the labels cannot be read: {reason}") from None
    videos = list[LabelledVideo]()
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            video = _parse(line, number)
            if videos and video.protocol is not videos[0].protocol:
                raise _BadLineError(
                    f"holds {video.protocol.name}, where line {videos[0].line} holds {videos[0].protocol.name}"
                )
        except _BadLineError as error:
            raise InputError(path, f"line {number} {error}", _FORMS) from None
        videos.append(video)
    if not videos:
        raise InputError(path, "the file holds no labels", _FORMS)
    return LabelFile(path, tuple(videos))


_FORMS = (
    'a line is {"video", "duration", "highlights": [[start, end], ...]} or '
    '{"video", "clip_seconds", "scores": [[one a clip], ... one list a rater]}'
)


class _BadLineError(ValueError):
    """What is wrong with a line, as the end of a sentence that begins with "line 3"."""


def _parse(line: str, number: int) -> LabelledVideo:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _BadLineError(f"is not JSON: {error}") from None
    if not isinstance(row, dict):
        raise _BadLineError("is not a JSON object")
    for key, read in _READERS.items():
        if key in row:
            return read(row, number)
    raise _BadLineError("holds neither highlights nor scores")


def _read_spans(row: Mapping[str, Any], number: int) -> LabelledVideo:
    duration = _positive_number(row, "duration")
    spans = row["highlights"]
    if not isinstance(spans, list):
        raise _BadLineError("has highlights that are not a list")
    ranges = list[TimeRange]()
    for span in spans:
        if not (isinstance(span, list) and len(span) == 2 and all(map(_is_number, span)) and 0 <= span[0] < span[1]):
            raise _BadLineError(f"has a highlight that is not [start, end] in seconds: {json.dumps(span)}")
        ranges.append(TimeRange(*map(_exact, span)))
    if ranges and max(span.end for span in ranges) > duration + 1:
        raise _BadLineError("has a highlight that ends after the duration")
    return LabelledVideo(_name(row, "video"), number, SPANS, None, np.empty((0, 0)), united(ranges), duration)


def united(ranges: Iterable[TimeRange]) -> tuple[TimeRange, ...]:
    """The same time in spans that neither overlap nor touch, so that none of it counts twice; in time order."""
    joined = list[TimeRange]()
    for span in sorted(ranges):
        if joined and span.start <= joined[-1].end:
            joined[-1] = TimeRange(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)


def _read_ratings(row: Mapping[str, Any], number: int) -> LabelledVideo:
    seconds = _positive_number(row, "clip_seconds")
    ratings = _matrix(row, "scores")
    duration = seconds * ratings.shape[1]
    return LabelledVideo(_name(row, "video"), number, RATINGS, seconds, ratings, (), duration)


def _read_tvsum(row: Mapping[str, Any], number: int) -> LabelledVideo:
    ratings = np.ascontiguousarray(_matrix(row, "label").T)
    duration = TVSUM_CLIP_SECONDS * ratings.shape[1]
    return LabelledVideo(_name(row, "vid"), number, TVSUM, TVSUM_CLIP_SECONDS, ratings, (), duration)


_READERS: dict[str, Callable[[Mapping[str, Any], int], LabelledVideo]] = {
    "highlights": _read_spans,
    "scores": _read_ratings,
    "label": _read_tvsum,
}


def _name(row: Mapping[str, Any], key: str) -> str:
    name = row.get(key)
    if not isinstance(name, str) or not name or "\0" in name:
        raise _BadLineError(f"does not name its {key}")
    return name


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST


def _exact(value: float) -> Fraction:
    return Fraction(repr(value))  # 0.1 means 1/10, not the float nearest to it


def _positive_number(row: Mapping[str, Any], key: str) -> Fraction:
    value = row.get(key)
    if not _is_number(value) or value <= 0:
        raise _BadLineError(f"has no {key} above 0 seconds")
    return _exact(value)


def _matrix(row: Mapping[str, Any], key: str) -> NDArray[np.float64]:
    rows = row[key]
    if not (isinstance(rows, list) and rows and all(isinstance(r, list) and r for r in rows)):
        raise _BadLineError(f"has {key} that are not a list of lists of numbers")
    if not all(_is_number(value) for r in rows for value in r):
        raise _BadLineError(f"has {key} that are not all numbers")
    if len({len(r) for r in rows}) > 1:
        raise _BadLineError(f"has {key} of unequal lengths: {', '.join(str(len(r)) for r in rows)}")
    return np.array(rows, dtype=np.float64)


def find_videos(labels: LabelFile, folder: Path | None = None) -> tuple[Path, ...]:
    """Where the files of the labelled videos lie.

    A name is looked for, in this order: as it is, where it is absolute; in `folder` with its path, then by its last
    part alone; beside the label file; in up to three folders above that. A name without a suffix is tried with
    those of `SUFFIXES`.

    Raises:
        InputError: a video is in none of these places; the message names the label file and the line.
        OptionError: `folder` is no folder.
    """
    if folder is not None and not folder.is_dir():
        raise OptionError(f"the folder of videos {folder} is not there")
    return tuple(_find(labels.path, video, folder) for video in labels.videos)


def _find(labels: Path, video: LabelledVideo, folder: Path | None) -> Path:
    name = Path(video.name)
    places = [] if folder is None else [folder / name, folder / name.name]
    places += [parent / name for parent in labels.absolute().parents[: _NUM_PARENTS + 1]]
    for place in places:
        for suffix in ("", *SUFFIXES):
            if _is_file(candidate := Path(f"{place}{suffix}")):
                return candidate
    raise InputError(
        labels,
        f"line {video.line} names {printable(video.name)}, which is not there",
        "say with --videos in which folder it is",
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long, a folder that may not be entered: it is not here
        return False
