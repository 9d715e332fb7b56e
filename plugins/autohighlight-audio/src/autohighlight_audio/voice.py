"""Whether somebody speaks: the network of Silero VAD, from its wheel, run by onnxruntime.

The package ``silero_vad`` itself is not imported: that would set the number of torch's threads for the whole program.
"""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autohighlight.errors import DependencyError
from autohighlight_audio.windows import Windows

WINDOW = 512
"""Samples at 16 kHz that get one probability: 32 ms."""

SPEECH = 0.5
"""A probability from which on there is speech; the threshold that Silero VAD takes."""

_CONTEXT = 64  # samples before a window that the network looks at as well
_MODEL = "silero_vad_16k_sequence.onnx"  # takes many windows at once: three times as fast as one by one


class VoiceDetector:
    """Listens to a stretch of sound piece by piece, and remembers what it has heard.

    Raises:
        DependencyError: the network is not where its package has it.
    """

    def __init__(self) -> None:
        self._session = _session()
        self._windows = Windows(_CONTEXT + WINDOW, WINDOW, before=np.zeros(_CONTEXT, np.float32))
        self._hidden = self._cell = np.zeros((1, 1, 128), np.float32)

    def __call__(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """float32 (S,) at 16 kHz -> float32 (K,): the probability of speech in each window that they complete."""
        windows = np.ascontiguousarray(self._windows(samples), np.float32)
        if not len(windows):
            return np.empty(0, np.float32)
        inputs = {"input": windows, "h": self._hidden, "c": self._cell}
        found, self._hidden, self._cell = self._session.run(["speech_probs", "hn", "cn"], inputs)
        return np.asarray(found, np.float32).reshape(-1)


@functools.cache
def _session() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(_model()), options, providers=["CPUExecutionProvider"])


def _model() -> Path:
    spec = importlib.util.find_spec("silero_vad")
    for folder in (spec.submodule_search_locations or []) if spec is not None else []:
        if (file := Path(folder, "data", _MODEL)).is_file():
            return file
    raise DependencyError(f"the network {_MODEL} of Silero VAD is not there", 'pip install "silero-vad>=6.2.2,<7"')
