from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autohighlight.timeline.build import build_timeline
from autohighlight.timeline.model import Part, Timeline
from autohighlight.times import TimeRange
from autohighlight.types import Highlight, MediaInfo, Selection
from tests.factories import Number, exact, make_media, make_scores

SCORES = make_scores([0.5])


def select(media: MediaInfo, *spans: tuple[Number, Number]) -> Selection:
    highlights = [Highlight(TimeRange(exact(start), exact(end)), 0.5, "why") for start, end in spans]
    return Selection(media, tuple(highlights), SCORES)


def test_parts_follow_one_another_in_the_order_given() -> None:
    timeline = build_timeline(select(make_media(path="a/holiday.mp4"), (20, 24), (2, 3)))
    assert [(part.start, part.num_frames) for part in timeline.parts] == [(20, 100), (2, 25)]
    assert (timeline.name, timeline.frame_rate, timeline.size) == ("holiday", 25, (1280, 720))
    assert (timeline.num_frames, timeline.duration) == (125, 5)
    assert (timeline.parts[0].score, timeline.parts[0].reason) == (0.5, "why")
    assert timeline.source_range(timeline.parts[1]) == TimeRange(Fraction(2), Fraction(3))


def test_ends_go_to_the_nearest_frames_of_the_source() -> None:
    media = make_media(60, "30000/1001", start="0.1")
    (part,) = build_timeline(select(media, ("1.1", "2.1"))).parts
    assert part.start == Fraction(1, 10) + 30 * Fraction(1001, 30000)
    assert part.num_frames == 30


def test_a_highlight_shorter_than_a_frame_still_shows_one() -> None:
    (part,) = build_timeline(select(make_media(), ("1.001", "1.002"))).parts
    assert (part.start, part.num_frames) == (1, 1)


def test_a_highlight_never_begins_before_the_video() -> None:
    (part,) = build_timeline(select(make_media(start=5), (4, 6))).parts
    assert part.start == 5


def test_the_sequence_is_as_large_as_the_picture_is_shown() -> None:
    media = make_media(width=720, height=576, rotation=90, sample_aspect_ratio=Fraction(16, 11))
    assert build_timeline(select(media, (1, 2))).size == (576, 1048)


def test_nothing_chosen_is_no_timeline() -> None:
    with pytest.raises(ValueError, match="at least one part"):
        build_timeline(select(make_media()))


def test_a_part_holds_a_frame() -> None:
    with pytest.raises(ValueError, match="at least one frame"):
        Part(make_media(), Fraction(0), 0, 0.5, "")


@given(
    st.sampled_from(["24000/1001", "25", "30000/1001", "60000/1001", "120"]),
    st.lists(st.integers(1, 500), min_size=1, max_size=30),
    st.integers(0, 1000),
)
def test_neighbours_neither_share_a_frame_nor_lose_one(rate: str, lengths: list[int], begin: int) -> None:
    edges = [Fraction(int(edge), 97) for edge in begin + np.cumsum([0, *lengths])]
    media = make_media(200, rate)
    kept = [(a, b) for a, b in itertools.pairwise(edges) if b - a >= 1 / media.frame_rate]
    if not kept:
        return
    timeline = build_timeline(select(media, *kept))
    for (_, before), part, (after, _), following in zip(
        kept, timeline.parts, kept[1:], timeline.parts[1:], strict=False
    ):
        if before == after:
            assert timeline.source_range(part).end == following.start
    for (start, end), part in zip(kept, timeline.parts, strict=True):
        shown = timeline.source_range(part)
        assert abs(shown.start - start) <= Fraction(1, 2) / media.frame_rate
        assert abs(shown.end - end) <= Fraction(1, 2) / media.frame_rate


def test_the_grid_begins_at_0() -> None:
    part = Part(make_media(start=7), Fraction(7), 5, 0.5, "")
    assert Timeline("x", Fraction(25), (2, 2), (part,)).grid.time(5) == Fraction(1, 5)
