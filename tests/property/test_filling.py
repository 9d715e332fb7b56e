"""A reel with crossfades is as long as is allowed, whatever there is to choose from."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import pytest
from hypothesis import given, settings

from autohighlight.config import ExportOptions, Options, SelectOptions
from autohighlight.default_plugins import load_plugins
from autohighlight.discovery import PluginSources
from autohighlight.export.reel import reel_duration
from autohighlight.pipeline import filled_for
from autohighlight.selection.budget import limits_of, select_within_budget
from autohighlight.timeline.build import build_timeline
from autohighlight.times import Length
from autohighlight.types import MediaInfo, ScoreTrack, Selection
from tests.factories import make_scores, media_of
from tests.property.test_selection import cases

REEL = load_plugins(PluginSources.none()).exporters["reel"]
FADING = ExportOptions(transition="crossfade")


def choose(
    media: MediaInfo, track: ScoreTrack, boundaries: list[Fraction], select: SelectOptions
) -> tuple[Selection, Selection]:
    """What is chosen for a reel of cuts, and for one of crossfades."""

    def chosen(limits: SelectOptions) -> tuple[Selection]:
        return (select_within_budget(media, track, boundaries, limits),)

    plain = dataclasses.replace(Options(), select=select)
    allowed = limits_of(media, select).budget
    (cut,) = filled_for(REEL, chosen, allowed, plain)
    (fading,) = filled_for(REEL, chosen, allowed, dataclasses.replace(plain, export=FADING))
    return cut, fading


def length(selection: Selection) -> Fraction:
    return reel_duration(build_timeline(selection), FADING)


@given(cases())
@settings(max_examples=60)
def test_it_is_never_longer_than_allowed_and_never_shorter_than_without_filling(
    case: tuple[MediaInfo, ScoreTrack, list[Fraction], SelectOptions],
) -> None:
    media, track, boundaries, options = case
    cut, fading = choose(media, track, boundaries, options)
    frame = 1 / media.frame_rate
    # A video shorter than a frame is one frame, as in a reel of cuts.
    assert length(fading) <= max(limits_of(media, options).budget, frame)
    assert length(fading) >= length(cut)
    assert cut == select_within_budget(media, track, boundaries, options)
    shortest = min(limits_of(media, options).shortest, options.min_length.value)
    assert all(h.time_range.duration > shortest - frame for h in fading)
    if options.order == "score":
        assert [h.score for h in fading] == sorted((h.score for h in fading), reverse=True)
    if options.count is not None:
        assert len(fading) <= options.count


@pytest.mark.parametrize(("duration", "expected"), [(10, 10), (20, Fraction(98, 5)), (30, Fraction(146, 5))])
def test_it_fills_up_where_every_highlight_is_as_short_as_may_be(duration: int, expected: Fraction) -> None:
    """Two seconds each, every other one of the same worth: n of them are shown for 1.6 n + 0.4 seconds."""
    track = make_scores([0.9, 0.1] * 40, [Fraction(2)] * 80)
    options = SelectOptions(duration=Length(Fraction(duration)), max_length=Length(Fraction(2)))
    cut, fading = choose(media_of(track, Fraction(25)), track, [], options)
    assert cut.duration == duration
    assert length(fading) == expected


@pytest.mark.parametrize("duration", [7, 19, 20, 21, 33])
def test_it_is_as_long_as_allowed_to_the_frame_where_highlights_may_be_shorter(duration: int) -> None:
    track = make_scores([0.9, 0.8, 0.7, 0.1] * 20, [Fraction(2)] * 80)
    options = SelectOptions(duration=Length(Fraction(duration)), min_length=Length(Fraction(1)))
    _, fading = choose(media_of(track, Fraction(25)), track, [], options)
    assert length(fading) == duration
