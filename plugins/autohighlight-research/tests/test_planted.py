from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from autohighlight.errors import OptionError
from autohighlight.evaluation.report import CHANCE
from autohighlight.training.recipes import PAPER
from autohighlight.types import Progress
from autohighlight_research.planted import AIM, ONE_IN, RECIPES, SHARE, planted, run_planted


def test_a_fifth_of_the_clips_are_a_videos_own() -> None:
    videos = planted(0, num_videos=6, num_clips=(10, 30))
    assert len(videos) == 6
    for features, own in zip(videos.features, videos.identifying, strict=True):
        assert 10 <= len(features) <= 30
        assert features.shape == (len(own), 32)
        assert own.sum() == len(own) // ONE_IN
    np.testing.assert_array_equal(planted(0, 6, num_clips=(10, 30)).features[5], videos.features[5])
    assert not np.array_equal(planted(1, 6, num_clips=(10, 30)).features[5][0], videos.features[5][0])


def test_only_a_videos_own_clips_tell_it_from_others() -> None:
    videos = planted(0, num_videos=4)
    centres = [features[own].mean(axis=0) for features, own in zip(videos.features, videos.identifying, strict=True)]
    for number, (features, own) in enumerate(zip(videos.features, videos.identifying, strict=True)):
        nearest = np.linalg.norm(features[:, None] - np.array(centres), axis=2).argmin(axis=1)
        assert (nearest[own] == number).all()
        elsewhere = features[~own][:, None] - np.concatenate([f for n, f in enumerate(videos.features) if n != number])
        assert np.linalg.norm(elsewhere, axis=2).min(axis=1).max() < 4  # each shared clip has a like in other videos


def test_the_identifying_clips_are_what_is_to_be_found() -> None:
    videos = planted(0, num_videos=3)
    assert videos.mean_average_precision([own.astype(float) for own in videos.identifying]) == 1
    constant = videos.mean_average_precision([np.zeros(len(own)) for own in videos.identifying])
    assert SHARE < constant < SHARE + 0.05


def test_the_second_recipe_is_the_papers() -> None:
    quick, paper = RECIPES
    assert (quick.name, paper.name) == ("quick", "paper")
    assert dict(paper.choices) == dict(PAPER.choices)
    assert dataclasses.replace(paper.options, device="auto") == PAPER.options


def test_training_moves_attention_onto_the_clips_that_identify_a_video() -> None:
    told = list[Progress]()
    report = run_planted(1, told.append, recipes=RECIPES[:1], num_videos=16, num_clips=(30, 50))
    quick, untrained, chance = report.rows
    assert [row.method for row in report.rows] == ["quick", "quick untrained", CHANCE]
    assert report.reaches_aim
    assert quick.trained_on.mean >= AIM
    assert quick.others.mean > chance.others.mean + 0.3
    assert untrained.trained_on.mean < 0.6
    assert chance.trained_on.mean == pytest.approx(SHARE, abs=0.08)
    assert (told[0].done, told[-1].done, told[-1].total) == (0, 1, 1)
    assert report.as_dict()["rows"][0]["trained_on"]["by_seed"] == list(quick.trained_on.values)


@pytest.mark.slow
def test_so_it_does_with_every_seed_and_the_papers_settings_go_the_same_way() -> None:
    report = run_planted(5)
    assert report.reaches_aim
    by_name = {row.method: row for row in report.rows}
    paper = by_name["paper"].trained_on
    assert paper.mean > by_name["paper untrained"].trained_on.mean + 0.1
    assert paper.mean < AIM  # ten steps are too few, which is why there is another recipe


def test_no_seed_is_refused() -> None:
    with pytest.raises(OptionError, match="--seeds is at least 1, not 0"):
        run_planted(0)
