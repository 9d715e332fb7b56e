"""What is given up for a smaller file, and how few encodes it takes to find how much."""

from __future__ import annotations

import itertools
import zlib
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autohighlight.export.size_search import Rung, frame_rates, highest_that_fits, ladder

SIZES = st.tuples(st.integers(1, 1920), st.integers(1, 1920))
RATES = st.sampled_from([Fraction(15), Fraction(25, 2), Fraction(30000, 2002), Fraction(50), Fraction(10), Fraction(2)])


@given(SIZES, RATES)
def test_each_rung_gives_up_more_than_the_one_above(size: tuple[int, int], rate: Fraction) -> None:
    rungs = ladder(size, rate)
    assert rungs[0] == Rung(size, rate, 1.0)
    for above, below in itertools.pairwise(rungs):
        assert below.weight < above.weight
        assert (below.size, below.frame_rate) != (above.size, above.frame_rate)
        assert below.frame_rate in frame_rates(rate)
    for rung in rungs:
        assert rung.size[0] <= size[0]
        assert rung.size[1] <= size[1]
        assert min(rung.size) >= min(64, *size)
        assert rung.frame_rate >= min(5, rate)


def test_size_gives_way_before_the_rate_and_neither_alone() -> None:
    rungs = ladder((480, 270), Fraction(15))
    assert rungs[1].frame_rate == 15
    assert min(rung.size[0] for rung in rungs if rung.frame_rate == 15) == pytest.approx(336, abs=15)
    assert rungs[-1].frame_rate == Fraction(15, 2)
    assert rungs[-1].size == (114, 64)
    assert {rung.frame_rate for rung in rungs} == {15, 10, Fraction(15, 2)}


def test_a_picture_too_small_to_shrink_still_gives_up_frames() -> None:
    assert [(rung.size, rung.frame_rate) for rung in ladder((16, 16), Fraction(15))] == [
        ((16, 16), 15), ((16, 16), 10), ((16, 16), Fraction(15, 2)),
    ]  # fmt: skip
    assert [rung.frame_rate for rung in ladder((16, 16), Fraction(4))] == [4]


class Scales:
    """Weighs rungs as an encoder might: by a power of what is expected, and never quite that."""

    def __init__(self, whole: int, power: float, noise: float) -> None:
        self.whole, self.power, self.noise = whole, power, noise
        self.weighed: list[Rung] = []

    def __call__(self, rung: Rung) -> int:
        self.weighed.append(rung)
        error = self.noise * (zlib.crc32(repr(rung).encode()) / 2**31 - 1)
        return max(1, int(self.whole * rung.weight**self.power * (1 + error)))


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.floats(0.2, 2), st.floats(0, 0.5), SIZES, RATES)
def test_what_is_found_is_never_too_heavy_unless_all_is_tried(
    whole: int, limit: int, power: float, noise: float, size: tuple[int, int], rate: Fraction
) -> None:
    rungs, scales = ladder(size, rate), Scales(whole, power, noise)
    rung, weight = highest_that_fits(rungs, limit, scales)
    assert weight <= limit or rung == rungs[-1]
    assert len(scales.weighed) == len(set(scales.weighed)) <= 10
    assert rung in scales.weighed
    assert weight == Scales(whole, power, noise)(rung)
    assert rung == highest_that_fits(rungs, limit, Scales(whole, power, noise))[0]


@pytest.mark.parametrize("power", [0.6, 0.8, 1.0, 1.2])
@pytest.mark.parametrize("limit", [900, 700, 500, 300, 200, 100])
def test_few_encodes_find_the_highest_that_fits(power: float, limit: int) -> None:
    rungs, scales = ladder((480, 270), Fraction(15)), Scales(1000, power, 0)
    rung, _ = highest_that_fits(rungs, limit, scales)
    fitting = [other for other in rungs if Scales(1000, power, 0)(other) <= limit]
    assert rung == (fitting or rungs)[0 if fitting else -1]
    assert len(scales.weighed) <= 5


def test_what_fits_as_it_is_is_encoded_once() -> None:
    scales = Scales(1000, 1, 0)
    rungs = ladder((480, 270), Fraction(15))
    assert highest_that_fits(rungs, 1000, scales) == (rungs[0], 1000)
    assert len(scales.weighed) == 1


def test_what_cannot_fit_is_known_after_two_encodes() -> None:
    rungs, scales = ladder((480, 270), Fraction(15)), Scales(1_000_000, 1, 0)
    rung, weight = highest_that_fits(rungs, 100, scales)
    assert (rung, len(scales.weighed)) == (rungs[-1], 2)
    assert weight > 100
