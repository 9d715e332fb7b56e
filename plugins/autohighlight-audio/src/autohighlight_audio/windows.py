"""Cuts what comes piece by piece into windows, as if it had come at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Windows:
    """Windows of `length` values, each `hop` values after the one before, along the first axis.

    Args:
        length: of a window.
        hop: from one window to the next, at most `length`.
        before: (B, ...): what comes before the first piece; None for nothing.
    """

    def __init__(self, length: int, hop: int, before: NDArray[Any] | None = None) -> None:
        self._length, self._hop = length, hop
        self._rest = before

    def __call__(self, values: NDArray[Any]) -> NDArray[Any]:
        """The windows that the next piece, (S, ...), completes: (K, length, ...), a view of memory of its own."""
        held = values if self._rest is None else np.concatenate([self._rest, values])
        number = max(0, (len(held) - self._length) // self._hop + 1)
        self._rest = held[number * self._hop :].copy()
        if not number:
            return np.empty((0, self._length, *values.shape[1:]), values.dtype)
        views = np.lib.stride_tricks.sliding_window_view(held, self._length, axis=0)[:: self._hop]
        return np.moveaxis(views, -1, 1)
