"""The highlights on one sheet: a picture of each, when it is shown, and its score."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from autohighlight.export.canvas import ACCENT, GREY, INK, LEFT, RIGHT, SCALE, WIDTH, blank, write_heading, write_line
from autohighlight.times import format_clock
from autohighlight.types import Highlight, MediaInfo, Selection

_TOP, _BOTTOM = 128, 28
_GAP = 28
_WRITING = 70
_HIGHEST = 420  # of a thumbnail; a narrow picture stands upright


def thumbnail_height(media: MediaInfo, count: int) -> int:
    """How high, in pixels, the thumbnails of a sheet of `count` highlights are."""
    return _cell(media, count)[1]


def thumbnail_instants(selection: Selection) -> list[Fraction]:
    """The instants whose pictures stand for the highlights: the middle of each, in seconds of presentation time."""
    return [highlight.time_range.middle for highlight in selection]


def draw_contact_sheet(
    selection: Selection, thumbnails: Sequence[NDArray[np.uint8]], *, title: str, subtitle: str = ""
) -> Image.Image:
    """Draws the highlights in the order in which they are shown, row by row.

    Args:
        selection: one highlight or more.
        thumbnails: uint8 (H, W, 3) sRGB, one for each, all of one size.
        title: heading, as the file's name; any characters.
        subtitle: a line below it.

    Returns:
        An RGB picture of `WIDTH` pixels; its height follows from how many highlights there are.
    """
    width, height, num_columns = _cell(selection.media, len(selection))
    num_rows = math.ceil(len(selection) / num_columns)
    canvas, draw = blank(_TOP + num_rows * (height + _WRITING + _GAP) - _GAP + _BOTTOM)
    write_heading(draw, title, subtitle)
    for number, (highlight, thumbnail) in enumerate(zip(selection, thumbnails, strict=True)):
        row, column = divmod(number, num_columns)
        left, top = LEFT + column * (width + _GAP), _TOP + row * (height + _WRITING + _GAP)
        image = Image.fromarray(np.ascontiguousarray(thumbnail), "RGB")
        canvas.paste(
            image.resize((width * SCALE, height * SCALE), Image.Resampling.LANCZOS), (left * SCALE, top * SCALE)
        )
        _write(draw, number + 1, highlight, left, top + height, width)
    return canvas.resize((WIDTH, canvas.height // SCALE), Image.Resampling.LANCZOS)


def _cell(media: MediaInfo, count: int) -> tuple[int, int, int]:
    """Width and height of a thumbnail in pixels, and how many stand in a row."""
    shape = media.display_size[0] / media.display_size[1]
    widest = 4 if shape >= 1 else 6
    num_columns = min(widest, max(count, widest - 1))
    width = (RIGHT - LEFT - _GAP * (num_columns - 1)) // num_columns
    if width / shape <= _HIGHEST:
        return width, max(1, round(width / shape)), num_columns
    return max(1, round(_HIGHEST * shape)), _HIGHEST, num_columns


def _write(draw: ImageDraw.ImageDraw, number: int, highlight: Highlight, left: int, top: int, width: int) -> None:
    """The number and the times, then the score, below a thumbnail."""
    times = f"{format_clock(highlight.time_range.start)} to {format_clock(highlight.time_range.end)}"
    draw.rectangle([left * SCALE, top * SCALE, (left + width) * SCALE - 1, (top + 3) * SCALE - 1], fill=ACCENT)
    write_line(draw, f"{number}   {times}", (left, top + 32), 20, INK, width=width)
    write_line(draw, f"score {highlight.score:.2f}", (left, top + 58), 17, GREY, width=width)
