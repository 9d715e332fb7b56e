"""Runs an ONNX network on windows of frames."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autohighlight.errors import WeightsError, printable
from autohighlight_onnx.description import Description, find_description
from autohighlight_onnx.model import Form, fit, open_session, read_contents

_MOST_FRAMES = {"cpu": 16, "cuda": 512}
"""Frames that go through the network at once, in as many windows as that makes, but one at least."""


class OnnxBackbone:
    """An ONNX network as a backbone; see `autohighlight.types.Backbone`."""

    def __init__(self, path: Path, device: str = "auto") -> None:
        """Opens a file, checks it against its description, and tries it once.

        Args:
            path: the file; see `description.find_description` for how it is described.
            device: ``auto``, ``cpu`` or ``cuda``.

        Raises:
            WeightsError: the network cannot be read or run, or contradicts its description.
            DependencyError: ONNX Runtime cannot use the device.
        """
        contents = read_contents(path)
        description = find_description(path, contents.metadata)
        self._session, self.device = open_session(path, device)
        self._form = form = fit(self._session, description, printable(path))
        self._prepare = _Preparation(description, form)
        self.window_length, self.input_size, self.resize = form.window_length, form.size, form.resize
        self.frame_rate = None if description.frame_rate is None else float(description.frame_rate)
        self._chunk = form.batch or max(1, _MOST_FRAMES[self.device] // form.window_length)
        self.dim = self._tried(path)
        self.name = f"onnx:{contents.digest[:8]}"
        told = json.dumps(dataclasses.asdict(description), sort_keys=True)
        self.fingerprint = f"{self.name}/{contents.digest}/{self.device}/{told}/1"

    def embed(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 sRGB frames (N, T, H, W, 3) -> float32 (N, dim). N may be 0. Safe to call from several threads.

        Raises:
            ValueError: another shape or type.
        """
        shape = (self.window_length, *self.input_size, 3)
        if frames.dtype != np.uint8 or frames.shape[1:] != shape:
            expected = ", ".join(map(str, shape))
            raise ValueError(f"frames are uint8 (N, {expected}), not {frames.dtype} {frames.shape}")
        features = np.empty((len(frames), self.dim), np.float32)
        for first in range(0, len(frames), self._chunk):
            some = frames[first : first + self._chunk]
            features[first : first + len(some)] = self._run(some)[: len(some)]
        return features

    def _run(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, T, H, W, 3), N at most a chunk -> (N, dim), or more rows where the network takes a fixed number."""
        x = self._prepare(frames)
        if self._form.batch is not None and len(x) < self._form.batch:
            x = np.concatenate([x, np.repeat(x[-1:], self._form.batch - len(x), axis=0)])
        (feature,) = self._session.run([self._form.output], {self._form.input: x})
        return np.asarray(feature, np.float32).reshape(len(x), -1)

    def _tried(self, path: Path) -> int:
        """Runs the network on black frames; gives the length of its feature."""
        form = self._form
        x = self._prepare(np.zeros((form.batch or 1, form.window_length, *form.size, 3), np.uint8))
        try:
            (feature,) = self._session.run([form.output], {form.input: x})
        except Exception as error:
            said = printable(" ".join(str(error).split()))[:300]
            raise WeightsError(f"ONNX Runtime cannot run {printable(path)} on {x.shape}: {said}") from error
        lengths: tuple[int, ...] = getattr(feature, "shape", ())
        if len(lengths) < 2 or lengths[0] != len(x) or any(length != 1 for length in lengths[2:]):
            raise WeightsError(
                f"the output {printable(form.output)!r} of {printable(path)} is {tuple(lengths)} for {len(x)} windows, "
                "not one feature for each",
                f"take an output of shape ({len(x)}, length), or add a pooling layer where it is exported",
            )
        if feature.dtype.kind != "f":
            raise WeightsError(f"the output {printable(form.output)!r} of {printable(path)} holds {feature.dtype}")
        return int(lengths[1])


class _Preparation:
    """Turns frames into what a network is to be given."""

    def __init__(self, description: Description, form: Form) -> None:
        is_whole = form.kind == "uint8"
        scale = description.scale or 1 / 255
        std = np.array(description.std, np.float32)
        self._kind = form.kind
        self._gain = None if is_whole else np.float32(scale) / std
        self._shift = np.array(description.mean, np.float32) / std
        self._is_bgr = description.colours == "BGR"
        has_frames = description.has_frames
        order = {axis: number for number, axis in enumerate("NTHWC" if has_frames else "NHWC")}
        self._axes = [order[axis] for axis in description.layout]
        self._has_frames = has_frames

    def __call__(self, frames: NDArray[np.uint8]) -> NDArray[np.generic]:
        """uint8 (N, T, H, W, 3) -> the input."""
        x = frames[..., ::-1] if self._is_bgr else frames
        if not self._has_frames:
            x = x[:, 0]
        values: NDArray[np.generic] = x if self._gain is None else x.astype(np.float32) * self._gain - self._shift
        return np.ascontiguousarray(values.transpose(self._axes)).astype(self._kind, copy=False)


def load(path: Path, device: str = "auto") -> OnnxBackbone:
    """See `OnnxBackbone`."""
    return OnnxBackbone(path, device)
