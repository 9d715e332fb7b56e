from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from autohighlight.training.batches import divided, epoch_maker, numbered_batches, read_ahead
from autohighlight.training.dataset import measure
from autohighlight.training.options import TrainingOptions


def videos(*lengths: int, d_in: int = 3) -> list[NDArray[np.float32]]:
    rng = np.random.default_rng(0)
    return [rng.normal(2, 3, size=(n, d_in)).astype(np.float32) for n in lengths]


def groups(num_groups: int, size: int) -> list[NDArray[np.float32]]:
    """Videos near each other in groups: video i belongs to group i % num_groups."""
    rng = np.random.default_rng(0)
    return [10 * np.eye(num_groups, dtype=np.float32)[[i % num_groups] * 4] + rng.normal(size=(4, num_groups))
            for i in range(num_groups * size)]  # fmt: skip


@pytest.mark.parametrize("negatives", ["random", "hard"])
@pytest.mark.parametrize(
    ("num_videos", "batch_size", "sizes"),
    [(8, 4, [4, 4]), (10, 4, [4, 4, 2]), (9, 4, [4, 5]), (3, 32, [3]), (2, 2, [2]), (3, 2, [3])],
)
def test_an_epoch_has_each_video_once_and_no_batch_of_one(
    num_videos: int, batch_size: int, sizes: list[int], negatives: str
) -> None:
    options = TrainingOptions(batch_size=batch_size, negatives=negatives)  # type: ignore[arg-type]
    batches = epoch_maker(measure(videos(*range(1, num_videos + 1))), options)(0)
    assert [len(batch) for batch in batches] == sizes
    assert sorted(itertools.chain(*batches)) == list(range(num_videos))
    assert [len(batch) for batch in divided(range(num_videos), batch_size)] == sizes


@pytest.mark.parametrize("negatives", ["random", "hard"])
def test_the_seed_decides_the_order(negatives: str) -> None:
    epoch = epoch_maker(measure(videos(*range(1, 20))), TrainingOptions(batch_size=4, negatives=negatives))  # type: ignore[arg-type]
    assert epoch(1) == epoch(1)
    assert epoch(1) != epoch(2)


def test_hard_negatives_are_the_nearest_videos() -> None:
    measured = measure(groups(num_groups=4, size=5))
    hard = epoch_maker(measured, TrainingOptions(batch_size=5, negatives="hard"))
    for seed in range(5):
        assert all(len({number % 4 for number in batch}) == 1 for batch in hard(seed))
    random = epoch_maker(measured, TrainingOptions(batch_size=5))
    assert any(len({number % 4 for number in batch}) > 1 for batch in random(0))


@pytest.mark.parametrize("negatives", ["random", "hard"])
def test_pieces_of_a_video_follow_one_another(negatives: str) -> None:
    measured = measure(videos(20, 35, 50, 10), pieces=5)
    options = TrainingOptions(batch_size=6, pieces=5, negatives=negatives)  # type: ignore[arg-type]
    order = list(itertools.chain(*epoch_maker(measured, options)(3)))
    assert sorted(order) == list(range(len(measured)))
    of_video = [measured.stretches[number].video for number in order]
    assert len([video for video, _ in itertools.groupby(of_video)]) == 4


@pytest.mark.parametrize("first", [1, 2, 5, 6, 9, 23])
def test_batches_go_on_from_any_step(first: int) -> None:
    measured = measure(videos(*range(1, 20)))
    options = TrainingOptions(batch_size=4)
    whole = list(itertools.islice(numbered_batches(measured, options, 1), 30))
    assert [step for step, _, _ in whole] == list(range(1, 31))
    assert list(itertools.islice(numbered_batches(measured, options, first), 31 - first)) == whole[first - 1 :]


def test_reading_ahead_gives_the_same_from_another_thread_and_passes_errors_on() -> None:
    threads = set()

    def items() -> Iterator[int]:
        for i in range(4):
            threads.add(threading.get_ident())
            yield i
        raise OSError("unreadable")

    ahead = read_ahead(items())
    assert [next(ahead) for _ in range(4)] == [0, 1, 2, 3]
    with pytest.raises(OSError, match="unreadable"):
        next(ahead)
    assert threading.get_ident() not in threads
    assert list(read_ahead(iter([]))) == []
