"""3D ResNets and C3D written out step by step from their weights: a second opinion, built in another way.

Convolutions in time are sums of two-dimensional ones, batch norms are formulas, shortcuts of type A are padded with
zeros that can be seen, and max pools are maxima over shifted copies.
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 -- the name that everybody gives it

State = dict[str, Tensor]
BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}


def convolve(x: Tensor, weight: Tensor, stride: tuple[int, int, int], padding: int) -> Tensor:
    """A 3-D convolution, one step in time after another: (N, C, T, H, W) -> (N, C', T', H', W')."""
    kernel = weight.shape[2]
    x = F.pad(x, (0, 0, 0, 0, padding, padding))
    steps = range(0, x.shape[2] - kernel + 1, stride[0])
    frames = [
        sum(F.conv2d(x[:, :, t + d], weight[:, :, d], stride=stride[1:], padding=padding) for d in range(kernel))
        for t in steps
    ]
    return torch.stack(frames, dim=2)  # type: ignore[arg-type]


def normalise(x: Tensor, state: State, name: str) -> Tensor:
    """Batch norm as at inference."""
    mean, var, gain, bias = (
        state[f"{name}.{part}"].view(1, -1, 1, 1, 1) for part in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / torch.sqrt(var + 1e-5) * gain + bias


def max_pool(x: Tensor, kernel: tuple[int, int, int], stride: tuple[int, int, int], padding: tuple[int, ...]) -> Tensor:
    """The greatest of each window; beyond the edges there is nothing."""
    pads = [pad for pad in reversed(padding) for _ in range(2)]
    x = F.pad(x, pads, value=-torch.inf)
    lengths = [(size - k) // s + 1 for size, k, s in zip(x.shape[2:], kernel, stride, strict=True)]
    shifted = []
    for offsets in itertools.product(*map(range, kernel)):
        places = [slice(o, o + (n - 1) * s + 1, s) for o, n, s in zip(offsets, lengths, stride, strict=True)]
        shifted.append(x[:, :, places[0], places[1], places[2]])
    return torch.stack(shifted).amax(0)


def shortcut(x: Tensor, y: Tensor, state: State, name: str, stride: int) -> Tensor:
    """What is added to `y`, the output of the stack of the block called `name`, whose input is `x`."""
    if f"{name}.downsample.0.weight" in state:
        x = convolve(x, state[f"{name}.downsample.0.weight"], (stride,) * 3, 0)
        return normalise(x, state, f"{name}.downsample.1")
    x = x[:, :, ::stride, ::stride, ::stride]
    return torch.cat([x, x.new_zeros(len(x), y.shape[1] - x.shape[1], *x.shape[2:])], dim=1)


def block(x: Tensor, state: State, name: str, stride: int) -> Tensor:
    """A basic block, or a bottleneck where there are three convolutions; the middle or first of them has the stride."""
    count = 3 if f"{name}.conv3.weight" in state else 2
    strided = 2 if count == 3 else 1
    y = x
    for i in range(1, count + 1):
        weight = state[f"{name}.conv{i}.weight"]
        y = convolve(y, weight, (stride if i == strided else 1,) * 3, weight.shape[2] // 2)
        y = normalise(y, state, f"{name}.bn{i}")
        y = F.relu(y) if i < count else y
    return F.relu(y + shortcut(x, y, state, name, stride))


def resnet3d(x: Tensor, state: State, depth: int) -> dict[str, Tensor]:
    """What each stage gives for normalised windows (N, 3, T, H, W), and the feature."""
    stages = {"conv1": F.relu(normalise(convolve(x, state["conv1.weight"], (1, 2, 2), 3), state, "bn1"))}
    x = stages["maxpool"] = max_pool(stages["conv1"], (3, 3, 3), (2, 2, 2), (1, 1, 1))
    for i, repeats in enumerate(BLOCKS[depth], start=1):
        for j in range(repeats):
            x = block(x, state, f"layer{i}.{j}", 2 if i > 1 and j == 0 else 1)
        stages[f"layer{i}"] = x
    stages["feature"] = x.flatten(2).mean(2)
    return stages


def c3d(x: Tensor, state: State) -> Tensor:
    """The output of fc6 for windows (N, 3, 16, 112, 112) less the mean, in the order of the weights' channels."""
    pools = {"conv1": (1, 2, 2), "conv2": (2, 2, 2), "conv3b": (2, 2, 2), "conv4b": (2, 2, 2), "conv5b": (2, 2, 2)}
    for name in ("conv1", "conv2", "conv3a", "conv3b", "conv4a", "conv4b", "conv5a", "conv5b"):
        x = convolve(x, state[f"{name}.weight"], (1, 1, 1), 1) + state[f"{name}.bias"].view(1, -1, 1, 1, 1)
        x = F.relu(x)
        if name in pools:
            x = max_pool(x, pools[name], pools[name], (0, 1, 1) if name == "conv5b" else (0, 0, 0))
    rows = x.reshape(len(x), -1)
    return F.relu(rows @ state["fc6.weight"].T + state["fc6.bias"])
