"""Results for people: tables and what stands below them. Names and reasons are printed as they are, not as markup."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autohighlight.errors import printable
from autohighlight.pipeline import Analysis
from autohighlight.times import TimeRange, format_clock
from autohighlight.types import Selection

BAR_WIDTH = 20
"""Columns of a score's bar."""

_EIGHTHS = " ▏▎▍▌▋▊▉"


def highlights_table(selection: Selection) -> Table:
    """The highlights in the order in which they are shown: number, start, end, length, score, why."""
    table = _table()
    for name in ("#", "start", "end", "length", "score"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("why", overflow="fold")
    for number, highlight in enumerate(selection, start=1):
        table.add_row(
            Text(str(number), style="dim"),
            Text(format_clock(highlight.time_range.start), style="bold"),
            Text(format_clock(highlight.time_range.end), style="bold"),
            f"{float(highlight.time_range.duration):.1f} s",
            f"{highlight.score:.2f}",
            Text(printable(highlight.reason)),
        )
    return table


def highlights_summary(selection: Selection, shown: Fraction | None = None) -> str:
    """``3 highlights, 6.0 s of 0:40.0 (15%)``.

    Args:
        selection: what was chosen.
        shown: for how many seconds it is shown, where transitions make it less than it is long.
    """
    media, number = selection.media, len(selection)
    length = selection.duration if shown is None else shown
    fading = ", fading into each other" if length < selection.duration else ""
    return (
        f"{number} highlight{'' if number == 1 else 's'}{fading}, {float(length):.1f} s of "
        f"{format_clock(media.duration)} ({float(length / media.duration):.0%})"
    )


def scores_table(analysis: Analysis, selection: Selection, console: Console) -> Table:
    """The score of every clip with a bar, what it is made of, and a star where it is part of a highlight."""
    scores = analysis.scores
    table = _table()
    for name in ("start", "end", "score"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("", no_wrap=True, width=BAR_WIDTH)
    for name in scores.parts:
        table.add_column(Text(printable(name)), justify="right", no_wrap=True)
    for index, (clip, value) in enumerate(zip(scores.clips, scores.values.tolist(), strict=True)):
        is_chosen = _mostly_chosen(clip.time_range, selection)
        table.add_row(
            format_clock(clip.time_range.start),
            format_clock(clip.time_range.end),
            Text(f"{value:.3f}", style="bold" if is_chosen else ""),
            Text("*" if is_chosen else "", style="bold yellow"),
            Text(bar(value, ascii_only=console.options.ascii_only), style="yellow" if is_chosen else "cyan"),
            *(f"{values[index]:.2f}" for values in scores.parts.values()),
        )
    return table


def _mostly_chosen(time_range: TimeRange, selection: Selection) -> bool:
    chosen = sum(time_range.overlap(highlight.time_range) for highlight in selection)
    return 2 * chosen >= time_range.duration


def bar(value: float, *, ascii_only: bool = False) -> str:
    """A bar for a value in [0, 1], `BAR_WIDTH` columns long at 1, in steps of an eighth of a column."""
    if ascii_only:
        return "#" * round(value * BAR_WIDTH)
    full, rest = divmod(round(value * BAR_WIDTH * 8), 8)
    return ("█" * full + _EIGHTHS[rest]).rstrip()


def format_size(num_bytes: int) -> str:
    """``0 kB``, ``970 kB``, ``1.0 MB`` or ``2.5 GB``, in powers of 1000; something is never 0."""
    if num_bytes < 1e6:
        return f"{max(1, round(num_bytes / 1e3)) if num_bytes else 0} kB"
    return f"{num_bytes / 1e6:,.1f} MB" if num_bytes < 1e9 else f"{num_bytes / 1e9:,.1f} GB"


def made_by(analysis: Analysis) -> str:
    """``scored by fusion on efficientnet-lite0``: so that no result hides what it was made by."""
    return f"scored by {printable(analysis.scores.scorer)} on {printable(analysis.features.backbone)}"


def plain_table(head: Sequence[str], rows: Sequence[Sequence[str | Text]], *, right: Sequence[str] = ()) -> Table:
    """A table of words; the columns named in `right` stand flush right."""
    table = _table()
    for name in head:
        table.add_column(name, justify="right" if name in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(printable(cell)) for cell in row))
    return table


def _table() -> Table:
    return Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False, padding=(0, 2, 0, 0))
