"""Timeline -> chapters: WebVTT for players and browsers, ffmetadata for FFmpeg, and a list for YouTube.

A chapter is a part of the timeline, in the time of its source or of the reel. Times count from the first frame shown.
What lies between two highlights of a source is in no chapter, except on YouTube and in MP4 files, where a chapter lasts
until the next one. What lies before the first highlight is a chapter of its own, called "Start": MP4 files and players
without gaps would otherwise begin the first highlight at 0:00.

Source: WebVTT, W3C, "WebVTT cue text" and "chapter cues"; FFmpeg's manual of formats, "Metadata"; YouTube Help, "Video
chapters" (support.google.com/youtube/answer/9884579); YouTube Data API, `snippet.description`.
"""

from __future__ import annotations

import itertools
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from autohighlight.config import ExportOptions
from autohighlight.errors import OptionError, printable
from autohighlight.export.clock import clock
from autohighlight.export.documents import one_line, write_documents
from autohighlight.export.reel import lay_out
from autohighlight.timeline.events import Event, events
from autohighlight.timeline.model import Timeline
from autohighlight.times import format_clock
from autohighlight.types import Progress, ProgressCallback

_LOG = logging.getLogger(__name__)

LEAST_YOUTUBE_CHAPTERS = 3
"""YouTube shows chapters only where there are so many."""

SHORTEST_YOUTUBE_CHAPTER = 10
"""Seconds that each of YouTube's chapters lasts at least."""

LONGEST_YOUTUBE_DESCRIPTION = 5000
"""Bytes that the description of a video has room for."""

START_TITLE = "Start"
"""Of the chapter that begins at 0:00, where no highlight does."""


@dataclass(frozen=True)
class Chapter:
    """A part of the timeline as a chapter.

    Args:
        number: of the part, from 1 on; 0 for what comes before the first one.
        title: one line.
        first: its first frame, counted from the first one shown of the source or the reel.
        end: the frame after its last.
        rate: frames/s that they are counted at.
    """

    number: int
    title: str
    first: int
    end: int
    rate: Fraction

    @property
    def start_time(self) -> Fraction:
        """In seconds from the first frame on."""
        return self.first / self.rate

    @property
    def end_time(self) -> Fraction:
        """In seconds from the first frame on."""
        return self.end / self.rate


@dataclass(frozen=True)
class Chapters:
    """All chapters of one film, in time order; none overlaps another.

    Args:
        of: what they are chapters of, one line.
        chapters: those of the parts, at least one.
        duration: of the film, in seconds.
    """

    of: str
    chapters: tuple[Chapter, ...]
    duration: Fraction

    @property
    def from_the_start(self) -> tuple[Chapter, ...]:
        """The chapters, after one for what comes before the first of them."""
        first = self.chapters[0]
        opening = (Chapter(0, START_TITLE, 0, first.first, first.rate),) if first.first else ()
        return opening + self.chapters


def chapters_of(timeline: Timeline, options: ExportOptions) -> Chapters:
    """The chapters of the source or of the reel, as `options.chapters_of` says.

    Raises:
        OptionError: the source's are asked for, and there are several sources.
    """
    is_single = len(timeline.sources) == 1
    if options.chapters_of == "source" and not is_single:
        raise OptionError(
            f"chapters of the source are of one file, and {len(timeline.sources)} are in this timeline",
            "give --chapters-of reel, or export each video by itself",
        )
    if options.chapters_of == "reel" or not is_single:
        return _of_reel(timeline, is_crossfade=options.transition == "crossfade")
    return _of_source(timeline)


def _of_source(timeline: Timeline) -> Chapters:
    (source,) = timeline.sources
    in_time = sorted(events(timeline), key=lambda event: event.source.first)
    chapters = [Chapter(e.number, _title(e), e.source.first, e.source.end, source.rate) for e in in_time]
    return Chapters(one_line(source.name), tuple(chapters), source.num_frames / source.rate)


def _of_reel(timeline: Timeline, *, is_crossfade: bool) -> Chapters:
    """A part begins where it begins to fade in, and ends there for the one before."""
    places = lay_out(timeline, is_crossfade=is_crossfade)
    bounds = [*(place.start for place in places), places[-1].end]
    chapters = [
        Chapter(event.number, _title(event), first, end, timeline.frame_rate)
        for event, (first, end) in zip(events(timeline), itertools.pairwise(bounds), strict=True)
    ]
    return Chapters(f"the reel {one_line(timeline.name)}", tuple(chapters), bounds[-1] / timeline.frame_rate)


def _title(event: Event) -> str:
    reason = one_line(event.part.reason)
    return f"Highlight {event.number}: {reason}" if reason else f"Highlight {event.number}"


