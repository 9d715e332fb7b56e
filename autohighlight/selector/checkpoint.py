"""Keeps a trained highlight selector in one safetensors file, together with what it was trained on and how."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from autohighlight.errors import OptionError, WeightsError, printable
from autohighlight.files import write_whole
from autohighlight.selector.config import SelectorConfig
from autohighlight.selector.model import HighlightSelector

FORMAT = "autohighlight-selector"
VERSION = 2
_READABLE = (1, 2)
"""Version 1 has nothing of `SelectorInfo` from `num_videos` on."""

_STATISTICS = {"feature_mean", "feature_std"}
_OF_DATA = ("data_mean", "data_std")  # fields of `SelectorInfo` that are tensors in the file


@dataclass(frozen=True)
class SelectorInfo:
    """What a selector was trained on, and how.

    Args:
        backbone: name of the network that made the embeddings; a selector is used with the features of no other.
        backbone_fingerprint: that network's fingerprint at training, for the record: its precision may differ in use.
        feature_kind: how a clip's feature is made of the embeddings of its frames, as ``mean+step``.
        cues: names of the columns that follow the embeddings, in order.
        recipe: the options of the training.
        data_fingerprint: changes whenever the training data do.
        num_videos, num_clips: how much that was; 0: not known.
        history: the training in a few numbers; see `autohighlight.training.history.summary`.
        autohighlight_version: what it was trained with.
        data_mean, data_std: float (d_in,), of each column over all clips of the training data; None: not known. They
            say what the features were like; the selector standardises by them only if its own statistics say so.
    """

    backbone: str
    backbone_fingerprint: str = ""
    feature_kind: str = "mean"
    cues: tuple[str, ...] = ()
    recipe: Mapping[str, Any] = field(default_factory=dict)
    data_fingerprint: str = ""
    num_videos: int = 0
    num_clips: int = 0
    history: Mapping[str, float] = field(default_factory=dict)
    autohighlight_version: str = ""
    data_mean: NDArray[np.floating] | None = field(default=None, compare=False)
    data_std: NDArray[np.floating] | None = field(default=None, compare=False)


def save_selector(path: Path, selector: HighlightSelector, info: SelectorInfo, *, half: bool = False) -> None:
    """Writes a selector, whole or not at all; a file that is there already is replaced.

    Args:
        path: the file to write.
        selector: the network.
        info: what it was trained on.
        half: keep the weights in float16, half the size; the statistics of the features stay in float32.

    Raises:
        OutputError: it cannot be written; nothing was left behind.
    """
    described = {name: value for name, value in vars(info).items() if name not in _OF_DATA}
    about = {"format": FORMAT, "version": VERSION, "config": dataclasses.asdict(selector.config), **described}
    tensors = {
        name: tensor.to("cpu", torch.float16 if half and name not in _STATISTICS else torch.float32).contiguous()
        for name, tensor in selector.state_dict().items()
    }
    tensors |= {
        name: torch.as_tensor(getattr(info, name), dtype=torch.float32).contiguous()
        for name in _OF_DATA
        if getattr(info, name) is not None
    }
    # one entry of metadata alone, as safetensors writes several in any order: the same selector is the same file
    write_whole(path, save(tensors, {FORMAT: json.dumps(about, sort_keys=True)}))


def load_selector(path: Path, *, device: torch.device | str = "cpu") -> tuple[HighlightSelector, SelectorInfo]:
    """Reads a selector for inference, in float32.

    Raises:
        WeightsError: the file is missing, damaged, no selector, or of another version of the format.
    """
    where = printable(path)
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            metadata = file.metadata() or {}
            if FORMAT not in metadata:
                raise WeightsError(f"{where} is no highlight selector", "`autohighlight train` makes one")
            # copied into aligned memory: otherwise the last bits of the scores depend on the layout of the file
            names = file.keys()
            tensors = {name: file.get_tensor(name).to(torch.float32, copy=True) for name in names}
    except FileNotFoundError as error:
        raise WeightsError(f"the highlight selector {where} is not there") from error
    except OSError as error:
        raise WeightsError(f"cannot read the highlight selector {where}: {error.strerror or error}") from error
    except SafetensorError as error:
        raise WeightsError(
            f"{where} is no safetensors file, or a damaged one", "`autohighlight train` makes one"
        ) from error
    config, info = _read_about(metadata[FORMAT], where)
    of_data = {name: tensors.pop(name).numpy() for name in _OF_DATA if name in tensors}
    with torch.device("meta"):
        selector = HighlightSelector(config)
    try:
        selector.load_state_dict(tensors, assign=True)
    except RuntimeError as error:
        raise WeightsError(f"the tensors of {where} do not fit its configuration") from error
    return selector.eval().to(device), dataclasses.replace(info, **of_data)


def check_features(
    path: Path, selector: HighlightSelector, info: SelectorInfo, *, backbone: str, feature_kind: str, d_in: int
) -> None:
    """Refuses features that a selector was not trained on.

    Args:
        path: where the selector is from, for the message.
        selector: the network.
        info: what it was trained on.
        backbone: name of the network that made the features at hand.
        feature_kind: how a clip's feature was made of the embeddings of its frames.
        d_in: length of one clip's feature, cue columns included.

    Raises:
        WeightsError: they differ; the message says in what.
    """
    trained_on = f"{printable(path)} was trained on"
    if info.backbone != backbone:
        name, digest = _name_and_digest(info.backbone)
        same = f"--backbone {name}" + (f" with the --checkpoint whose SHA-256 begins with {digest}" if digest else "")
        raise WeightsError(
            f"{trained_on} features of {info.backbone!r}, not of {backbone!r}",
            f"use {same}, or train a selector on features of {backbone}",
        )
    if info.feature_kind != feature_kind:
        raise WeightsError(f"{trained_on} features of the kind {info.feature_kind!r}, not {feature_kind!r}")
    if selector.config.d_in != d_in:
        raise WeightsError(f"{trained_on} features of {selector.config.d_in} columns, not of {d_in}")


def _name_and_digest(backbone: str) -> tuple[str, str]:
    """``c3d:dcc47ddc`` -> ``c3d``, ``dcc47ddc``; the name of a plugin's backbone may have a colon of its own."""
    name, _, digest = backbone.rpartition(":")
    return (name, digest) if name and re.fullmatch("[0-9a-f]{8}", digest) else (backbone, "")


def _read_about(text: str, where: str) -> tuple[SelectorConfig, SelectorInfo]:
    damaged = WeightsError(f"the description inside {where} is damaged")
    try:
        about = json.loads(text)
        version = about.pop("version")
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise damaged from error
    if version not in _READABLE:
        raise WeightsError(
            f"{where} has version {version} of the format; this autohighlight reads versions 1 to {VERSION}",
            "update autohighlight, or train the selector again",
        )
    try:
        config = SelectorConfig(**about.pop("config"))
        about.pop("format")
        return config, SelectorInfo(**about | {"cues": tuple(about["cues"])})
    except (KeyError, TypeError, OptionError) as error:
        raise damaged from error
