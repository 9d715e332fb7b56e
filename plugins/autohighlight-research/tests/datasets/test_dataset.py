from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from autohighlight.errors import InputError, OptionError
from autohighlight_research.datasets.dataset import ClipGrid
from tests.factories import make_media


def _grid(unit: str, *edges: tuple[int, int], rate: Fraction | None = None) -> ClipGrid:
    return ClipGrid(unit, np.array(edges), rate)  # type: ignore[arg-type]


def test_seconds_count_from_the_first_frame_shown() -> None:
    clips = _grid("seconds", (0, 2), (2, 4)).clips(make_media(4.5, start=10))
    assert [(clip.index, clip.time_range.start, clip.time_range.end) for clip in clips] == [(0, 10, 12), (1, 12, 14)]


def test_frames_count_at_the_rate_that_was_labelled_or_else_at_the_files_own() -> None:
    media = make_media(9, Fraction(30000, 1001))
    clip = _grid("frames", (0, 100), (50, 150)).clips(media)[1]
    assert clip.time_range.start == 50 * Fraction(1001, 30000)
    assert clip.time_range.end == 150 * Fraction(1001, 30000)
    assert _grid("frames", (0, 100), (50, 150), rate=Fraction(25)).clips(media)[1].time_range.end == 6


def test_the_last_clip_ends_with_the_file() -> None:
    clips = _grid("frames", (0, 100), (50, 150)).clips(make_media("5.5", 25))
    assert [clip.time_range.end for clip in clips] == [4, Fraction("5.5")]


def test_labels_of_a_longer_video_are_refused() -> None:
    with pytest.raises(InputError, match=r"tell of 150 frames, the file ends after 2.000 s at 25.00 frames/s"):
        _grid("frames", (0, 100), (50, 150)).clips(make_media(2, 25))


def test_a_frame_belongs_to_the_clip_in_which_it_begins_to_be_shown() -> None:
    grid = _grid("seconds", (0, 2), (2, 4), rate=Fraction(30000, 1001))
    assert grid.frames().tolist() == [[0, 60], [60, 120]]  # frame 60 begins at 2.002 s
    assert _grid("seconds", (0, 2), (2, 4), rate=Fraction(25)).frames().tolist() == [[0, 50], [50, 100]]
    assert _grid("frames", (0, 100), (50, 150)).frames().tolist() == [[0, 100], [50, 150]]
    with pytest.raises(OptionError, match="do not tell the frame rate"):
        _grid("seconds", (0, 2)).frames()


@pytest.mark.parametrize(
    ("edges", "overlaps"),
    [([(0, 2), (2, 4)], False), ([(0, 3), (2, 4)], True), ([(0, 9), (2, 4), (4, 5)], True), ([(0, 2)], False)],
)
def test_overlap(edges: list[tuple[int, int]], overlaps: bool) -> None:
    assert _grid("frames", *edges).overlaps is overlaps


@pytest.mark.parametrize("edges", [[], [(0, 0)], [(-1, 2)], [(3, 4), (2, 4)], [(1, 2, 3)]])
def test_clips_that_cannot_be_are_refused(edges: list[tuple[int, ...]]) -> None:
    with pytest.raises(ValueError, match="clip"):
        ClipGrid("frames", np.array(edges, np.int64))
