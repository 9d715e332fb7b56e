from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autohighlight.media.decode import packets_of, spans, sync_points
from autohighlight.types import PacketIndex
from tests.factories import make_media


def index(pts: Sequence[int], keys: Sequence[int], *, has_timestamps: bool = True) -> PacketIndex:
    """Packets of the given times in decoding order, those numbered in `keys` marked as key frames."""
    is_key = np.zeros(len(pts), np.bool_)
    is_key[list(keys)] = True
    size, is_shown = np.ones(len(pts), np.int64), np.ones(len(pts), np.bool_)
    return PacketIndex(np.array(pts, np.int64), size, is_key, is_shown, has_timestamps)


CLOSED = index([0, 3, 1, 2, 4, 7, 5, 6], [0, 4])
OPEN = index([0, 3, 1, 2, 6, 4, 5, 9, 7, 8], [0, 4])


def test_a_closed_group_may_be_entered_at_its_key_frame() -> None:
    assert sync_points(CLOSED).tolist() == [0, 4]
    first, second = spans(CLOSED, sync_points(CLOSED))
    assert (first.first, first.stop, first.start_pts, first.end_pts) == (0, 4, 0, 4)
    assert (second.first, second.stop, second.start_pts, second.end_pts) == (4, 8, 4, 8)


def test_leading_pictures_of_an_open_group_belong_to_the_span_before() -> None:
    first, second = spans(OPEN, sync_points(OPEN))
    assert (first.first, first.stop, first.end_pts) == (0, 7, 6)
    assert (second.first, second.stop, second.start_pts) == (4, 10, 6)


def test_a_key_frame_shown_before_what_is_decoded_earlier_is_no_place_to_begin() -> None:
    assert sync_points(index([0, 9, 5, 6, 7, 8], [0, 2])).tolist() == [0]


def test_a_time_that_two_packets_claim_is_no_place_to_begin() -> None:
    assert sync_points(index([0, 1, 2, 2, 3, 4], [0, 2, 5])).tolist() == [0, 5]


def test_without_time_stamps_only_the_beginning_is_a_place_to_begin() -> None:
    assert sync_points(index([0, 1, 2, 3], [0, 2], has_timestamps=False)).tolist() == [0]


def test_decoding_always_may_begin_at_the_first_packet() -> None:
    assert sync_points(index([0, 1, 2, 3], [2])).tolist() == [0, 2]


def test_described_media_cannot_be_decoded() -> None:
    with pytest.raises(ValueError, match="has not been probed"):
        packets_of(make_media())


@given(st.permutations(range(24)), st.sets(st.integers(0, 23)))
def test_spans_hold_every_time_once_and_the_packets_shown_in_it(order: list[int], keys: set[int]) -> None:
    packets = index(order, sorted(keys | {0}))
    divided = spans(packets, sync_points(packets))
    assert divided[0].start_pts == 0
    assert divided[-1].end_pts == 24
    assert all(a.end_pts == b.start_pts for a, b in itertools.pairwise(divided))
    for span in divided:
        inside = np.flatnonzero((packets.pts >= span.start_pts) & (packets.pts < span.end_pts))
        assert len(inside)
        assert span.first <= inside.min()
        assert inside.max() < span.stop or (np.diff(np.sort(inside)) > 32).any()
