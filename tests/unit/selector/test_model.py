from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from autohighlight.errors import OptionError
from autohighlight.selector import attention
from autohighlight.selector.attention import GenericAttention
from autohighlight.selector.config import SelectorConfig
from autohighlight.selector.model import HighlightSelector, scores

from . import naive

D_IN, D = 7, 12


def made(*, seed: int = 0, dtype: torch.dtype = torch.float64, **choices: object) -> HighlightSelector:
    torch.manual_seed(seed)
    selector = HighlightSelector(SelectorConfig(D_IN, D, **choices)).to(dtype)  # type: ignore[arg-type]
    for name, parameter in selector.named_parameters():
        if "norm" in name or "bias" in name:  # neither 0 nor 1, so that a forgotten one shows
            torch.nn.init.normal_(parameter, 0.5)
    return selector.eval()


def weights(selector: HighlightSelector) -> naive.Weights:
    return {name: tensor.double().numpy() for name, tensor in selector.state_dict().items()}


def video(num_clips: int, seed: int = 1) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(size=(num_clips, D_IN))


def padded(videos: list[NDArray[np.float64]], filling: float) -> tuple[Tensor, Tensor]:
    longest = max(map(len, videos))
    features = torch.full((len(videos), longest, D_IN), filling, dtype=torch.float64)
    mask = torch.zeros(len(videos), longest, dtype=torch.bool)
    for i, one in enumerate(videos):
        features[i, : len(one)] = torch.from_numpy(one)
        mask[i, : len(one)] = True
    return features, mask


@pytest.mark.parametrize(("scaled", "residual_ff"), [(False, False), (True, False), (True, True)])
@pytest.mark.parametrize("num_clips", [1, 2, 9])
@torch.no_grad()
def test_embedding_and_scores_are_those_of_the_equations(num_clips: int, scaled: bool, residual_ff: bool) -> None:
    selector = made(scaled=scaled, feed_forward_residual=residual_ff)
    features = video(num_clips)
    h, alpha = selector(torch.from_numpy(features)[None])
    h_naive, alpha_naive = naive.select(features, weights(selector), scaled=scaled, residual_ff=residual_ff)
    np.testing.assert_allclose(h[0], h_naive, atol=1e-9)
    np.testing.assert_allclose(alpha[0], alpha_naive, atol=1e-9)


def test_scores_in_float32_are_those_of_the_equations() -> None:
    selector = made(dtype=torch.float32, scaled=True)
    features = video(9)
    _, expected = naive.select(features, weights(selector), scaled=True)
    np.testing.assert_allclose(scores(selector, features), expected, atol=1e-6)


@torch.no_grad()
def test_a_video_gets_the_same_alone_and_in_any_batch() -> None:
    selector = made()
    videos = [video(n, seed=n) for n in (1, 5, 2, 17)]
    for filling in (0.0, 1e3):
        features, mask = padded(videos, filling)
        h, alpha = selector(features, mask)
        for i, one in enumerate(videos):
            h_alone, alpha_alone = selector(torch.from_numpy(one)[None])
            np.testing.assert_allclose(h[i], h_alone[0], atol=1e-10)
            np.testing.assert_allclose(alpha[i, : len(one)], alpha_alone[0], atol=1e-12)
            assert (alpha[i, len(one) :] == 0).all()


def test_padding_gets_no_gradient() -> None:
    features, mask = padded([video(3), video(6)], 0.5)
    features.requires_grad_()
    h, _ = made()(features, mask)
    h.square().sum().backward()
    assert features.grad is not None
    assert (features.grad[~mask] == 0).all()
    assert (features.grad[mask] != 0).any()


@torch.no_grad()
def test_scores_follow_the_clips_when_these_change_places() -> None:
    selector, features = made(), video(8)
    order = np.random.default_rng(0).permutation(8)
    np.testing.assert_allclose(scores(selector.float(), features[order]), scores(selector, features)[order], atol=1e-6)


@pytest.mark.parametrize("training", [False, True])
def test_querying_in_parts_changes_nothing(monkeypatch: pytest.MonkeyPatch, training: bool) -> None:
    features, mask = padded([video(23), video(11)], 0.0)
    results = []
    for most in (attention.MAX_SCORES, 2 * 23 * 4):
        monkeypatch.setattr(attention, "MAX_SCORES", most)
        selector = made().train(training)
        torch.manual_seed(5)
        h, alpha = selector(features, mask)
        (h.sum() + alpha.square().sum()).backward()
        gradient = selector.self_attention.key.weight.grad
        assert gradient is not None
        results.append((h.detach(), alpha.detach(), gradient))
    for whole, in_parts in zip(*results, strict=True):
        np.testing.assert_allclose(in_parts, whole, atol=1e-10)


def test_a_long_video_is_scored_in_bounded_memory() -> None:
    selector = HighlightSelector(SelectorConfig(4, 8))
    features = np.random.default_rng(0).normal(size=(6_000, 4)).astype(np.float32)
    largest = 0
    whole = attention.masked

    def watched(logits: Tensor, mask: Tensor | None) -> Tensor:
        nonlocal largest
        largest = max(largest, logits.numel())
        return whole(logits, mask)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attention, "masked", watched)
        values = scores(selector, features)
    assert 0 < largest <= attention.MAX_SCORES < len(features) ** 2
    assert values.shape == (6_000,)
    assert values.sum() == pytest.approx(1)


@torch.no_grad()
def test_the_map_of_the_generic_layer_and_its_features_alone_agree() -> None:
    layer = made().self_attention
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 5, D)))
    alpha, z = layer(x, x)
    assert alpha.shape == (2, 5, 5)
    np.testing.assert_allclose(alpha.sum(-1), 1)
    np.testing.assert_allclose(layer.attend(x, x), z, atol=1e-12)


