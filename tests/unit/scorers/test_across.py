from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from autohighlight.config import Options
from autohighlight.errors import OptionError
from autohighlight.scorers import BUILTIN
from autohighlight.scorers.across import comparable, measures_for
from autohighlight.scorers.fusion import combine, measure_parts, totals_across
from autohighlight.scorers.ranks import z_scores
from autohighlight.types import FeatureTrack
from tests.factories import make_features, make_scores


def features_of(seed: int, num_clips: int = 20, scale: float = 1.0, **cues: np.ndarray) -> FeatureTrack:
    random = np.random.default_rng(seed)
    plain = make_features(num_clips)
    drawn = {name: (scale * random.random(num_clips)).astype(np.float32) for name in plain.cues}
    embeddings = random.random((num_clips, 4)).astype(np.float32)
    return dataclasses.replace(plain, cues=drawn | cues, embeddings=embeddings)


def test_of_any_scorer_what_stands_out_from_its_video_counts() -> None:
    flat, peaked = make_scores([0.5, 0.51, 0.5, 0.49, 0.5]), make_scores([0.2, 0.2, 0.9, 0.2, 0.2])
    one, two = comparable([flat, peaked], [{}, {}])
    together = np.concatenate([z_scores(flat.values), z_scores(peaked.values)])
    expected = (together - together.min()) / np.ptp(together)
    assert np.concatenate([one.values, two.values]) == pytest.approx(expected)
    assert (one.clips, two.clips) == (flat.clips, peaked.clips)


def test_videos_in_which_nothing_differs_lie_in_the_middle() -> None:
    constant, other = comparable([make_scores([0.9, 0.9]), make_scores([0.0, 1.0])], [{}, {}])
    assert constant.values.tolist() == [0.5, 0.5]
    assert other.values.tolist() == [0.0, 1.0]
    both = comparable([make_scores([0.9, 0.9]), make_scores([0.1])], [{}, {}])
    assert [track.values.tolist() for track in both] == [[0.5, 0.5], [0.5]]


def test_one_track_stays_as_it_is() -> None:
    track = make_scores([0.3, 0.4])
    assert comparable([track], [{}])[0] is track


def test_tracks_of_different_scorers_are_refused() -> None:
    with pytest.raises(OptionError, match="fusion, movement"):
        comparable([make_scores([0.1], scorer="fusion"), make_scores([0.1], scorer="movement")], [{}, {}])


def test_of_the_default_scorer_a_dull_video_counts_for_less() -> None:
    lively, dull = features_of(0, scale=10), features_of(1, scale=0.01)
    tracks = [BUILTIN["fusion"](features, Options().score) for features in (lively, dull)]
    one, two = comparable(tracks, [measures_for("fusion", features) for features in (lively, dull)])
    assert one.values.mean() > two.values.mean() + 0.1
    assert max(one.values.max(), two.values.max()) == 1
    assert min(one.values.min(), two.values.min()) == 0
    by_scores_alone = comparable(tracks, [{}, {}])
    assert abs(by_scores_alone[0].values.mean() - by_scores_alone[1].values.mean()) < 0.1


def test_what_is_kept_is_enough_to_score_by() -> None:
    features = features_of(2)
    (totals,) = totals_across([measures_for("fusion", features)])
    assert combine({"all": totals}) == pytest.approx(combine(measure_parts(features)))


def test_a_measure_that_one_video_lacks_is_told_by_those_that_have_it() -> None:
    nothing = np.full(20, np.nan, np.float32)
    quick, whole = features_of(3, movement=nothing), features_of(4)
    measures = [measures_for("fusion", features) for features in (quick, whole)]
    assert "packet_size" in measures[0]
    assert "packet_size" not in measures[1]
    assert all(np.isfinite(totals).all() for totals in totals_across(measures))


def test_nothing_is_kept_of_other_scorers() -> None:
    assert measures_for("contrastive", features_of(5)) == {}
