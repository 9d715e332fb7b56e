"""Small ONNX networks, made on the spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Shape = Sequence[int | str]

LAYOUTS: Mapping[str, Shape] = {
    "NCHW": ("n", 3, 16, 24),
    "NHWC": ("n", 16, 24, 3),
    "NCTHW": ("n", 3, 4, 16, 24),
    "NTCHW": ("n", 4, 3, 16, 24),
    "NTHWC": ("n", 4, 16, 24, 3),
}
"""Shapes of the input in each layout."""


def colours_network(
    path: Path,
    layout: str = "NCHW",
    shape: Shape | None = None,
    *,
    kind: int = TensorProto.FLOAT,
    outputs: Sequence[str] = ("feature",),
    keep: Sequence[str] = (),
    metadata: Mapping[str, str] | None = None,
    weights: NDArray[np.float32] | None = None,
) -> Path:
    """The mean of each colour of each frame, times `weights`: (N, ...) -> (N, 3 T), or (N, 3) without frames.

    Args:
        path: where to write it.
        layout: of the input.
        shape: of the input; None: that of `LAYOUTS`.
        kind: what it holds.
        outputs: names of the outputs, which are all the same.
        keep: axes of the layout that are not averaged, so that the output has more axes than it should.
        metadata: notes in the file.
        weights: one a number of the feature; none if None.
    """
    shape = LAYOUTS[layout] if shape is None else shape
    mean_axes = [number for number, axis in enumerate(layout) if axis in "HW" and axis not in keep]
    order = [layout.replace("H", "").replace("W", "").index(axis) for axis in "NTC" if axis in layout]
    nodes = [
        helper.make_node("Cast", ["frames"], ["x"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["x", "axes"], ["means"], keepdims=0),
        *([] if keep else [helper.make_node("Transpose", ["means"], ["turned"], perm=order)]),
        *([] if keep else [helper.make_node("Flatten", ["turned"], ["flat"], axis=1)]),
    ]
    last = "means" if keep else "flat"
    constants = [numpy_helper.from_array(np.array(mean_axes, np.int64), "axes")]
    if weights is not None:
        constants.append(numpy_helper.from_array(weights, "weights"))
        nodes.append(helper.make_node("Mul", [last, "weights"], ["weighed"]))
        last = "weighed"
    nodes += [helper.make_node("Identity", [last], [name]) for name in outputs]
    graph = helper.make_graph(
        nodes,
        "colours",
        [helper.make_tensor_value_info("frames", kind, list(shape))],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    if metadata:
        helper.set_model_props(model, dict(metadata))
    onnx.save(model, path)
    return path


def describe(network: Path, text: str) -> Path:
    """Writes the TOML that describes a network beside it."""
    network.with_suffix(".toml").write_text(text, "utf-8")
    return network
