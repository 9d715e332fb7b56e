"""Reads and checks chapter files: WebVTT, FFmpeg's metadata, and lists for YouTube.

They name no media, so all that they are checked for is their own form; and, where the timeline is at hand, that their
chapters are its parts, in the time of the source or of the reel.

Source: WebVTT, W3C; FFmpeg's manual of formats, "Metadata"; YouTube Help, "Video chapters".
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from autohighlight.export.verify.findings import Place
from autohighlight.export.verify.inspection import Inspection
from autohighlight.timeline.model import Timeline

LEAST_YOUTUBE_CHAPTERS = 3
"""YouTube shows chapters only where there are so many."""

SHORTEST_YOUTUBE_CHAPTER = 10
"""Seconds that each of YouTube's chapters lasts at least."""

_CUE = re.compile(r"(?:(\d{2,5}):)?(\d\d):(\d\d\.\d{3})[ \t]+-->[ \t]+(?:(\d{2,5}):)?(\d\d):(\d\d\.\d{3})(?:[ \t].*)?")
_TIME_BASE = re.compile(r"TIMEBASE=(\d{1,9})/([1-9]\d{0,8})")
_TICK = re.compile(r"(START|END)=(-?\d{1,15})")
_ROW = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d\d)[ \t]+\S.*")
_AGAIN = "write the chapters again"


@dataclass(frozen=True)
class _Chapter:
    """A chapter: where it is written, and where it begins and ends in seconds."""

    place: Place
    start: Fraction
    end: Fraction


def is_youtube(text: str) -> bool:
    """Whether a text begins as a list of chapters does: with a time and a title."""
    return _ROW.match(text.lstrip("\ufeff")) is not None


def check_webvtt(inspection: Inspection, text: str) -> None:
    """Reports cues that cannot be read, that overlap, or that are none of the timeline's parts."""
    chapters = list[_Chapter]()
    for number, line in enumerate(text.splitlines(), start=1):
        if "-->" not in line:
            continue
        place = Place(number, f"cue {len(chapters) + 1}")
        if cue := _CUE.fullmatch(line):
            start, end = (int(cue[i] or 0) * 3600 + int(cue[i + 1]) * 60 + Fraction(cue[i + 2]) for i in (1, 4))
            chapters.append(_Chapter(place, start, end))
        else:
            inspection.error(place, f"{line[:60]!r} cannot be read", "write 00:00:01.000 --> 00:00:02.000")
    _check(inspection, chapters, lambda time: Fraction(round(time * 1000), 1000))


def check_ffmetadata(inspection: Inspection, text: str) -> None:
    """Reports chapters that cannot be read, that overlap, or that are none of the timeline's parts."""
    chapters, tick = list[_Chapter](), Fraction(1, 10**9)
    place, start = Place(0, "the file"), None
    for number, line in enumerate(text.splitlines(), start=1):
        if line == "[CHAPTER]":
            place, start, tick = Place(number, f"chapter {len(chapters) + 1}"), None, Fraction(1, 10**9)
        elif base := _TIME_BASE.fullmatch(line):
            tick = Fraction(int(base[1]), int(base[2]))
        elif (said := _TICK.fullmatch(line)) and said[1] == "START":
            start = int(said[2]) * tick
        elif said and start is not None:
            chapters.append(_Chapter(Place(number, place.element), start, int(said[2]) * tick))
        elif said or line.startswith(("START", "END", "TIMEBASE")):
            inspection.error(Place(number, place.element), f"{line[:60]!r} cannot be read", _AGAIN)
    _check(inspection, chapters, lambda time: time)
    if chapters and chapters[0].start > 0:
        problem = f"the first chapter begins at {float(chapters[0].start):.3f} s, and in an MP4 file at 0"
        inspection.odd(chapters[0].place, problem, "add a chapter for what comes before it")


