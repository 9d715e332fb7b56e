"""What every picture is drawn with: sizes, colours, type, the heading, round numbers for an axis.

Everything is drawn `SCALE` times as large and reduced at the end, for smooth edges.
"""

from __future__ import annotations

import functools
import math

from PIL import Image, ImageDraw, ImageFont

WIDTH = 1600
"""Width of a picture in pixels."""

LEFT, RIGHT = 96, 1552
"""Where the horizontal axis begins and ends, in pixels."""

SCALE = 2
"""How many times larger a picture is drawn than it becomes."""

PAPER, INK, GREY, GRID = "#ffffff", "#16202c", "#687384", "#dde2e9"
CURVE, ACCENT = "#1d5cb8", "#e28309"

_FALLBACK_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSans-Regular.ttf",
    "DejaVuSans.ttf",
    "Arial Unicode.ttf",
    "arial.ttf",
)

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def blank(height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """A canvas of `WIDTH` x `height` pixels, `SCALE` times as large."""
    canvas = Image.new("RGB", (WIDTH * SCALE, height * SCALE), PAPER)
    return canvas, ImageDraw.Draw(canvas)


def reduced(canvas: Image.Image) -> Image.Image:
    """The picture that was drawn on a canvas, in its own size."""
    return canvas.resize((canvas.width // SCALE, canvas.height // SCALE), Image.Resampling.LANCZOS)


@functools.cache
def font(size: int) -> Font:
    """The font of all writing, `size` pixels high in the finished picture."""
    return ImageFont.load_default(size * SCALE)


def write_heading(draw: ImageDraw.ImageDraw, title: str, subtitle: str) -> None:
    """The title and a line below it, shortened to the width; any characters."""
    write_line(draw, title, (LEFT, 52), 30, INK)
    write_line(draw, subtitle, (LEFT, 88), 19, GREY)


def write_line(
    draw: ImageDraw.ImageDraw,
    text: str,
    at: tuple[float, float],
    size: int,
    colour: str,
    *,
    width: float = RIGHT - LEFT,
) -> None:
    """One line of any characters, shortened to `width`; `at` is the left end of its baseline, all in pixels."""
    shown, chosen = _legible(text, size)
    shown = _shortened(shown, chosen, width * SCALE)
    draw.text((at[0] * SCALE, at[1] * SCALE), shown, fill=colour, font=chosen, anchor="ls")


def round_step(span: float, most: int) -> float:
    """The least of ..., 0.1, 0.2, 0.5, 1, 2, 5, 10, ... that divides `span` into no more than `most` parts.

    Args:
        span: above 0.
        most: at least 1.
    """
    power = 10.0 ** math.floor(math.log10(span / most))
    return next(power * factor for factor in (1, 2, 5, 10, 20) if span / (power * factor) <= most)


def _legible(text: str, size: int) -> tuple[str, Font]:
    """The text and a font that has its characters; where none has, the characters that are lacking as ``?``."""
    text = "".join(c if c.isprintable() else " " for c in text)
    usual = font(size)
    if not _lacking(text, usual):
        return text, usual
    for name in _FALLBACK_FONTS:
        try:
            other = ImageFont.truetype(name, size * SCALE)
        except OSError:  # not on this computer
            continue
        if not _lacking(text, other):
            return text, other
    lacking = _lacking(text, usual)
    return "".join("?" if c in lacking else c for c in text), usual


def _lacking(text: str, chosen: Font) -> set[str]:
    """The characters that the font shows as its picture for *no such character*."""
    absent = bytes(chosen.getmask("\U0010ffff"))
    return {c for c in set(text) if not c.isspace() and bytes(chosen.getmask(c)) == absent}


def _shortened(text: str, chosen: Font, width: float) -> str:
    """The text, with dots in its middle if it is wider than `width`."""
    keep = len(text)
    shown = text
    while chosen.getlength(shown) > width and keep > 2:
        keep -= 1
        shown = f"{text[: (keep + 1) // 2]}...{text[-(keep // 2) :]}"
    return shown
