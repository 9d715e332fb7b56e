"""Channels of sound: their names, and how they are heard from one or two loudspeakers."""

from __future__ import annotations

import math

import av
import numpy as np
from numpy.typing import NDArray

_SIDE = math.sqrt(0.5)
"""Channels of the centre, the sides, the back and above are mixed in at -3 dB (ITU-R BS.775-3, annex 4)."""

_FRONT = frozenset({"FL", "FR", "FLC", "FRC", "DL", "DR", "BIL", "BIR"})
"""Channels that keep their level: in front, and those that were made for two ears."""

_SILENT = frozenset({"LFE", "LFE2"})
"""Channels of low frequencies are left out, as BS.775 and FFmpeg do: what they hold is an effect of its own."""

_AMBISONIC = {"AMBI0": (1.0, 1.0), "AMBI1": (1.0, -1.0)}
"""W and Y, in AmbiX order: two microphones, one to the left and one to the right (cardioids)."""


def channel_names(layout: str) -> tuple[str, ...]:
    """FFmpeg's names of a layout's channels, as ``FL``, ``FR``, ``FC``, ``LFE``, in the order of the samples.

    A channel of which the file does not say where it belongs is called ``NONE``.

    Raises:
        ValueError: there is no such layout.
    """
    return tuple(channel.name for channel in av.AudioLayout(layout).channels)


def settled_layout(stream: av.AudioStream) -> tuple[str, int]:
    """The name of a stream's layout, and how many channels it has; to be asked before a frame is decoded.

    PyAV up to 18.1 frees the list of a layout in an order of its own, as QuickTime may have it, more than once, which
    ends the program. Such a layout is replaced by one without names; nothing else may have read the layout before.
    """
    layout = stream.codec_context.layout
    name, num_channels = layout.name, layout.nb_channels
    if name.startswith(f"{num_channels} channels ("):
        name = f"{num_channels} channels"
        stream.codec_context.layout = name
    return name, num_channels


def downmix(layout: str, num_wanted: int) -> NDArray[np.float32]:
    """float32 (num_wanted, C): how loud each of the layout's channels is in each of one or two; it never clips.

    Levels are those of ITU-R BS.775-3, annex 4, all lowered by the same factor where full scale in all channels at once
    would exceed it. Of channels without a name, as recorders write them, the first two are left and right, and each of
    the others is in the middle. Ambisonic sound is heard as from two microphones.

    Args:
        layout: FFmpeg's name of the layout.
        num_wanted: 1 or 2 channels.

    Raises:
        ValueError: there is no such layout.
    """
    names = channel_names(layout)
    raw = np.array([_levels(name, number, len(names)) for number, name in enumerate(names)]).T
    weights = raw if num_wanted == 2 else raw.sum(axis=0, keepdims=True)  # one channel alone: 2, then lowered to 1
    loudest = np.abs(weights).sum(axis=1).max()
    return np.asarray(weights / max(1, loudest), np.float32)


def _levels(name: str, number: int, num_channels: int) -> tuple[float, float]:
    """How loud a channel is on the left and on the right."""
    if name in _AMBISONIC:
        return _AMBISONIC[name]
    if name.startswith("AMBI") or name in _SILENT:
        return 0, 0
    if name == "NONE" and num_channels > 1 and number < 2:
        return (1, 0) if number == 0 else (0, 1)
    level = 1 if name in _FRONT or num_channels == 1 else _SIDE
    side = name.removesuffix("C") if name in _FRONT else name
    return (level if side[-1] != "R" else 0, level if side[-1] != "L" else 0)


def is_mixed_down(layout: str, wanted: str) -> bool:
    """Whether sound of a layout needs `downmix` for another of one or two channels; FFmpeg's own may clip."""
    num_wanted = {"mono": 1, "stereo": 2}.get(wanted, math.inf)
    names = channel_names(layout)
    return layout != wanted and len(names) >= num_wanted
