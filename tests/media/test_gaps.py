"""Where a recording has nothing to show, no highlight is chosen, and all that is shown is what a full decode shows."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from autohighlight import pipeline
from autohighlight.config import Options
from autohighlight.pipeline import Analysis
from autohighlight.timeline.build import build_timeline
from autohighlight.times import Length, TimeRange
from autohighlight.types import Clip, FeatureTrack, Highlight, MediaInfo, ScoreTrack, Selection
from tests.media.reels import click_delays, make_flashes, make_reel
from tests.media_factory import decode, make_video, tone

Packets = Callable[[float, bool, bool], bool]
"""Whether a packet stays: its time after the first picture in seconds, whether it is of the picture, a key frame."""

_GROUP = 50
_X264 = ("-c:v", "libx264", "-preset", "veryfast", "-g", _GROUP, "-keyint_min", _GROUP, "-sc_threshold", 0)
_X265 = ("-c:v", "libx265", "-preset", "ultrafast",
         "-x265-params", f"log-level=error:keyint={_GROUP}:min-keyint={_GROUP}:scenecut=0")  # fmt: skip
_MPEG2 = ("-c:v", "mpeg2video", "-g", _GROUP, "-bf", 2, "-q:v", 2, "-sc_threshold", 1_000_000_000)
_MPEG4 = ("-c:v", "mpeg4", "-g", _GROUP, "-q:v", 2)
_REFRESH = ("-c:v", "libx264", "-preset", "veryfast", "-x264-params", f"keyint={_GROUP}:intra-refresh=1:bframes=0")


def _without(source: Path, copy: Path, stays: Packets) -> Path:
    """A copy of a file in which some packets are missing."""
    with av.open(str(source)) as container, av.open(str(copy), "w") as output:
        streams = {stream.index: output.add_stream_from_template(stream) for stream in container.streams}
        first = float((container.streams.video[0].start_time or 0) * (container.streams.video[0].time_base or 0))
        for packet in container.demux():
            is_picture = packet.stream.type == "video"
            if not packet.size or packet.pts is None or packet.time_base is None:
                continue
            if stays(float(packet.pts * packet.time_base) - first, is_picture, packet.is_keyframe):
                packet.stream = streams[packet.stream_index]
                output.mux(packet)
    return copy


def _cut_at(source: Path, part: float) -> Path:
    """The end of a stream, from so much of it on, as a recorder of broadcasts cuts it out."""
    content = source.read_bytes()
    copy = source.with_name(f"cut-{source.name}")
    size = 188 if source.suffix == ".ts" else 2048
    copy.write_bytes(content[int(len(content) * part) // size * size :])
    return copy


def _chosen(media: MediaInfo, favoured: TimeRange, duration: str = "1s", order: str = "time") -> Selection:
    """What is chosen if the clips in one stretch score highest."""
    edges = [media.time_range.start + Fraction(n, 2) for n in range(int(media.duration * 2))] + [media.time_range.end]
    clips = tuple(Clip(n, TimeRange(*pair)) for n, pair in enumerate(itertools.pairwise(edges)))
    values = np.array([0.9 if clip.time_range.overlap(favoured) else 0.1 for clip in clips])
    scores = ScoreTrack(clips, values, "test")
    features = FeatureTrack(clips, np.zeros((len(clips), 2), np.float32), {}, (), "test", "test")
    options = Options.of(duration=duration, min_length="1s", order=order)
    return pipeline.select(Analysis(media, features, scores), options)


@pytest.mark.parametrize(
    ("suffix", "encoder"),
    [("ts", _X264), ("ts", _X265), ("ts", _MPEG2), ("mpg", _MPEG2), ("ts", _REFRESH)],
    ids=["h264", "hevc", "mpeg2", "mpeg2-ps", "intra-refresh"],
)
def test_a_recording_that_begins_between_key_frames(suffix: str, encoder: tuple[object, ...], tmp_path: Path) -> None:
    source = make_video(tmp_path / f"made.{suffix}", 150, encoder=encoder, options=("-bsf:v", "null"))
    cut = _cut_at(source, 0.2)
    whole = decode(cut)
    media = pipeline.probe(cut)
    (head,) = media.gaps
    assert head == TimeRange(media.time_range.start, whole.times[0])
    assert head.duration > Fraction(1, 5)
    selection = _chosen(media, head)
    assert all(highlight.time_range.start >= whole.times[0] for highlight in selection)
    reel = tmp_path / "reel.mp4"
    pipeline.write(selection, reel, options=Options.of(preset="ultrafast", crf=10))
    numbers = decode(reel).numbers
    first = next(n for n, time in enumerate(whole.times) if time >= selection[0].time_range.start - Fraction(1, 50))
    assert numbers == whole.numbers[first : first + len(numbers)]
    assert len(set(numbers)) == 25


def test_decoders_that_begin_with_grey_pictures(tmp_path: Path) -> None:
    cut = _cut_at(make_video(tmp_path / "made.ts", 150, encoder=_MPEG4), 0.2)
    media = pipeline.probe(cut)
    (head,) = media.gaps
    with av.open(str(cut)) as container:
        stream = container.streams.video[0]
        key = next(packet for packet in container.demux(stream) if packet.is_keyframe)
        assert key.pts is not None
        assert head.end == key.pts * (stream.time_base or 0)


def test_handles_stay_out_of_the_part_that_cannot_be_decoded(tmp_path: Path) -> None:
    media = pipeline.probe(_cut_at(make_video(tmp_path / "made.ts", 150, encoder=_X264), 0.2))
    head = media.gaps[0]
    chosen = TimeRange(head.end + Fraction(1, 5), head.end + 1)
    selection = Selection(media, (Highlight(chosen, 1.0, ""),), _chosen(media, head).scores)
    (part,) = build_timeline(selection, handles=Length.parse("2s")).parts
    assert part.head_handle == 5
    assert part.start == head.end


@pytest.mark.parametrize("suffix", ["ts", "mkv", "mp4"])
def test_after_a_lost_key_frame(suffix: str, tmp_path: Path) -> None:
    source = make_video(tmp_path / "made.ts", 250, encoder=_X264)
    damaged = _without(source, tmp_path / f"lost.{suffix}", lambda time, _, is_key: not (is_key and 3 < time < 5))
    media = pipeline.probe(damaged)
    (gap,) = media.gaps
    start = media.time_range.start
    assert [float(gap.start - start), float(gap.end - start)] == pytest.approx([4, 6], abs=0.05)
    assert all(highlight.time_range.overlap(gap) == 0 for highlight in _chosen(media, gap))


def test_what_a_decoder_leaves_out_is_found_while_it_decodes(tmp_path: Path) -> None:
    source = make_video(tmp_path / "made.ts", 150, encoder=_X265)
    damaged = _without(source, tmp_path / "lost.mkv", lambda time, _, is_key: not (is_key and 1 < time < 3))
    options = Options.of(backbone="efficientnet-lite0-random", cache_dir=tmp_path / "cache", clip_length="1s")
    shown = decode(damaged).times
    before, after = max(itertools.pairwise(shown), key=lambda pair: pair[1] - pair[0])
    for _ in range(2):  # measured, then from the cache
        analysis = pipeline.analyse(damaged, options)
        (gap,) = analysis.media.gaps
        assert [float(gap.start), float(gap.end)] == pytest.approx([float(before) + 0.04, float(after)], abs=0.002)
        assert (analysis.features.cues["movement"][2:4] == 0).all()
        assert all(highlight.time_range.overlap(gap) == 0 for highlight in _chosen(analysis.media, gap))


@pytest.mark.parametrize("suffix", ["ts", "mkv", "mp4"])
def test_a_hole_in_picture_and_sound(suffix: str, tmp_path: Path) -> None:
    source = make_flashes(tmp_path / "made.ts", 12, Fraction(25), ("-c:a", "aac"))
    _, keys = _times_of(source)
    with_hole = _without(source, tmp_path / f"hole.{suffix}", lambda time, *_: not 2 <= time < 8.5)
    media = pipeline.probe(with_hole)
    start = media.time_range.start
    (gap,) = media.gaps
    assert float(gap.start - start) == pytest.approx(2, abs=0.06)
    assert float(gap.end - start) == pytest.approx(8.5, abs=0.04) or gap.end in keys
    selection = _chosen(media, gap, "3s")
    assert all(highlight.time_range.overlap(gap) == 0 for highlight in selection)


def _times_of(path: Path) -> tuple[list[Fraction], set[Fraction]]:
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.pts is not None]
        times = [(packet.pts or 0) * (packet.time_base or Fraction(0)) for packet in packets]
        return times, {time for time, packet in zip(times, packets, strict=True) if packet.is_keyframe}


@pytest.mark.parametrize("suffix", ["ts", "mkv", "mp4"])
def test_sound_stays_with_the_picture_after_a_hole(suffix: str, tmp_path: Path) -> None:
    source = make_flashes(tmp_path / "made.ts", 12, Fraction(25), ("-c:a", "aac"))
    with_hole = _without(source, tmp_path / f"hole.{suffix}", lambda time, *_: not 2 <= time < 8)
    reel, timeline, _ = make_reel(with_hole, [(5, 17), (230, 17), (255, 17)])
    assert len(reel.lumas) == timeline.num_frames
    delays = click_delays(reel)
    assert len(delays) == 3
    assert np.abs(delays).max() < 0.003


def test_a_still_screen_with_sound_is_no_hole(tmp_path: Path) -> None:
    source = make_video(tmp_path / "made.ts", 300, sound=tone(12), encoder=_X264)
    still = _without(source, tmp_path / "still.mkv", lambda time, is_picture, _: not (is_picture and 2 <= time < 8))
    assert pipeline.probe(still).gaps == ()


def test_a_file_without_sound_has_holes_if_its_frames_are_even(tmp_path: Path) -> None:
    source = make_video(tmp_path / "made.ts", 300, encoder=_X264)
    even = _without(source, tmp_path / "even.mkv", lambda time, *_: not 2 <= time < 8)
    assert len(pipeline.probe(even).gaps) == 1
    screen = _without(source, tmp_path / "screen.mkv", lambda time, *_: not 2 <= time < 8 and int(time * 5) % 3 < 2)
    assert pipeline.probe(screen).gaps == ()


def test_gaps_are_said(tmp_path: Path) -> None:
    media = pipeline.probe(make_video(tmp_path / "made.mp4", 50))
    assert media.gap_warning == ""
    one = dataclasses.replace(media, gaps=(TimeRange(Fraction(3), Fraction(11, 2)),))
    assert one.gap_warning == "nothing can be shown from 0:03.0 to 0:05.5; no highlight is chosen there"
    two = dataclasses.replace(one, gaps=(*one.gaps, TimeRange(Fraction(8), Fraction(9))))
    assert two.gap_warning.startswith("nothing can be shown in 2 places, the first from 0:03.0 to 0:05.5")
