from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from autohighlight.config import Speed
from autohighlight.features.plan import Plan, plan
from autohighlight.media.decode import packets_of, sync_points
from autohighlight.media.seeking import Seeking
from autohighlight.times import Length
from autohighlight.types import Clip, MediaInfo, PacketIndex
from tests.factories import make_clips, make_media

SPEEDS: tuple[Speed, ...] = ("exact", "balanced", "fast")


@dataclass(frozen=True)
class Video:
    """A video described by its groups, and the plan for one speed."""

    media: MediaInfo
    clips: tuple[Clip, ...]
    starts: NDArray[np.int64]

    def plan(self, speed: Speed) -> Plan:
        return plan(self.media, self.clips, Seeking(self.starts), speed)


def group_order(num_frames: int, num_b: int) -> list[int]:
    """Numbers of a closed group's frames in decoding order: each frame that is predicted from comes before its Bs."""
    order, shown = [0], 0
    while shown < num_frames - 1:
        anchor = min(shown + num_b + 1, num_frames - 1)
        order += [anchor, *range(shown + 1, anchor)]
        shown = anchor
    return order


def made(
    groups: list[int], rate: Fraction | int = 25, clip_seconds: float = 2, *, num_b: int = 2, start: int = 0
) -> Video:
    """Groups of so many frames each, begun `start` ticks late; there are 1000 ticks to a frame."""
    firsts = np.cumsum([0, *groups[:-1]]).tolist()
    numbers = [first + n for first, count in zip(firsts, groups, strict=True) for n in group_order(count, num_b)]
    pts = np.array(numbers, np.int64) * 1000 + start
    is_key = np.zeros(len(pts), np.bool_)
    is_key[firsts] = True
    packets = PacketIndex(pts, np.ones(len(pts), np.int64), is_key, np.ones(len(pts), np.bool_))
    rate = Fraction(rate)
    begin = start / (rate * 1000)
    media = make_media(len(pts) / rate, rate, start=begin, packets=packets)
    length = Length.parse(f"{clip_seconds}s").seconds(whole=media.duration, frame_rate=rate)
    count = max(1, int(media.duration / length))
    clips = make_clips([length] * (count - 1) + [media.duration - (count - 1) * length], begin)
    return Video(media, clips, sync_points(packets))


def wanted_packets(video: Video, todo: Plan) -> NDArray[np.bool_]:
    """bool, one a packet: whether a plan has it decoded."""
    wanted = np.zeros(len(packets_of(video.media)), np.bool_)
    for request in todo.requests:
        inside = slice(request.span.first, request.span.stop)
        wanted[inside] |= True if request.wanted is None else request.wanted
    return wanted


def pictures_by_clip(video: Video, todo: Plan) -> list[int]:
    """How many targets lie in each clip."""
    targets = np.concatenate([request.targets for request in todo.requests])
    begins = [int(clip.time_range.start / video.media.time_base) for clip in video.clips]
    return np.diff([*np.searchsorted(targets, begins), len(targets)]).tolist()


@pytest.mark.parametrize("groups", [[25] * 20, [250] * 4, [500]])
def test_exact_decodes_every_frame(groups: list[int]) -> None:
    todo = made(groups).plan("exact")
    assert all(request.wanted is None for request in todo.requests)
    assert not todo.skips_unreferenced
    assert todo.picture_ticks == 6250, "a quarter of a second"
    assert set(pictures_by_clip(made(groups), todo)) == {8}


