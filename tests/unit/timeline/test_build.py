from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autohighlight.timecode import Timecode
from autohighlight.timeline.build import build_timeline
from autohighlight.timeline.events import events
from autohighlight.timeline.model import Marker, Timeline
from autohighlight.times import Length, TimeRange
from autohighlight.types import Highlight, MediaInfo, Selection
from tests.factories import Number, exact, make_media, make_scores

SCORES = make_scores([0.5])
RATES = ["24000/1001", "24", "25", "30000/1001", "30", "50", "60000/1001", "60", "120"]


def select(media: MediaInfo, *spans: tuple[Number, Number]) -> Selection:
    highlights = [Highlight(TimeRange(exact(start), exact(end)), 0.5, "why") for start, end in spans]
    return Selection(media, tuple(highlights), SCORES)


def places(timeline: Timeline) -> list[tuple[int, int]]:
    return [(part.first_frame, part.num_frames) for part in timeline.parts]


def test_parts_follow_one_another_in_the_order_given() -> None:
    timeline = build_timeline(select(make_media(path="a/holiday.mp4"), (20, 24), (2, 3)))
    assert places(timeline) == [(500, 100), (50, 25)]
    assert [part.start for part in timeline.parts] == [20, 2]
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
    assert places(build_timeline(select(make_media(), ("1.001", "1.002")))) == [(25, 1)]


@pytest.mark.parametrize("is_variable_rate", [False, True])
def test_a_highlight_never_leaves_the_video(is_variable_rate: bool) -> None:
    media = make_media("10.03", start=5, is_variable_rate=is_variable_rate)
    length = 250 if is_variable_rate else 251  # 250.75 frames: a constant rate means its last, a variable one does not
    assert places(build_timeline(select(media, (4, 6), (14, 16)))) == [(0, 25), (225, length - 225)]
    assert places(build_timeline(select(media, (20, 21)))) == [(length - 1, 1)]


def test_the_sequence_is_as_large_as_the_picture_is_shown() -> None:
    media = make_media(width=720, height=576, rotation=90, sample_aspect_ratio=Fraction(16, 11))
    assert build_timeline(select(media, (1, 2))).size == (576, 1048)


def test_nothing_chosen_is_no_timeline() -> None:
    with pytest.raises(ValueError, match="at least one part"):
        build_timeline(select(make_media()))
    with pytest.raises(ValueError, match="at least one part"):
        build_timeline()


@pytest.mark.parametrize(
    ("label", "rate"), [("10:00:00;10", "30000/1001"), ("10:00:00;10", "30"), ("10:00:00:10", "30")]
)
def test_the_sequence_counts_labels_as_its_first_source_does(label: str, rate: str) -> None:
    media = make_media(60, rate, start_timecode=Timecode.parse(label, Fraction(rate)))
    timeline = build_timeline(select(media, (1, 2)))
    assert str(timeline.start_timecode) == f"01:00:00{label[8]}00"
    assert timeline.start_timecode.format.rate == Fraction(rate)


def test_a_sequence_begins_at_0_where_labels_do_not_keep_time() -> None:
    timeline = build_timeline(select(make_media(60, "12.5"), (1, 2)))
    assert timeline.start_timecode.frame == 0


def test_several_videos_make_one_timeline_of_the_first_one_s_rate_and_size() -> None:
    first = make_media(60, "30000/1001", path="a/one.mp4", width=1920, height=1080)
    second = make_media(60, 50, path="b/one.mp4", width=720, height=1280)
    timeline = build_timeline(
        select(make_media(path="empty.mp4")),
        select(first, (1, 2)),
        select(second, (3, 5), (1, 2)),
        select(first, (7, 8)),
    )
    assert (timeline.frame_rate, timeline.size, timeline.name) == (first.frame_rate, (1920, 1080), "highlights")
    assert [(source.id, source.media) for source in timeline.sources] == [("source-1", first), ("source-2", second)]
    assert [part.source.id for part in timeline.parts] == ["source-1", "source-2", "source-2", "source-1"]
    assert places(timeline) == [(30, 30), (150, 59), (50, 29), (210, 30)]
    assert [marker.name for part in timeline.parts for marker in part.markers] == [
        f"Highlight {n}" for n in (1, 2, 3, 4)
    ]
    assert timeline.sources[0].scores is SCORES
    assert build_timeline(select(first, (1, 2)), name="best of").name == "best of"


def test_a_part_shorter_than_a_frame_of_the_sequence_stays_in_its_file() -> None:
    slow, fast = make_media(60, 10, path="slow.mp4"), make_media(1, 100, path="fast.mp4")
    timeline = build_timeline(select(slow, (1, 2)), select(fast, ("0.97", 1)))
    assert places(timeline) == [(10, 10), (90, 1)]
    assert events(timeline)[1].source.end == 100


def test_handles_lengthen_a_part_and_its_marker_shows_the_highlight() -> None:
    (part,) = build_timeline(select(make_media(), (20, 24)), handles=Length.parse("1s")).parts
    assert (part.first_frame, part.num_frames, part.head_handle, part.tail_handle) == (475, 150, 25, 25)
    assert part.markers == (Marker("Highlight 1", "score 0.50: why", 25, 100),)


