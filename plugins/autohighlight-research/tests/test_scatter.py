from __future__ import annotations

import itertools

import numpy as np
import pytest
from PIL import Image, ImageColor

from autohighlight.export.canvas import LEFT, RIGHT, WIDTH
from autohighlight_research.scatter import (
    COLOURS,
    GAP,
    MAX_GROUPS,
    PANEL_HEIGHT,
    PANEL_TOP,
    PANEL_WIDTH,
    Panel,
    draw_clusters,
    ellipse,
)


def blobs(*middles: tuple[float, float], spread: float = 0.2, number: int = 60) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [np.array(middle) + spread * random.standard_normal((number, 2)) for middle in middles]


def places(image: Image.Image, colour: str, left: int) -> np.ndarray:
    """Where the full colour is in the panel that begins at `left`: (P, 2), x and y in pixels."""
    panel = np.asarray(image)[PANEL_TOP : PANEL_TOP + PANEL_HEIGHT, left : left + PANEL_WIDTH].astype(int)
    near = np.abs(panel - ImageColor.getrgb(colour)).max(axis=2) < 6
    return np.argwhere(near)[:, ::-1]


RIGHT_PANEL = LEFT + PANEL_WIDTH + GAP


def test_an_ellipse_follows_the_covariance() -> None:
    outline = ellipse(np.array([[-3.0, 1], [3, 1], [0, 0], [0, 2]]), deviations=1)
    assert np.abs(outline[:, 0]).max() == pytest.approx(np.sqrt(4.5), rel=1e-3)
    assert (outline[:, 1] - 1).max() == pytest.approx(np.sqrt(0.5), rel=1e-3)
    assert outline[0] == pytest.approx(outline[-1])


@pytest.mark.parametrize("points", [[[2.0, 3.0]], [[2.0, 3.0], [2.0, 3.0]]])
def test_the_ellipse_of_one_place_is_that_place(points: list[list[float]]) -> None:
    assert ellipse(np.array(points)) == pytest.approx(np.broadcast_to([2.0, 3.0], (73, 2)))


def test_groups_lie_where_they_are_and_up_is_up() -> None:
    left, right = Panel("left", blobs((0, 0), (4, 2))), Panel("right", blobs((0, 0), (-4, -2)))
    image = draw_clusters(left, right, ["a", "b"], title="t")
    assert image.size[0] == WIDTH
    first, second = (places(image, colour, LEFT).mean(axis=0) for colour in COLOURS[:2])
    assert second[0] > first[0] + 100
    assert second[1] < first[1] - 50
    first, second = (places(image, colour, RIGHT_PANEL).mean(axis=0) for colour in COLOURS[:2])
    assert second[0] < first[0] - 100
    assert second[1] > first[1] + 50


def test_both_panels_have_one_scale() -> None:
    """Clusters half as far apart on the right are drawn half as far apart."""
    left, right = Panel("left", blobs((-4, 0), (4, 0))), Panel("right", blobs((-2, 0), (2, 0)))
    image = draw_clusters(left, right, ["a", "b"], title="t")
    distances = []
    for x in (LEFT, RIGHT_PANEL):
        first, second = (places(image, colour, x).mean(axis=0) for colour in COLOURS[:2])
        distances.append(second[0] - first[0])
    assert distances[0] == pytest.approx(2 * distances[1], rel=0.05)


@pytest.mark.parametrize(("num_groups", "number"), [(1, 1), (2, 2), (MAX_GROUPS, 200)])
def test_any_numbers_of_groups_and_points_can_be_drawn(num_groups: int, number: int) -> None:
    groups = blobs(*((float(n), float(n % 3)) for n in range(num_groups)), number=number)
    names = ["\n\x1b[1m 東京", "x" * 500, "", *"abcde"][:num_groups]
    image = draw_clusters(Panel("left", groups), Panel("right", groups), names, title="é", subtitle="s" * 500)
    shown = {colour for _, colour in image.getcolors(2**24) or []}
    assert {ImageColor.getrgb(colour) for colour in COLOURS[:num_groups]} <= shown
    pixels = np.asarray(image)
    assert (pixels[:, : LEFT - 8] == 255).all()  # nothing beyond the margins
    assert (pixels[:, RIGHT + 8 :] == 255).all()


def test_points_in_one_place_are_no_fault() -> None:
    same = Panel("left", [np.zeros((4, 2)), np.zeros((4, 2))])
    assert draw_clusters(same, same, ["a", "b"], title="t").size[0] == WIDTH


def test_too_many_groups_and_other_names_are_refused() -> None:
    many = Panel("left", blobs(*[(0.0, 0.0)] * (MAX_GROUPS + 1)))
    with pytest.raises(ValueError, match="9 and 9 groups for 9 names"):
        draw_clusters(many, many, ["a"] * 9, title="t")
    with pytest.raises(ValueError, match="9 and 9 groups for 2 names"):
        draw_clusters(many, many, ["a", "b"], title="t")


def test_colours_differ_also_in_brightness_or_hue_for_the_colour_blind() -> None:
    """By the simulation of deuteranopia and protanopia of Viénot, Brettel and Mollon (1999), in linear RGB."""
    blindness = {
        "deuteranopia": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
        "protanopia": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
    }
    srgb = np.array([ImageColor.getrgb(colour) for colour in COLOURS]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    for matrix in blindness.values():
        seen = np.clip(linear @ np.array(matrix).T, 0, 1) ** (1 / 2.2)
        for one, other in itertools.combinations(seen, 2):
            assert np.linalg.norm(one - other) > 0.12
