"""Equations 1 to 9 of the paper in float64, clip by clip, without batches or masks: what the package is held to."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Weights = dict[str, NDArray[np.float64]]
Drop = Callable[[str, list[Vector]], list[Vector]]
"""What dropout makes of vectors, given where: ``self_attention.x`` ``.y`` ``.attended``, ``clip_attention.x`` ..."""


def drop_nothing(_: str, vectors: list[Vector]) -> list[Vector]:
    return vectors


def layer_norm(x: Vector, gain: Vector, bias: Vector) -> Vector:
    return (x - x.mean()) / math.sqrt(x.var() + 1e-5) * gain + bias


def softmax(products: list[float]) -> list[float]:
    top = max(products)
    powers = [math.exp(p - top) for p in products]
    return [p / sum(powers) for p in powers]


def attention(
    x: list[Vector],
    y: list[Vector],
    w: Weights,
    layer: str,
    *,
    residual: bool,
    residual_ff: bool,
    scale: float,
    drop: Drop = drop_nothing,
) -> tuple[list[list[float]], list[Vector]]:
    """Eq. 1, by Eqs. 2 to 4 and Figure 3."""

    def of(name: str) -> Vector:
        return w[f"{layer}.{name}"]

    x, y = drop(f"{layer}.x", x), drop(f"{layer}.y", y)
    alpha, attended = [], []
    for x_i in x:
        q_i = of("query.weight") @ x_i  # Eq. 2
        products = []
        for y_j in y:
            k_j = of("key.weight") @ y_j  # Eq. 2
            products.append(scale * sum(float(a) * float(b) for a, b in zip(q_i, k_j, strict=True)))
        alpha_i = softmax(products)  # Eq. 3
        z_i = np.zeros(len(x_i))
        for alpha_ij, y_j in zip(alpha_i, y, strict=True):
            z_i = z_i + alpha_ij * (of("value.weight") @ y_j)  # Eqs. 2 and 4
        alpha.append(alpha_i)
        attended.append(z_i)
    z = []
    for x_i, attended_i in zip(x, drop(f"{layer}.attended", attended), strict=True):
        z_i = attended_i + x_i if residual else attended_i
        z_i = layer_norm(z_i, of("norm_attended.weight"), of("norm_attended.bias"))
        hidden = np.maximum(0, of("feed_forward.0.weight") @ z_i + of("feed_forward.0.bias"))
        forwarded = of("feed_forward.2.weight") @ hidden + of("feed_forward.2.bias")
        if residual_ff:
            forwarded = forwarded + z_i
        z.append(layer_norm(forwarded, of("norm_output.weight"), of("norm_output.bias")))
    return alpha, z


def select(
    features: NDArray[np.float64], w: Weights, *, scaled: bool, residual_ff: bool = False, drop: Drop = drop_nothing
) -> tuple[Vector, Vector]:
    """The embedding h (d,) and the scores alpha (N,) of one video, features (N, d_in)."""
    scale = 1 / math.sqrt(len(w["projection.weight"])) if scaled else 1.0
    v = [w["projection.weight"] @ row for row in features]  # Eq. 5
    _, z = attention(v, v, w, "self_attention", residual=True, residual_ff=True, scale=scale, drop=drop)  # Eq. 6
    mean = sum(z, np.zeros(len(z[0]))) / len(z)  # Eq. 7
    alpha, h = attention(
        [mean], z, w, "clip_attention", residual=False, residual_ff=residual_ff, scale=scale, drop=drop
    )  # Eq. 8
    return h[0], np.array(alpha[0])


def similarity(a: Vector, b: Vector) -> float:
    return float(a @ b) / (math.sqrt(float(a @ a)) * math.sqrt(float(b @ b)))


def loss(video: int, h: list[Vector], h_other: list[Vector], temperature: float) -> float:
    """Eq. 9 for one video of a batch."""
    numerator = math.exp(similarity(h[video], h_other[video]) / temperature)
    return -math.log(numerator / sum(math.exp(similarity(h[video], other) / temperature) for other in h_other))
