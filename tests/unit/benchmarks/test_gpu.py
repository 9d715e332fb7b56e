"""The parts of ``benchmarks/gpu.py``, on the CPU."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch

from benchmarks import gpu


def test_without_a_gpu_it_says_so_and_all_is_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gpu, "has_device", lambda _device: False)
    monkeypatch.setattr(sys, "argv", ["benchmarks/gpu.py"])
    assert gpu.main() == 0
    assert "sees no device 'cuda' here: nothing was measured" in capsys.readouterr().out


def test_a_failed_check_is_the_exit_code(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    report = gpu.Report()
    report.check(True, "fine")
    assert not report.has_failed
    report.check(False, "not fine")
    report.check(True, "fine again")
    assert report.has_failed
    assert "FAIL not fine" in capsys.readouterr().out


def test_operations_are_counted_as_by_hand() -> None:
    """C3D (Tran et al. 2015, figure 3): channels in, channels out, and places of each convolution of 3 x 3 x 3."""
    convolutions = [
        (3, 64, 16 * 112**2),
        (64, 128, 16 * 56**2),
        (128, 256, 8 * 28**2),
        (256, 256, 8 * 28**2),
        (256, 512, 4 * 14**2),
        (512, 512, 4 * 14**2),
        (512, 512, 2 * 7**2),
        (512, 512, 2 * 7**2),
    ]
    by_hand = sum(2 * 27 * inputs * outputs * places for inputs, outputs, places in convolutions) + 2 * 8192 * 4096
    assert gpu.flops_of("c3d") == by_hand


def test_golden_inputs_move_and_are_the_same_every_time() -> None:
    windows = gpu.moving_windows(2, 16, (112, 112))
    assert windows.shape == (2, 16, 112, 112, 3)
    assert (windows[:, 1:] != windows[:, :-1]).any(axis=(2, 3, 4)).all()
    assert np.array_equal(windows, gpu.moving_windows(2, 16, (112, 112)))


def test_a_film_is_made_and_decoded() -> None:
    with gpu.made_video(1) as path:
        assert gpu.decode_seconds(path) > 0


def test_the_rate_of_products_leaves_the_precision_as_it_was() -> None:
    before = torch.get_float32_matmul_precision()
    assert gpu.matrix_rate("cpu", torch.float32, size=64, repeats=2) > 0
    assert torch.get_float32_matmul_precision() == before


@pytest.mark.slow
def test_all_of_it_runs_on_the_cpu(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks/gpu.py", "--device", "cpu", "--quick"])
    monkeypatch.setattr(gpu, "LEAST_SHARE", 0.0)  # of small products, on a busy machine, nothing can be asked
    assert gpu.main() == 0
    out = capsys.readouterr().out
    assert "FAIL" not in out
    assert out.count("PASS") in (10, 13)  # with three more where the CPU has bfloat16