def test_dropout_is_at_both_inputs_and_after_the_attention(monkeypatch: pytest.MonkeyPatch) -> None:
    dropped: list[tuple[int, ...]] = []

    def dropout(x: Tensor, p: float, training: bool) -> Tensor:
        assert (p, training) == (0.3, True)
        dropped.append(tuple(x.shape))
        return x

    monkeypatch.setattr(attention.F, "dropout", dropout)
    x, y = torch.randn(1, 3, D), torch.randn(1, 5, D)
    GenericAttention(SelectorConfig(D_IN, D, dropout=0.3), residual=False)(x, y)
    assert dropped == [(1, 3, D), (1, 5, D), (1, 3, D)]


@pytest.mark.parametrize(("shared", "calls"), [(False, 3), (True, 2)])
def test_self_attention_drops_its_input_twice_unless_told_to_share(
    monkeypatch: pytest.MonkeyPatch, shared: bool, calls: int
) -> None:
    count = 0

    def dropout(x: Tensor, p: float, training: bool) -> Tensor:
        nonlocal count
        count += 1
        return x.clone()

    monkeypatch.setattr(attention.F, "dropout", dropout)
    x = torch.randn(1, 3, D)
    GenericAttention(SelectorConfig(D_IN, D, shared_input_dropout=shared), residual=True).attend(x, x)
    assert count == calls


def test_two_passes_in_training_differ_and_in_inference_do_not() -> None:
    selector, features = made(), torch.from_numpy(video(6))[None]
    assert torch.equal(selector(features)[0], selector(features)[0])
    selector.train()
    assert not torch.equal(selector(features)[0], selector(features)[0])


def test_scoring_uses_no_dropout_and_leaves_the_mode_alone() -> None:
    selector = made(dtype=torch.float32).train()
    values = scores(selector, video(6))
    assert selector.training
    np.testing.assert_array_equal(scores(selector.eval(), video(6)), values)
    assert not selector.training
    assert not any(p.grad is not None for p in selector.parameters())


def test_clips_that_get_almost_nothing_are_still_told_apart() -> None:
    selector = made(dtype=torch.float32)
    with torch.no_grad():
        selector.clip_attention.query.weight.mul_(40)
    values = scores(selector, video(30))
    assert (values > 0).all()
    assert len(np.unique(values)) == 30
    assert values.min() < 1e-46, "smaller than any float32"


def test_standardised_features_are_what_the_equations_get() -> None:
    selector = made(dtype=torch.float32, scaled=True)
    mean, std = np.arange(D_IN) * 1.0, np.arange(D_IN) * 1.0  # the first column is constant: it is only centred
    selector.standardise_by(mean, std)
    features = video(5) * np.maximum(std, 1) + mean
    _, expected = naive.select((features - mean) / np.maximum(std, 1), weights(selector), scaled=True)
    np.testing.assert_allclose(scores(selector, features), expected, atol=1e-6)


@pytest.mark.parametrize("shape", [(0, D_IN), (3, D_IN + 1), (3,), (1, 3, D_IN)])
def test_features_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=rf"shape \(N, {D_IN}\)"):
        scores(made(), np.zeros(shape))


def test_features_that_are_not_finite_are_refused() -> None:
    features = video(3)
    features[1, 2] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        scores(made(), features)


def test_initialisations_differ_in_the_sharpness_of_attention() -> None:
    torch.manual_seed(0)
    spread = {
        name: HighlightSelector(SelectorConfig(8, 64, initialisation=name)).clip_attention.query.weight.std().item()  # type: ignore[arg-type]
        for name in ("torch", "xavier")
    }
    assert spread["torch"] == pytest.approx((1 / (3 * 64)) ** 0.5, rel=0.05)
    assert spread["xavier"] == pytest.approx((1 / 64) ** 0.5, rel=0.05)


@pytest.mark.parametrize(
    "choices",
    [
        {"d_in": 0},
        {"d_in": 4, "d": 0},
        {"d_in": 4, "dropout": 1.0},
        {"d_in": 4, "initialisation": "zeros"},
        {"d_in": 4, "encoding": "square"},
    ],
)
def test_configurations_that_cannot_be_meant_are_refused(choices: dict[str, object]) -> None:
    with pytest.raises(OptionError):
        SelectorConfig(**choices)  # type: ignore[arg-type]


def test_the_defaults_are_the_papers() -> None:
    config = SelectorConfig(512)
    assert (config.d, config.dropout, config.scaled, config.encoding) == (512, 0.1, False, "linear")


def test_stillness_is_what_the_equations_get_of_features_that_tell_of_change() -> None:
    selector = made(dtype=torch.float32, scaled=True, encoding="stillness")
    scale = np.arange(1.0, D_IN + 1)
    selector.standardise_by(np.zeros(D_IN), scale)
    features = np.abs(video(9)) * scale
    _, expected = naive.select(np.exp(-features / scale), weights(selector), scaled=True)
    np.testing.assert_allclose(scores(selector, features), expected, atol=1e-6)


@torch.no_grad()
def test_a_clip_in_which_nothing_moves_is_all_ones_and_one_in_which_all_moves_nothing() -> None:
    selector = made(encoding="stillness")
    still, wild = torch.zeros(1, 1, D_IN, dtype=torch.float64), torch.full((1, 1, D_IN), 1e4, dtype=torch.float64)
    np.testing.assert_allclose(selector.project(still)[0, 0], selector.projection.weight.sum(1))
    np.testing.assert_array_equal(selector.project(wild)[0, 0], np.zeros(D))
