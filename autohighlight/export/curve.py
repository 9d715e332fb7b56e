"""The learning curve as a picture: the loss above, the two similarities that it is made of below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from autohighlight.export.canvas import (
    ACCENT,
    CURVE,
    GREY,
    GRID,
    INK,
    LEFT,
    RIGHT,
    SCALE,
    blank,
    font,
    reduced,
    round_step,
    write_heading,
)

HEIGHT = 940
"""Of the picture, in pixels."""

LOSS_TOP, LOSS_BOTTOM = 168, 440
"""Where the panel of the loss begins and ends, in pixels."""

SIMILARITY_TOP, SIMILARITY_BOTTOM = 540, 840
"""Where the panel of the similarities begins and ends, in pixels."""

_MOST_DOTS = 60  # steps up to which each is marked by a dot


def draw_learning_curve(
    losses: Sequence[float],
    positives: Sequence[float],
    negatives: Sequence[float],
    *,
    title: str,
    subtitle: str = "",
    chance: float | None = None,
) -> Image.Image:
    """Draws what each step of a training showed.

    Args:
        losses: of each step, from the first, at least one; finite.
        positives: similarity of a video with itself under another dropout, in [-1, 1].
        negatives: mean similarity of different videos, in [-1, 1].
        title: heading, as the file's name; any characters.
        subtitle: a line below it.
        chance: the loss of a selector to which all videos are alike; a dashed line. None: no line.

    Returns:
        An RGB picture of `canvas.WIDTH` x `HEIGHT` pixels.
    """
    canvas, draw = blank(HEIGHT)
    write_heading(draw, title, subtitle)
    highest = max([*losses, chance or 0, 1e-3]) * 1.05
    upper = _Panel(LOSS_TOP, LOSS_BOTTOM, 0, highest, len(losses))
    upper.frame(draw, [("loss", CURVE)])
    if chance is not None:
        upper.dash(draw, chance, "all videos alike")
    upper.line(draw, losses, CURVE)
    lowest = min(0.0, math.floor(min(*positives, *negatives) * 2) / 2)
    lower = _Panel(SIMILARITY_TOP, SIMILARITY_BOTTOM, lowest, 1, len(losses))
    lower.frame(draw, [("similarity of a video with itself", CURVE), ("with other videos", ACCENT)])
    lower.line(draw, positives, CURVE)
    lower.line(draw, negatives, ACCENT)
    for panel in (upper, lower):
        panel.number_steps(draw)
    draw.text((RIGHT * SCALE, (SIMILARITY_BOTTOM + 44) * SCALE), "step", fill=GREY, font=font(17), anchor="rt")
    return reduced(canvas)


@dataclass(frozen=True)
class _Panel:
    """One pair of axes; `top` and `bottom` in pixels, where `high` and `low` lie."""

    top: int
    bottom: int
    low: float
    high: float
    num_steps: int

    def x(self, step: int) -> float:
        """Of a step, from 1; a single one lies in the middle."""
        part = (step - 1) / (self.num_steps - 1) if self.num_steps > 1 else 0.5
        return (LEFT + part * (RIGHT - LEFT)) * SCALE

    def y(self, value: float) -> float:
        part = (value - self.low) / (self.high - self.low)
        return (self.bottom - part * (self.bottom - self.top)) * SCALE

    def frame(self, draw: ImageDraw.ImageDraw, names: Sequence[tuple[str, str]]) -> None:
        """Grid lines with their values, and above them the name of each line in its colour."""
        step = round_step(self.high - self.low, 6)
        for number in range(math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9) + 1):
            y = self.y(number * step)
            draw.line([(LEFT * SCALE, y), (RIGHT * SCALE, y)], fill=GRID, width=SCALE)
            label = f"{number * step:.6g}"
            draw.text(((LEFT - 14) * SCALE, y), label, fill=GREY, font=font(17), anchor="rm")
        x = float(LEFT * SCALE)
        for name, colour in names:
            draw.text((x, (self.top - 22) * SCALE), name, fill=colour, font=font(20), anchor="ls")
            x += font(20).getlength(name) + 36 * SCALE

    def dash(self, draw: ImageDraw.ImageDraw, value: float, label: str) -> None:
        """A dashed line at a value, with what it stands for above its right end."""
        y, step = self.y(value), 10 * SCALE
        for x in range(LEFT * SCALE, RIGHT * SCALE, 2 * step):
            draw.line([(x, y), (min(x + step, RIGHT * SCALE), y)], fill=GREY, width=SCALE)
        draw.text((RIGHT * SCALE, y - 6 * SCALE), label, fill=GREY, font=font(17), anchor="rs")

    def line(self, draw: ImageDraw.ImageDraw, values: Sequence[float], colour: str) -> None:
        points = [(self.x(step), self.y(value)) for step, value in enumerate(values, start=1)]
        draw.line(points, fill=colour, width=SCALE * (3 if len(values) <= 300 else 1), joint="curve")
        if len(values) <= _MOST_DOTS:
            for x, y in points:
                draw.circle((x, y), 4 * SCALE, fill=colour)

    def number_steps(self, draw: ImageDraw.ImageDraw) -> None:
        """Numbers below the panel: the first step, and round ones."""
        gap = max(1, int(round_step(max(self.num_steps - 1, 1), 12)))
        for step in sorted({1, *range(gap, self.num_steps + 1, gap)}):
            x, y = self.x(step), self.bottom * SCALE
            draw.line([(x, y), (x, y + 6 * SCALE)], fill=INK, width=SCALE)
            draw.text((x, y + 12 * SCALE), f"{step:,}", fill=GREY, font=font(17), anchor="mt")
