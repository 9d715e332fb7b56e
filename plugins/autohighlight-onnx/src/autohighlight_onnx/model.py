"""Opens an ONNX file, refuses what must not be read, and checks it against its description."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from autohighlight.errors import DependencyError, WeightsError, printable
from autohighlight_onnx.description import Description

KINDS = {"tensor(float)": "float32", "tensor(float16)": "float16", "tensor(uint8)": "uint8"}
"""What the input may hold, as ONNX Runtime and as numpy call it."""


@dataclass(frozen=True)
class Contents:
    """What is in an ONNX file, known without running it.

    Args:
        metadata: notes by name.
        digest: SHA-256 of the file and of those that hold its weights.
    """

    metadata: dict[str, str]
    digest: str


def read_contents(path: Path) -> Contents:
    """Looks into an ONNX file.

    Weights may lie in other files, in the same folder or below: the exporter of PyTorch puts them there.

    Raises:
        WeightsError: the file is missing or damaged, or its weights are missing or lie elsewhere.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"cannot read the network {printable(path)}: {error.strerror}") from error
    try:
        model = onnx.load_from_string(content)
    except (DecodeError, ValueError) as error:
        raise WeightsError(f"{printable(path)} is no ONNX file, or a damaged one") from error
    if not model.graph.node:
        raise WeightsError(f"{printable(path)} is no ONNX file, or holds no network")
    digest = hashlib.sha256(content)
    for file in sorted({_external(path, tensor) for tensor in _tensors(model)} - {None}, key=str):
        digest.update(_digest(path, file))  # type: ignore[arg-type]
    return Contents({note.key: note.value for note in model.metadata_props}, digest.hexdigest())


def _tensors(model: Any) -> Iterator[Any]:
    """Every tensor that is stored in a model: in its graph, in graphs within, and in its functions."""
    nodes = [node for function in model.functions for node in function.node]
    graphs = [model.graph]
    while graphs or nodes:
        if graphs:
            graph = graphs.pop()
            nodes += graph.node
            yield from graph.initializer
            for sparse in graph.sparse_initializer:
                yield from (sparse.values, sparse.indices)
            continue
        for attribute in nodes.pop().attribute:
            yield from (attribute.t, *attribute.tensors)
            graphs += [attribute.g, *attribute.graphs]


def _external(path: Path, tensor: Any) -> Path | None:
    """The file that holds a tensor's numbers, where that is not the network's own.

    Raises:
        WeightsError: it lies elsewhere than in or below the network's folder.
    """
    if tensor.data_location != onnx.TensorProto.EXTERNAL:
        return None
    location = next((entry.value for entry in tensor.external_data if entry.key == "location"), "")
    folder = path.absolute().parent.resolve()
    file = (folder / location).resolve()
    if not location or not file.is_relative_to(folder):
        raise WeightsError(
            f"{printable(path)} keeps weights in {printable(location)!r}, outside of its folder, which is not read",
            "load it with onnx.load where it was made, and save it as one file with onnx.save",
        )
    return file


def _digest(path: Path, file: Path) -> bytes:
    try:
        with file.open("rb") as weights:
            return hashlib.file_digest(weights, "sha256").digest()
    except OSError as error:
        raise WeightsError(
            f"the weights of {printable(path)} are in {printable(file.name)}, which cannot be read: {error.strerror}",
            "keep the two files together",
        ) from error


def open_session(path: Path, device: str) -> tuple[onnxruntime.InferenceSession, str]:
    """A session that runs a network, and where: ``cpu`` or ``cuda``.

    On the CPU each call uses one core, as there are as many calls at once as cores.

    Args:
        path: the file, after `read_contents` has let it through.
        device: ``auto``, ``cpu`` or ``cuda``.

    Raises:
        DependencyError: ONNX Runtime cannot use the device.
        WeightsError: it cannot run the network.
    """
    there = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    if device not in ("auto", "cpu") and not (device == "cuda" and there):
        raise DependencyError(
            f"ONNX Runtime {onnxruntime.__version__} cannot use the device {device!r}",
            "install onnxruntime-gpu in the place of onnxruntime, or use --device cpu",
        )
    wanted = ["CUDAExecutionProvider"] if there and device != "cpu" else []
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    settings.log_severity_level = 4  # what is wrong comes as an error too
    try:
        session = onnxruntime.InferenceSession(str(path), settings, [*wanted, "CPUExecutionProvider"])
    except Exception as error:
        raise WeightsError(f"ONNX Runtime cannot run {printable(path)}: {_in_a_line(error)}") from error
    uses_cuda = session.get_providers()[0] == "CUDAExecutionProvider"
    if device == "cuda" and not uses_cuda:
        raise DependencyError(
            "ONNX Runtime was built for CUDA, but does not find it", "check the driver, or use --device cpu"
        )
    return session, "cuda" if uses_cuda else "cpu"


