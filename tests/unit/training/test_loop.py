from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from autohighlight.errors import DependencyError, OptionError
from autohighlight.selector.config import SelectorConfig
from autohighlight.selector.model import HighlightSelector, scores
from autohighlight.training.dataset import measure
from autohighlight.training.loop import StepRecord, train, train_on
from autohighlight.training.options import TrainingOptions

from .planted import planted

CONFIG = SelectorConfig(8, 16, scaled=True)
QUICK = TrainingOptions(steps=3, batch_size=4, learning_rate=1e-3, device="cpu")


def videos(num_videos: int = 6) -> list[NDArray[np.float32]]:
    return planted(0, num_videos, CONFIG.d_in)[0]


def weights(selector: HighlightSelector) -> NDArray[np.float32]:
    return torch.cat([p.detach().flatten() for p in selector.parameters()]).numpy()


@pytest.mark.parametrize("seed", [0, 1])
def test_training_moves_attention_onto_the_clips_that_identify_a_video(seed: int) -> None:
    features, identifying = planted(seed)

    def mean_ap(values: list[NDArray[np.float64]]) -> float:
        return float(np.mean([average_precision_score(y, v) for y, v in zip(identifying, values, strict=True)]))

    rng = np.random.default_rng(seed)
    assert mean_ap([rng.random(len(video)) for video in features]) < 0.35
    options = TrainingOptions(steps=40, learning_rate=1e-3, seed=seed, device="cpu")
    selector, history = train(features, SelectorConfig(32, 64, scaled=True), options)
    assert mean_ap([scores(selector, video) for video in features]) > 0.95
    assert history[0].loss > 2
    assert history[-1].loss < 0.15


def test_a_tiny_set_is_learned_by_heart() -> None:
    options = TrainingOptions(steps=60, batch_size=4, learning_rate=1e-3, device="cpu")
    _, history = train(videos(4), SelectorConfig(8, 32, dropout=0.0), options)
    # at best the embeddings of four videos form a tetrahedron: cosines of 1 and -1/3
    floor = math.log(1 + 3 * math.exp((-1 / 3 - 1) / 0.1))
    assert history[-1].loss < floor + 0.01
    assert history[-1].positive_similarity == pytest.approx(1, abs=1e-5)


def test_what_each_step_showed_is_told_and_returned() -> None:
    told: list[StepRecord] = []
    selector, history = train(videos(), CONFIG, QUICK, told.append)
    assert told == history
    assert [(r.step, r.num_steps, r.epoch) for r in history] == [(1, 3, 1), (2, 3, 1), (3, 3, 2)]
    assert all(math.isfinite(r.loss) and r.negative_similarity < r.positive_similarity <= 1 for r in history)
    assert not selector.training


def test_epochs_count_where_steps_are_not_given() -> None:
    _, history = train(videos(), CONFIG, TrainingOptions(epochs=2, batch_size=4, device="cpu"))
    assert [r.epoch for r in history] == [1, 1, 2, 2]


def test_the_same_seed_gives_the_same_selector_whatever_was_drawn_before() -> None:
    first, again = [], []
    for results in (first, again):
        torch.rand(len(results) + 3)
        results.append(weights(train(videos(), CONFIG, QUICK)[0]))
    np.testing.assert_array_equal(first, again)
    other = weights(train(videos(), CONFIG, TrainingOptions(**vars(QUICK) | {"seed": 1}))[0])
    assert not np.array_equal(first[0], other)


def test_training_leaves_the_random_numbers_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    train(videos(), CONFIG, QUICK)
    assert torch.equal(torch.rand(2), expected)


def test_the_two_passes_drop_different_elements() -> None:
    _, history = train(videos(), CONFIG, QUICK)
    assert history[0].positive_similarity < 0.999
    _, history = train(videos(), SelectorConfig(8, 16, dropout=0.0), QUICK)
    assert history[0].positive_similarity == pytest.approx(1, abs=1e-6)


def test_standardised_training_keeps_the_statistics_in_the_selector() -> None:
    shifted = [video * 100 + 50 for video in videos()]
    together = np.concatenate(shifted)
    selector, _ = train(shifted, CONFIG, TrainingOptions(**vars(QUICK) | {"standardise": True}))
    np.testing.assert_allclose(selector.feature_mean, together.mean(0), rtol=1e-4)
    np.testing.assert_allclose(selector.feature_std, together.std(0), rtol=1e-4)
    plain, _ = train(shifted, CONFIG, QUICK)
    assert plain.feature_std.eq(1).all()


def test_a_selector_by_stillness_is_trained_with_the_mean_of_each_channel_as_its_scale() -> None:
    moving = [np.abs(video) * np.array([0, 1, 2, 3, 4, 5, 6, 7]) for video in videos()]  # the first never changes
    config = dataclasses.replace(CONFIG, encoding="stillness")
    selector, history = train(moving, config, TrainingOptions(**vars(QUICK) | {"standardise": True}))
    np.testing.assert_allclose(selector.feature_std, np.concatenate(moving).mean(0) + 0.001, rtol=1e-5)
    assert selector.feature_mean.eq(0).all()
    assert math.isfinite(history[-1].loss)
    assert np.isfinite(scores(selector, moving[0])).all()


def test_crops_keep_batches_short() -> None:
    _, history = train(videos(), CONFIG, TrainingOptions(**vars(QUICK) | {"crop": 5}))
    assert len(history) == 3


