"""The values that flow from stage to stage check themselves, and cannot be changed."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from autohighlight.times import TimeRange
from autohighlight.types import ColourInfo, Highlight, ScoreTrack, Selection
from tests.factories import exact, make_audio, make_clips, make_features, make_media, make_scores, media_of


def highlight(start: Any, end: Any, score: float = 0.5) -> Highlight:
    return Highlight(TimeRange(exact(start), exact(end)), score, "a reason")


@pytest.mark.parametrize(
    ("size", "aspect", "rotation", "expected"),
    [
        ((1920, 1080), "1", 0, (1920, 1080)),
        ((1920, 1080), "1", 90, (1080, 1920)),
        ((720, 576), "16/15", 0, (768, 576)),
        ((720, 480), "8/9", 0, (720, 540)),
        ((720, 576), "16/15", 270, (576, 768)),
        ((641, 361), "1", 180, (640, 360)),
        ((1, 1), "1", 0, (2, 2)),
    ],
)
def test_the_size_shown_is_of_square_pixels_and_even(
    size: tuple[int, int], aspect: str, rotation: int, expected: tuple[int, int]
) -> None:
    media = make_media(width=size[0], height=size[1], sample_aspect_ratio=Fraction(aspect), rotation=rotation)
    assert media.display_size == expected


def test_the_main_audio_is_the_default_one_else_the_first() -> None:
    first, second = make_audio(1), make_audio(2, is_default=True)
    assert make_media().main_audio is None
    assert make_media(audio=[first]).main_audio == first
    assert make_media(audio=[first, second]).main_audio == second


def test_frames_are_counted_from_the_first_frame() -> None:
    media = make_media(10, 25, start="1.4")
    assert media.duration == 10
    assert media.grid.time(0) == exact("1.4")


@pytest.mark.parametrize(("transfer", "is_hdr"), [("smpte2084", True), ("arib-std-b67", True), ("bt709", False)])
def test_hdr_is_told_by_the_transfer_function(transfer: str, is_hdr: bool) -> None:
    assert ColourInfo(transfer=transfer).is_hdr is is_hdr


@pytest.mark.parametrize("values", [[0.5, 1.1], [-0.1, 0.5], [0.5, np.nan], [0.5, np.inf]])
def test_scores_lie_between_0_and_1(values: list[float]) -> None:
    with pytest.raises(ValueError, match="'test' lie in"):
        make_scores(values)


def test_shapes_that_do_not_fit_the_clips_are_refused() -> None:
    clips = make_clips([2, 2, 2])
    with pytest.raises(ValueError, match=r"values has shape \(2,\), not \(3,\)"):
        ScoreTrack(clips, np.zeros(2), "test")
    with pytest.raises(ValueError, match=r"movement has shape \(4,\), not \(3,\)"):
        ScoreTrack(clips, np.zeros(3), "test", {"movement": np.zeros(4)})
    with pytest.raises(ValueError, match=r"embeddings has shape \(30, 4\), not \(3, 4\)"):
        dataclasses.replace(make_features(), clips=clips)
    with pytest.raises(ValueError, match=r"movement has shape \(2,\), not \(30,\)"):
        make_features(cues={"movement": np.zeros(2)})
    with pytest.raises(ValueError, match="at least one clip"):
        make_features(clips=())


def test_arrays_and_mappings_are_read_only() -> None:
    scores = make_scores([0.1, 0.2], parts={"movement": [0.0, 1.0]})
    features = make_features()
    for array in (scores.values, scores.parts["movement"], features.embeddings, features.cues["movement"]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(TypeError):
        scores.parts["movement"] = scores.values  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        scores.scorer = "other"  # type: ignore[misc]


def test_the_array_that_was_given_stays_writeable() -> None:
    values = np.zeros(2)
    ScoreTrack(make_clips([2, 2]), values, "test")
    values[0] = 1


@pytest.mark.parametrize("make_copy", [lambda thing: pickle.loads(pickle.dumps(thing)), copy.deepcopy])  # noqa: S301
def test_tracks_come_back_whole_from_another_process(make_copy: Any) -> None:
    scores = make_copy(make_scores([0.1, 0.2], parts={"movement": [0.0, 1.0]}))
    assert scores.values.tolist() == [0.1, 0.2]
    assert dict(scores.parts)["movement"].tolist() == [0.0, 1.0]
    assert not scores.parts["movement"].flags.writeable
    features = make_features()
    assert np.array_equal(make_copy(features).embeddings, features.embeddings)
    assert make_copy(features).clips == features.clips
    selection = Selection(media_of(scores), (highlight(0, 2),), scores)
    assert make_copy(selection) == selection


def test_a_representation_is_one_short_line() -> None:
    for track in (make_scores([0.5] * 5000, parts={"movement": [0.5] * 5000}), make_features(5000)):
        assert "5000 clips" in repr(track)
        assert "movement" in repr(track)
        assert len(repr(track)) < 200


def test_a_selection_is_a_sequence_of_its_highlights() -> None:
    scores = make_scores([0.5] * 10)
    highlights = (highlight(10, 12), highlight(2, 5))
    selection = Selection(media_of(scores), highlights, scores)
    assert list(selection) == [*highlights]
    assert (len(selection), selection[1], selection[-1], selection[:1]) == (
        2,
        highlights[1],
        highlights[1],
        highlights[:1],
    )
    assert selection.duration == 5
    assert highlights[0] in selection
    assert not Selection(media_of(scores), (), scores)


def test_highlights_that_touch_do_not_overlap_but_others_do() -> None:
    scores = make_scores([0.5] * 10)
    Selection(media_of(scores), (highlight(4, 6), highlight(2, 4)), scores)
    with pytest.raises(ValueError, match="overlap"):
        Selection(media_of(scores), (highlight(4, 6), highlight(2, "4.01")), scores)
