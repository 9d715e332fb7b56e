from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from autohighlight.errors import OptionError
from autohighlight.training.dataset import measure


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


def test_a_batch_is_padded_and_masked() -> None:
    several = videos(2, 1, 4)
    (part,) = measure(several).batch([0, 2])
    assert part.features.shape == (2, 4, 3)
    assert part.mask is not None
    assert part.mask.tolist() == [[True] * 4, [True, True, False, False]]
    assert part.labels is None
    np.testing.assert_array_equal(part.features[0], several[2])
    np.testing.assert_array_equal(part.features[1, :2], several[0])
    assert (part.features[1, 2:] == 0).all()


def test_a_crop_is_a_stretch_of_the_video_drawn_by_the_seed() -> None:
    several = videos(30, 2)
    measured = measure(several)
    starts = set()
    for seed in range(20):
        (part,) = measured.batch([0, 1], crop=4, seed=seed)
        assert part.mask is not None
        assert part.mask.sum(1).tolist() == [4, 2]
        start = next(i for i in range(27) if np.array_equal(part.features[0], several[0][i : i + 4]))
        starts.add(start)
    assert len(starts) > 5
    assert measured.batch([0], crop=4, seed=3)[0].features.equal(measured.batch([0], crop=4, seed=3)[0].features)


def test_copies_of_a_video_count_once() -> None:
    a, b = videos(3, 5)
    measured = measure([a, b, a.copy(), b.astype(np.float64)])
    assert [stretch.video for stretch in measured.stretches] == [0, 1]
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


def test_videos_of_no_clips_to_choose_among_are_refused() -> None:
    with pytest.raises(OptionError, match="nothing to choose"):
        measure(videos(1, 1))


def test_pieces_are_of_equal_length_and_none_is_longer_than_asked() -> None:
    several = videos(25, 10, 3)
    measured = measure(several, pieces=10)
    assert [(s.video, s.start, s.stop) for s in measured.stretches] == [
        (0, 0, 8), (0, 8, 16), (0, 16, 25), (1, 0, 10), (2, 0, 3)
    ]  # fmt: skip
    assert (len(measured), measured.num_videos, measured.num_clips) == (5, 3, 38)
    (part,) = measured.batch([1])
    np.testing.assert_array_equal(part.features[0], several[0][8:16])
    np.testing.assert_allclose(measured.mean, np.concatenate(several).mean(0), rtol=1e-5)


def test_one_video_is_enough_where_it_makes_several_pieces() -> None:
    assert len(measure(videos(30), pieces=10)) == 3
    with pytest.raises(OptionError, match=r"different pieces of at most 30 clips: 1 .*shorter pieces with --pieces"):
        measure(videos(30), pieces=30)
    with pytest.raises(OptionError, match="no piece has more than one clip"):
        measure(videos(30), pieces=1)


def test_copies_of_a_piece_count_once() -> None:
    (video,) = videos(20)
    measured = measure([np.concatenate([video, video[:10]])], pieces=10)
    assert [(s.start, s.stop) for s in measured.stretches] == [(0, 10), (10, 20)]


def test_pieces_of_one_video_read_it_once() -> None:
    reads = []

    class Counted(list[NDArray[np.float32]]):
        def __getitem__(self, i):  # type: ignore[no-untyped-def]
            reads.append(i)
            return super().__getitem__(i)

    measured = measure(Counted(videos(30, 8)), pieces=10)
    reads.clear()
    measured.batch([0, 3, 1, 2])
    assert sorted(reads) == [0, 1]


def test_labels_go_with_the_clips() -> None:
    several = videos(5, 3, 9)
    labels = [np.array([False, True, True, False, False]), None, np.zeros(9, bool)]
    measured = measure(several, labels=labels)
    assert measured.num_labelled == 1, "a video without a highlight says nothing about which clips to prefer"
    (part,) = measured.batch([0, 1, 2])
    assert part.labels is not None
    assert part.labels.tolist() == [[False] * 9, [False, True, True] + [False] * 6, [False] * 9]
    assert measured.batch([1])[0].labels is None
    in_pieces = measure(several, labels=labels, pieces=3)
    assert [None if own is None else own.tolist() for own in in_pieces.labels[:2]] == [
        [False, True],
        [True, False, False],
    ]


def test_labels_of_a_copy_count_where_the_first_has_none() -> None:
    a, b = videos(3, 5)
    labels = np.array([True, False, False])
    assert measure([a, b, a], labels=[None, None, labels]).labels[0] == pytest.approx(labels)


@pytest.mark.parametrize("labels", [np.ones(4, bool), np.ones(3, int), np.ones((3, 1), bool)])
def test_labels_that_do_not_fit_are_refused(labels: NDArray[np.bool_]) -> None:
    with pytest.raises(OptionError, match=r"labels of video 0 are .* each of its 3 clips"):
        measure(videos(3, 5), labels=[labels, None])
    with pytest.raises(OptionError, match="2 videos, and labels for 1"):
        measure(videos(3, 5), labels=[None])


def test_labels_change_the_fingerprint() -> None:
    several = videos(3, 5)
    labels = [np.array([True, False, False]), None]
    assert measure(several, labels=[None, None]).fingerprint == measure(several).fingerprint
    assert measure(several, labels=labels).fingerprint != measure(several).fingerprint
    assert measure(several).ordered_fingerprint != measure(several[::-1]).ordered_fingerprint
