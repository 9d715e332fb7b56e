"""What a network has to be shown, in the words of whoever knows it: a file beside it, or a note inside it.

``net.onnx`` is described by ``net.toml`` or ``net.json`` in the same folder, or by JSON in its own metadata under the
key ``autohighlight``.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autohighlight.errors import WeightsError, printable

METADATA_KEY = "autohighlight"
"""Under this key of the ONNX metadata may be a description as JSON."""

LAYOUTS = ("NCHW", "NHWC", "NCTHW", "NTCHW", "NTHWC")
"""Orders of the input's axes: windows, colours, frames, height, width."""

TEMPLATE = """\
layout = "NCHW"          # order of the input's axes: NCHW, NHWC; with frames NCTHW, NTCHW, NTHWC
size = [224, 224]        # height and width of a frame, in pixels
mean = [0.485, 0.456, 0.406]   # what is subtracted from each colour, after scale
std = [0.229, 0.224, 0.225]    # what each colour is then divided by
"""
"""A description to begin with."""


@dataclass(frozen=True)
class Description:
    """What a network has to be shown. A value of 0 to 255 becomes ``(value * scale - mean) / std``.

    Args:
        layout: of `LAYOUTS`.
        size: height and width of a frame, in pixels; None: as the network declares.
        resize: what a frame is scaled to before the middle of that size is cut out: height and width, or its shorter
            side; None: `size`.
        colours: ``RGB`` or ``BGR``: in which order.
        scale: see above; None: 1/255, and 1 for a network that takes whole numbers.
        mean, std: see above; of each colour, in that order.
        window_length: T, frames in a window; None: as the network declares.
        frame_rate: frames/s at which they are sampled; None: the video's own.
        output: name of the feature; None: the only output.
    """

    layout: str
    size: tuple[int, int] | None = None
    resize: tuple[int, int] | int | None = None
    colours: str = "RGB"
    scale: float | None = None
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    window_length: int | None = None
    frame_rate: float | None = None
    output: str | None = None

    def __post_init__(self) -> None:
        checks = (
            ("layout", self.layout in LAYOUTS, f"is one of {', '.join(LAYOUTS)}"),
            ("colours", self.colours in ("RGB", "BGR"), "is RGB or BGR"),
            ("size", self.size is None or _is_size(self.size), "is height and width, as [224, 224]"),
            ("resize", self._resize_fits(), "is the shorter side, or height and width, in pixels"),
            ("scale", self.scale is None or (_is_number(self.scale) and self.scale > 0), "is a number above 0"),
            ("mean", _are_numbers(self.mean), "is three numbers, one a colour"),
            ("std", _are_numbers(self.std) and min(self.std) > 0, "is three numbers above 0, one a colour"),
            ("window_length", self.window_length is None or _is_count(self.window_length), "is a number of frames"),
            ("frame_rate", self.frame_rate is None or self._rate_fits(), "is frames/s, above 0"),
            ("output", self.output is None or isinstance(self.output, str), "is a name"),
        )
        for name, is_right, rule in checks:
            if not is_right:
                raise ValueError(f"{name} {rule}, not {getattr(self, name)!r}")
        if not self.has_frames and (self.window_length not in (None, 1) or self.frame_rate is not None):
            raise ValueError(f"window_length and frame_rate are for layouts with frames (T), not for {self.layout}")

    @property
    def has_frames(self) -> bool:
        """Whether the network looks at several frames at once."""
        return "T" in self.layout

    def _resize_fits(self) -> bool:
        return self.resize is None or _is_count(self.resize) or _is_size(self.resize)

    def _rate_fits(self) -> bool:
        return _is_number(self.frame_rate) and 0 < float(self.frame_rate or 0) < 1000


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 10_000


def _is_size(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(map(_is_count, value))


def _are_numbers(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 3 and all(map(_is_number, value))


def find_description(network: Path, metadata: Mapping[str, str]) -> Description:
    """The description of a network.

    Args:
        network: its file.
        metadata: that of the file.

    Raises:
        WeightsError: there is none, there are two, or it cannot be meant; with what is wrong and where.
    """
    beside = [file for suffix in (".toml", ".json") if (file := network.with_suffix(suffix)).is_file()]
    if len(beside) > 1:
        raise WeightsError(f"{network.name} is described by both {beside[0].name} and {beside[1].name}", "remove one")
    if beside:
        return _read(beside[0])
    if METADATA_KEY in metadata:
        return parse(metadata[METADATA_KEY], f"the metadata of {printable(network)}", is_toml=False)
    raise WeightsError(
        f"nothing says what {printable(network)} has to be shown",
        f"write {network.with_suffix('.toml')}; 'autohighlight onnx check {network}' prints one to begin with",
    )


def _read(file: Path) -> Description:
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WeightsError(f"cannot read {printable(file)}: {error}") from error
    return parse(text, printable(file), is_toml=file.suffix == ".toml")


def parse(text: str, source: str, *, is_toml: bool) -> Description:
    """Reads a description.

    Args:
        text: TOML or JSON.
        source: what it is called in messages.
        is_toml: which of the two.

    Raises:
        WeightsError: it cannot be read, names something unknown, or a value cannot be meant.
    """
    try:
        values = tomllib.loads(text) if is_toml else json.loads(text)
    except ValueError as error:  # of both readers
        raise WeightsError(f"{source} is no {'TOML' if is_toml else 'JSON'}: {error}") from error
    if not isinstance(values, dict):
        raise WeightsError(f"{source} holds no names with values")
    return _described(values, source)


def _described(values: Mapping[str, Any], source: str) -> Description:
    known = [spec.name for spec in dataclasses.fields(Description)]
    for name in values:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
            raise WeightsError(f"{source} says {printable(name)!r}, which means nothing here", hint)
    if "layout" not in values:
        raise WeightsError(f"{source} does not say the layout of the input", f"it is one of {', '.join(LAYOUTS)}")
    plain: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    try:
        return Description(**plain)
    except (ValueError, TypeError) as error:
        raise WeightsError(f"{source}: {error}") from error
