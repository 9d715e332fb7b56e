"""Selections -> Timeline: highlights laid on the exact frames of one sequence."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal, TypeVar

from autohighlight.timeline.model import Marker, Part, Source, Timeline
from autohighlight.times import FrameGrid, Length
from autohighlight.types import Highlight, MediaInfo, Selection

_Value = TypeVar("_Value", bound=Hashable)

FormatOf = Literal["first", "most"]
"""Which source a sequence has its rate and size from: the one shown first, or those shown longest."""


def build_timeline(
    *selections: Selection, handles: Length | None = None, name: str = "", format_of: FormatOf = "first"
) -> Timeline:
    """Lays highlights end to end: those of each selection in its own order, one selection after the other.

    Rate, size and drop-frame counting of the sequence are those of the source that is shown first, as an editor's empty
    sequence takes them from the first clip laid on it: the nominal rate, the size as shown (pixel aspect and rotation
    applied), and the labels' counting. Or, for a montage of many sources, the rate and the size that most seconds of
    the highlights have, each by itself, so that as little as may be is scaled and as few frames as may be are repeated
    or left out; of two shown equally long, that which is shown first. Labels are then counted as in the first source
    shown that has the rate.

    A highlight begins with the source frame nearest to its start and ends before the one nearest to its end, inside the
    file. So two that touch neither share a frame nor lose one, where source and sequence have one rate. Where they
    differ, speed stays as it is and a part is the most whole frames of the sequence that its source frames fill: none
    overlaps another or leaves its file, and less than one frame of the sequence is left out at its end.

    Handles make parts longer at both ends, as far as the file goes; two of one file that come too near to each other
    divide what lies between. The marker of a part then shows where its highlight is. Without handles the parts are
    the highlights, and all that the file holds beyond them is there for an editor to pull on, since parts are cut from
    the file itself.

    Args:
        selections: one for each video, or several of one, as for highlights of many videos in the order of their
            scores; those in which nothing was chosen are passed over.
        handles: how much longer at each end; in percent, of the highlight.
        name: of the timeline; if empty, that of the video without its suffix, and ``highlights`` for several.
        format_of: whose rate and size.

    Raises:
        ValueError: nothing was chosen from any.
    """
    cuts = [cut for selection in selections for cut in _cuts(selection)]
    if not cuts:
        raise ValueError("a timeline has at least one part: nothing was chosen")
    first = cuts[0].source.media
    rate, size = first.frame_rate, first.display_size
    if format_of == "most":
        rate = _shown_longest(cuts, lambda media: media.frame_rate)
        size = _shown_longest(cuts, lambda media: media.display_size)
    cuts = _identified(cuts)
    widened = _with_handles(cuts, handles) if handles else cuts
    parts = tuple(_part(cut, number, rate) for number, cut in enumerate(widened, start=1))
    if not name:
        name = first.path.stem if len({cut.source.id for cut in cuts}) == 1 else "highlights"
    labelled = next(cut.source.media for cut in cuts if cut.source.media.frame_rate == rate).start_timecode
    return Timeline(name, rate, size, parts, labelled is not None and labelled.format.is_drop_frame)


@dataclass(frozen=True)
class _Cut:
    """Frames ``[first, end)`` of a source that show a highlight, and how many more before and after are wanted."""

    source: Source
    highlight: Highlight
    first: int
    end: int
    head: int = 0
    tail: int = 0


def _shown_longest(cuts: Sequence[_Cut], what: Callable[[MediaInfo], _Value]) -> _Value:
    """What the sources of most seconds have; of equally many, the one that is first."""
    seconds: dict[_Value, Fraction] = {}
    for cut in cuts:
        value = what(cut.source.media)
        seconds[value] = seconds.get(value, Fraction(0)) + (cut.end - cut.first) / cut.source.rate
    return max(seconds, key=lambda value: seconds[value])


def _cuts(selection: Selection) -> list[_Cut]:
    source = Source(selection.media, scores=selection.scores)
    return [_Cut(source, highlight, *_frames(source.media, highlight)) for highlight in selection]


def _frames(media: MediaInfo, highlight: Highlight) -> tuple[int, int]:
    first = min(max(0, media.grid.nearest(highlight.time_range.start)), media.grid_length - 1)
    return first, max(first + 1, min(media.grid.nearest(highlight.time_range.end), media.grid_length))


def _identified(cuts: Sequence[_Cut]) -> list[_Cut]:
    """The cuts with one source for each file, which has an id of its own."""
    sources: dict[Path, Source] = {}
    for cut in cuts:
        sources.setdefault(cut.source.path, replace(cut.source, id=f"source-{len(sources) + 1}"))
    return [replace(cut, source=sources[cut.source.path]) for cut in cuts]


def _with_handles(cuts: Sequence[_Cut], handles: Length) -> list[_Cut]:
    """The cuts, each made longer as far as its file and its neighbours in the file let it."""
    widened = list(cuts)
    order = sorted(range(len(cuts)), key=lambda i: (cuts[i].source.id, cuts[i].first))
    for _, indices in itertools.groupby(order, key=lambda i: cuts[i].source.id):
        here = list(indices)
        free_from = 0
        for index, following in itertools.zip_longest(here, here[1:]):
            cut = cuts[index]
            wanted = _handle_frames(cut, handles)
            begin, end = _shown_around(cut)
            room = end - cut.end if following is None else min(end - cut.end, (cuts[following].first - cut.end) // 2)
            head = max(0, min(wanted, cut.first - max(free_from, begin)))
            widened[index] = replace(cut, head=head, tail=max(0, min(wanted, room)))
            free_from = cut.end + widened[index].tail
    return widened


def _shown_around(cut: _Cut) -> tuple[int, int]:
    """The frames around a cut that can be shown, ``[begin, end)``: those between two gaps of its file."""
    media = cut.source.media
    before = [last for gap in media.gaps if (last := media.grid.nearest(gap.end)) <= cut.first]
    after = [first for gap in media.gaps if (first := media.grid.nearest(gap.start)) >= cut.end]
    return max(before, default=0), min(after, default=cut.source.num_frames)


def _handle_frames(cut: _Cut, handles: Length) -> int:
    rate = cut.source.rate
    return FrameGrid(rate).nearest(handles.seconds(whole=cut.highlight.time_range.duration, frame_rate=rate))


def _part(cut: _Cut, number: int, rate: Fraction) -> Part:
    pace = rate / cut.source.rate  # frames of the sequence in one of the source
    num_before, num_highlight = cut.head, cut.end - cut.first
    num_frames = max(1, math.floor((num_before + num_highlight + cut.tail) * pace))
    head = min(math.floor(num_before * pace), num_frames - 1)
    tail = num_frames - max(head + 1, math.floor((num_before + num_highlight) * pace))
    # One frame of the sequence may be longer than what is left of the source.
    latest = max(0, cut.source.num_frames - math.ceil(num_frames / pace))
    highlight = cut.highlight
    score = f"score {highlight.score:.2f}"
    comment = f"{score}: {highlight.reason}" if highlight.reason else score
    return Part(
        source=cut.source,
        first_frame=min(cut.first - cut.head, latest),
        num_frames=num_frames,
        score=highlight.score,
        reason=highlight.reason,
        head_handle=head,
        tail_handle=tail,
        markers=(Marker(f"Highlight {number}", comment, head, num_frames - head - tail),),
    )
