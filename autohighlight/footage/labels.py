"""What somebody has said of some of the footage: which clips are highlights, for semi-supervised training."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from autohighlight.errors import InputError, OptionError, printable
from autohighlight.evaluation.labels import SPANS, LabelFile, LabelledVideo
from autohighlight.footage.rows import Marks
from autohighlight.times import TimeRange
from autohighlight.types import Clip


def lines_by_path(labels: LabelFile, paths: Sequence[Path]) -> dict[Path, LabelledVideo]:
    """Which line speaks of which file: by the file's name, with or without its suffix.

    Where several files are called the same, the line's folders tell them apart. Lines that speak of no file are
    passed over.

    Args:
        labels: labelled videos.
        paths: of videos, or of files of features.

    Raises:
        InputError: a line speaks of several files, or several lines of one.
        OptionError: no line speaks of any of the files.
    """
    by_name: dict[str, list[Path]] = {}
    for path in paths:
        for name in {path.name, path.stem}:
            by_name.setdefault(name, []).append(path)
    found: dict[Path, LabelledVideo] = {}
    for line in labels.videos:
        fitting = _fitting(Path(line.name), by_name)
        if len(fitting) > 1:
            both = " and ".join(printable(path) for path in fitting[:2])
            raise InputError(labels.path, f"line {line.line} names {printable(line.name)}, which fits {both}")
        for path in fitting:
            if path in found:
                raise InputError(
                    labels.path, f"lines {found[path].line} and {line.line} both speak of {printable(path)}"
                )
            found[path] = line
    if not found:
        example = printable(labels.videos[0].name)
        raise OptionError(
            f"{printable(labels.path)} speaks of no file of the footage; its first line names {example}",
            "files are found by their names",
        )
    return found


def _fitting(name: Path, by_name: dict[str, list[Path]]) -> list[Path]:
    fitting = by_name.get(name.name) or by_name.get(name.stem, [])
    if len(fitting) < 2:
        return fitting
    parents = name.parts[:-1]
    return [path for path in fitting if parents and path.absolute().parts[:-1][-len(parents) :] == parents] or fitting


def mark_clips(line: LabelledVideo, clips: Sequence[Clip]) -> Marks:
    """Which clips of a video are highlights, (N,): those of which at least half is one; a rated clip is one if half of
    its raters say so, or as many as of any.

    Args:
        line: counts time from the first frame shown.
        clips: on the presentation clock, in time order.
    """
    start = clips[0].time_range.start
    spans = [TimeRange(c.time_range.start - start, c.time_range.end - start) for c in clips]
    return _mark(line, spans)


def mark_equal_clips(line: LabelledVideo, num_clips: int, path: Path) -> Marks:
    """As `mark_clips`, of features that say nothing of time: the clips are taken to be of equal length.

    Args:
        line: of ratings, there are as many as clips, or one fewer for a shorter clip at the end; spans divide their
            duration.
        num_clips: N.
        path: of the features, for the message.

    Raises:
        InputError: there are more or fewer ratings than clips.
    """
    length = line.duration / num_clips
    if line.clip_seconds is not None:
        num_rated = line.ratings.shape[1]
        if num_rated not in (num_clips, num_clips - 1):
            raise InputError(path, f"has {num_clips} clips, and line {line.line} of the labels rates {num_rated}")
        length = line.clip_seconds
    return _mark(line, [TimeRange(number * length, (number + 1) * length) for number in range(num_clips)])


def _mark(line: LabelledVideo, clips: Sequence[TimeRange]) -> Marks:
    highlights = _highlights(line)
    shares = [sum((clip.overlap(span) for span in highlights), Fraction(0)) / clip.duration for clip in clips]
    return np.array([2 * share >= 1 for share in shares], np.bool_)


def _highlights(line: LabelledVideo) -> list[TimeRange]:
    """Spans of time that do not overlap."""
    if line.protocol is SPANS or line.clip_seconds is None:
        return list(line.highlights)
    targets = line.targets(line.clip_seconds)
    share = targets.positives.mean(axis=0)  # of the raters
    is_highlight = (share >= min(0.5, share.max())) & (share > 0)
    return [clip for clip, is_one in zip(targets.clips, is_highlight.tolist(), strict=True) if is_one]
