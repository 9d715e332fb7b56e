from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from autohighlight.features.pictures import PictureSums
from autohighlight.features.sums import pool
from autohighlight.types import Sight

DIM, PLACES, LONGEST_STEP = 3, 4, 16
NOTHING = np.array([], np.int64)


def sight_of(num_pictures: int, seed: int = 0) -> Sight:
    random = np.random.default_rng(seed)
    features = random.random((num_pictures, DIM), np.float32)
    cells = random.random((num_pictures, PLACES, DIM), np.float32)
    cells /= np.linalg.norm(cells, axis=2, keepdims=True)
    return Sight(features, cells, random.random(num_pictures, np.float32))


@dataclass(frozen=True)
class Video:
    """Targets, the clip of each, the picture shown at each, and where the picture cuts."""

    targets: list[int]
    clips: list[int]
    shown: list[int]
    cuts: tuple[int, ...] = ()

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """The targets at which each picture is shown."""
        edges = [self.shown.index(picture) for picture in sorted(set(self.shown))] + [len(self.shown)]
        return list(itertools.pairwise(edges))

    def sums(self, sight: Sight, *, with_sight: bool = True, batches: int = 1) -> PictureSums:
        """What was seen, added up in so many batches."""
        sums = PictureSums(np.array(self.targets), np.array(self.clips), LONGEST_STEP)
        cuts, ranges = np.array(self.cuts, np.int64), self.ranges
        for rows in np.array_split(np.arange(len(ranges)), batches):
            some = Sight(sight.features[rows], sight.cells[rows], sight.living[rows])
            sums.add([ranges[row] for row in rows], some.features, some if with_sight else None, cuts)
        return sums


def naive(video: Video, sight: Sight, num_clips: int) -> tuple[NDArray[np.float64], dict[str, list[float]]]:
    """As `pool` of one piece, clip by clip; every clip has a picture."""
    embeddings, cues = [], dict[str, list[float]](spread=[], change=[], local_change=[], living=[])
    for clip in range(num_clips):
        inside = [number for number, of in enumerate(video.clips) if of == clip]
        rows = sight.features[[video.shown[number] for number in inside]].astype(float)
        steps, local = [], []
        for number in inside:
            if number + 1 == len(video.targets):
                continue
            here, there = video.shown[number], video.shown[number + 1]
            tick, next_tick = video.targets[number], video.targets[number + 1]
            is_near = next_tick - tick <= LONGEST_STEP and not any(tick < cut <= next_tick for cut in video.cuts)
            if here == there or is_near:
                steps.append(abs(sight.features[there].astype(float) - sight.features[here]))
            if here == there:
                local.append(0.0)  # a picture that is held changes nowhere
            elif is_near:
                cosines = [a @ b for a, b in zip(sight.cells[here], sight.cells[there], strict=True)]
                local.append(1 - float(np.mean(cosines)))
        mean = rows.mean(axis=0)
        embeddings.append(np.concatenate([mean, np.mean(steps, axis=0) if steps else np.zeros(DIM)]))
        cues["spread"].append(float(np.sqrt(((rows - mean) ** 2).sum(axis=1).mean())))
        cues["change"].append(float(np.mean([np.linalg.norm(step) for step in steps])) if steps else np.nan)
        cues["local_change"].append(float(np.median(local)) if local else np.nan)
        cues["living"].append(float(np.mean([sight.living[video.shown[number]] for number in inside])))
    return np.array(embeddings), cues


def assert_same(
    found: tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]],
    expected: tuple[NDArray[np.float64], dict[str, list[float]]],
) -> None:
    np.testing.assert_allclose(found[0], expected[0], atol=1e-5)
    assert set(found[1]) == set(expected[1])
    for name, values in expected[1].items():
        np.testing.assert_allclose(found[1][name], values, atol=1e-3 if name == "spread" else 1e-5, err_msg=name)


PLAIN = Video(list(range(0, 120, 10)), [0] * 4 + [1] * 4 + [2] * 4, list(range(12)))


def test_means_and_steps_are_those_of_a_naive_loop() -> None:
    sight = sight_of(12)
    assert_same(pool([PLAIN.sums(sight).by_clip], 3), naive(PLAIN, sight, 3))


def test_a_step_belongs_to_the_clip_that_it_begins_in() -> None:
    video = Video([0, 10, 20], [0, 0, 1], [0, 1, 2])
    features = np.array([[0, 0, 0], [0, 0, 0], [6, 0, 0]], np.float32)
    sums = PictureSums(np.array(video.targets), np.array(video.clips), LONGEST_STEP)
    sums.add(video.ranges, features, None, NOTHING)
    embeddings, cues = pool([sums.by_clip], 2)
    np.testing.assert_array_equal(embeddings, [[0, 0, 0, 3, 0, 0], [6, 0, 0, 0, 0, 0]])
    np.testing.assert_array_equal(cues["change"], [3, np.nan])


