"""Reads the checkpoints of backbones, and refuses what does not fit with what was expected and what was found."""

from __future__ import annotations

import hashlib
import pickle
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from autohighlight.errors import WeightsError, printable

_COUNTER = "num_batches_tracked"
"""Kept by batch norms since torch 0.4.1 for the sake of training; older checkpoints lack it."""


@dataclass(frozen=True)
class Layout:
    """What a checkpoint turned out to hold.

    Args:
        backbone: the registered backbone that takes it.
        network: what it is, in words.
        preprocessing: what is done to pixels before they enter it, in words.
    """

    backbone: str
    network: str
    preprocessing: str


def read_state(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a checkpoint by name, on the CPU. Nothing in the file is executed.

    Takes safetensors, and what ``torch.save`` writes: a table of tensors, or a table that has one as ``state_dict``
    beside other things, as an optimiser. The prefix ``module.`` of `torch.nn.DataParallel` is taken off.

    Raises:
        WeightsError: the file is missing, damaged, or holds something else than tensors by name.
    """
    state = _read_safetensors(path) if path.suffix == ".safetensors" else _read_pickle(path)
    if isinstance(state, Mapping) and isinstance(state.get("state_dict"), Mapping):
        state = state["state_dict"]
    if not isinstance(state, Mapping) or not state or not all(isinstance(v, torch.Tensor) for v in state.values()):
        raise WeightsError(f"{printable(path)} does not hold tensors by name")
    if all(name.startswith("module.") for name in state):
        return {name.removeprefix("module."): tensor for name, tensor in state.items()}
    return dict(state)


def _read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    try:
        return load_file(path)
    except OSError as error:
        raise _unreadable(path, error) from error
    except SafetensorError as error:
        raise WeightsError(f"{printable(path)} is no safetensors file, or a damaged one") from error


def _read_pickle(path: Path) -> Any:
    try:
        with warnings.catch_warnings():  # of pickles that torch did not write: what matters of them is an error
            warnings.simplefilter("ignore", UserWarning)
            return torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise _unreadable(path, error) from error
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise WeightsError(
            f"{printable(path)} is no torch checkpoint, or a damaged one, or needs code to be read, which is not run",
            "if you trust the file, load it in Python and save its state_dict alone",
        ) from error


def _unreadable(path: Path, error: OSError) -> WeightsError:
    return WeightsError(f"cannot read the weights {printable(path)}: {error.strerror or 'no such file'}")


def was_counted(state: Mapping[str, torch.Tensor]) -> bool:
    """Whether a torch of version 0.4.1 or later (July 2018) trained the batch norms of this network."""
    return any(int(tensor) > 0 for name, tensor in state.items() if name.endswith(_COUNTER) and tensor.numel() == 1)


def summary(state: Mapping[str, torch.Tensor]) -> str:
    """What is found in a checkpoint, for messages: ``176 tensors, as conv1.weight (64, 3, 7, 7, 7)``."""
    name = min(state, key=lambda name: (name.endswith(_COUNTER), list(state).index(name)))
    return f"{len(state)} tensors, as {printable(name)} {tuple(state[name].shape)}"


def load_state(network: nn.Module, state: Mapping[str, torch.Tensor], source: str) -> None:
    """Gives a network its weights: every one of them, and nothing else.

    Args:
        network: may have been made on the ``meta`` device: its tensors are replaced, not filled.
        state: the weights by the network's own names. The counters of batch norms, which only training looks at,
            may be missing.
        source: what the weights are called in messages.

    Raises:
        WeightsError: a name is missing or left over, a shape differs, or a weight is no number; the first of each
            is named.
    """
    wanted = network.state_dict()
    counters = {name: torch.tensor(0) for name in wanted if name.endswith(_COUNTER)}
    state = {**counters, **state}
    expected = {name: tuple(tensor.shape) for name, tensor in wanted.items()}
    found = {name: tuple(tensor.shape) for name, tensor in state.items()}
    problems = [
        *[f"{name} is missing" for name in expected if name not in found][:1],
        *[f"{name} is not known" for name in found if name not in expected][:1],
        *[
            f"{name} is {found[name]}, not {shape}"
            for name, shape in expected.items()
            if found.get(name, shape) != shape
        ][:1],
        *[f"{name} holds what is no number" for name, tensor in state.items() if not tensor.isfinite().all()][:1],
    ]
    if problems:
        raise WeightsError(
            f"{source} does not fit {type(network).__name__}: {'; '.join(problems)}"
            f" ({len(found)} tensors found, {len(expected)} expected)"
        )
    network.load_state_dict(state, assign=True)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal.

    Raises:
        WeightsError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from error
