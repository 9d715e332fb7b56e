from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from torch import nn

from autohighlight.backbones.weights import file_digest, load_state, read_state
from autohighlight.errors import WeightsError


def test_tensors_are_read_by_name(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save({"a": torch.arange(3)}, path)
    assert torch.equal(read_state(path)["a"], torch.arange(3))


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
    with pytest.raises(WeightsError):
        read_state(path)
    assert not (tmp_path / "made-by-a-checkpoint").exists()


@pytest.mark.parametrize("content", [[torch.zeros(1)], {"epoch": 3}])
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
