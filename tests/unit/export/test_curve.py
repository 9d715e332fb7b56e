from __future__ import annotations

import math

import pytest
from PIL import Image, ImageColor

from autohighlight.export.canvas import ACCENT, CURVE, LEFT, RIGHT, WIDTH, round_step
from autohighlight.export.curve import (
    HEIGHT,
    LOSS_BOTTOM,
    LOSS_TOP,
    SIMILARITY_BOTTOM,
    SIMILARITY_TOP,
    draw_learning_curve,
)


def is_drawn(image: Image.Image, colour: str, part: float, y: float) -> bool:
    """Whether the picture has this colour there, but for the edges that reducing it sharpens."""
    value = image.getpixel((round(LEFT + part * (RIGHT - LEFT)), round(y)))
    assert isinstance(value, tuple)
    return all(abs(one - other) < 24 for one, other in zip(value, ImageColor.getrgb(colour), strict=True))


def test_each_line_lies_where_its_values_are() -> None:
    image = draw_learning_curve([2.0] * 11, [0.8] * 11, [0.25] * 11, title="my.safetensors", subtitle="9 videos")
    assert image.size == (WIDTH, HEIGHT)
    # The loss axis ends a little above the highest loss.
    assert is_drawn(image, CURVE, 0.45, LOSS_BOTTOM - (LOSS_BOTTOM - LOSS_TOP) / 1.05)
    height = SIMILARITY_BOTTOM - SIMILARITY_TOP
    assert is_drawn(image, CURVE, 0.45, SIMILARITY_BOTTOM - 0.8 * height)
    assert is_drawn(image, ACCENT, 0.45, SIMILARITY_BOTTOM - 0.25 * height)


def test_similarities_below_zero_are_shown() -> None:
    image = draw_learning_curve([1.0] * 11, [1.0] * 11, [-0.25] * 11, title="")
    height = SIMILARITY_BOTTOM - SIMILARITY_TOP
    assert is_drawn(image, ACCENT, 0.45, SIMILARITY_BOTTOM - 0.25 / 1.5 * height)


@pytest.mark.parametrize("num_steps", [1, 2, 5, 61, 12_345])
@pytest.mark.parametrize("loss", [0.0, 1e-9, 3.0])
def test_any_number_of_steps_can_be_drawn(num_steps: int, loss: float) -> None:
    image = draw_learning_curve(
        [loss] * num_steps, [1.0] * num_steps, [-1.0] * num_steps, title="x\n東京" * 50, chance=math.log(2)
    )
    assert image.size == (WIDTH, HEIGHT)


@pytest.mark.parametrize(
    ("span", "most", "step"), [(1, 6, 0.2), (20, 12, 2), (3.2, 6, 1), (1, 1, 1), (11_999, 12, 1000), (0.004, 6, 0.001)]
)
def test_steps_of_an_axis_are_round(span: float, most: int, step: float) -> None:
    assert round_step(span, most) == pytest.approx(step)
