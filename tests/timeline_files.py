"""Timelines of the matrix's sources, their golden files, and what a written timeline would put on the screen.

``AUTOHIGHLIGHT_UPDATE_GOLDEN=1 pytest tests/unit/export`` makes the golden files in ``tests/golden/timelines``; read
the difference before it is committed. Paths in them begin with ``/media`` in place of the test's own folder.
"""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from autohighlight.media.probe import probe
from autohighlight.timeline.build import build_timeline
from autohighlight.timeline.model import Timeline
from autohighlight.times import Length, TimeRange
from autohighlight.types import Highlight, Selection
from tests.factories import make_scores
from tests.media_factory import decode
from tests.timeline_matrix import MATRIX, SEVERAL, Matrix, read_shown_number

GOLDEN = Path(__file__).with_name("golden") / "timelines"

CUTS = ((3, 15), (21, 40))
"""Frames ``[first, end)`` of each source that its highlights show; drop-frame labels leave some out within."""

REASON = "loud & <clear> — żółć"

_SCORES = make_scores([0.5])


def timeline_of(paths: Sequence[Path], cuts: Sequence[tuple[int, int]] = CUTS, handles: str = "") -> Timeline:
    """The highlights of each file, one file after the other."""
    selections = []
    for path in paths:
        media = probe(path)
        spans = [TimeRange(media.grid.time(first), media.grid.time(end)) for first, end in cuts]
        highlights = tuple(Highlight(span, 0.875, REASON) for span in spans)
        selections.append(Selection(media, highlights, _SCORES))
    return build_timeline(*selections, handles=Length.parse(handles) if handles else None)


def case_names(case: str) -> tuple[str, ...]:
    """The sources of a case: that of its name, or for ``several`` all that stand in one timeline."""
    return SEVERAL if case == "several" else (case,)


def case_timeline(case: str, matrix: Matrix, handles: str = "") -> Timeline:
    """The timeline of a case."""
    return timeline_of([matrix.path(name) for name in case_names(case)], handles=handles)


CASES = (*MATRIX, "several")


def assert_golden(written: Path, name: str, matrix: Matrix) -> None:
    """The file is, byte for byte, the golden one; a golden file that is missing is a failure.

    Args:
        written: what was written.
        name: the golden file, from its folder on: ``edl/25.edl``.
        matrix: whose folder stands in the file.
    """
    content = written.read_bytes().replace(str(matrix.folder).encode(), b"/media")
    golden = GOLDEN / name
    if os.environ.get("AUTOHIGHLIGHT_UPDATE_GOLDEN"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_bytes(content)
    assert golden.is_file(), f"{golden} is missing: see {__name__}"
    assert content.decode() == golden.read_bytes().decode()


@dataclasses.dataclass(frozen=True)
class ReadClip:
    """A clip as a reader finds it in a written file.

    Args:
        path: the file that it names.
        record_start: where it begins, in frames of the sequence from its first on.
        num_frames: its length in frames of the sequence.
        source_start: seconds from the file's first frame to what is shown first.
    """

    path: Path
    record_start: int
    num_frames: int
    source_start: Fraction


@functools.cache
def _shown(path: Path, name: str) -> tuple[tuple[Fraction, int], ...]:
    """When each frame of a source is due, in seconds from the first on, and the number that is on it."""
    media, stored = probe(path), decode(path)
    turned = [np.rot90(luma, -MATRIX[name].rotation // 90) for luma in stored.lumas]
    numbers = [read_shown_number(luma, media.display_size) for luma in turned]
    return tuple((time - media.time_range.start, number) for time, number in zip(stored.times, numbers, strict=True))


def numbers_on_screen(clips: Sequence[ReadClip], rate: Fraction, case: str, matrix: Matrix) -> list[list[int]]:
    """The numbers burned into the frames that an editor shows of each clip, read from the files that it names.

    Containers round the times of frames, so a frame that is due within a quarter of one is there.
    """
    names = {matrix.path(name): name for name in case_names(case)}
    numbers = []
    for clip in clips:
        name = names[clip.path]
        late = 1 / (4 * max(rate, MATRIX[name].rate))
        due = [clip.source_start + frame / rate + late for frame in range(clip.num_frames)]
        numbers.append([max((time, n) for time, n in _shown(clip.path, name) if time <= at)[1] for at in due])
    return numbers


def assert_shows_the_highlights(clips: Sequence[ReadClip], timeline: Timeline, case: str, matrix: Matrix) -> None:
    """What is on the screen are the frames of `CUTS` and no other, and parts follow one another without a gap."""
    expected = [(MATRIX[name], cut) for name in case_names(case) for cut in CUTS]
    shown = numbers_on_screen(clips, timeline.frame_rate, case, matrix)
    at = 0
    for clip, numbers, (made, (first, end)) in zip(clips, shown, expected, strict=True):
        assert clip.record_start == at
        at += clip.num_frames
        wanted = [made.number_at(n / made.rate, 1 / (4 * made.rate)) for n in range(first, end)]
        if made.rate == timeline.frame_rate:
            assert numbers == wanted
        else:
            assert set(numbers) <= set(wanted)
            assert clip.num_frames == (end - first) * timeline.frame_rate // made.rate
            pace = made.rate / timeline.frame_rate
            assert numbers[0] - wanted[0] <= pace
            assert wanted[-1] - numbers[-1] <= 2 * pace + 1
    assert at == timeline.num_frames
