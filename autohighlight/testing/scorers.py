"""What a scorer has to keep to: see `autohighlight.plugins.Scorer`."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest

from autohighlight.config import ScoreOptions
from autohighlight.errors import AutohighlightError
from autohighlight.plugins import Scorer
from autohighlight.testing.examples import example_features
from autohighlight.testing.state import Contract, assert_says_why, process_left_alone
from autohighlight.types import FeatureTrack, ScoreTrack


class ScorerContract(Contract):
    """Tests of a scorer; a subclass says in `factory` which.

    One that needs other features than the example's, as of one backbone or with a file's sound, overrides the fixture
    `features`. It may refuse features that it cannot score, with an `AutohighlightError` that says why.
    """

    def factory(self) -> Scorer:
        """What the plugin registers."""
        raise NotImplementedError(f"{type(self).__name__} does not say what to test: define factory()")

    @pytest.fixture
    def options(self) -> ScoreOptions:
        """What the scorer is given."""
        return ScoreOptions()

    @pytest.fixture
    def features(self) -> FeatureTrack:
        """Of a video that the scorer can score, of a few clips at least."""
        return example_features()

    def test_each_clip_has_a_score(self, features: FeatureTrack, options: ScoreOptions) -> None:
        scores = self.factory()(features, options)
        assert isinstance(scores, ScoreTrack), f"a scorer gives a ScoreTrack, not {type(scores).__name__}"
        assert scores.clips == features.clips, "the scores are of other clips than the features"
        assert np.issubdtype(scores.values.dtype, np.floating), f"scores are floats, not {scores.values.dtype}"

    def test_it_says_its_name_and_what_the_score_is_made_of(
        self, features: FeatureTrack, options: ScoreOptions
    ) -> None:
        scores = self.factory()(features, options)
        assert isinstance(scores.scorer, str), "scorer is a str"
        assert scores.scorer.strip(), "the scores do not name their scorer"
        for name, part in scores.parts.items():
            known = part[np.isfinite(part)]
            assert np.all((known >= 0) & (known <= 1)), f"the part {name!r} is no rank in [0, 1]"

    def test_scores_differ_where_features_do(self, features: FeatureTrack, options: ScoreOptions) -> None:
        assert np.ptp(self.factory()(features, options).values) > 0, "all clips of the example have one score"

    def test_the_same_features_have_the_same_scores(self, features: FeatureTrack, options: ScoreOptions) -> None:
        one, other = (self.factory()(features, options) for _ in range(2))
        np.testing.assert_array_equal(one.values, other.values)
        assert one.parts.keys() == other.parts.keys()

    def test_features_are_left_as_they_were(self, features: FeatureTrack, options: ScoreOptions) -> None:
        before = features.embeddings.copy(), {name: cue.copy() for name, cue in features.cues.items()}
        self.factory()(features, options)
        np.testing.assert_array_equal(features.embeddings, before[0])
        for name, cue in before[1].items():
            np.testing.assert_array_equal(features.cues[name], cue)

    def test_a_video_of_one_clip_is_scored_or_refused(self, features: FeatureTrack, options: ScoreOptions) -> None:
        self._scored_or_refused(_first(features, 1), options)

    def test_a_video_of_two_clips_is_scored_or_refused(self, features: FeatureTrack, options: ScoreOptions) -> None:
        self._scored_or_refused(_first(features, 2), options)

    def test_a_video_in_which_nothing_changes_is_scored_or_refused(
        self, features: FeatureTrack, options: ScoreOptions
    ) -> None:
        same = {name: np.full_like(cue, cue[0]) for name, cue in features.cues.items()}
        embeddings = np.broadcast_to(features.embeddings[:1], features.embeddings.shape).copy()
        self._scored_or_refused(dataclasses.replace(features, embeddings=embeddings, cues=same), options)

    def test_a_black_video_is_scored_or_refused(self, features: FeatureTrack, options: ScoreOptions) -> None:
        cues = {name: np.zeros_like(cue) for name, cue in features.cues.items()}
        black = dataclasses.replace(features, embeddings=np.zeros_like(features.embeddings), cues=cues)
        self._scored_or_refused(black, options)

    def test_cues_that_were_not_measured_do_no_harm(self, features: FeatureTrack, options: ScoreOptions) -> None:
        unknown = {name: np.full_like(cue, np.nan) for name, cue in features.cues.items()}
        self._scored_or_refused(dataclasses.replace(features, cues=unknown), options)
        some = {name: np.where(np.arange(len(cue)) % 3 == 1, np.nan, cue) for name, cue in features.cues.items()}
        self._scored_or_refused(dataclasses.replace(features, cues=some), options)
        self._scored_or_refused(dataclasses.replace(features, cues={}), options)

    def test_features_without_a_video_are_scored_or_refused(
        self, features: FeatureTrack, options: ScoreOptions
    ) -> None:
        self._scored_or_refused(dataclasses.replace(features, media=None), options)

    def test_it_changes_nothing_for_the_rest_of_the_program(
        self, features: FeatureTrack, options: ScoreOptions
    ) -> None:
        with process_left_alone():
            self.factory()(features, options)

    def test_it_can_be_sent_to_a_worker(self, features: FeatureTrack, options: ScoreOptions) -> None:
        scorer = pickle.loads(pickle.dumps(self.factory()))  # noqa: S301 -- our own bytes
        np.testing.assert_array_equal(scorer(features, options).values, self.factory()(features, options).values)

    def _scored_or_refused(self, features: FeatureTrack, options: ScoreOptions) -> None:
        try:
            scores = self.factory()(features, options)
        except AutohighlightError as error:
            assert_says_why(error)
        else:
            assert scores.clips == features.clips


def _first(features: FeatureTrack, num_clips: int) -> FeatureTrack:
    return dataclasses.replace(
        features,
        clips=features.clips[:num_clips],
        embeddings=features.embeddings[:num_clips],
        cues={name: cue[:num_clips] for name, cue in features.cues.items()},
    )
