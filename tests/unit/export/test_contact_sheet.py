from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from autohighlight.export.canvas import WIDTH
from autohighlight.export.contact_sheet import draw_contact_sheet, thumbnail_height, thumbnail_instants
from autohighlight.times import TimeRange
from autohighlight.types import Highlight, Selection
from tests.factories import make_media, make_scores


def selection_of(count: int, size: tuple[int, int] = (1280, 720)) -> Selection:
    media = replace(make_media(600), width=size[0], height=size[1])
    spans = [TimeRange(Fraction(10 * number), Fraction(10 * number + 4)) for number in range(count)]
    return Selection(media, tuple(Highlight(span, 0.5, "why") for span in spans), make_scores([0.5]))


def colours(count: int, height: int, width: int) -> list[np.ndarray]:
    """One of a colour of its own for each."""
    return [np.full((height, width, 3), (40 + 5 * number, 200 - 5 * number, 30), np.uint8) for number in range(count)]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 23])
@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (640, 640), (3000, 100), (16, 16)])
def test_every_highlight_is_on_the_sheet_once(count: int, size: tuple[int, int]) -> None:
    selection = selection_of(count, size)
    height = thumbnail_height(selection.media, count)
    width = max(1, round(height * size[0] / size[1]))
    image = draw_contact_sheet(selection, colours(count, height, width), title="été 東京.mp4", subtitle="x")
    assert image.width == WIDTH
    pixels = np.asarray(image).reshape(-1, 3)
    for number in range(count):
        same = (pixels == (40 + 5 * number, 200 - 5 * number, 30)).all(axis=1).sum()
        assert 0.3 * width * height < same <= width * height  # edges blend with what is around
    assert image.height > height * -(-count // 6)


def test_pictures_are_of_the_middles() -> None:
    assert thumbnail_instants(selection_of(2)) == [2, 12]