def test_one_long_video_is_enough_in_pieces() -> None:
    features, _ = planted(0, num_videos=6, d_in=CONFIG.d_in)
    long = np.concatenate(features)
    selector, history = train([long], CONFIG, dataclasses.replace(QUICK, pieces=20))
    assert len(history) == 3
    assert scores(selector, long).shape == (len(long),)
    with pytest.raises(OptionError, match=r"takes two to train.*--pieces"):
        train([long], CONFIG, QUICK)
    with pytest.raises(OptionError, match="measured in pieces of None clips, not of 20"):
        train_on(measure(features), CONFIG, dataclasses.replace(QUICK, pieces=20))


def test_hard_negatives_find_more_where_groups_of_videos_are_told_apart_by_what_each_shares() -> None:
    features, identifying = list[NDArray[np.float32]](), list[NDArray[np.bool_]]()
    for group in range(8):
        of_group, own = planted(group, num_videos=8)
        features, identifying = features + of_group, identifying + own

    def mean_ap(**choices: str) -> float:
        options = TrainingOptions(steps=30, batch_size=8, learning_rate=1e-3, device="cpu", **choices)  # type: ignore[arg-type]
        selector, _ = train(features, SelectorConfig(32, 64, scaled=True), options)
        precisions = [
            average_precision_score(y, scores(selector, v)) for y, v in zip(identifying, features, strict=True)
        ]
        return float(np.mean(precisions))

    assert mean_ap(negatives="hard") > mean_ap() + 0.05


def test_labels_pull_attention_to_the_labelled_clips_and_to_those_like_them() -> None:
    features, _ = planted(0, num_videos=20, d_in=8)
    favoured = [video[:, 0] > np.median(video[:, 0]) for video in features]  # nothing that tells videos apart
    labels = [own if i < 10 else None for i, own in enumerate(favoured)]
    options = TrainingOptions(steps=60, batch_size=10, learning_rate=3e-3, device="cpu", label_weight=3.0)
    config = SelectorConfig(8, 32, scaled=True)

    def mean_ap(selector: HighlightSelector) -> float:
        unseen = zip(features[10:], favoured[10:], strict=True)
        return float(np.mean([average_precision_score(own, scores(selector, video)) for video, own in unseen]))

    with_labels, history = train(features, config, options, labels=labels)
    assert mean_ap(with_labels) > 0.9
    assert mean_ap(train(features, config, options)[0]) < 0.75
    told = [record.label_loss for record in history if record.label_loss is not None]
    assert told[-1] < 0.5 * told[0]


def test_without_a_label_in_the_batch_the_loss_is_the_contrastive_one_alone() -> None:
    labels: list[NDArray[np.bool_] | None] = [None] * 6
    plain, history = train(videos(), CONFIG, QUICK)
    with_none, _ = train(videos(), CONFIG, QUICK, labels=labels)
    np.testing.assert_array_equal(weights(plain), weights(with_none))
    assert all(record.label_loss is None for record in history)
    labels[0] = np.arange(len(videos()[0])) < 2
    unweighted, history = train(videos(), CONFIG, dataclasses.replace(QUICK, label_weight=0.0), labels=labels)
    np.testing.assert_allclose(weights(unweighted), weights(plain), atol=1e-6)
    assert any(record.label_loss is not None and record.label_loss > 0 for record in history)


def test_the_selector_is_shown_before_and_after_each_step() -> None:
    shown = list[tuple[int, NDArray[np.float64]]]()

    def watch(step: int, selector: HighlightSelector) -> None:
        shown.append((step, scores(selector, videos()[0])))

    selector, history = train_on(measure(videos()), CONFIG, QUICK, watch=watch)
    assert [step for step, _ in shown] == [0, 1, 2, 3]
    np.testing.assert_array_equal(shown[-1][1], scores(selector, videos()[0]))
    assert not np.array_equal(shown[0][1], shown[1][1])
    assert history == train(videos(), CONFIG, QUICK)[1]


def test_a_small_training_leaves_the_number_of_threads_as_it_was() -> None:
    threads, during = torch.get_num_threads(), set[int]()
    train(videos(), CONFIG, QUICK, lambda _: during.add(torch.get_num_threads()))
    assert during == {1}
    assert torch.get_num_threads() == threads


def test_videos_of_one_clip_train_along() -> None:
    mixed = [*videos(2), videos(3)[2][:1], videos(4)[3][:1]]
    selector, history = train(mixed, CONFIG, QUICK)
    assert math.isfinite(history[-1].loss)
    np.testing.assert_array_equal(scores(selector, mixed[2]), [1.0])


def test_the_defaults_are_the_papers() -> None:
    options = TrainingOptions()
    assert (options.epochs, options.batch_size, options.learning_rate, options.temperature) == (10, 32, 1e-5, 0.1)


def test_a_loss_that_is_not_finite_is_an_error() -> None:
    with pytest.raises(OptionError, match=r"not finite any more at step .*lower the learning rate"):
        train(videos(), CONFIG, TrainingOptions(steps=20, learning_rate=1e30, device="cpu"))


def test_features_of_another_width_are_refused() -> None:
    with pytest.raises(OptionError, match="have 8 columns, the selector expects 9"):
        train(videos(), SelectorConfig(9, 16), QUICK)


def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(DependencyError):
        train(videos(), CONFIG, TrainingOptions(device="cuda"))


@pytest.mark.parametrize(
    "changes",
    [
        {"epochs": 0},
        {"steps": 0},
        {"batch_size": 1},
        {"learning_rate": 0.0},
        {"temperature": -1.0},
        {"crop": 0},
        {"seed": -1},
    ],
)
def test_options_that_cannot_be_meant_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(OptionError):
        TrainingOptions(**changes)  # type: ignore[arg-type]
