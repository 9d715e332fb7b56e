from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from autohighlight.export.canvas import LEFT, RIGHT, WIDTH
from autohighlight.export.plot import (
    BOTTOM,
    HEIGHT,
    STRIP_TOP,
    THUMBNAIL_HEIGHT,
    TOP,
    draw_scores,
    num_thumbnails,
    thumbnail_times,
)
from autohighlight.times import TimeRange
from autohighlight.types import Highlight, Selection
from tests.factories import make_media, make_scores, media_of

CHOSEN, UNDER_CURVE, PAPER = (0xFB, 0xCF, 0x86), (0xDD, 0xE7, 0xF5), (255, 255, 255)


def make_selection(*spans: tuple[int, int], values: tuple[float, ...] = (1.0,) * 20, start: int = 0) -> Selection:
    scores = make_scores(values, start=start)
    chosen = tuple(Highlight(TimeRange(Fraction(a), Fraction(b)), 0.9, "loud") for a, b in spans)
    return Selection(media_of(scores), chosen, scores)


def pixel(image: Image.Image, part: float, y: int) -> tuple[int, ...]:
    value = image.getpixel((round(LEFT + part * (RIGHT - LEFT)), y))
    assert isinstance(value, tuple)
    return value


@pytest.mark.parametrize("start", [0, -7, 100])
def test_chosen_spans_are_shaded_where_they_are(start: int) -> None:
    selection = make_selection((start + 10, start + 14), start=start)
    image = draw_scores(selection.scores, selection, [], title="video.mp4")
    middle = (TOP + BOTTOM) // 2 + 20
    assert pixel(image, 12 / 40, middle) == CHOSEN
    assert pixel(image, 9.5 / 40, middle) == UNDER_CURVE
    assert pixel(image, 14.5 / 40, middle) == UNDER_CURVE


def test_the_curve_stands_as_high_as_the_score() -> None:
    selection = make_selection(values=(0.0,) * 10 + (0.5,) * 10)
    image = draw_scores(selection.scores, selection, [], title="video.mp4")
    half = (TOP + BOTTOM) // 2
    assert pixel(image, 0.2, BOTTOM - 20) == PAPER
    assert pixel(image, 0.8, half + 10) == UNDER_CURVE
    assert pixel(image, 0.8, half - 10) == PAPER
    assert pixel(image, 0.8, half)[2] > pixel(image, 0.8, half)[0] + 80  # blue


def test_thumbnails_lie_side_by_side_and_chosen_stretches_are_not_pale() -> None:
    selection = make_selection((0, 10))
    times = thumbnail_times(selection)
    black = [np.zeros((108, 192, 3), np.uint8)] * len(times)
    image = draw_scores(selection.scores, selection, black, title="video.mp4")
    assert image.size == (WIDTH, HEIGHT)
    y = STRIP_TOP + THUMBNAIL_HEIGHT // 2
    assert pixel(image, 4 / 40, y) == (0, 0, 0)
    assert pixel(image, 22 / 40, y)[0] > 80


def test_thumbnail_times_divide_the_video_evenly() -> None:
    selection = make_selection(start=100)
    times = thumbnail_times(selection)
    assert len(times) == num_thumbnails(selection.media) == 8
    assert times == [100 + Fraction(40, 8) * Fraction(2 * i + 1, 2) for i in range(8)]


def test_the_thumbnail_of_a_cell_shows_the_highlight_in_it() -> None:
    times = thumbnail_times(make_selection((4, 6), (11, 12)))
    assert times[:3] == [Fraction(9, 2), Fraction(11, 2), Fraction(23, 2)]


@pytest.mark.parametrize(("size", "number"), [((1280, 720), 8), ((720, 1280), 24), ((320, 240), 10), ((4000, 400), 4)])
def test_the_number_of_thumbnails_follows_the_shape(size: tuple[int, int], number: int) -> None:
    assert num_thumbnails(make_media(width=size[0], height=size[1])) == number


@pytest.mark.parametrize("title", ["", "\n\x1b[1m", "東京.mp4", "x" * 500, "[b] 100% été"])
@pytest.mark.parametrize("num_clips", [1, 2, 2000])
def test_any_title_and_any_number_of_clips_can_be_drawn(title: str, num_clips: int) -> None:
    selection = make_selection((0, 1), values=(0.5,) * num_clips)
    image = draw_scores(selection.scores, selection, [], title=title, subtitle=title)
    assert image.size == (WIDTH, STRIP_TOP + 4)


@pytest.mark.parametrize("size", [(640, 640), (1280, 720), (720, 1280), (4000, 400), (596, 336), (101, 99)])
def test_thumbnails_of_any_shape_fill_the_strip(size: tuple[int, int]) -> None:
    scores = make_scores((0.2,) * 20)
    media = make_media(width=size[0], height=size[1], time_range=media_of(scores).time_range)
    selection = Selection(media, (Highlight(media.time_range, 0.9, "loud"),), scores)
    width = round(THUMBNAIL_HEIGHT * size[0] / size[1])
    red = np.full((THUMBNAIL_HEIGHT, width, 3), (255, 0, 0), np.uint8)
    image = draw_scores(scores, selection, [red] * num_thumbnails(media), title="video.mp4")
    strip = np.asarray(image)[STRIP_TOP + THUMBNAIL_HEIGHT // 2, LEFT:RIGHT]
    assert (strip == (255, 0, 0)).all(axis=1).mean() > 0.9  # the rest are the lines between


GREEN, NOT_LABELLED = (0x1A, 0x8A, 0x44), (0xDD, 0xE2, 0xE9)


@pytest.mark.parametrize("start", [0, -7, 100])
def test_what_people_call_highlights_stands_in_green_below_the_curve(start: int) -> None:
    selection = make_selection((start + 10, start + 14), start=start)
    labelled = [TimeRange(Fraction(start + a), Fraction(start + b)) for a, b in ((20, 24), (38, 50))]
    image = draw_scores(selection.scores, selection, [], title="video.mp4", labelled=labelled)
    assert [pixel(image, second / 40, BOTTOM + 8) for second in (22, 39)] == [GREEN, GREEN]
    assert [pixel(image, second / 40, BOTTOM + 8) for second in (12, 19.5, 24.5, 37.5)] == [NOT_LABELLED] * 4
    assert pixel(image, 12 / 40, (TOP + BOTTOM) // 2 + 20) == CHOSEN


def test_labels_that_name_no_highlight_are_not_the_same_as_no_labels() -> None:
    selection = make_selection()
    with_none, without = (
        draw_scores(selection.scores, selection, [], title="video.mp4", labelled=labelled) for labelled in ([], None)
    )
    assert pixel(with_none, 0.52, BOTTOM + 8) == NOT_LABELLED
    assert pixel(without, 0.52, BOTTOM + 8) == PAPER
    assert with_none.size == without.size
