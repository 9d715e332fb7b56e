from __future__ import annotations

import numpy as np
import pytest
import torch

from autohighlight.errors import DependencyError
from autohighlight.selector.config import SelectorConfig
from autohighlight.training.arithmetic import computing, dtype_of
from autohighlight.training.loop import StepRecord, train
from autohighlight.training.options import TrainingOptions

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


def settings() -> tuple[object, ...]:
    return (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
        torch.get_float32_matmul_precision(),
    )


def test_deterministic_training_gives_the_same_bits_and_leaves_the_settings_alone() -> None:
    rng = np.random.default_rng(0)
    videos = [rng.normal(size=(n, 4)).astype(np.float32) for n in (3, 5, 9, 2)]
    options = TrainingOptions(steps=3, batch_size=2, deterministic=True, device="cpu")
    before, during = settings(), list[tuple[object, ...]]()

    def progress(_: StepRecord) -> None:
        during.append(settings())

    first = [train(videos, SelectorConfig(4, 8), options, progress)[0].state_dict() for _ in range(2)]
    assert all(torch.equal(first[0][name], first[1][name]) for name in first[0])
    assert during == [(True, False, "highest")] * 6
    assert settings() == before


def test_the_settings_come_back_after_an_error() -> None:
    before = settings()
    with pytest.raises(ZeroDivisionError), computing(CPU, torch.float32, deterministic=True):
        raise ZeroDivisionError
    assert settings() == before


@pytest.mark.parametrize("setting", [None, "", ":1:1"])
def test_determinism_on_cuda_needs_a_setting_that_it_names(
    monkeypatch: pytest.MonkeyPatch, setting: str | None
) -> None:
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    if setting is not None:
        monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", setting)
    with (
        pytest.raises(DependencyError, match="set it before starting, as in CUBLAS_WORKSPACE_CONFIG=:4096:8"),
        computing(CUDA, torch.float32, deterministic=True),
    ):
        pass
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    with computing(CUDA, torch.float32, deterministic=True):
        assert torch.are_deterministic_algorithms_enabled()


def test_products_are_float32_unless_asked_otherwise() -> None:
    assert dtype_of(TrainingOptions().precision) == torch.float32
    assert dtype_of("bfloat16") == torch.bfloat16


def test_training_in_bfloat16_keeps_float32_weights_and_comes_to_the_same() -> None:
    rng = np.random.default_rng(0)
    videos = [rng.normal(size=(6, 4)).astype(np.float32) for _ in range(8)]
    losses = {}
    for precision in ("float32", "bfloat16"):
        options = TrainingOptions(steps=30, learning_rate=1e-3, precision=precision, device="cpu")  # type: ignore[arg-type]
        selector, history = train(videos, SelectorConfig(4, 32), options)
        assert {tensor.dtype for tensor in selector.state_dict().values()} == {torch.float32}
        losses[precision] = [record.loss for record in history]
    np.testing.assert_allclose(losses["bfloat16"][0], losses["float32"][0], rtol=0.02)
    np.testing.assert_allclose(losses["bfloat16"][-1], losses["float32"][-1], rtol=0.2)
    assert losses["float32"][-1] < 0.5 * losses["float32"][0]
