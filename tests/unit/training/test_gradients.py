"""One training step beside the equations in float64, clip by clip: the loss and its gradient, dropouts included."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from autohighlight.selector import attention
from autohighlight.selector.config import SelectorConfig
from autohighlight.selector.model import HighlightSelector
from autohighlight.training import loop
from autohighlight.training.arithmetic import computing
from autohighlight.training.loop import losses
from autohighlight.training.options import TrainingOptions
from autohighlight.training.padding import Part, parts_of_similar_lengths
from tests.unit.selector import naive

OPTIONS = TrainingOptions()
DROPPED = [f"{layer}.{place}" for layer in ("self_attention", "clip_attention") for place in ("x", "y", "attended")]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with computing(torch.device("cpu"), torch.float32, one_thread=True):
        yield


def videos(*lengths: int, d_in: int = 3) -> list[NDArray[np.float64]]:
    rng = np.random.default_rng(0)
    return [rng.normal(size=(n, d_in)).astype(np.float32).astype(np.float64) for n in lengths]


def in_one_part(several: list[NDArray[np.float64]], dtype: torch.dtype) -> list[Part]:
    (part,) = parts_of_similar_lengths([(video, None) for video in several])
    return [Part(part.features.to(dtype), part.mask, None)]


def selector_with(dtype: torch.dtype, **choices: object) -> HighlightSelector:
    torch.manual_seed(0)
    selector = HighlightSelector(SelectorConfig(3, 6, **choices)).to(dtype)  # type: ignore[arg-type]
    for name, parameter in selector.named_parameters():
        if "norm" in name or "bias" in name:  # neither 0 nor 1, so that a forgotten one shows
            torch.nn.init.normal_(parameter, 0.5)
    return selector.train()


def gradient(selector: HighlightSelector, batch: list[Part]) -> tuple[float, dict[str, Tensor]]:
    torch.manual_seed(7)
    loss, _ = losses(selector, batch, OPTIONS)
    named = dict(selector.named_parameters())
    return loss.item(), dict(zip(named, torch.autograd.grad(loss, [*named.values()]), strict=True))


def naive_loss(
    several: list[NDArray[np.float64]], weights: naive.Weights, masks: list[Tensor], **choices: bool
) -> float:
    passes: list[list[naive.Vector]] = [[], []]
    for number in (0, 1):
        for i, video in enumerate(several):
            row = number * len(several) + i

            def drop(place: str, vectors: list[naive.Vector], row: int = row) -> list[naive.Vector]:
                mask = masks[DROPPED.index(place)][row].double().numpy()
                return [vector * kept for vector, kept in zip(vectors, mask, strict=False)]

            passes[number].append(naive.select(video, weights, drop=drop, **choices)[0])
    terms = [naive.loss(i, passes[0], passes[1], OPTIONS.temperature) for i in range(len(several))]
    return float(np.mean(terms))


@pytest.mark.parametrize(
    ("dtype", "tolerance", "choices"),
    [
        (torch.float64, 1e-6, {}),
        (torch.float64, 1e-6, {"scaled": True, "feed_forward_residual": True}),
        (torch.float32, 2e-5, {}),
    ],
)
def test_a_step_has_the_loss_and_the_gradient_of_the_equations(
    monkeypatch: pytest.MonkeyPatch, dtype: torch.dtype, tolerance: float, choices: dict[str, bool]
) -> None:
    masks: list[Tensor] = []

    def recorded(x: Tensor, p: float, training: bool) -> Tensor:
        assert (p, training) == (0.1, True)
        masks.append(torch.bernoulli(torch.full_like(x, 1 - p)) / (1 - p))
        return x * masks[-1]

    monkeypatch.setattr(attention.F, "dropout", recorded)
    several = videos(4, 4, 3)  # from the longest down, as batches have them
    selector = selector_with(dtype, **choices)
    loss, gradients = gradient(selector, in_one_part(several, dtype))
    assert len(masks) == len(DROPPED)
    weights = {name: tensor.double().numpy() for name, tensor in selector.state_dict().items()}
    naive_choices = {
        "scaled": choices.get("scaled", False),
        "residual_ff": choices.get("feed_forward_residual", False),
    }

    def at(changed: naive.Weights) -> float:
        return naive_loss(several, weights | changed, masks, **naive_choices)

    assert loss == pytest.approx(at({}), rel=tolerance)
    rng = np.random.default_rng(0)
    for name, found in gradients.items():
        direction, step = rng.normal(size=found.shape), 1e-5
        slope = (at({name: weights[name] + step * direction}) - at({name: weights[name] - step * direction})) / (
            2 * step
        )
        size = found.double().norm().item() * float(np.linalg.norm(direction))
        assert abs((found.double().numpy() * direction).sum() - slope) <= tolerance * size + 1e-9, name


def without_dropout() -> HighlightSelector:
    return selector_with(torch.float64, dropout=0.0)


def test_parts_of_a_batch_have_the_gradient_of_the_whole() -> None:
    several = videos(400, 90, 3, 2)
    parts = parts_of_similar_lengths([(video, None) for video in several])
    assert len(parts) > 1
    in_parts = [Part(part.features.double(), part.mask, None) for part in parts]
    longest = len(several[0])
    features = torch.stack([torch.from_numpy(np.pad(v, ((0, longest - len(v)), (0, 0)))) for v in several])
    mask = torch.arange(longest) < torch.tensor([len(v) for v in several])[:, None]
    loss, whole = gradient(without_dropout(), [Part(features, mask, None)])
    loss_in_parts, of_parts = gradient(without_dropout(), in_parts)
    assert loss_in_parts == pytest.approx(loss, rel=1e-10)
    for name in whole:
        torch.testing.assert_close(of_parts[name], whole[name], atol=1e-9, rtol=1e-7)


def test_a_batch_too_long_to_keep_is_computed_again_to_the_same_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = [Part(part.features.double(), part.mask, None) for part in
             parts_of_similar_lengths([(video, None) for video in videos(400, 90, 3, 2)])]  # fmt: skip
    results = []
    for most_rows, most_scores in ((loop.MAX_ROWS, attention.MAX_SCORES), (10, 400 * 50)):
        monkeypatch.setattr(loop, "MAX_ROWS", most_rows)
        monkeypatch.setattr(attention, "MAX_SCORES", most_scores)  # and the attention map within it a second time
        results.append(gradient(selector_with(torch.float64), batch))
    assert results[0][0] == results[1][0]
    for name in results[0][1]:
        torch.testing.assert_close(results[0][1][name], results[1][1][name], atol=1e-12, rtol=1e-10)


def test_bfloat16_turns_a_gradient_less_than_another_draw_of_the_dropouts_does() -> None:
    torch.manual_seed(0)
    selector = HighlightSelector(SelectorConfig(64, 128)).train()
    batch = [Part(torch.randn(16, 20, 64), None, None)]
    with torch.autocast("cpu", torch.bfloat16):
        _, half = gradient(selector, batch)
    _, whole = gradient(selector, batch)
    torch.manual_seed(8)
    loss, _ = losses(selector, batch, OPTIONS)
    redrawn = torch.autograd.grad(loss, [*selector.parameters()])

    def flat(tensors: Iterator[Tensor]) -> Tensor:
        return torch.cat([tensor.float().flatten() for tensor in tensors])

    exact, reference = flat(iter(half.values())), flat(iter(whole.values()))
    similarity = torch.nn.functional.cosine_similarity
    of_half = similarity(exact, reference, 0).item()
    assert of_half > 0.996, "less than 5 degrees"
    assert of_half > similarity(flat(iter(redrawn)), reference, 0).item()
