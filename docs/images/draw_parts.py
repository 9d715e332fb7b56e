"""Draws what a score is made of, from the table that ``autohighlight score VIDEO --format csv`` prints.

python docs/images/draw_parts.py demo.csv demo-parts.svg
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path

ROW, LEFT, WIDTH, GAP, MARGIN = 46, 120, 560, 10, 16
"""Height of a row, where the curves begin, how wide they are, what is between rows, and around all; in pixels."""

PARTS = ("movement", "change", "local_change", "richness", "living", "position")


def row(number: int, name: str, values: Sequence[float], colour: str) -> str:
    """One curve of the picture: a step for each clip, from 0 at the bottom of its row to 1 at the top."""
    top = MARGIN + number * (ROW + GAP)
    step = WIDTH / len(values)
    places = [(LEFT + step * clip, top + ROW * (1 - value)) for clip, value in enumerate(values)]
    steps = " ".join(f"L{x:.1f},{y:.1f} L{x + step:.1f},{y:.1f}" for x, y in places)
    area = f"M{LEFT},{top + ROW} {steps} L{LEFT + WIDTH},{top + ROW} Z"
    return (
        f'<text x="{LEFT - 12}" y="{top + ROW / 2 + 4}" text-anchor="end">{name.replace("_", " ")}</text>'
        f'<rect x="{LEFT}" y="{top}" width="{WIDTH}" height="{ROW}" fill="#f4f6f8"/>'
        f'<path d="{area}" fill="{colour}"/>'
    )


def drawing(table: Sequence[dict[str, str]]) -> str:
    """The picture as SVG: a row for each part, and the score below.

    Args:
        table: a row for each clip, with the parts as ranks in [0, 1], the score, and when it ends, in seconds.
    """
    rows = [row(number, part, [float(line[part]) for line in table], "#8fb3de") for number, part in enumerate(PARTS)]
    rows.append(row(len(PARTS), "score", [float(line["score"]) for line in table], "#e08a1e"))
    bottom = MARGIN + len(rows) * (ROW + GAP)
    end = float(table[-1]["end"])
    ticks = "".join(
        f'<text x="{LEFT + WIDTH * part / 4:.1f}" y="{bottom + 8}" text-anchor="middle">{end * part / 4:g} s</text>'
        for part in range(5)
    )
    size = f'width="{LEFT + WIDTH + 2 * MARGIN}" height="{bottom + MARGIN}"'
    font = 'font-family="sans-serif" font-size="13" fill="#333"'
    paper = '<rect width="100%" height="100%" rx="6" fill="white"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>{paper}{"".join(rows)}{ticks}</svg>\n'


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:3])
    with source.open(encoding="utf-8", newline="") as file:
        target.write_text(drawing(list(csv.DictReader(file))), "utf-8")
