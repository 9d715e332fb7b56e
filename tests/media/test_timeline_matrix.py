"""The matrix holds what it says, and a reel of any of its sources shows the frames that the timeline names."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from autohighlight.config import ExportOptions
from autohighlight.export.reel import write_reel
from autohighlight.media.probe import probe
from autohighlight.timeline.build import build_timeline
from autohighlight.timeline.events import events
from autohighlight.timeline.model import Timeline
from autohighlight.times import Length, TimeRange
from autohighlight.types import Highlight, MediaInfo, Selection
from tests.factories import make_scores
from tests.media_factory import decode
from tests.timeline_matrix import MATRIX, NUM_FRAMES, SEVERAL, Matrix, read_shown_number

SCORES = make_scores([0.5])


def select(media: MediaInfo, cuts: Sequence[tuple[int, int]]) -> Selection:
    """Highlights that show frames ``[first, end)`` of the source's grid."""
    spans = [TimeRange(media.grid.time(first), media.grid.time(end)) for first, end in cuts]
    return Selection(media, tuple(Highlight(span, 0.5, "why") for span in spans), SCORES)


@pytest.mark.parametrize("name", MATRIX)
def test_a_source_is_what_the_matrix_says(name: str, matrix: Matrix) -> None:
    made, path = MATRIX[name], matrix.path(name)
    media = probe(path)
    assert path.is_file()
    assert (media.frame_rate, media.is_variable_rate) == (made.rate, made.is_variable_rate)
    assert (media.width, media.height, media.rotation) == (*made.size, made.rotation)
    assert media.sample_aspect_ratio == Fraction(made.sample_aspect_ratio)
    assert media.grid_length == NUM_FRAMES
    assert str(media.start_timecode or "") == made.timecode
    assert [track.num_channels for track in media.audio] == list(made.channels)
    assert all(abs(float(track.duration or 0) - float(media.duration)) < 0.1 for track in media.audio)
    assert media.colour.dynamic_range == {"smpte2084": "pq", "arib-std-b67": "hlg"}.get(made.transfer, "sdr")
    stored = decode(path)
    turned = [np.rot90(luma, -made.rotation // 90) for luma in stored.lumas]
    assert [read_shown_number(luma, media.display_size) for luma in turned] == list(made.frame_times)
    starts = [float(time - media.time_range.start) for time in stored.times]
    assert starts == pytest.approx([float(time) for time in made.frame_times.values()], abs=0.001)


@pytest.mark.parametrize("name", [name for name, made in MATRIX.items() if made.timecode and made.path.endswith("mov")])
def test_the_label_and_its_counting_are_in_the_file(name: str, matrix: Matrix) -> None:
    with av.open(str(matrix.path(name))) as container:
        (track,) = [stream for stream in container.streams if stream.type == "data"]
        assert track.metadata["timecode"] == container.streams.video[0].metadata["timecode"] == MATRIX[name].timecode
    content = matrix.path(name).read_bytes()
    entry = content.index(b"tmcd" + bytes(6) + b"\0\1")
    flags = int.from_bytes(content[entry + 16 : entry + 20], "big")
    assert bool(flags & 1) == MATRIX[name].is_drop_frame  # QuickTime File Format: timecode sample description


def shown_by(timeline: Timeline, folder: Path) -> list[int]:
    output = folder / "reel.mp4"
    write_reel(timeline, output, ExportOptions(preset="ultrafast", overwrite=True), lambda _: None)
    reel = decode(output)
    assert len(reel.lumas) == timeline.num_frames
    sizes = [part.media.display_size for part in timeline.parts for _ in range(part.num_frames)]
    return [read_shown_number(luma, size) for luma, size in zip(reel.lumas, sizes, strict=True)]


def named_by(timeline: Timeline, names: Sequence[str]) -> list[int]:
    """The numbers of the frames on the screen as the timeline has it, its sources being those of the matrix."""
    numbers = list[int]()
    for event in events(timeline):
        made = MATRIX[names[timeline.sources.index(event.part.source)]]
        # Containers round their times, so what is due within half a frame is there.
        tolerance = 1 / (2 * max(made.rate, timeline.frame_rate))
        start = event.source.time_range.start
        instants = [start + frame / timeline.frame_rate for frame in range(event.record.num_frames)]
        numbers += [made.number_at(instant, tolerance) for instant in instants]
    return numbers


@pytest.mark.parametrize("name", MATRIX)
def test_a_reel_shows_the_frames_that_the_timeline_names(name: str, matrix: Matrix, tmp_path: Path) -> None:
    timeline = build_timeline(select(probe(matrix.path(name)), [(30, 36), (7, 11), (NUM_FRAMES - 3, NUM_FRAMES)]))
    spans = [event.source for event in events(timeline)]
    assert [(span.first, span.end) for span in spans] == [(30, 36), (7, 11), (NUM_FRAMES - 3, NUM_FRAMES)]
    assert shown_by(timeline, tmp_path) == named_by(timeline, [name])


@pytest.mark.parametrize("handles", [None, "4f"])
@pytest.mark.parametrize("first", SEVERAL)
def test_a_reel_of_several_sources_shows_frames_of_each(
    first: str, handles: str | None, matrix: Matrix, tmp_path: Path
) -> None:
    names = [first, *(name for name in SEVERAL if name != first)]
    selections = [select(probe(matrix.path(name)), [(30, 40), (6, 16)]) for name in names]
    timeline = build_timeline(*selections, handles=Length.parse(handles) if handles else None)
    assert [source.path for source in timeline.sources] == [matrix.path(name) for name in names]
    assert shown_by(timeline, tmp_path) == named_by(timeline, names)