@pytest.mark.parametrize("length", [25, 12, 5, 1])
def test_balanced_decodes_about_half_where_key_frames_are_dense(length: int) -> None:
    video = made([length] * (4000 // length))
    todo = video.plan("balanced")
    assert 0.3 < wanted_packets(video, todo).mean() < 0.65
    assert todo.skips_unreferenced
    assert min(pictures_by_clip(video, todo)) >= 2


def test_balanced_decodes_short_videos_whole() -> None:
    for groups in ([25] * 60, [12] * 100, [1000]):
        todo = made(groups).plan("balanced")
        assert wanted_packets(made(groups), todo).all()
        assert not todo.skips_unreferenced


@pytest.mark.parametrize("speed", ["balanced", "fast"])
def test_where_key_frames_are_far_apart_only_unreferenced_frames_are_left_out(speed: Speed) -> None:
    for groups in ([250] * 16, [4000]):
        todo = made(groups).plan(speed)
        assert all(request.wanted is None for request in todo.requests)
        assert todo.skips_unreferenced


def test_fast_decodes_key_frames_alone_where_there_is_one_a_clip() -> None:
    video = made([50] * 10)
    todo = video.plan("fast")
    assert wanted_packets(video, todo).tolist() == packets_of(video.media).is_key.tolist()
    assert all(request.grey_gap is None for request in todo.requests)
    assert pictures_by_clip(video, todo) == [2] * 10
    assert todo.picture_ticks == 25_000


def test_fast_passes_over_key_frames_that_show_nothing_new() -> None:
    video = made([5] * 100)
    assert wanted_packets(video, video.plan("fast")).sum() == 20, "one a second of 20 seconds"


def test_one_long_take_among_short_shots_is_measured_throughout() -> None:
    video = made([20] * 10 + [250] + [20] * 200)
    todo = video.plan("balanced")
    assert min(pictures_by_clip(video, todo)) >= 2
    assert wanted_packets(video, todo)[200:450].all()
    assert wanted_packets(video, todo).mean() < 0.7, "the rest is still decoded in part"


@pytest.mark.parametrize("clip_seconds", [0.2, 0.5, 1])
def test_short_clips_are_measured_all(clip_seconds: float) -> None:
    video = made([25] * 130, clip_seconds=clip_seconds)
    for speed in SPEEDS:
        assert min(pictures_by_clip(video, video.plan(speed))) >= 2, speed


def test_grey_pictures_are_a_twelfth_of_a_second_apart_at_any_rate() -> None:
    for rate in (24, 25, 30, 50, 60, 120):
        request = made([rate] * 130, rate).plan("balanced").requests[0]
        assert request.grey_gap is not None
        frames = -(-request.grey_gap // 1000)  # the first frame at or after the gap
        assert frames / rate == pytest.approx(0.08, abs=0.5 / rate)
        assert request.widest_gap == int(Fraction(5, 2) * max(Fraction(2, 25), Fraction(1, rate)) * rate * 1000)


def test_the_pieces_do_not_depend_on_the_speed_and_are_long() -> None:
    video = made([25] * 70)
    divided = [[request.span for request in video.plan(speed).requests] for speed in SPEEDS]
    assert divided[0] == divided[1] == divided[2]
    assert [span.start_pts // 25_000 for span in divided[0]] == [0, 12, 24, 36, 48, 60]


@st.composite
def videos(draw: st.DrawFn) -> Video:
    rate = draw(st.sampled_from([Fraction(r) for r in (1, 5, 10, 24, 25, 30, 60)] + [Fraction(30000, 1001)]))
    groups = draw(st.lists(st.integers(1, 90), min_size=1, max_size=12))
    clip_seconds = draw(st.sampled_from([0.5, 1, 2, 4, 10]))
    if draw(st.booleans()):
        groups *= int(130 * rate / sum(groups)) + 1  # no short video
    return made(groups, rate, clip_seconds, num_b=draw(st.integers(0, 3)), start=draw(st.integers(-5000, 90_000)))


@given(videos(), st.sampled_from(SPEEDS))
def test_a_plan_can_be_carried_out_and_measures_every_clip(video: Video, speed: Speed) -> None:
    todo, packets = video.plan(speed), packets_of(video.media)
    wanted = wanted_packets(video, todo)
    edges = [*video.starts.tolist(), len(packets)]
    for first, stop in itertools.pairwise(edges):
        num_wanted = int(wanted[first:stop].sum())
        assert wanted[first : first + num_wanted].all(), "a group's beginning never misses what it is predicted from"
    for request in todo.requests:
        assert (np.diff(request.targets) >= 0).all()
        inside = (request.span.start_pts <= request.targets) & (request.targets < request.span.end_pts)
        assert inside.all()
        order = np.argsort(packets.pts)
        shown = order[np.searchsorted(packets.pts[order], request.targets, side="right") - 1]
        if request.grey_gap is not None:
            assert wanted[shown].all(), "the very frame shown at each target is decoded"
    is_last_shown = packets.pts.max() * video.media.time_base >= video.clips[-1].time_range.start
    assert min(pictures_by_clip(video, todo)[: None if is_last_shown else -1], default=1) >= 1
    assert wanted.any()
