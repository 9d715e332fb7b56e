from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from autohighlight.selector.losses import cosine_similarities, info_nce

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
