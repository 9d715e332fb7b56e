"""Clusters of points side by side, after the paper's Figure 1: one colour and mark a group, an ellipse around each."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from autohighlight.export.canvas import (
    GREY,
    GRID,
    INK,
    LEFT,
    RIGHT,
    SCALE,
    blank,
    reduced,
    write_heading,
    write_line,
)

COLOURS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#f0e442")
"""Of the groups, in order: those of Okabe and Ito (2008), which people of any colour vision tell apart."""

MAX_GROUPS = len(COLOURS)

DEVIATIONS = 1.5
"""How many standard deviations an ellipse reaches: of points spread normally, it holds 68 %."""

GAP = 32
PANEL_WIDTH, PANEL_HEIGHT = (RIGHT - LEFT - GAP) // 2, 640
PANEL_TOP = 164
"""Of the panels, in pixels."""

_LEGEND_TOP, _LEGEND_ROW, _LEGEND_COLUMNS = PANEL_TOP + PANEL_HEIGHT + 52, 36, 4
_MARK = 5.0  # radius of a point's mark in pixels
_POINT_OPACITY, _ELLIPSE_OPACITY = 150, 22  # of 255: points that lie on each other stay visible
_MARGIN = 24.0  # left free within a panel, in pixels


@dataclass(frozen=True, eq=False)
class Panel:
    """One of the two halves.

    Args:
        title: stands above it.
        groups: float (P, 2) of each group, P at least 1, the same groups in each panel.
    """

    title: str
    groups: Sequence[NDArray[np.floating]]


def draw_clusters(left: Panel, right: Panel, names: Sequence[str], *, title: str, subtitle: str = "") -> Image.Image:
    """Draws two panels to the same scale, each about its own middle, with one legend for both.

    Args:
        left, right: the panels.
        names: of the groups, for the legend; any characters.
        title: heading; any characters.
        subtitle: a line below it.

    Returns:
        An RGB picture `canvas.WIDTH` pixels wide.

    Raises:
        ValueError: more groups than `MAX_GROUPS`, or other numbers of groups than of names.
    """
    if not len(left.groups) == len(right.groups) == len(names) <= MAX_GROUPS:
        raise ValueError(f"{len(left.groups)} and {len(right.groups)} groups for {len(names)} names")
    num_rows = math.ceil(len(names) / _LEGEND_COLUMNS)
    canvas, draw = blank(_LEGEND_TOP + num_rows * _LEGEND_ROW)
    write_heading(draw, title, subtitle)
    views = [_View.of(panel, x) for panel, x in ((left, LEFT), (right, LEFT + PANEL_WIDTH + GAP))]
    pixels = min(view.largest_scale for view in views)
    for view in views:
        view.draw(canvas, pixels)
    _write_legend(draw, names)
    return reduced(canvas)


def ellipse(points: NDArray[np.floating], deviations: float = DEVIATIONS) -> NDArray[np.float64]:
    """The outline of the covariance ellipse around points (P, 2), as (73, 2), closed.

    It reaches `deviations` standard deviations from the mean along each principal axis. One point has none: all 73
    are that point.
    """
    centre = points.mean(axis=0, dtype=np.float64)
    offsets = points - centre
    variances, axes = np.linalg.eigh(offsets.T @ offsets / len(points))
    turn = np.linspace(0, 2 * np.pi, 73)
    unit = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    outline: NDArray[np.float64] = centre + deviations * unit * np.sqrt(np.maximum(variances, 0)) @ axes.T
    return outline


@dataclass(frozen=True, eq=False)
class _View:
    """A panel whose left edge is at `left`, in pixels; `low` and `high` are the corners of what it shows, (2,)."""

    panel: Panel
    left: int
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @classmethod
    def of(cls, panel: Panel, left: int) -> _View:
        shown = np.concatenate([*panel.groups, *map(ellipse, panel.groups)])
        return cls(panel, left, shown.min(axis=0), shown.max(axis=0))

    @property
    def largest_scale(self) -> float:
        """Pixels a unit at which everything fits."""
        room = np.array([PANEL_WIDTH, PANEL_HEIGHT]) - 2 * _MARGIN
        return float((room / np.maximum(self.high - self.low, 1e-9)).min())

    def draw(self, canvas: Image.Image, pixels: float) -> None:
        """Frame, title, ellipses and points, at `pixels` a unit."""
        draw = ImageDraw.Draw(canvas)
        write_line(draw, self.panel.title, (self.left, PANEL_TOP - 16), 22, INK, width=PANEL_WIDTH)
        box = (self.left, PANEL_TOP, self.left + PANEL_WIDTH, PANEL_TOP + PANEL_HEIGHT)
        draw.rectangle([edge * SCALE for edge in box], outline=GRID, width=SCALE)
        middle = (self.low + self.high) / 2
        centre = np.array([self.left + PANEL_WIDTH / 2, PANEL_TOP + PANEL_HEIGHT / 2])

        def place(points: NDArray[np.floating]) -> NDArray[np.floating]:
            flipped = (points - middle) * np.array([pixels, -pixels])
            placed: NDArray[np.floating] = (centre + flipped) * SCALE
            return placed

        for group, points in enumerate(self.panel.groups):
            _fill(canvas, place(ellipse(points)), COLOURS[group])
        every = [(group, at) for group, points in enumerate(self.panel.groups) for at in place(points)]
        stamps = [_stamp(group) for group in range(len(self.panel.groups))]
        for number in np.random.default_rng(0).permutation(len(every)):  # so that no group covers another
            group, (x, y) = every[number]
            stamp = stamps[group]
            canvas.paste(COLOURS[group], (round(x) - stamp.width // 2, round(y) - stamp.height // 2), stamp)
        for group, points in enumerate(self.panel.groups):
            outline = [tuple(at) for at in place(ellipse(points))]
            draw.line(outline, fill=COLOURS[group], width=round(2.5 * SCALE), joint="curve")


def _fill(canvas: Image.Image, outline: NDArray[np.floating], colour: str) -> None:
    corner = np.floor(outline.min(axis=0)).astype(int)
    width, height = np.ceil(outline.max(axis=0)).astype(int) - corner + 1
    mask = Image.new("L", (int(width), int(height)))
    ImageDraw.Draw(mask).polygon([tuple(at) for at in outline - corner], fill=_ELLIPSE_OPACITY)
    canvas.paste(colour, tuple(corner.tolist()), mask)


def _stamp(group: int) -> Image.Image:
    """The mark of a group as a mask of how opaque it is."""
    stamp = Image.new("L", (4 * round(_MARK) * SCALE,) * 2)
    _MARKS[group](ImageDraw.Draw(stamp), (stamp.width / 2, stamp.height / 2), _MARK * SCALE, _POINT_OPACITY)
    return stamp


def _write_legend(draw: ImageDraw.ImageDraw, names: Sequence[str]) -> None:
    width = (RIGHT - LEFT) / _LEGEND_COLUMNS
    for group, name in enumerate(names):
        row, column = divmod(group, _LEGEND_COLUMNS)
        x, y = LEFT + column * width + 10, _LEGEND_TOP + row * _LEGEND_ROW
        _MARKS[group](draw, (x * SCALE, (y - 6) * SCALE), 1.8 * _MARK * SCALE, COLOURS[group])
        write_line(draw, name, (x + 22, y), 19, INK if group == 0 else GREY, width=width - 52)


_Fill = str | int
_Mark = Callable[[ImageDraw.ImageDraw, tuple[float, float], float, _Fill], None]


def _disc(draw: ImageDraw.ImageDraw, at: tuple[float, float], size: float, colour: _Fill) -> None:
    draw.circle(at, size, fill=colour)


def _polygon(num_sides: int, rotation: float, factor: float) -> _Mark:
    """A regular polygon as large to the eye as a disc, by `factor` of its radius."""

    def mark(draw: ImageDraw.ImageDraw, at: tuple[float, float], size: float, colour: _Fill) -> None:
        draw.regular_polygon((at, size * factor), num_sides, rotation=rotation, fill=colour)

    return mark


def _cross(rotation: float) -> _Mark:
    def mark(draw: ImageDraw.ImageDraw, at: tuple[float, float], size: float, colour: _Fill) -> None:
        for turn in (rotation, rotation + math.pi / 2):
            reach = (size * math.cos(turn), size * math.sin(turn))
            ends = [(at[0] - reach[0], at[1] - reach[1]), (at[0] + reach[0], at[1] + reach[1])]
            draw.line(ends, fill=colour, width=round(size * 0.55))

    return mark


_MARKS: tuple[_Mark, ...] = (
    _disc,
    _polygon(4, 0, 1.25),
    _polygon(3, 0, 1.4),
    _polygon(4, 45, 1.3),
    _polygon(3, 180, 1.4),
    _cross(math.pi / 4),
    _cross(0),
    _polygon(6, 0, 1.1),
)
