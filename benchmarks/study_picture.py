"""Draws accuracy over steps: one panel a collection, one line a recipe, chance as a dashed line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image, ImageDraw

from autohighlight.export.canvas import GREY, GRID, INK, SCALE, WIDTH, blank, font, reduced, write_heading

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
"""Of the lines: the palette of Okabe and Ito, which people who see few colours tell apart."""

COLUMNS = 4
TOP, PANEL_HEIGHT, GAP, MARGIN = 200, 260, 116, 64
"""Where the panels begin, their height, the space between them and at the sides, in pixels."""


@dataclass(frozen=True)
class Line:
    """One recipe: its name, mean mAP after each number of steps, and the deviation over seeds (NaN: none)."""

    name: str
    means: Sequence[float]
    deviations: Sequence[float]


@dataclass(frozen=True)
class Panel:
    """One collection: its name, what is in it, mAP of chance, and the lines."""

    name: str
    about: str
    chance: float
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class Dot:
    """One recipe on one collection: how far seeds agree, in [-1, 1], and mAP over chance."""

    name: str
    agreement: float
    gain: float


def draw(panels: Sequence[Panel], dots: Sequence[Dot], steps: Sequence[int], threshold: float) -> Image.Image:
    """The picture, RGB: accuracy from 0.2 to 1 over steps, these evenly spaced; last, gain over agreement of seeds.

    Args:
        panels: of the collections.
        dots: of the last panel.
        steps: after which accuracy was measured.
        threshold: of the agreement, an upright line.
    """
    num_rows = math.ceil((len(panels) + 1) / COLUMNS)
    canvas, pen = blank(TOP + num_rows * (PANEL_HEIGHT + GAP))
    subtitle = "mAP (upright) over steps (across), mean over seeds; shaded: deviation; dashed: clips in random order"
    write_heading(pen, "Accuracy of attention over training steps", subtitle)
    names = list(dict.fromkeys(line.name for panel in panels for line in panel.lines))
    colours = dict(zip(names, COLOURS, strict=False))
    _legend(pen, colours)
    width = (WIDTH - MARGIN) / COLUMNS
    places = [
        (MARGIN + number % COLUMNS * width, TOP + number // COLUMNS * (PANEL_HEIGHT + GAP))
        for number in range(len(panels) + 1)
    ]
    for panel, (left, top) in zip(panels, places, strict=False):
        _Axes(left, left + width - 60, top, top + PANEL_HEIGHT, len(steps)).draw(canvas, panel, steps, colours)
    _scatter(pen, dots, (*places[-1], places[-1][0] + width - 60, places[-1][1] + PANEL_HEIGHT), threshold, colours)
    return reduced(canvas)


def _scatter(
    pen: ImageDraw.ImageDraw,
    dots: Sequence[Dot],
    box: tuple[float, float, float, float],
    threshold: float,
    colours: dict[str, str],
) -> None:
    """mAP over chance, from -0.2 to 0.8, over the agreement of seeds, from -0.2 to 1; `box` in pixels."""
    left, top, right, bottom = (value * SCALE for value in box)

    def x(agreement: float) -> float:
        return left + (min(max(agreement, -0.2), 1) + 0.2) / 1.2 * (right - left)

    def y(gain: float) -> float:
        return bottom - (min(max(gain, -0.2), 0.8) + 0.2) * (bottom - top)

    pen.text((left, top - 32 * SCALE), "do seeds agree?", fill=INK, font=font(19), anchor="ls")
    about = "mAP over chance, by the rank correlation of seeds"
    pen.text((left, top - 13 * SCALE), about, fill=GREY, font=font(14), anchor="ls")
    for tenth in range(-2, 9, 2):
        pen.line([(left, y(tenth / 10)), (right, y(tenth / 10))], fill=INK if tenth == 0 else GRID, width=SCALE)
        pen.text((left - 10 * SCALE, y(tenth / 10)), f"{tenth / 10:+.1f}", fill=GREY, font=font(15), anchor="rm")
    for tenth in range(-2, 11, 2):
        label = f"{tenth / 10:.1f}"
        pen.text((x(tenth / 10), bottom + 8 * SCALE), label, fill=GREY, font=font(15), anchor="mt")
    pen.text((right, bottom + 30 * SCALE), "agreement", fill=GREY, font=font(14), anchor="rt")
    pen.line([(x(threshold), top), (x(threshold), bottom)], fill=GREY, width=SCALE)
    for dot in dots:
        pen.circle((x(dot.agreement), y(dot.gain)), 6 * SCALE, fill=colours[dot.name], outline="#ffffff", width=SCALE)


def _legend(pen: ImageDraw.ImageDraw, colours: dict[str, str]) -> None:
    x = MARGIN * SCALE
    for name, colour in colours.items():
        pen.line([(x, 124 * SCALE), (x + 36 * SCALE, 124 * SCALE)], fill=colour, width=4 * SCALE)
        pen.text((x + 46 * SCALE, 124 * SCALE), name, fill=INK, font=font(19), anchor="lm")
        x += int(46 * SCALE + font(19).getlength(name) + 40 * SCALE)


@dataclass(frozen=True)
class _Axes:
    left: float
    right: float
    top: float
    bottom: float
    num_steps: int

    def x(self, number: int) -> float:
        return (self.left + number / max(1, self.num_steps - 1) * (self.right - self.left)) * SCALE

    def y(self, accuracy: float) -> float:
        return (self.bottom - (min(max(accuracy, 0.2), 1) - 0.2) / 0.8 * (self.bottom - self.top)) * SCALE

    def draw(self, canvas: Image.Image, panel: Panel, steps: Sequence[int], colours: dict[str, str]) -> None:
        pen = ImageDraw.Draw(canvas, "RGBA")
        for tenth in (2, 4, 6, 8, 10):
            y = self.y(tenth / 10)
            pen.line([(self.x(0), y), (self.right * SCALE, y)], fill=GRID, width=SCALE)
            pen.text((self.x(0) - 10 * SCALE, y), f"{tenth / 10:.1f}", fill=GREY, font=font(15), anchor="rm")
        pen.text((self.x(0), (self.top - 32) * SCALE), panel.name, fill=INK, font=font(19), anchor="ls")
        pen.text((self.x(0), (self.top - 13) * SCALE), panel.about, fill=GREY, font=font(14), anchor="ls")
        for number, step in enumerate(steps):
            pen.text((self.x(number), (self.bottom + 8) * SCALE), str(step), fill=GREY, font=font(15), anchor="mt")
        pen.text((self.right * SCALE, (self.bottom + 30) * SCALE), "steps", fill=GREY, font=font(14), anchor="rt")
        for line in panel.lines:
            self._band(pen, line, colours[line.name])
        for x in range(int(self.x(0)), int(self.right * SCALE), 16 * SCALE):
            y = self.y(panel.chance)
            pen.line([(x, y), (min(x + 8 * SCALE, self.right * SCALE), y)], fill=INK, width=2 * SCALE)
        for line in panel.lines:
            points = [(self.x(number), self.y(mean)) for number, mean in enumerate(line.means)]
            pen.line(points, fill=colours[line.name], width=3 * SCALE, joint="curve")

    def _band(self, pen: ImageDraw.ImageDraw, line: Line, colour: str) -> None:
        pairs = list(enumerate(zip(line.means, line.deviations, strict=True)))
        if any(math.isnan(deviation) for _, (_, deviation) in pairs) or len(pairs) < 2:
            return
        upper = [(self.x(number), self.y(mean + deviation)) for number, (mean, deviation) in pairs]
        lower = [(self.x(number), self.y(mean - deviation)) for number, (mean, deviation) in pairs]
        pen.polygon([*upper, *reversed(lower)], fill=f"{colour}2c")
