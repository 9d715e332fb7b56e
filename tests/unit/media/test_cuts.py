from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from autohighlight.media.cuts import NUM_AROUND, CutWatch, correlation, difference
from autohighlight.media.frames import GREY_SIZE

Picture = NDArray[np.uint8]
TICKS = 40  # of one frame


def place(seed: int) -> Picture:
    """Another place for each seed: patches of all levels."""
    patches = np.random.default_rng(seed).integers(0, 256, (8, 12))
    return patches.repeat(8, axis=0).repeat(8, axis=1).astype(np.uint8)


def shot(seed: int, length: int, *, speed: int = 0, noise: int = 2) -> list[Picture]:
    """One place, over which the camera pans by so many pixels from picture to picture."""
    random = np.random.default_rng(seed)
    pictures = [np.roll(place(seed), speed * number, axis=1).astype(int) for number in range(length)]
    return [np.clip(p + random.integers(-noise, noise + 1, p.shape), 0, 255).astype(np.uint8) for p in pictures]


def grey(frame: VideoFrame) -> Picture:
    return frame.to_ndarray().astype(np.uint8)


def frames(pictures: Sequence[Picture]) -> list[VideoFrame]:
    made = [VideoFrame.from_ndarray(picture, format="gray") for picture in pictures]
    for number, frame in enumerate(made):
        frame.pts = number * TICKS
    return made


def cuts_in(pictures: Sequence[Picture], every: int = 1) -> list[float]:
    """The numbers of the frames that begin a shot, where a grey picture is taken of every so manyth frame."""
    watch, cuts = CutWatch(grey), list[int]()
    for number, frame in enumerate(frames(pictures)):
        if number % every == 0:
            watch.see(frame, is_near=True)
        else:
            watch.pass_by(frame)
        cuts += watch.confirmed()
    cuts += watch.confirmed(at_end=True)
    assert not watch.is_in_doubt
    return [cut / TICKS for cut in cuts]


@pytest.mark.parametrize("every", [1, 2, 3, 5])
@pytest.mark.parametrize("at", [30, 31, 32, 33, 34])
def test_a_cut_is_found_at_its_very_frame_also_between_grey_pictures(at: int, every: int) -> None:
    assert cuts_in([*shot(1, at), *shot(2, 70 - at)], every) == [at]


def test_every_cut_of_many_shots_is_found() -> None:
    lengths = [25, 13, 40, 8, 30, 60]
    pictures = [picture for seed, length in enumerate(lengths) for picture in shot(seed, length)]
    assert cuts_in(pictures) == np.cumsum(lengths[:-1]).tolist()


def test_a_long_shot_before_a_cut_is_let_go_of() -> None:
    assert cuts_in([*shot(1, 1000), *shot(2, 30), *shot(3, 1000)]) == [1000, 1030]


@pytest.mark.parametrize("speed", [3, 5, 9, 40])
def test_fast_action_is_not_taken_for_cuts(speed: int) -> None:
    pictures = shot(1, 60, speed=speed)
    step = difference(pictures[0], pictures[1])
    assert step > 8, "as large a step as a cut's"
    assert cuts_in(pictures) == []


def test_a_cut_between_moving_shots_is_found() -> None:
    assert cuts_in([*shot(1, 30, speed=1), *shot(2, 30, speed=1)]) == [30]


def test_action_that_sets_in_is_no_cut() -> None:
    assert cuts_in([*shot(1, 30), *shot(1, 30, speed=9)]) == []


@pytest.mark.parametrize("apart", [1, 2, 3, 4, 5, 9])
def test_two_cuts_near_each_other_are_both_found(apart: int) -> None:
    assert cuts_in([*shot(1, 30), *shot(2, apart), *shot(3, 30)]) == [30, 30 + apart]


@pytest.mark.parametrize("length", [1, 2, 3])
@pytest.mark.parametrize("every", [1, 2])
def test_a_flash_is_no_cut(length: int, every: int) -> None:
    pictures = shot(1, 60)
    for number in range(30, 30 + length):
        pictures[number] = np.full(GREY_SIZE, 255, np.uint8)
    assert cuts_in(pictures, every) == []


def test_a_flash_at_a_cut_does_not_hide_it() -> None:
    white = np.full(GREY_SIZE, 255, np.uint8)
    assert len(cuts_in([*shot(1, 30), white, *shot(2, 30)])) >= 1
    assert cuts_in([*shot(1, 20), white, *shot(1, 20), *shot(2, 30)]) == [41]


def test_a_change_of_light_is_no_cut() -> None:
    darker = [(picture // 2).astype(np.uint8) for picture in shot(1, 30)]
    assert difference(darker[0], shot(1, 1)[0]) > 8
    assert cuts_in([*shot(1, 30), *darker]) == []


@pytest.mark.parametrize("left", range(1, NUM_AROUND + 2))
def test_a_cut_is_in_doubt_until_enough_was_seen_after_it_or_the_video_ends(left: int) -> None:
    watch, found = CutWatch(grey), []
    for frame in frames([*shot(1, 30), *shot(2, left)]):
        watch.see(frame, is_near=True)
        found += watch.confirmed()
    is_certain = left > NUM_AROUND
    assert watch.is_in_doubt != is_certain
    assert found == ([30 * TICKS] if is_certain else [])
    assert found + watch.confirmed(at_end=True) == [30 * TICKS]
    assert watch.confirmed(at_end=True) == []


def test_pictures_far_apart_are_not_compared() -> None:
    watch = CutWatch(grey)
    for number, frame in enumerate(frames([*shot(1, 30), *shot(2, 30)])):
        watch.see(frame, is_near=number != 30)
    assert watch.confirmed(at_end=True) == []


def test_correlation_is_pearsons_and_none_with_a_flat_picture() -> None:
    one, other = place(1), place(2)
    assert correlation(one, other) == pytest.approx(np.corrcoef(one.ravel(), other.ravel())[0, 1])
    assert correlation(one, one // 2 + 20) > 0.999
    assert correlation(one, 255 - one) == pytest.approx(-1)
    assert correlation(one, np.full(GREY_SIZE, 9, np.uint8)) == 0
