from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from autohighlight.errors import OptionError
from autohighlight.training.dataset import measure, pad


def videos(*lengths: int, d_in: int = 3) -> list[NDArray[np.float32]]:
    rng = np.random.default_rng(0)
    return [rng.normal(2, 3, size=(n, d_in)).astype(np.float32) for n in lengths]


def test_statistics_are_those_of_all_clips() -> None:
    several = videos(4, 1, 9)
    together = np.concatenate(several).astype(np.float64)
    measured = measure(several)
    assert (len(measured), measured.d_in) == (3, 3)
    np.testing.assert_allclose(measured.mean, together.mean(0))
    np.testing.assert_allclose(measured.std, together.std(0))


@pytest.mark.parametrize(
    ("num_videos", "batch_size", "sizes"),
    [(8, 4, [4, 4]), (10, 4, [4, 4, 2]), (9, 4, [4, 5]), (3, 32, [3]), (2, 2, [2]), (3, 2, [3])],
)
def test_an_epoch_has_each_video_once_and_no_batch_of_one(num_videos: int, batch_size: int, sizes: list[int]) -> None:
    batches = measure(videos(*range(1, num_videos + 1))).epoch(batch_size, seed=0)
    assert [len(batch) for batch in batches] == sizes
    assert sorted(itertools.chain(*batches)) == list(range(num_videos))


def test_the_seed_decides_the_order() -> None:
    measured = measure(videos(*range(1, 20)))
    assert measured.epoch(4, seed=1) == measured.epoch(4, seed=1)
    assert measured.epoch(4, seed=1) != measured.epoch(4, seed=2)


def test_a_batch_is_padded_and_masked() -> None:
    several = videos(2, 1, 4)
    features, mask = measure(several).batch([2, 0])
    assert features.shape == (2, 4, 3)
    assert mask.tolist() == [[True] * 4, [True, True, False, False]]
    np.testing.assert_array_equal(features[0], several[2])
    np.testing.assert_array_equal(features[1, :2], several[0])
    assert (features[1, 2:] == 0).all()


def test_a_crop_is_a_stretch_of_the_video_drawn_by_the_seed() -> None:
    several = videos(30, 2)
    measured = measure(several)
    starts = set()
    for seed in range(20):
        features, mask = measured.batch([0, 1], crop=4, seed=seed)
        assert mask.sum(1).tolist() == [4, 2]
        start = next(i for i in range(27) if np.array_equal(features[0], several[0][i : i + 4]))
        starts.add(start)
    assert len(starts) > 5
    assert measured.batch([0], crop=4, seed=3)[0].equal(measured.batch([0], crop=4, seed=3)[0])


def test_copies_of_a_video_count_once() -> None:
    a, b = videos(3, 5)
    measured = measure([a, b, a.copy(), b.astype(np.float64)])
    assert measured.kept == (0, 1)
    np.testing.assert_allclose(measured.mean, np.concatenate([a, b]).mean(0), rtol=1e-5)


def test_the_fingerprint_follows_the_features_and_not_their_order() -> None:
    a, b, c = videos(3, 5, 2)
    assert measure([a, b]).fingerprint == measure([b, a]).fingerprint == measure([b, a, b]).fingerprint
    assert measure([a, b]).fingerprint != measure([a, c]).fingerprint


def test_videos_may_be_read_only_when_needed() -> None:
    reads = []

    class OnDisk(Sequence[NDArray[np.float32]]):
        def __len__(self) -> int:
            return 4

        def __getitem__(self, i):  # type: ignore[no-untyped-def]
            if i >= len(self):
                raise IndexError
            reads.append(i)
            return videos(2, 3, 4, 5)[i]

    measured = measure(OnDisk())
    assert reads == [0, 1, 2, 3]
    measured.batch([2, 1])
    assert reads == [0, 1, 2, 3, 2, 1]


@pytest.mark.parametrize("several", [[], videos(4), videos(4) * 3])
def test_fewer_than_two_different_videos_are_refused(several: list[NDArray[np.float32]]) -> None:
    with pytest.raises(OptionError, match="takes two"):
        measure(several)


@pytest.mark.parametrize(
    ("spoiled", "message"),
    [
        (np.zeros((0, 3)), r"video 1 has features of the shape \(0, 3\)"),
        (np.zeros(3), r"video 1 has features of the shape \(3,\)"),
        (np.zeros((2, 4)), "video 1 has features of 4 columns, the ones before of 3"),
        (np.full((2, 3), np.nan), "video 1 hold values that are not finite"),
    ],
)
def test_features_that_cannot_be_trained_on_are_refused(spoiled: NDArray[np.float64], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        measure([videos(3)[0], spoiled])


def test_padding_a_single_clip_needs_none() -> None:
    features, mask = pad(videos(1, 1))
    assert features.shape == (2, 1, 3)
    assert mask.all()
