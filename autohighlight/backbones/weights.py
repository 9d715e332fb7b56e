"""Reads the checkpoints of backbones, and refuses what does not fit with what was expected and what was found."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from autohighlight.errors import WeightsError, printable


def read_state(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a torch checkpoint by name, on the CPU. Nothing in the file is executed.

    Raises:
        WeightsError: the file is missing, damaged, or holds something else than tensors by name.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise WeightsError(f"cannot read the weights {printable(path)}: {error.strerror}") from error
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise WeightsError(f"{printable(path)} is no torch checkpoint, or a damaged one") from error
    if not isinstance(state, dict) or not all(isinstance(v, torch.Tensor) for v in state.values()):
        raise WeightsError(f"{printable(path)} does not hold tensors by name")
    return state


def load_state(network: nn.Module, state: Mapping[str, torch.Tensor], source: str) -> None:
    """Gives a network its weights: every one of them, and nothing else.

    Args:
        network: may have been made on the ``meta`` device: its tensors are replaced, not filled.
        state: the weights by the network's own names.
        source: what the weights are called in messages.

    Raises:
        WeightsError: a name is missing or left over, or a shape differs; the first of each is named.
    """
    expected = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in state.items()}
    problems = [
        *[f"{name} is missing" for name in expected if name not in found][:1],
        *[f"{name} is not known" for name in found if name not in expected][:1],
        *[
            f"{name} is {found[name]}, not {shape}"
            for name, shape in expected.items()
            if found.get(name, shape) != shape
        ][:1],
    ]
    if problems:
        raise WeightsError(
            f"{source} does not fit {type(network).__name__}: {'; '.join(problems)}"
            f" ({len(found)} tensors found, {len(expected)} expected)"
        )
    network.load_state_dict(dict(state), assign=True)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal.

    Raises:
        WeightsError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"cannot read the weights {printable(path)}: {error.strerror}") from error