def check_youtube(inspection: Inspection, text: str) -> None:
    """Reports what YouTube does not take for chapters: three or more, from 0:00 on, that last 10 s or longer.

    The writer of a list warns where there are fewer than three; so do not do it again where the timeline is at hand.
    """
    before: int | None = None
    num_chapters = 0
    for number, line in enumerate(text.splitlines(), start=1):
        row, place = _ROW.fullmatch(line), Place(number, "the line")
        if row is None:
            if line.strip():
                inspection.note(place, "it is no chapter")
            continue
        num_chapters += 1
        start = int(row[1] or 0) * 3600 + int(row[2]) * 60 + int(row[3])
        if before is None and start:
            inspection.error(place, "the first chapter does not begin at 0:00", "YouTube takes none of them else")
        elif before is not None and start - before < SHORTEST_YOUTUBE_CHAPTER:
            problem = f"it begins {start - before} s after the one before"
            inspection.error(place, problem, f"a chapter lasts {SHORTEST_YOUTUBE_CHAPTER} s or longer")
        before = start
    if num_chapters < LEAST_YOUTUBE_CHAPTERS and inspection.timeline is None:
        problem = f"YouTube shows chapters where there are {LEAST_YOUTUBE_CHAPTERS} or more; there are {num_chapters}"
        inspection.warn(Place(0, "the list"), problem, "add chapters, or take the times as links")


def _check(inspection: Inspection, chapters: Sequence[_Chapter], written: Callable[[Fraction], Fraction]) -> None:
    if not chapters:
        inspection.error(Place(0, "the file"), "has no chapter that can be read", _AGAIN)
        return
    for chapter in chapters:
        if not 0 <= chapter.start < chapter.end:
            inspection.error(chapter.place, "it ends before it begins, or begins before 0", _AGAIN)
    for before, chapter in itertools.pairwise(chapters):
        if chapter.start < before.end:
            inspection.error(
                chapter.place, f"it begins before {before.place.element} has ended", "chapters do not overlap"
            )
    if inspection.timeline is not None:
        _compare(inspection, chapters, inspection.timeline, written)


def _compare(
    inspection: Inspection, chapters: Sequence[_Chapter], timeline: Timeline, written: Callable[[Fraction], Fraction]
) -> None:
    """They are the parts in the time of their source, or in that of the reel, whichever they are nearer to."""
    exact = [_in_the_reel(timeline), *([_in_the_source(timeline)] if len(timeline.sources) == 1 else [])]
    candidates = [[(written(start), written(end)) for start, end in spans] for spans in exact]
    wanted = [spans for spans in candidates if len(spans) == len(chapters)]
    if not wanted:
        numbers = " or ".join(map(str, sorted({len(spans) for spans in candidates})))
        problem = f"there are {len(chapters)} chapters; of this timeline there are {numbers}"
        inspection.error(chapters[0].place, problem, _AGAIN)
        return
    found = [(chapter.start, chapter.end) for chapter in chapters]
    if _is_crossfaded(found, candidates[0]):
        return
    nearest = min(wanted, key=lambda spans: sum(a != b for a, b in zip(found, spans, strict=True)))
    for chapter, (start, end) in zip(chapters, nearest, strict=True):
        if (chapter.start, chapter.end) != (start, end):
            said = f"it lasts from {float(chapter.start):.3f} to {float(chapter.end):.3f} s"
            inspection.error(chapter.place, f"{said}; its part from {float(start):.3f} to {float(end):.3f}", _AGAIN)


def _in_the_reel(timeline: Timeline) -> list[tuple[Fraction, Fraction]]:
    bounds = itertools.accumulate((part.num_frames for part in timeline.parts), initial=0)
    return list(itertools.pairwise(frame / timeline.frame_rate for frame in bounds))


def _in_the_source(timeline: Timeline) -> list[tuple[Fraction, Fraction]]:
    """The parts in their order, after what comes before the first."""
    spans = sorted(
        (part.first_frame, -(-(part.num_frames * part.source.rate) // timeline.frame_rate), part.source.rate)
        for part in timeline.parts
    )
    before = [(Fraction(0), spans[0][0] / spans[0][2])] if spans[0][0] else []
    return before + [(first / rate, (first + length) / rate) for first, length, rate in spans]


def _is_crossfaded(found: list[tuple[Fraction, Fraction]], reel: list[tuple[Fraction, Fraction]]) -> bool:
    """Whether they follow one another without a gap, each later one begins earlier than in a reel of cuts, and all end
    earlier: then the reel they are of has transitions, which a timeline does not tell."""
    if len(found) != len(reel):
        return False
    joined = all(before[1] == after[0] for before, after in itertools.pairwise(found))
    earlier = [own[0] < cut[0] for own, cut in zip(found[1:], reel[1:], strict=True)]
    return joined and found[0][0] == 0 and bool(earlier) and all(earlier) and found[-1][1] < reel[-1][1]
