"""How large, how fast and under which names GIFs are written, before any is."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from autohighlight.export.animation import animation_paths, animation_rate, animation_size
from tests.factories import make_media


@pytest.mark.parametrize(
    ("shown", "width", "expected"),
    [
        ((1920, 1080), None, (480, 270)),
        ((1080, 1920), None, (270, 480)),
        ((640, 640), None, (480, 480)),
        ((320, 240), None, (320, 240)),
        ((16, 16), None, (16, 16)),
        ((2000, 2), None, (480, 1)),
        ((1080, 1920), 480, (480, 853)),
        ((1920, 1080), 321, (321, 181)),
        ((320, 240), 640, (320, 240)),
        ((2, 2), 1, (1, 1)),
    ],
)
def test_size_is_as_asked_for_in_the_shape_of_the_video_and_never_larger(
    shown: tuple[int, int], width: int | None, expected: tuple[int, int]
) -> None:
    assert animation_size(replace(make_media(), width=shown[0], height=shown[1]), width) == expected


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        ("10", "10"), ("15", "15"), ("24000/1001", "12000/1001"), ("24", "12"), ("25", "25/2"),
        ("30000/1001", "15000/1001"), ("30", "15"), ("50", "50/3"), ("60000/1001", "15000/1001"), ("60", "15"),
        ("120", "15"), ("1", "1"), ("1000", "1000/67"),
    ],
)  # fmt: skip
def test_unless_told_otherwise_every_nth_frame_is_shown(rate: str, expected: str) -> None:
    assert animation_rate(replace(make_media(), frame_rate=Fraction(rate)), None) == Fraction(expected)


@pytest.mark.parametrize(("rate", "asked", "expected"), [(25, 10, 10), (25, 15, 15), (25, 50, 25), (60, 50, 50)])
def test_the_rate_asked_for_is_kept_but_no_frame_is_made_up(rate: int, asked: int, expected: int) -> None:
    assert animation_rate(replace(make_media(), frame_rate=Fraction(rate)), Fraction(asked)) == expected


def test_several_are_numbered() -> None:
    assert animation_paths(Path("a/x.gif"), 1) == [Path("a/x.gif")]
    assert animation_paths(Path("a/x.y.gif"), 2) == [Path("a/x.y-1.gif"), Path("a/x.y-2.gif")]
