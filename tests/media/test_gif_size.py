"""``--max-bytes``: no result is larger, as much as possible is kept, and what cannot fit is said."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from autohighlight.errors import OptionError
from autohighlight.export import animation
from autohighlight.export.animation import Animation
from autohighlight.media.animate import encode_animation
from tests.media.gifs import make_animations, read_animation
from tests.media_factory import coded_picture, make_video, read_number
from tests.whole_runs import files_in


def grainy(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A number with grain over it, which no encoder finds cheap."""
    grain = np.random.default_rng(number).integers(-40, 40, size[::-1])
    return (coded_picture(number, size).astype(int) + grain).clip(0, 255).astype(np.uint8)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return make_video(tmp_path / "made.mp4", 60, 30, (240, 136), picture=grainy)


@pytest.fixture
def encodes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What was asked of the encoder, call by call."""
    calls: list[tuple[object, ...]] = []

    def counted(*arguments: object, **options: object) -> None:
        calls.append(arguments)
        encode_animation(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(animation, "encode_animation", counted)
    return calls


def amount(made: Animation) -> float:
    """Pixels in a second."""
    return float(made.size[0] * made.size[1] * made.frame_rate)


@pytest.mark.parametrize(("form", "parts"), [("gif", (0.95, 0.6, 0.3, 0.12)), ("webp", (0.7, 0.2)), ("avif", (0.5,))])
def test_nothing_is_larger_than_allowed_and_most_of_it_is_used(
    form: str, parts: tuple[float, ...], video: Path, encodes: list[tuple[object, ...]]
) -> None:
    (whole,) = made = make_animations(video, [(6, 40)], form)
    assert not whole.is_reduced
    for part in parts:
        limit, before = int(whole.num_bytes * part), len(encodes)
        (smaller,) = make_animations(video, [(6, 40)], form, max_bytes=limit)
        assert 0.6 * limit < smaller.path.stat().st_size == smaller.num_bytes <= limit
        assert len(encodes) - before <= 7
        assert smaller.is_reduced
        assert smaller.wanted == (whole.size, whole.frame_rate)
        shown = read_animation(smaller.path)
        assert shown.pictures[0].shape[1::-1] == smaller.size
        step = 30 / smaller.frame_rate
        numbers = [read_number(luma) for luma in shown.lumas]
        assert numbers == [6 + int(number * step) for number in range(smaller.num_frames)]
        assert abs(smaller.duration - whole.duration) <= 1 / (2 * smaller.frame_rate)
        made.append(smaller)
    assert all(amount(smaller) < amount(larger) for larger, smaller in pairwise(made))
    assert files_in(video.parent) == {"made.mp4", f"made.{form}"}


def test_what_fits_is_left_as_it_is_and_encoded_once(video: Path, encodes: list[tuple[object, ...]]) -> None:
    (whole,) = make_animations(video, [(6, 20)])
    content = whole.path.read_bytes()
    (same,) = make_animations(video, [(6, 20)], max_bytes=whole.num_bytes)
    assert same == whole
    assert same.path.read_bytes() == content
    assert len(encodes) == 2


def test_each_is_held_to_the_limit_alone(video: Path) -> None:
    one, other = make_animations(video, [(6, 4), (20, 36)], max_bytes=120_000)
    assert not one.is_reduced
    assert other.is_reduced
    assert max(one.num_bytes, other.num_bytes) <= 120_000


def test_the_same_input_gives_the_same_bytes(video: Path) -> None:
    contents = []
    for _ in range(2):
        (made,) = make_animations(video, [(6, 20)], max_bytes=90_000)
        contents.append(made.path.read_bytes())
    assert contents[0] == contents[1]


def test_what_cannot_fit_says_how_far_it_came_and_writes_nothing(video: Path) -> None:
    with pytest.raises(OptionError) as caught:
        make_animations(video, [(6, 2), (20, 40)], max_bytes=30_000)
    assert "highlight 2 does not fit into 30,000 bytes as GIF: 113x64 at 7.5 frames/s has " in caught.value.problem
    assert "--max-length" in caught.value.hint
    assert files_in(video.parent) == {"made.mp4"}
