from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autohighlight.export.reel import lay_out
from autohighlight.export.reel_sound import _gain, _sound_format
from autohighlight.timeline.model import Part, Source, Timeline
from autohighlight.types import AudioStream, SoundChoice
from tests.factories import make_audio, make_media

MEDIA = make_media()


def timeline_of(*lengths: int, frame_rate: int = 25) -> Timeline:
    parts = tuple(Part(Source(MEDIA), number, length, 0.5, "") for number, length in enumerate(lengths))
    return Timeline("x", Fraction(frame_rate), (2, 2), parts)


def test_cuts_lay_parts_end_to_end() -> None:
    places = lay_out(timeline_of(10, 20, 5), is_crossfade=False)
    assert [(p.start, p.end, p.fade_in, p.fade_out) for p in places] == [(0, 10, 0, 0), (10, 30, 0, 0), (30, 35, 0, 0)]


def test_crossfades_overlap_by_four_tenths_of_a_second_or_half_of_the_shorter() -> None:
    places = lay_out(timeline_of(30, 40, 6, 1, 50), is_crossfade=True)
    assert [(p.fade_in, p.fade_out) for p in places] == [(0, 10), (10, 3), (3, 0), (0, 0), (0, 0)]
    assert [p.start for p in places] == [0, 20, 57, 63, 64]


@given(st.lists(st.integers(1, 60), min_size=1, max_size=12))
def test_crossfades_never_meet_inside_a_part(lengths: list[int]) -> None:
    places = lay_out(timeline_of(*lengths), is_crossfade=True)
    assert (places[0].fade_in, places[-1].fade_out) == (0, 0)
    for place in places:
        assert place.fade_in + place.fade_out <= place.part.num_frames
    for before, after in itertools.pairwise(places):
        assert before.fade_out == after.fade_in == before.end - after.start


def test_gain_is_the_same_in_any_pieces_and_of_equal_power() -> None:
    whole = _gain(0, 1000, 1000, 200, 100)
    pieces = np.concatenate([_gain(at, 250, 1000, 200, 100) for at in range(0, 1000, 250)])
    np.testing.assert_allclose(whole, pieces, atol=1e-6)
    assert whole[300:800].min() == 1
    assert whole[[0, -1]].max() < 0.01
    np.testing.assert_allclose(whole[:200] ** 2 + whole[:200][::-1] ** 2, 1, atol=1e-5)


def test_gain_of_a_part_shorter_than_its_fades_stays_below_one() -> None:
    gain = _gain(0, 10, 10, 48, 48)
    assert gain.max() < 0.2
    np.testing.assert_allclose(gain, gain[::-1], atol=1e-6)


@pytest.mark.parametrize(
    ("tracks", "expected"),
    [
        ([make_audio()], (48000, "stereo", 2)),
        ([make_audio(sample_rate=44100), make_audio(sample_rate=44100)], (44100, "stereo", 2)),
        ([make_audio(sample_rate=44100), make_audio()], (48000, "stereo", 2)),
        ([make_audio(layout="5.1", num_channels=6)], (48000, "5.1", 6)),
        ([make_audio(layout="5.1", num_channels=6), make_audio()], (48000, "stereo", 2)),
        ([make_audio(layout="mono", num_channels=1)], (48000, "mono", 1)),
        ([make_audio(layout="1 channels", num_channels=1)], (48000, "mono", 1)),
        ([make_audio(layout="hexadecagonal", num_channels=16, sample_rate=192000)], (48000, "stereo", 2)),
    ],
)
def test_the_sound_is_of_the_tracks_own_format_where_aac_has_it(
    tracks: list[AudioStream], expected: tuple[int, str, int]
) -> None:
    assert _sound_format([SoundChoice((track,)) for track in tracks]) == expected


@pytest.mark.parametrize(
    ("join", "layouts", "expected"),
    [
        ("pairs", [("mono", 1), ("mono", 1)], (48000, "stereo", 2)),
        ("mixed", [("mono", 1), ("1 channels", 1)], (48000, "mono", 1)),
        ("mixed", [("stereo", 2), ("mono", 1)], (48000, "stereo", 2)),
        ("mixed", [("5.1", 6), ("5.1", 6)], (48000, "5.1", 6)),
        ("mixed", [("5.1", 6), ("stereo", 2)], (48000, "stereo", 2)),
    ],
)
def test_the_sound_format_of_joined_tracks(
    join: Literal["pairs", "mixed"], layouts: list[tuple[str, int]], expected: tuple[int, str, int]
) -> None:
    tracks = tuple(make_audio(number, layout=layout, num_channels=n) for number, (layout, n) in enumerate(layouts))
    assert _sound_format([SoundChoice(tracks, join)]) == expected
