"""What a selection policy has to keep to: see `autohighlight.plugins.SelectionPolicy`."""

from __future__ import annotations

import pickle
from fractions import Fraction

import numpy as np
import pytest

from autohighlight.config import SelectOptions
from autohighlight.plugins import SelectionPolicy
from autohighlight.testing.examples import example_media, example_scores
from autohighlight.testing.state import Contract, process_left_alone
from autohighlight.times import Length
from autohighlight.types import ScoreTrack, Selection

CURVES = {
    "random": np.random.default_rng(7).random(60).tolist(),
    "one peak": [0.1] * 20 + [1.0] * 2 + [0.1] * 20,
    "flat": [0.5] * 30,
    "all zero": [0.0] * 30,
    "one clip": [0.7],
    "two clips": [0.2, 0.9],
}
"""Scores of clips of 2 s, by what is special about them."""


class SelectionPolicyContract(Contract):
    """Tests of a selection policy; a subclass says in `factory` which."""

    def factory(self) -> SelectionPolicy:
        """What the plugin registers."""
        raise NotImplementedError(f"{type(self).__name__} does not say what to test: define factory()")

    @pytest.fixture(params=list(CURVES.values()), ids=list(CURVES))
    def scores(self, request: pytest.FixtureRequest) -> ScoreTrack:
        """To choose from."""
        return example_scores(request.param)

    def test_something_is_chosen_of_any_curve(self, scores: ScoreTrack) -> None:
        selection = self._select(scores, SelectOptions())
        assert len(selection) > 0, "nothing was chosen"
        assert selection.scores is scores, "the selection does not hold the scores it was chosen by"
        for highlight in selection:
            assert 0 <= highlight.score <= 1, f"a score is {highlight.score}"
            assert highlight.reason.strip(), "a highlight has no reason"
            assert "\n" not in highlight.reason, "a reason is more than one line"

    def test_highlights_lie_in_the_video(self, scores: ScoreTrack) -> None:
        for start in (0, Fraction(7, 3)):
            moved = example_scores(scores.values.tolist(), start=start)
            whole = moved.clips[0].time_range.start, moved.clips[-1].time_range.end
            for highlight in self._select(moved, SelectOptions()):
                assert whole[0] <= highlight.time_range.start < highlight.time_range.end <= whole[1]

    @pytest.mark.parametrize("duration", ["5s", "20s", "50%"])
    def test_the_duration_is_not_passed(self, scores: ScoreTrack, duration: str) -> None:
        limit = Length.parse(duration)
        selection = self._select(scores, SelectOptions(duration=limit))
        allowed = limit.seconds(whole=selection.media.duration, frame_rate=selection.media.frame_rate)
        assert selection.duration <= allowed, f"{float(selection.duration)} s are more than {duration}"

    def test_the_number_of_highlights_is_not_passed(self, scores: ScoreTrack) -> None:
        for count in (1, 2):
            assert len(self._select(scores, SelectOptions(count=count, duration=Length.parse("50%")))) <= count

    def test_no_highlight_is_longer_than_the_longest_allowed(self, scores: ScoreTrack) -> None:
        options = SelectOptions(max_length=Length.parse("4s"), duration=Length.parse("80%"))
        assert all(highlight.time_range.duration <= 4 for highlight in self._select(scores, options))

    def test_they_come_in_the_order_asked_for(self, scores: ScoreTrack) -> None:
        by_time = self._select(scores, SelectOptions(order="time", duration=Length.parse("40%")))
        starts = [highlight.time_range.start for highlight in by_time]
        assert starts == sorted(starts), "by time, one comes before an earlier one"
        by_score = self._select(scores, SelectOptions(order="score", duration=Length.parse("40%")))
        values = [highlight.score for highlight in by_score]
        assert values == sorted(values, reverse=True), "by score, one comes before a better one"

    def test_the_same_scores_give_the_same_highlights(self, scores: ScoreTrack) -> None:
        one, other = (self._select(scores, SelectOptions()) for _ in range(2))
        assert list(one) == list(other)

    def test_scores_are_left_as_they_were(self, scores: ScoreTrack) -> None:
        before = scores.values.copy()
        self._select(scores, SelectOptions())
        np.testing.assert_array_equal(scores.values, before)

    def test_it_changes_nothing_for_the_rest_of_the_program(self, scores: ScoreTrack) -> None:
        with process_left_alone():
            self._select(scores, SelectOptions())

    def test_it_can_be_sent_to_a_worker(self, scores: ScoreTrack) -> None:
        policy = pickle.loads(pickle.dumps(self.factory()))  # noqa: S301 -- our own bytes
        media = example_media(2 * len(scores))
        assert list(policy(media, scores, (), SelectOptions())) == list(self._select(scores, SelectOptions()))

    def _select(self, scores: ScoreTrack, options: SelectOptions) -> Selection:
        """Chooses from a video that cuts every seven seconds."""
        start, end = scores.clips[0].time_range.start, scores.clips[-1].time_range.end
        media = example_media(end - start, start=start)
        cuts = [start + seconds for seconds in range(7, int(end - start), 7)]
        selection = self.factory()(media, scores, cuts, options)
        assert isinstance(selection, Selection), f"a policy gives a Selection, not {type(selection).__name__}"
        assert selection.media is media, "the selection names another video"
        return selection