def write_chapters(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    """Writes chapters as WebVTT.

    Args:
        timeline: what to write.
        path: of the file.
        options: `chapters_of`, `transition` and `overwrite`.
        progress: is told when it is done.

    Returns:
        `path` alone.

    Raises:
        OptionError: see `chapters_of`.
        OutputError: it cannot be written there; nothing is left behind.
    """
    found = chapters_of(timeline, options)
    blocks = ["WEBVTT", f"NOTE Chapters of {_escaped_for_vtt(found.of)}"]
    for chapter in found.from_the_start:
        times = f"{clock(chapter.start_time)} --> {clock(chapter.end_time)}"
        blocks.append(f"{chapter.number}\n{times}\n{_escaped_for_vtt(chapter.title)}")
    return _write(timeline, path, "\n\n".join(blocks) + "\n", options, progress)


def _escaped_for_vtt(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def write_ffmetadata(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    """Writes chapters as FFmpeg's metadata, a frame the time base; arguments and errors of `write_chapters`."""
    found = chapters_of(timeline, options)
    lines = [";FFMETADATA1", f"; Chapters of {found.of}"]
    for chapter in found.from_the_start:
        tick = 1 / chapter.rate
        lines += [
            "[CHAPTER]",
            f"TIMEBASE={tick.numerator}/{tick.denominator}",
            f"START={chapter.first}",
            f"END={chapter.end}",
            f"title={_escaped_for_ffmetadata(chapter.title)}",
        ]
    return _write(timeline, path, "\n".join(lines) + "\n", options, progress)


def _escaped_for_ffmetadata(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "=;#\\" else letter for letter in text)


def write_youtube(timeline: Timeline, path: Path, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    """Writes the list for the description of a video; see `youtube_chapters`. Arguments and errors of `write_chapters`.

    A warning is logged where YouTube will show the times as links only, since there are too few of them, or where the
    list is longer than a description may be.
    """
    found = chapters_of(timeline, options)
    rows = youtube_chapters(found)
    text = "".join(f"{format_clock(start, decimals=0)} {title}\n" for start, title in rows)
    if len(rows) < LEAST_YOUTUBE_CHAPTERS:
        _LOG.warning(
            "%s: YouTube shows chapters where there are %d of at least %d seconds, not %d; these times will be links",
            printable(path.name), LEAST_YOUTUBE_CHAPTERS, SHORTEST_YOUTUBE_CHAPTER, len(rows),
        )  # fmt: skip
    if len(text.encode()) > LONGEST_YOUTUBE_DESCRIPTION:
        _LOG.warning(
            "%s: a description on YouTube holds %d bytes, and these chapters are %d",
            printable(path.name), LONGEST_YOUTUBE_DESCRIPTION, len(text.encode()),
        )  # fmt: skip
    return _write(timeline, path, text, options, progress)


@dataclass(frozen=True)
class _Row:
    """A chapter of YouTube's: whole seconds at which it begins, and the chapters of the film in it."""

    start: int
    chapters: tuple[Chapter, ...] = ()


def youtube_chapters(found: Chapters) -> list[tuple[int, str]]:
    """Start in whole seconds and title of each chapter, by YouTube's rules: the first at 0, each 10 s long or longer.

    A chapter begins in the second in which its highlight does, and lasts until the next one. A highlight that begins
    less than 10 s after the chapter before it, after 0:00, or before the film's end shares a chapter with the one
    before, and its title names both. Where no highlight begins in the first 10 s, the first chapter is called "Start".
    There may be fewer than the three that YouTube asks for.
    """
    rows = [_Row(0)]
    for chapter in found.chapters:
        start = math.floor(chapter.start_time)
        if start - rows[-1].start < SHORTEST_YOUTUBE_CHAPTER:
            rows[-1] = replace(rows[-1], chapters=(*rows[-1].chapters, chapter))
        else:
            rows.append(_Row(start, (chapter,)))
    if len(rows) > 1 and found.duration - rows[-1].start < SHORTEST_YOUTUBE_CHAPTER:
        last = rows.pop()
        rows[-1] = replace(rows[-1], chapters=rows[-1].chapters + last.chapters)
    return [(row.start, _youtube_title(row.chapters)) for row in rows]


def _youtube_title(chapters: Sequence[Chapter]) -> str:
    """Titles without angle brackets, which YouTube refuses."""
    if not chapters:
        return START_TITLE
    if len(chapters) == 1:
        return chapters[0].title.replace("<", "‹").replace(">", "›")
    numbers = [str(chapter.number) for chapter in chapters]
    return f"Highlights {', '.join(numbers[:-1])} and {numbers[-1]}"


def _write(timeline: Timeline, path: Path, text: str, options: ExportOptions, progress: ProgressCallback) -> list[Path]:
    paths = write_documents(timeline, {path: text.encode()}, overwrite=options.overwrite)
    progress(Progress("export", len(timeline.parts), len(timeline.parts), "parts"))
    return paths