def _in_a_line(error: Exception) -> str:
    text = printable(" ".join(str(error).split()))
    return text if len(text) < 300 else f"{text[:300]} ..."


@dataclass(frozen=True)
class Form:
    """What goes in and comes out of a network, as it declares and its description says.

    Args:
        input: name of the input.
        kind: numpy's name of what it holds.
        batch: windows that it takes at once, no more and no fewer; None: any number.
        window_length: T.
        size: height and width of a frame.
        resize: see `autohighlight.types.Backbone`.
        output: name of the output.
    """

    input: str
    kind: str
    batch: int | None
    window_length: int
    size: tuple[int, int]
    resize: tuple[int, int] | int
    output: str


def fit(session: onnxruntime.InferenceSession, description: Description, source: str) -> Form:
    """Puts together what a network declares and what its description says.

    Args:
        session: of the network.
        description: of the network.
        source: what the network is called in messages.

    Raises:
        WeightsError: they contradict each other, or leave something unsaid; with both.
    """
    inputs = session.get_inputs()
    if len(inputs) != 1:
        names = ", ".join(printable(each.name) for each in inputs) or "none"
        raise WeightsError(f"{source} has inputs other than one of pictures: {names}", "export it with one input")
    (declared,) = inputs
    if declared.type not in KINDS:
        raise WeightsError(f"the input of {source} holds {declared.type}", f"it has to be one of {', '.join(KINDS)}")
    if KINDS[declared.type] == "uint8" and (description.scale, description.mean, description.std) not in (
        (None, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
        (1, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    ):
        raise WeightsError(f"the input of {source} holds whole numbers, so scale, mean and std have no use for it")
    sizes = _sizes(declared, description, source)
    size = (sizes["H"], sizes["W"])
    batch = sizes["N"] or None
    resize = description.resize or size
    shorter = (resize, resize) if isinstance(resize, int) else resize
    if any(a < b for a, b in zip(shorter, size, strict=True)):
        raise WeightsError(f"resize of {resize} is smaller than the input of {source}: {size[0]} x {size[1]}")
    return Form(
        declared.name, KINDS[declared.type], batch, sizes["T"], size, resize, _output(session, description, source)
    )


def _sizes(declared: Any, description: Description, source: str) -> dict[str, int]:
    """The length of each axis; 0 for a number of windows that the network leaves open."""
    layout, shape = description.layout, declared.shape
    if len(shape) != len(layout):
        raise WeightsError(
            f"the input of {source} is {_shape(shape)}: {len(shape)} axes, not the {len(layout)} of {layout}"
        )
    height, width = description.size or (None, None)
    said = {"C": 3, "T": description.window_length, "H": height, "W": width}
    sizes = {"N": 0, "T": 1}
    for axis, length in zip(layout, shape, strict=True):
        own = length if isinstance(length, int) and length > 0 else None
        if axis != "N" and own is not None and said[axis] not in (None, own):
            raise WeightsError(
                f"the input of {source} is {_shape(shape)}, whose axis {axis} is {own}, not {said[axis]}",
                "change its description, or its layout",
            )
        sizes[axis] = own or said.get(axis) or 0
    names = {"H": "size", "W": "size", "T": "window_length"}
    for axis in layout.replace("N", ""):
        if not sizes[axis]:
            raise WeightsError(
                f"the input of {source} is {_shape(shape)}: it takes any length of {axis}",
                f"say {names[axis]} in its description",
            )
    return sizes


def _shape(shape: list[Any]) -> str:
    return f"({', '.join(str(length) for length in shape)})"


def _output(session: onnxruntime.InferenceSession, description: Description, source: str) -> str:
    outputs = [output.name for output in session.get_outputs()]
    listed = ", ".join(map(printable, outputs))
    if description.output is not None and description.output not in outputs:
        raise WeightsError(f"{source} has no output called {printable(description.output)!r}", f"there are: {listed}")
    if description.output is None and len(outputs) > 1:
        raise WeightsError(f"{source} has several outputs: {listed}", "say in its description which is the feature")
    return description.output or str(outputs[0])
