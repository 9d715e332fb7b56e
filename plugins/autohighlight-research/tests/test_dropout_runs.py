from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from autohighlight.errors import OptionError
from autohighlight.selector.config import SelectorConfig
from autohighlight.selector.model import HighlightSelector
from autohighlight_research.clip_kinds import SortedVideo
from autohighlight_research.dropout_runs import DropoutRuns, clips_under_dropout, untrained

HIGHLIGHTS = np.array([0, 1, 1, 0, 0, 0, 1, 0], bool)


def video_with(highlights: np.ndarray = HIGHLIGHTS) -> SortedVideo:
    features = np.random.default_rng(0).standard_normal((len(highlights), 6)).astype(np.float32)
    return SortedVideo(Path("a.mp4"), features, {"non-highlight": ~highlights, "highlight": highlights})


def selector_with(dropout: float = 0.1) -> HighlightSelector:
    torch.manual_seed(0)
    return HighlightSelector(SelectorConfig(d_in=6, d=16, dropout=dropout)).eval()


@pytest.mark.parametrize(("max_clips", "number"), [(None, 3), (2, 2), (1, 1), (9, 3)])
def test_as_many_clips_of_either_kind_are_chosen(max_clips: int | None, number: int) -> None:
    video, runs = video_with(), DropoutRuns(max_clips=max_clips)
    chosen = runs.choose(video, 0)
    assert runs.num_clips(video) == number
    assert set(chosen["highlight"]) <= {1, 2, 6}
    assert set(chosen["non-highlight"]) <= {0, 3, 4, 5, 7}
    for clips in chosen.values():
        assert len(clips) == number == len(set(clips))
        assert (np.diff(clips) > 0).all()


def test_the_choice_depends_on_the_seed_alone() -> None:
    runs, video = DropoutRuns(max_clips=2), video_with()
    seen = {tuple(runs.choose(video, seed)["non-highlight"]) for seed in range(30)}
    assert len(seen) > 5
    assert runs.choose(video, 3)["highlight"].tolist() == runs.choose(video, 3)["highlight"].tolist()


def test_shifted_labels_stand_so_many_clips_later() -> None:
    chosen = DropoutRuns().choose(video_with(), 0, shift=2)
    assert chosen["highlight"].tolist() == [0, 3, 4]


@pytest.mark.parametrize("values", [{"runs": 0}, {"max_clips": 0}])
def test_too_few_runs_or_clips_are_refused(values: dict[str, int]) -> None:
    with pytest.raises(OptionError, match="at least one"):
        DropoutRuns(**values)


def test_the_clips_are_those_of_the_first_attention_layer() -> None:
    video, selector = video_with(), selector_with(dropout=0)
    clips = np.array([2, 5])
    embeddings = clips_under_dropout(selector, video.features, clips, 3, seed=0)
    z, _ = selector.relate(selector.project(torch.as_tensor(video.features)[None]))
    assert embeddings.shape == (3, 2, 16)
    for run in embeddings:  # without dropout all runs are alike
        np.testing.assert_allclose(run, z[0, clips].detach().numpy(), atol=1e-6)


def test_every_run_drops_something_else_and_a_seed_says_what() -> None:
    video, selector = video_with(), selector_with()
    clips = np.arange(8)
    first, again, other = (clips_under_dropout(selector, video.features, clips, 4, seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert not np.isclose(first, other).all(axis=2).any()
    assert not np.isclose(first[0], first[1]).all(axis=1).any()


def test_runs_leave_the_selector_and_the_random_numbers_alone() -> None:
    video, selector = video_with(), selector_with()
    state = torch.random.get_rng_state()
    embeddings = clips_under_dropout(selector, video.features, np.array([0]), 2, seed=0)
    untrained(selector, 0)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert not selector.training
    assert np.isfinite(embeddings).all()


def test_an_untrained_selector_sees_features_as_the_trained_one_does() -> None:
    selector = selector_with()
    selector.standardise_by(np.full(6, 2.0), np.full(6, 3.0))
    fresh, again, other = (untrained(selector, seed) for seed in (0, 0, 1))
    assert fresh.config == selector.config
    assert (fresh.feature_mean == 2).all()
    assert (fresh.feature_std == 3).all()
    assert torch.equal(fresh.projection.weight, again.projection.weight)
    assert not torch.equal(fresh.projection.weight, other.projection.weight)
    assert not torch.equal(fresh.projection.weight, selector.projection.weight)
