"""Keeps a trained highlight selector in one safetensors file, together with what it was trained on and how."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from autohighlight.errors import OptionError, WeightsError, printable
from autohighlight.files import write_whole
from autohighlight.selector.config import SelectorConfig
from autohighlight.selector.model import HighlightSelector

FORMAT = "autohighlight-selector"
VERSION = 1
_STATISTICS = {"feature_mean", "feature_std"}


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
    """

    backbone: str
    backbone_fingerprint: str = ""
    feature_kind: str = "mean"
    cues: tuple[str, ...] = ()
    recipe: Mapping[str, Any] = field(default_factory=dict)
    data_fingerprint: str = ""


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
    about = {"format": FORMAT, "version": VERSION, "config": dataclasses.asdict(selector.config), **vars(info)}
    tensors = {
        name: tensor.to("cpu", torch.float16 if half and name not in _STATISTICS else torch.float32).contiguous()
        for name, tensor in selector.state_dict().items()
    }
    write_whole(path, save(tensors, {"format": "pt", FORMAT: json.dumps(about, sort_keys=True)}))


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
                raise WeightsError(f"{where} is no highlight selector", "benchmarks/train_selector.py makes one")
            # copied into aligned memory: otherwise the last bits of the scores depend on the layout of the file
            names = file.keys()
            tensors = {name: file.get_tensor(name).to(torch.float32, copy=True) for name in names}
    except FileNotFoundError as error:
        raise WeightsError(f"the highlight selector {where} is not there") from error
    except OSError as error:
        raise WeightsError(f"cannot read the highlight selector {where}: {error.strerror or error}") from error
    except SafetensorError as error:
        raise WeightsError(
            f"{where} is no safetensors file, or a damaged one", "benchmarks/train_selector.py makes one"
        ) from error
    config, info = _read_about(metadata[FORMAT], where)
    with torch.device("meta"):
        selector = HighlightSelector(config)
    try:
        selector.load_state_dict(tensors, assign=True)
    except RuntimeError as error:
        raise WeightsError(f"the tensors of {where} do not fit its configuration") from error
    return selector.eval().to(device), info


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
        raise WeightsError(
            f"{trained_on} features of {info.backbone!r}, not of {backbone!r}",
            f"use --backbone {info.backbone}, or train a selector on features of {backbone}",
        )
    if info.feature_kind != feature_kind:
        raise WeightsError(f"{trained_on} features of the kind {info.feature_kind!r}, not {feature_kind!r}")
    if selector.config.d_in != d_in:
        raise WeightsError(f"{trained_on} features of {selector.config.d_in} columns, not of {d_in}")


def _read_about(text: str, where: str) -> tuple[SelectorConfig, SelectorInfo]:
    damaged = WeightsError(f"the description inside {where} is damaged")
    try:
        about = json.loads(text)
        version = about.pop("version")
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise damaged from error
    if version != VERSION:
        raise WeightsError(
            f"{where} has version {version} of the format; this autohighlight reads version {VERSION}",
            "update autohighlight, or train the selector again",
        )
    try:
        config = SelectorConfig(**about.pop("config"))
        about.pop("format")
        return config, SelectorInfo(**about | {"cues": tuple(about["cues"])})
    except (KeyError, TypeError, OptionError) as error:
        raise damaged from error