@pytest.mark.parametrize("cut", [41, 50])
def test_no_step_goes_across_a_cut(cut: int) -> None:
    sight = sight_of(12)
    video = Video(PLAIN.targets, PLAIN.clips, PLAIN.shown, (cut,))
    assert_same(pool([video.sums(sight).by_clip], 3), naive(video, sight, 3))
    changed = pool([video.sums(sight).by_clip], 3)[1]["change"] != pool([PLAIN.sums(sight).by_clip], 3)[1]["change"]
    assert changed.tolist() == [False, True, False], "between 40 and 50: a cut at 40 is before both, at 50 between"


@pytest.mark.parametrize(("gap", "is_step"), [(LONGEST_STEP, True), (LONGEST_STEP + 1, False)])
def test_no_step_goes_across_a_gap(gap: int, is_step: bool) -> None:
    video, sight = Video([0, gap], [0, 0], [0, 1]), sight_of(2)
    assert_same(pool([video.sums(sight).by_clip], 1), naive(video, sight, 1))
    assert np.isfinite(pool([video.sums(sight).by_clip], 1)[1]["change"][0]) == is_step


def test_a_picture_shown_at_several_targets_counts_at_each_and_stands_still_between() -> None:
    video, sight = Video(PLAIN.targets, PLAIN.clips, [0, 0, 0, 1, 1, 1, 2, 3, 4, 4, 4, 4]), sight_of(5)
    assert_same(pool([video.sums(sight).by_clip], 3), naive(video, sight, 3))
    still = Video([0, 10, 20, 30], [0, 0, 1, 1], [0, 0, 0, 0])
    embeddings, cues = pool([still.sums(sight_of(1)).by_clip], 2)
    assert (embeddings[:, DIM:] == 0).all()
    assert cues["change"].tolist() == [0, 0]
    np.testing.assert_allclose(cues["spread"], 0, atol=1e-3)


def test_a_clip_without_a_picture_takes_the_features_of_another_and_no_cues() -> None:
    video, sight = Video([0, 10, 20, 30], [1, 1, 3, 3], [0, 1, 2, 3]), sight_of(4)
    embeddings, cues = pool([video.sums(sight).by_clip], 5)
    for without, source in ((0, 1), (2, 1), (4, 3)):
        np.testing.assert_array_equal(embeddings[without], embeddings[source])
    for values in cues.values():
        assert np.isfinite(values).tolist() == [False, True, False, True, False]


def test_a_clip_in_two_pieces_is_as_in_one() -> None:
    sight = sight_of(12)
    video = Video(PLAIN.targets, PLAIN.clips, PLAIN.shown, (55,))  # no step goes from one piece to the other
    halves = []
    for rows in (slice(6), slice(6, None)):
        seen = Sight(sight.features[rows], sight.cells[rows], sight.living[rows])
        half = Video(video.targets[rows], video.clips[rows], list(range(6)), video.cuts)
        halves.append(half.sums(seen).by_clip)
    for _ in range(2):  # what was added up is left as it was
        found = pool(halves, 3)
        assert_same(found, naive(video, sight, 3))


def test_a_network_that_gives_features_alone_leaves_the_rest_unmeasured() -> None:
    sight = sight_of(12)
    embeddings, cues = pool([PLAIN.sums(sight, with_sight=False).by_clip], 3)
    expected_embeddings, expected = naive(PLAIN, sight, 3)
    nothing = [np.nan] * 3
    assert_same((embeddings, cues), (expected_embeddings, expected | {"local_change": nothing, "living": nothing}))


def test_embeddings_are_float32_means_then_steps() -> None:
    embeddings, cues = pool([PLAIN.sums(sight_of(12)).by_clip], 3)
    assert embeddings.shape == (3, 2 * DIM)
    assert {embeddings.dtype, *(values.dtype for values in cues.values())} == {np.dtype(np.float32)}


@st.composite
def videos(draw: st.DrawFn) -> Video:
    steps: Sequence[int] = draw(st.lists(st.integers(1, 25), min_size=3, max_size=30))
    targets = np.cumsum(steps).tolist()
    moves = draw(st.lists(st.booleans(), min_size=len(targets) - 1, max_size=len(targets) - 1))
    shown = np.cumsum([0, *moves]).tolist()
    num_clips = draw(st.integers(1, 3))
    clips = (np.arange(len(targets)) * num_clips // len(targets)).tolist()
    cuts = draw(st.sets(st.integers(0, targets[-1]), max_size=4))
    # a picture is not shown beyond a cut
    for number in range(1, len(targets)):
        if any(targets[number - 1] < cut <= targets[number] for cut in cuts) and not moves[number - 1]:
            shown[number:] = [picture + 1 for picture in shown[number:]]
    return Video(targets, clips, shown, tuple(sorted(cuts)))


@given(videos(), st.integers(1, 4))
def test_any_video_in_any_batches_is_as_in_a_naive_loop(video: Video, batches: int) -> None:
    sight, num_clips = sight_of(max(video.shown) + 1), max(video.clips) + 1
    assert_same(pool([video.sums(sight, batches=batches).by_clip], num_clips), naive(video, sight, num_clips))
