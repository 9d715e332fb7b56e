from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autohighlight.training.padding import MAX_ROWS, pad, part_sizes, parts_of_similar_lengths


def test_padding_a_single_clip_needs_none() -> None:
    features, mask = pad([np.ones((1, 3)), np.zeros((1, 3))])
    assert features.shape == (2, 1, 3)
    assert mask.all()


def test_videos_of_one_length_are_one_part_without_a_mask() -> None:
    (part,) = parts_of_similar_lengths([(np.full((7, 2), i), None) for i in range(4)])
    assert part.mask is None
    assert part.features[:, 0, 0].tolist() == [0, 1, 2, 3]


def test_a_long_video_among_short_ones_is_a_part_of_its_own() -> None:
    videos = [(np.full((n, 2), n, float), None) for n in (10, 3000, 20, 15)]
    long, short = parts_of_similar_lengths(videos)
    assert long.features.shape == (1, 3000, 2)
    assert short.features.shape == (3, 20, 2)
    assert short.features[:, 0, 0].tolist() == [20, 15, 10]


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=40))
def test_padding_stays_a_fifth_or_a_few_hundred_clips_and_no_video_is_lost(lengths: list[int]) -> None:
    lengths = sorted(lengths, reverse=True)
    sizes = part_sizes(lengths)
    assert sum(sizes) == len(lengths)
    begin = 0
    for size in sizes:
        part = lengths[begin : begin + size]
        begin += size
        padding = size * part[0] - sum(part)
        assert padding <= max(256, size * part[0] / 5)
        assert size * part[0] <= MAX_ROWS or size == 1


@pytest.mark.parametrize("length", [MAX_ROWS // 2, MAX_ROWS * 3])
def test_very_long_videos_are_embedded_a_few_at_a_time(length: int) -> None:
    assert part_sizes([length] * 4) == ([2, 2] if length < MAX_ROWS else [1] * 4)
