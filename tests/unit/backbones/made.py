"""Windows and weights made by formula, the same on every machine: what the golden features are of."""

from __future__ import annotations

import zlib

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn


def windows() -> NDArray[np.uint8]:
    """A bright ball that flies over a slope, and rings that grow, with some grain: uint8 (2, 16, 112, 112, 3)."""
    t, y, x = np.mgrid[:16, :112, :112]
    ball = np.exp(-((x - 20 - 5 * t) ** 2 + (y - 90 + 4 * t) ** 2) / 150)
    flight = np.stack([x + 90 * ball, 2 * y * (1 - ball) + 200 * ball, 60 + 0 * t], -1)
    squared = (x - 56) ** 2 + (y - 50) ** 2
    rings = np.stack([squared // (4 + t) % 256, squared // 30 % 200, (x + 2 * y + 9 * t) % 256], -1)
    grain = (uniform(2 * rings.size, "grain") * 24 - 12).reshape(2, *rings.shape)
    return np.clip(np.stack([flight, rings]) + grain, 0, 255).astype(np.uint8)


def uniform(count: int, name: str) -> NDArray[np.float64]:
    """Numbers in [0, 1): SplitMix64 (Steele, Lea, Flood, 2014) in whole numbers, so that no rounding can differ."""
    with np.errstate(over="ignore"):
        z = (np.arange(1, count + 1, dtype=np.uint64) + np.uint64(zlib.crc32(name.encode()))) * np.uint64(
            0x9E3779B97F4A7C15
        )
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)) / 2.0**53


def state_of(network: nn.Module, *, num_batches: int | None = None) -> dict[str, torch.Tensor]:
    """Weights for a network, such that no layer dies and none explodes, in the network's own names.

    Args:
        network: may be on the ``meta`` device.
        num_batches: what batch norms have counted; None: no counters, as before torch 0.4.1.
    """
    state = {}
    for name, tensor in network.state_dict().items():
        if name.endswith("num_batches_tracked"):
            if num_batches is not None:
                state[name] = torch.tensor(num_batches)
            continue
        values = uniform(tensor.numel(), name)
        if tensor.ndim > 1:  # a layer's gain is about 1
            values = (2 * values - 1) * np.sqrt(6 / tensor[0].numel())
        elif name.endswith("running_var"):
            values = 0.5 + values
        elif name.endswith("weight"):  # of a batch norm: the sum of many blocks stays within bounds
            values = 0.3 + 0.4 * values
        else:
            values = 0.2 * values - 0.1
        state[name] = torch.from_numpy(values.astype(np.float32)).reshape(tensor.shape)
    return state


def hollow(network: nn.Module, *, num_batches: int | None = None) -> dict[str, torch.Tensor]:
    """A state of the right names and shapes whose tensors are one number each, so that a file of it is tiny."""
    return {
        name: torch.tensor(num_batches) if tensor.ndim == 0 else torch.full((1,), 0.01).expand(tensor.shape)
        for name, tensor in network.state_dict().items()
        if tensor.ndim or num_batches is not None
    }
