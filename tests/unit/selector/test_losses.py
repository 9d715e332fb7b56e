from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from autohighlight.selector.losses import cosine_similarities, info_nce, label_divergence

from . import naive


@pytest.mark.parametrize("batch_size", [1, 2, 7])
def test_the_loss_is_that_of_equation_9(batch_size: int) -> None:
    rng = np.random.default_rng(0)
    h, h_other = rng.normal(size=(2, batch_size, 5))
    losses = info_nce(cosine_similarities(torch.from_numpy(h), torch.from_numpy(h_other)), 0.1)
    expected = [naive.loss(i, list(h), list(h_other), 0.1) for i in range(batch_size)]
    np.testing.assert_allclose(losses, expected, atol=1e-9)


def test_similarities_do_not_depend_on_lengths() -> None:
    h = torch.randn(4, 3)
    torch.testing.assert_close(cosine_similarities(h, 5 * h), cosine_similarities(h, h))
    torch.testing.assert_close(cosine_similarities(h, h).diagonal(), torch.ones(4))


def test_videos_that_cannot_be_told_apart_cost_the_logarithm_of_their_number() -> None:
    assert info_nce(torch.ones(8, 8), 0.1).mean().item() == pytest.approx(math.log(8))


def test_one_video_has_no_negatives_and_costs_nothing() -> None:
    assert info_nce(torch.ones(1, 1), 0.1).item() == 0


def test_the_divergence_is_that_of_attention_from_an_even_share_of_the_labelled_clips() -> None:
    alpha = torch.tensor([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7]], dtype=torch.float64)
    labels = torch.tensor([[True, True, False], [False, False, False]])
    expected = 0.5 * math.log(0.5 / 0.5) + 0.5 * math.log(0.5 / 0.25)
    assert label_divergence(alpha.log(), labels).tolist() == pytest.approx([expected, 0])


def test_the_divergence_is_0_where_attention_lies_evenly_on_the_labelled_clips() -> None:
    log_alpha = torch.tensor([[math.log(0.5), -1e4, math.log(0.5), -math.inf]])
    assert label_divergence(log_alpha, torch.tensor([[True, False, True, False]])).item() == pytest.approx(0)
    assert label_divergence(log_alpha, torch.tensor([[True, True, False, False]])).item() > 1e3


def test_the_divergence_pulls_on_clips_and_not_on_padding() -> None:
    logits = torch.tensor([[0.0, 1.0, 2.0, 0.0]], requires_grad=True)
    masked = logits.masked_fill(torch.tensor([[False, False, False, True]]), -math.inf)
    label_divergence(masked.log_softmax(-1), torch.tensor([[True, False, False, False]])).sum().backward()
    assert logits.grad is not None
    alpha = masked.detach().softmax(-1)[0]
    np.testing.assert_allclose(logits.grad[0], [alpha[0] - 1, alpha[1], alpha[2], 0], atol=1e-6)
