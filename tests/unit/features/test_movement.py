from __future__ import annotations

import numpy as np
import pytest

from autohighlight.features.movement import MEASURES, measure_pairs
from autohighlight.media.frames import GREY_SIZE

FLAT = np.full(GREY_SIZE, 100, np.uint8)


def test_the_measures_are_those_of_a_naive_loop() -> None:
    greys = np.random.default_rng(0).integers(0, 256, (4, *GREY_SIZE), np.uint8)
    height, width = GREY_SIZE
    expected = []
    for before, after in zip(greys[:-1].astype(float), greys[1:].astype(float), strict=True):
        step = abs(after - before)
        blocks = [step[y : y + 8, x : x + 8].mean() for y in range(0, height, 8) for x in range(0, width, 8)]
        expected.append([step.mean(), np.mean(sorted(blocks)[-10:])])
    np.testing.assert_allclose(measure_pairs(greys), expected, rtol=1e-5)
    assert MEASURES == ("difference", "movement")


def test_what_covers_a_tenth_of_the_picture_is_seen_in_full() -> None:
    moved = FLAT.copy()
    moved[16:32, 8:48] += 90  # ten blocks of 96
    difference, movement = measure_pairs(np.stack([FLAT, moved]))[0]
    assert movement == 90
    assert difference == pytest.approx(90 * 10 / 96)


def test_a_smaller_thing_counts_by_its_size_wherever_it_is_and_whatever_its_direction() -> None:
    for row, column, step in ((0, 0, 90), (56, 88, 90), (24, 40, -90)):
        moved = FLAT.astype(np.int16)
        moved[row : row + 8, column : column + 8] += step
        assert measure_pairs(np.stack([FLAT, moved.astype(np.uint8)]))[0, 1] == pytest.approx(9)


def test_a_change_of_the_whole_picture_is_no_more_movement_than_difference() -> None:
    np.testing.assert_array_equal(measure_pairs(np.stack([FLAT, FLAT + 7])), [[7, 7]])


def test_black_and_white_differ_by_255_and_equal_pictures_by_nothing() -> None:
    black, white = np.zeros(GREY_SIZE, np.uint8), np.full(GREY_SIZE, 255, np.uint8)
    np.testing.assert_array_equal(measure_pairs(np.stack([black, white, white, black]))[:, 0], [255, 0, 255])


def test_one_picture_has_no_pairs() -> None:
    measures = measure_pairs(FLAT[None])
    assert measures.shape == (0, 2)
    assert measures.dtype == np.float32
