from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from autohighlight.backbones.weights import file_digest, load_state, read_state, was_counted
from autohighlight.errors import WeightsError


def test_tensors_are_read_by_name(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save({"a": torch.arange(3)}, path)
    assert torch.equal(read_state(path)["a"], torch.arange(3))


def test_tensors_of_safetensors_are_read_by_name(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    save_file({"a": torch.arange(3)}, path)
    assert torch.equal(read_state(path)["a"], torch.arange(3))
    path.write_bytes(b"\0" * 100)
    with pytest.raises(WeightsError, match="no safetensors file, or a damaged one"):
        read_state(path)
    with pytest.raises(WeightsError, match=r"cannot read the weights .*missing"):
        read_state(tmp_path / "missing.safetensors")


@pytest.mark.parametrize("zipped", [True, False])
def test_tensors_are_found_beside_what_training_keeps(tmp_path: Path, zipped: bool) -> None:
    path = tmp_path / "weights.pth"
    state = {"module.a": torch.arange(3), "module.b.c": torch.zeros(1)}
    optimizer = {"state": {0: {"momentum_buffer": torch.zeros(3)}}, "param_groups": [{"lr": 0.1, "nesterov": False}]}
    content = {"epoch": 200, "arch": "resnet-34", "state_dict": state, "optimizer": optimizer, "best": None}
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    assert set(read_state(path)) == {"a", "b.c"}


def test_a_prefix_that_only_some_names_have_stays(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save({"module.a": torch.zeros(1), "b": torch.zeros(1)}, path)
    assert set(read_state(path)) == {"module.a", "b"}


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"cannot read the weights .*No such file"):
        read_state(tmp_path / "missing.pth")
    with pytest.raises(WeightsError, match="No such file"):
        file_digest(tmp_path / "missing.pth")


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 cut off"])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="no torch checkpoint"):
        read_state(path)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save({"a": torch.zeros(1000)}, path)
    os.truncate(path, 2000)
    with pytest.raises(WeightsError, match="no torch checkpoint"):
        read_state(path)


class _Malice:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("made-by-a-checkpoint",)


def test_code_in_a_file_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "weights.pth"
    torch.save({"a": _Malice()}, path)
    with pytest.raises(WeightsError, match="needs code to be read, which is not run"):
        read_state(path)
    assert not (tmp_path / "made-by-a-checkpoint").exists()


@pytest.mark.parametrize("content", [[torch.zeros(1)], {"epoch": 3}, {}, {"state_dict": {}}])
def test_what_is_no_table_of_tensors_is_refused(tmp_path: Path, content: object) -> None:
    path = tmp_path / "weights.pth"
    torch.save(content, path)
    with pytest.raises(WeightsError, match="tensors by name"):
        read_state(path)


def test_a_network_made_without_storage_gets_its_weights() -> None:
    with torch.device("meta"):
        network = nn.Linear(2, 1)
    load_state(network, {"weight": torch.ones(1, 2), "bias": torch.zeros(1)}, "test")
    assert network(torch.ones(2)).item() == 2


def test_the_counters_of_batch_norms_may_be_missing() -> None:
    with torch.device("meta"):
        network = nn.BatchNorm3d(2)
    state = {name: torch.ones(2) for name in ("weight", "bias", "running_mean", "running_var")}
    load_state(network, state, "test")
    assert network.eval()(torch.ones(1, 2, 1, 1, 1)).flatten().tolist() == pytest.approx([1, 1], abs=1e-4)
    assert not was_counted(state)
    assert not was_counted(state | {"num_batches_tracked": torch.tensor(0)})
    assert was_counted(state | {"num_batches_tracked": torch.tensor(5)})


def test_weights_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(WeightsError, match="bias holds what is no number"):
        load_state(nn.Linear(1, 1), {"weight": torch.ones(1, 1), "bias": torch.tensor([torch.inf])}, "test")
