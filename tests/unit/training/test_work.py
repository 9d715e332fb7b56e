"""What the benchmark of training counts and prints."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from autohighlight.selector.config import SelectorConfig
from autohighlight.selector.model import HighlightSelector
from autohighlight.training.loop import losses
from autohighlight.training.options import TrainingOptions
from autohighlight.training.padding import Part
from autohighlight.training.work import step_flops

BENCHMARK = Path(__file__).parents[3] / "benchmarks" / "training.py"


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("training_benchmark", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("d_in", "d", "clips"), [(12, 16, 5), (7, 8, 20)])
def test_the_operations_are_those_that_torch_counts(d_in: int, d: int, clips: int) -> None:
    config = SelectorConfig(d_in, d)
    selector = HighlightSelector(config).train()
    batch = [Part(torch.randn(4, clips, d_in), None, None)]
    with FlopCounterMode(display=False) as counter:
        loss, _ = losses(selector, batch, TrainingOptions())
        loss.backward()
    assert counter.get_total_flops() == step_flops(config, [clips] * 4)


def test_blocks_are_compared_with_the_better_of_the_rates_beside_them(
    benchmark: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, rates = 0.0, iter([100.0, 50.0, 200.0])

    def rate() -> float:
        nonlocal now
        now += 10
        return next(rates)

    monkeypatch.setattr(benchmark.time, "perf_counter", lambda: now)
    blocks = benchmark.Blocks(2, lambda: None, rate)
    for step in range(7):
        blocks.watch(step, None)
        now += 0.5
    assert blocks.seconds == [0.5, 0.5]
    assert blocks.shares(25) == [0.5, 0.25]


@pytest.mark.slow
def test_the_benchmark_runs_from_end_to_end(benchmark: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--videos", "16", "--clips", "4", "--d-in", "8", "--d", "8", "--batch-size", "4", "--size", "32"]
    code = benchmark.main([*small, "--repeats", "2", "--block", "1"])
    lines = capsys.readouterr().out.splitlines()
    verdicts = [line.split()[0] for line in lines if line.startswith(("PASS", "FAIL"))]
    assert len(verdicts) == 2
    assert code == (0 if verdicts == ["PASS", "PASS"] else 1)
    assert "peak memory with 4 videos" in lines[-3]
    assert "peak memory with 16 videos" in lines[-2]
