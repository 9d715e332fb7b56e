"""The score curve as a picture, after the paper's Figure 5: score over time, chosen spans shaded, thumbnails."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from autohighlight.export.canvas import (
    ACCENT,
    CURVE,
    GREY,
    GRID,
    LEFT,
    PAPER,
    RIGHT,
    SCALE,
    blank,
    font,
    reduced,
    write_heading,
)
from autohighlight.times import TimeRange, format_clock
from autohighlight.types import MediaInfo, ScoreTrack, Selection

HEIGHT = 640
"""Of the picture, in pixels."""

TOP, BOTTOM = 136, 440
"""Where scores of 1 and 0 lie, in pixels."""

STRIP_TOP, THUMBNAIL_HEIGHT = 484, 108
"""Where the strip of thumbnails begins, and its height, in pixels."""

_LABEL_TOP, _LABEL_BOTTOM = BOTTOM + 4, BOTTOM + 13  # of the bars that show what somebody called a highlight

_CURVE_FILL = "#dde7f5"
_LABELLED = "#1a8a44"
_CHOSEN_FILL, _CHOSEN_PAPER = "#fbcf86", "#fef1dc"
_TICK_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 36000)


def num_thumbnails(media: MediaInfo) -> int:
    """How many thumbnails fill the strip with as little cut off as can be; from 4 to 24."""
    width, height = media.display_size
    return int(min(24, max(4, round((RIGHT - LEFT) * height / (width * THUMBNAIL_HEIGHT)))))


def thumbnail_times(selection: Selection) -> list[Fraction]:
    """The instants, in seconds of presentation time, whose pictures `draw_scores` lays side by side.

    Each is the middle of its cell's stretch of the video, or of the longest part of a highlight that lies in it, so
    that what is marked as chosen shows what was chosen.
    """
    number, span = num_thumbnails(selection.media), selection.media.time_range
    edges = [span.start + span.duration * Fraction(i, number) for i in range(number + 1)]
    cells = [TimeRange(start, end) for start, end in itertools.pairwise(edges)]
    return [_most_chosen(cell, selection).middle for cell in cells]


def _most_chosen(cell: TimeRange, selection: Selection) -> TimeRange:
    """The longest part of the cell that lies in one highlight; the cell itself where none does."""
    best = max((h.time_range for h in selection), key=cell.overlap, default=cell)
    if not cell.overlap(best):
        return cell
    return TimeRange(max(cell.start, best.start), min(cell.end, best.end))


def draw_scores(
    scores: ScoreTrack,
    selection: Selection,
    thumbnails: Sequence[NDArray[np.uint8]],
    *,
    title: str,
    subtitle: str = "",
    labelled: Sequence[TimeRange] | None = None,
) -> Image.Image:
    """Draws the score of every clip over time.

    Args:
        scores: the curve; drawn through the middles of the clips.
        selection: its spans are shaded and numbered in the order in which they are shown.
        thumbnails: uint8 (H, W, 3) sRGB each, of instants that divide the video evenly; none leaves the strip out.
        title: heading, as the file's name; any characters.
        subtitle: a line below it.
        labelled: what people called highlights, in seconds of presentation time: green bars below the curve. None:
            nobody was asked.

    Returns:
        An RGB picture of `WIDTH` x `HEIGHT` pixels; lower by the strip if there are no thumbnails.
    """
    height = HEIGHT if len(thumbnails) else STRIP_TOP + 4
    canvas, draw = blank(height)
    axis = _Axis(selection.media.time_range)
    write_heading(draw, title, subtitle)
    points = _curve_points(axis, scores)
    _shade(canvas, axis, selection, points)
    _draw_grid(draw)
    # A thinner line where there are many clips: two in every ten pixels, and a thick one would fill the picture.
    draw.line(points, fill=CURVE, width=SCALE * (3 if len(scores) <= 300 else 1), joint="curve")
    _number_chosen(draw, axis, selection)
    if labelled is not None:
        _draw_labelled(draw, axis, labelled)
    _draw_time_axis(draw, axis, below=_LABEL_BOTTOM if labelled is not None else BOTTOM)
    if len(thumbnails):
        _draw_strip(canvas, axis, selection, thumbnails)
    return reduced(canvas)


@dataclass(frozen=True)
class _Axis:
    """Where instants of `span` lie on the canvas."""

    span: TimeRange

    def x(self, time: Fraction) -> float:
        part = (time - self.span.start) / self.span.duration
        return (LEFT + float(min(max(part, Fraction(0)), Fraction(1))) * (RIGHT - LEFT)) * SCALE

    def spans(self, ranges: Iterable[TimeRange]) -> list[tuple[float, float]]:
        """Left and right edge of each, at least two pixels apart."""
        edges = ((self.x(time_range.start), self.x(time_range.end)) for time_range in ranges)
        latest = (RIGHT - 2) * SCALE
        return [(min(left, latest), max(right, min(left, latest) + 2 * SCALE)) for left, right in edges]

    def ticks(self) -> Iterator[Fraction]:
        """Round instants, at most about a dozen."""
        step = next((s for s in _TICK_STEPS if self.span.duration / s <= 13), 86400)
        number = -(-self.span.start // step)  # rounded up
        while number * step <= self.span.end:
            yield Fraction(number * step)
            number += 1


def _y(score: float) -> float:
    return (BOTTOM - score * (BOTTOM - TOP)) * SCALE


def _draw_grid(draw: ImageDraw.ImageDraw) -> None:
    for score in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _y(score)
        draw.line([(LEFT * SCALE, y), (RIGHT * SCALE, y)], fill=GRID, width=SCALE)
        label = f"{score:g}"
        draw.text(((LEFT - 14) * SCALE, y), label, fill=GREY, font=font(17), anchor="rm")
    draw.text(((LEFT - 14) * SCALE, _y(1) - 24 * SCALE), "score", fill=GREY, font=font(17), anchor="rm")


def _curve_points(axis: _Axis, scores: ScoreTrack) -> list[tuple[float, float]]:
    """The middle of each clip at its score, and level from there to both ends."""
    values = scores.values.tolist()
    ranges = [clip.time_range for clip in scores.clips]
    points = [(axis.x(r.middle), _y(value)) for r, value in zip(ranges, values, strict=True)]
    return [(axis.x(ranges[0].start), _y(values[0])), *points, (axis.x(ranges[-1].end), _y(values[-1]))]


def _shade(canvas: Image.Image, axis: _Axis, selection: Selection, points: list[tuple[float, float]]) -> None:
    """Fills the chosen spans, and the area under the curve in a darker shade of what lies there."""
    draw = ImageDraw.Draw(canvas)
    area = Image.new("RGB", canvas.size, _CURVE_FILL)
    draw_area = ImageDraw.Draw(area)
    for left, right in axis.spans(h.time_range for h in selection):
        draw.rectangle([left, _y(1), right, _y(0)], fill=_CHOSEN_PAPER)
        draw.rectangle([left, _y(1) - 5 * SCALE, right, _y(1)], fill=ACCENT)
        draw_area.rectangle([left, _y(1), right, _y(0)], fill=_CHOSEN_FILL)
    mask = Image.new("1", canvas.size)
    ImageDraw.Draw(mask).polygon([(points[0][0], _y(0)), *points, (points[-1][0], _y(0))], fill=1)
    canvas.paste(area, mask=mask)


def _number_chosen(draw: ImageDraw.ImageDraw, axis: _Axis, selection: Selection) -> None:
    """A number above each span, where there is room for it."""
    taken: list[float] = []
    for number, (left, right) in enumerate(axis.spans(h.time_range for h in selection), start=1):
        middle = (left + right) / 2
        if all(abs(middle - other) > 26 * SCALE for other in taken):
            taken.append(middle)
            draw.text((middle, _y(1) - 9 * SCALE), str(number), fill=ACCENT, font=font(18), anchor="ms")


def _draw_labelled(draw: ImageDraw.ImageDraw, axis: _Axis, labelled: Sequence[TimeRange]) -> None:
    """Ground truth in green, as in Figure 5, and its name at the left: colour alone does not reach everybody."""
    top, bottom = _LABEL_TOP * SCALE, _LABEL_BOTTOM * SCALE
    draw.rectangle([LEFT * SCALE, top, RIGHT * SCALE, bottom], fill=GRID)
    for left, right in axis.spans(labelled):
        draw.rectangle([left, top, right, bottom], fill=_LABELLED)
    middle = (LEFT - 14) * SCALE, (top + bottom) / 2 + 8 * SCALE  # clear of the 0 above
    draw.text(middle, "labels", fill=_LABELLED, font=font(17), anchor="rm")


def _draw_time_axis(draw: ImageDraw.ImageDraw, axis: _Axis, *, below: int) -> None:
    """Ticks and times, from `below` on, in pixels."""
    for tick in axis.ticks():
        x, y = axis.x(tick), below * SCALE
        draw.line([(x, y), (x, y + 6 * SCALE)], fill=GREY, width=SCALE)
        label = format_clock(tick, decimals=0)
        draw.text((x, y + 12 * SCALE), label, fill=GREY, font=font(17), anchor="mt")


def _draw_strip(
    canvas: Image.Image, axis: _Axis, selection: Selection, thumbnails: Sequence[NDArray[np.uint8]]
) -> None:
    """The thumbnails side by side; those stretches that were not chosen are paler."""
    width, height = (RIGHT - LEFT) * SCALE, THUMBNAIL_HEIGHT * SCALE
    strip = Image.new("RGB", (width, height), GRID)
    for number, thumbnail in enumerate(thumbnails):
        here, following = (round(width * i / len(thumbnails)) for i in (number, number + 1))
        strip.paste(_covering(thumbnail, following - here - SCALE, height), (here, 0))
    pale = Image.blend(strip, Image.new("RGB", strip.size, PAPER), 0.42)
    origin = (LEFT * SCALE, STRIP_TOP * SCALE)
    canvas.paste(pale, origin)
    draw = ImageDraw.Draw(canvas)
    for left, right in axis.spans(h.time_range for h in selection):
        box = (round(left) - origin[0], 0, round(right) - origin[0], height)
        canvas.paste(strip.crop(box), (round(left), origin[1]))
        for y in (origin[1] - 4 * SCALE, origin[1] + height):
            draw.rectangle([left, y, right, y + 4 * SCALE - 1], fill=ACCENT)


def _covering(thumbnail: NDArray[np.uint8], width: int, height: int) -> Image.Image:
    """The thumbnail scaled to cover the cell, its overhang cut off evenly."""
    image = Image.fromarray(np.ascontiguousarray(thumbnail), "RGB")
    scale = max(width / image.width, height / image.height)
    # Rounding must not make the part larger than the whole.
    part_width, part_height = min(width / scale, image.width), min(height / scale, image.height)
    left, top = (image.width - part_width) / 2, (image.height - part_height) / 2
    box = (left, top, left + part_width, top + part_height)
    return image.resize((width, height), Image.Resampling.LANCZOS, box=box)
