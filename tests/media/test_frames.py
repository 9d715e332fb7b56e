"""Frames after a seek, and those that are played, are the very frames of a full decode."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
import pytest
from av.video.frame import VideoFrame

from autohighlight.media.decode import VideoReader, packets_of, spans
from autohighlight.media.playback import FramePlayer
from autohighlight.media.probe import probe
from autohighlight.media.seeking import Seeking, find_seeking, frame_digest
from autohighlight.types import MediaInfo
from tests.media.made_files import ALTERED, KINDS, NUM_FRAMES, make_kind, shown_numbers
from tests.media.shared_files import NAMES, open_shared
from tests.media_factory import luma_of, read_number

UNTIMED = {"H.264 in AVI, which has no times", "H.264 without a container"}


def fully_decoded(media: MediaInfo, threads: str = "NONE") -> Iterator[VideoFrame]:
    """Every frame of a file, decoded from its beginning to its end without this package."""
    with av.open(f"file:{media.path}") as container:
        stream = container.streams[media.video_stream]
        assert isinstance(stream, av.VideoStream)
        stream.thread_type = threads
        for packet in container.demux(stream):
            try:
                frames = stream.codec_context.decode(packet if packet.size else None)
            except av.error.FFmpegError:
                continue
            yield from (frame for frame in frames if not frame.is_corrupt)


def digests_by_span(media: MediaInfo, seeking: Seeking, seed: int) -> list[bytes]:
    """Digests of all frames in order of time, the spans decoded in any order by one reader."""
    divided = spans(packets_of(media), seeking.starts)
    found: dict[int, list[bytes]] = {}
    with VideoReader(media, is_primed=seeking.is_primed) as reader:
        for number in np.random.default_rng(seed).permutation(len(divided)).tolist():
            found[number] = [frame_digest(frame) for frame in reader.frames(divided[number])]
        num_missing = media.num_frames - sum(map(len, found.values()))
        assert reader.num_lost >= num_missing
        assert (reader.num_lost == 0) == (num_missing == 0)
    return [digest for number in range(len(divided)) for digest in found[number]]


def assert_same_as_full_decode(path: Path) -> MediaInfo:
    media = probe(path)
    expected = []
    for number, frame in enumerate(fully_decoded(media)):
        if not packets_of(media).has_timestamps:
            frame.pts = int(packets_of(media).pts[number])
        expected.append(frame_digest(frame))
    assert expected
    for seed in range(2):
        assert digests_by_span(media, find_seeking(media), seed) == expected
    return media


@pytest.mark.parametrize("kind", KINDS)
def test_spans_in_any_order_give_the_frames_of_a_full_decode(kind: str, tmp_path: Path) -> None:
    media = assert_same_as_full_decode(make_kind(kind, tmp_path))
    assert packets_of(media).has_timestamps == (kind not in UNTIMED)


@pytest.mark.parametrize("kind", ALTERED)
def test_spans_of_untruthful_files_give_the_frames_of_a_full_decode(kind: str, tmp_path: Path) -> None:
    assert_same_as_full_decode(ALTERED[kind](tmp_path))


@pytest.mark.parametrize("kind", [k for k in KINDS if k.startswith(("closed", "open", "HEVC", "VP9", "MPEG-2"))])
def test_files_that_can_be_entered_are(kind: str, tmp_path: Path) -> None:
    media = probe(make_kind(kind, tmp_path))
    assert len(find_seeking(media).starts) >= 4


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_played_is_what_is_shown_then(kind: str, tmp_path: Path) -> None:
    media = probe(make_kind(kind, tmp_path))
    expected = shown_numbers(kind)
    player = FramePlayer(media, find_seeking(media))

    def play(first: int, count: int) -> list[int]:
        start = media.grid.time(first)
        frames = player.play(start=start, num_frames=count, rate=media.frame_rate)
        return [read_number(luma_of(frame)) for frame in frames]

    stretches = [(first, 5) for first in range(0, NUM_FRAMES - 5, 6)]
    assert play(0, NUM_FRAMES) == expected
    for first, count in np.random.default_rng(0).permutation(stretches).tolist():
        assert play(first, count) == expected[first : first + count]
    player.close()


def test_an_edit_list_hides_what_it_hides(tmp_path: Path) -> None:
    media = probe(ALTERED["edit list that hides frames"](tmp_path))
    assert media.time_range.start == 0
    player = FramePlayer(media, find_seeking(media))
    frames = player.play(start=Fraction(0), num_frames=NUM_FRAMES - 18, rate=media.frame_rate)
    assert [read_number(luma_of(frame)) for frame in frames] == list(range(18, NUM_FRAMES))
    player.close()


def test_playing_before_and_after_the_video_shows_its_first_and_last_frame(tmp_path: Path) -> None:
    media = probe(make_kind("late start", tmp_path))
    assert media.time_range.start == Fraction("5.3")
    player = FramePlayer(media, find_seeking(media))
    before = player.play(start=Fraction(5), num_frames=2, rate=media.frame_rate)
    assert [read_number(luma_of(frame)) for frame in before] == [0, 0]
    after = player.play(start=media.time_range.end, num_frames=2, rate=media.frame_rate)
    assert [read_number(luma_of(frame)) for frame in after] == [NUM_FRAMES - 1] * 2
    player.close()


MOST_SECONDS = 6
NOT_VIDEOS = {"odd/no_video_stream.mp4", "odd/not a video [text].mp4"}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in NOT_VIDEOS])
def test_spans_of_real_files_give_the_frames_of_a_full_decode(name: str, tmp_path: Path) -> None:
    media = probe(open_shared(name, tmp_path))
    seeking = find_seeking(media)
    limit = int((media.time_range.start + MOST_SECONDS) / media.time_base)
    divided = [s for s in spans(packets_of(media), seeking.starts) if s.end_pts <= limit or s.first == 0]
    chosen = [divided[n] for n in np.random.default_rng(0).permutation(len(divided))[:6]]
    end = max(span.end_pts for span in chosen)
    threads = "NONE" if "corrupted" in name else "AUTO"  # with threads FFmpeg conceals damage in another way
    frames = itertools.takewhile(lambda frame: (frame.pts or 0) < end, fully_decoded(media, threads))
    expected = {digest: number for number, digest in enumerate(map(frame_digest, frames))}
    with VideoReader(media, is_primed=seeking.is_primed) as reader:
        for span in chosen:
            numbers = [expected[frame_digest(frame)] for frame in reader.frames(span)]
            assert numbers
            assert numbers == list(range(numbers[0], numbers[-1] + 1))
            if span.end_pts == end:
                assert numbers[-1] == len(expected) - 1


def test_a_decoder_that_needs_the_first_packet_gets_it(shared: Path | None, tmp_path: Path) -> None:
    media = probe(open_shared("real/mouse_78s_444.mp4", tmp_path) if shared else make_kind("closed groups", tmp_path))
    seeking = find_seeking(media)
    assert seeking.is_primed == (shared is not None)
    assert len(seeking.starts) > 1