def test_handles_end_with_the_file_and_divide_what_lies_between_neighbours() -> None:
    timeline = build_timeline(select(make_media(10), (8, 9), ("0.4", 2), ("2.2", 3)), handles=Length.parse("2s"))
    # 2 s are 50 frames; 10 before the first in the file, 5 between it and the next, 125 between that and the last.
    assert [(p.first_frame, p.head_handle, p.tail_handle, p.num_frames) for p in timeline.parts] == [
        (150, 50, 25, 100), (0, 10, 2, 52), (52, 3, 50, 73)
    ]  # fmt: skip


@pytest.mark.parametrize(("handles", "frames"), [("10f", 10), ("50%", 50), ("10ms", 0)])
def test_handles_are_given_like_any_length(handles: str, frames: int) -> None:
    (part,) = build_timeline(select(make_media(), (20, 24)), handles=Length.parse(handles)).parts
    assert (part.head_handle, part.tail_handle) == (frames, frames)


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


@given(
    st.lists(st.sampled_from(RATES), min_size=1, max_size=3),
    st.lists(st.integers(30, 2000), min_size=2, max_size=12, unique=True),
    st.none() | st.sampled_from(["1s", "3f", "50%", "20s"]),
    st.booleans(),
)
def test_parts_fill_the_sequence_and_never_overlap_or_leave_their_files(
    rates: list[str], edges: list[int], handles: str | None, is_variable_rate: bool
) -> None:
    edges.sort()
    spans = [(Fraction(a, 97), Fraction(b, 97)) for a, b in zip(edges[::2], edges[1::2], strict=False) if b > a + 12]
    medias = [
        make_media("20.7", rate, path=f"{number}.mp4", start="0.3", is_variable_rate=is_variable_rate)
        for number, rate in enumerate(rates)
    ]
    if not spans:
        return
    selections = [select(media, *spans) for media in medias]
    timeline = build_timeline(*selections, handles=Length.parse(handles) if handles else None)
    laid = events(timeline)
    reached = 0
    for event in laid:
        assert event.record.first == reached
        reached = event.record.end
        assert event.record.num_frames == event.part.num_frames
        assert event.source.end <= event.part.source.num_frames
        assert event.source.num_frames - event.source_length < 1
        assert event.record.time_range.duration == event.source_length / event.part.source.rate
        (marker,) = event.markers
        assert event.record.first <= marker.record.first < marker.record.end <= event.record.end
        assert event.source.first <= marker.source.first < marker.source.end <= event.source.end
    assert reached == timeline.num_frames
    for source in timeline.sources:
        here = sorted((e.source.first, e.source.end) for e in laid if e.part.source == source)
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(here))
    for event, (start, end) in zip(laid, spans * len(medias), strict=True):
        origin, marked = event.part.media.time_range.start, event.markers[0].source.time_range
        slack = Fraction(3, 2) / event.part.source.rate + 1 / timeline.frame_rate
        assert abs(origin + marked.start - start) <= slack
        assert abs(origin + marked.end - end) <= slack


def test_a_file_reached_by_two_names_of_one_path_is_one_source() -> None:
    one, same = make_media(path="x.mp4"), make_media(path=Path("x.mp4").absolute())
    assert len(build_timeline(select(one, (1, 2)), select(same, (3, 4))).sources) == 1


def test_a_montage_has_the_rate_and_the_size_that_most_of_it_has() -> None:
    small = make_media(path="small.mp4", frame_rate="25", width=640, height=360)
    large = make_media(
        path="large.mp4", frame_rate="30000/1001", start_timecode=Timecode.parse("01:00:00;00", Fraction(30))
    )
    other = make_media(path="other.mp4", frame_rate="50", width=1280, height=720)
    selections = select(small, (2, 7)), select(large, (2, 6)), select(other, (0, 3))
    timeline = build_timeline(*selections, format_of="most")
    assert (timeline.size, timeline.frame_rate, timeline.is_drop_frame) == ((1280, 720), 25, False)
    timeline = build_timeline(*selections[1:], format_of="most")
    assert (timeline.size, timeline.frame_rate, timeline.is_drop_frame) == ((1280, 720), Fraction(30000, 1001), True)
    assert build_timeline(*selections).size == (640, 360)


def test_of_formats_shown_equally_long_the_first_counts() -> None:
    one, two = make_media(path="one.mp4", width=640, height=360), make_media(path="two.mp4")
    assert build_timeline(select(one, (0, 2)), select(two, (0, 2)), format_of="most").size == (640, 360)
    assert build_timeline(select(two, (0, 2)), select(one, (0, 2)), format_of="most").size == (1280, 720)


def test_one_video_may_come_in_several_selections() -> None:
    one, two = make_media(path="one.mp4"), make_media(path="two.mp4")
    timeline = build_timeline(select(one, (4, 6)), select(two, (0, 2)), select(one, (0, 2)))
    assert [part.source.id for part in timeline.parts] == ["source-1", "source-2", "source-1"]
    assert len(timeline.sources) == 2
