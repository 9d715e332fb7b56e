from __future__ import annotations

import pytest
import torch

from autohighlight.backbones.device import fast_dtype, resolve_device
from autohighlight.errors import DependencyError, OptionError


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"), [(True, True, "cuda"), (False, True, "cpu"), (False, False, "cpu")]
)
def test_auto_takes_the_best_device_that_was_measured(
    monkeypatch: pytest.MonkeyPatch, cuda: bool, mps: bool, expected: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert resolve_device("auto") == torch.device(expected)


def test_a_device_that_is_there_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert resolve_device("cpu") == torch.device("cpu")
    assert resolve_device("mps") == torch.device("mps")


@pytest.mark.parametrize("device", ["cuda", "cuda:1", "mps"])
def test_a_device_that_is_not_there_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(DependencyError, match=rf"'{device}' is not there.*--device auto"):
        resolve_device(device)


@pytest.mark.parametrize("word", ["gpu", "", "meta", "cuda:x"])
def test_a_word_that_names_no_device_is_refused(word: str) -> None:
    with pytest.raises(OptionError, match="there are: auto, cpu, cuda, mps"):
        resolve_device(word)


@pytest.mark.parametrize(("supported", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_a_cpu_computes_in_bfloat16_only_where_it_has_it(
    monkeypatch: pytest.MonkeyPatch, supported: bool, dtype: torch.dtype
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: supported)
    assert fast_dtype(torch.device("cpu")) == dtype


def test_a_torch_that_cannot_tell_is_taken_for_a_cpu_without_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported", raising=False)
    assert fast_dtype(torch.device("cpu")) == torch.float32


@pytest.mark.parametrize(("capability", "dtype"), [((7, 5), torch.float32), ((8, 0), torch.bfloat16)])
def test_cuda_computes_in_bfloat16_from_ampere_on(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], dtype: torch.dtype
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    assert fast_dtype(torch.device("cuda")) == dtype


@pytest.mark.parametrize(
    ("place", "num_devices", "word", "device", "part"),
    [
        ("1/1", 2, "cuda", "cuda", None),
        ("1/4", 1, "cuda", "cuda:0", 0.225),
        ("4/4", 1, "auto", "cuda:0", 0.225),
        ("1/3", 2, "auto", "cuda:0", 0.45),
        ("2/3", 2, "auto", "cuda:1", None),
        ("3/3", 2, "cuda", "cuda:0", 0.45),
        ("2/2", 2, "cuda:0", "cuda:0", 0.45),
    ],
)
def test_workers_of_a_batch_share_the_gpus(
    place: str, num_devices: int, word: str, device: str, part: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts: dict[torch.device, float] = {}
    monkeypatch.setenv("AUTOHIGHLIGHT_WORKER", place)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: num_devices)
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", lambda part, where: parts.update({where: part}))
    chosen = resolve_device(word)
    assert chosen == torch.device(device)
    assert parts == ({} if part is None else {chosen: pytest.approx(part)})
