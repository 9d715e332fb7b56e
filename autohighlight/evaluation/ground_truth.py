"""What a file of labels calls the highlights of one video."""

from __future__ import annotations

from pathlib import Path

from autohighlight.errors import InputError, printable
from autohighlight.evaluation.labels import LabelFile, LabelledVideo, find_videos, united
from autohighlight.times import TimeRange


def labelled_highlights(labels: LabelFile, video: Path) -> tuple[TimeRange, ...]:
    """The spans that the labels call highlights, in time order, in seconds from the first frame shown; maybe none.

    Of clips that were rated, those that more than half of the raters call a highlight; raters who call nothing in the
    video one are not asked.

    Args:
        labels: a file that has been read.
        video: its path; the line is meant that names this very file, or, from another place, a file of its name.

    Raises:
        InputError: no line does, or several.
    """
    line = _line_of(labels, video)
    if line.clip_seconds is None:
        return line.highlights
    targets = line.targets(line.clip_seconds)
    asked = targets.positives[targets.positives.any(axis=1)]  # (R, N)
    if not len(asked):
        return ()
    return united([clip for clip, part in zip(targets.clips, asked.mean(axis=0), strict=True) if part > 0.5])


def _line_of(labels: LabelFile, video: Path) -> LabelledVideo:
    named = [line for line in labels.videos if Path(line.name).name in (video.name, video.stem)]
    same = [line for line in named if _is_file(labels, line, video)]
    found = same or named
    if len(found) == 1:
        return found[0]
    name = printable(video.name)
    if not found:
        raise InputError(labels.path, f"has no line of {name}", "a line names its video as its file is called")
    lines = ", ".join(str(line.line) for line in found)
    raise InputError(labels.path, f"has several lines of {name}: {lines}", "leave one of them")


def _is_file(labels: LabelFile, line: LabelledVideo, video: Path) -> bool:
    try:
        (path,) = find_videos(LabelFile(labels.path, (line,)))
    except InputError:  # not where the labels say
        return False
    return video.exists() and path.samefile(video)
