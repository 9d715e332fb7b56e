"""Keeps an unfinished training on disk, so that it goes on after a kill as if nothing had been."""

from __future__ import annotations

import dataclasses
import json
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from autohighlight.errors import OptionError, WeightsError, printable
from autohighlight.files import write_whole
from autohighlight.selector.config import SelectorConfig
from autohighlight.selector.model import HighlightSelector
from autohighlight.training.dataset import TrainingSet
from autohighlight.training.history import StepRecord
from autohighlight.training.options import TrainingOptions

FORMAT = "autohighlight-training"
VERSION = 1

_START_OVER = "delete it to start over"


@dataclass
class StateFile:
    """One safetensors file: the weights, what Adam keeps of each, the history, and what was being trained on what.

    Args:
        path: the file; it need not be there.
        config, options: the training that it belongs to.
        videos: what is trained on.
        seconds: how old the file may be before it is `due` to be written again.
    """

    path: Path
    config: SelectorConfig
    options: TrainingOptions
    videos: TrainingSet
    seconds: float

    def __post_init__(self) -> None:
        self._written = time.monotonic()

    def restore(self, selector: HighlightSelector, optimiser: torch.optim.Optimizer) -> list[StepRecord]:
        """Puts selector and optimiser where they were, and returns the steps that are done; none if there is no file.

        Raises:
            WeightsError: the file is damaged, is something else, or has another version of the format.
            OptionError: it belongs to a training with other options or on other videos.
        """
        try:
            with safe_open(self.path, framework="pt", device="cpu") as file:
                about = json.loads((file.metadata() or {}).get(FORMAT, "null"))
                names = file.keys()
                # copied into aligned memory: otherwise the last bits of sums depend on the layout of the file
                tensors = {name: file.get_tensor(name).clone() for name in names}
        except FileNotFoundError:
            return []
        except OSError as error:
            raise WeightsError(f"cannot read {self._where}: {error.strerror or error}") from error
        except (SafetensorError, ValueError) as error:
            raise WeightsError(f"{self._where} is no state of a training, or a damaged one", _START_OVER) from error
        self._check(about)
        try:
            _put_back(tensors, selector, optimiser)
            return _records(tensors["history"])
        except (KeyError, RuntimeError, ValueError) as error:
            raise WeightsError(f"the tensors of {self._where} do not fit the selector", _START_OVER) from error

    @property
    def due(self) -> bool:
        """Whether the last state is older than `seconds`."""
        return time.monotonic() - self._written >= self.seconds

    def save(self, selector: HighlightSelector, optimiser: torch.optim.Optimizer, done: list[StepRecord]) -> None:
        """Writes the state after the steps `done`, whole or not at all.

        Raises:
            OutputError: it cannot be written; what was there before still is.
        """
        tensors = {f"selector.{name}": tensor for name, tensor in selector.state_dict().items()}
        for number, kept in optimiser.state_dict()["state"].items():
            tensors |= {f"adam.{number}.{name}": tensor for name, tensor in kept.items()}
        tensors["history"] = _history(done)
        whole = {name: tensor.detach().to("cpu").contiguous() for name, tensor in tensors.items()}
        write_whole(self.path, save(whole, {FORMAT: json.dumps(self._about(), sort_keys=True)}))
        self._written = time.monotonic()

    @property
    def _where(self) -> str:
        return printable(self.path)

    def _about(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "config": dataclasses.asdict(self.config),
            "options": dataclasses.asdict(self.options),
            "data": self.videos.ordered_fingerprint,
        }

    def _check(self, about: Any) -> None:
        if not isinstance(about, dict):
            raise WeightsError(f"{self._where} is no state of a training", "name another file")
        own = self._about()
        if about.get("version") != VERSION:
            problem = f"{self._where} has version {about.get('version')} of the format, not {VERSION}"
            raise WeightsError(problem, _START_OVER)
        for part in ("config", "options"):
            kept = about.get(part)
            for name, value in own[part].items():
                was = kept.get(name) if isinstance(kept, dict) else None
                if was != value:
                    problem = f"{self._where} belongs to a training with {name} {was}, not {value}"
                    raise OptionError(problem, f"train with the same options, or {_START_OVER}")
        if about.get("data") != own["data"]:
            problem = f"{self._where} belongs to a training on other videos, or on these in another order"
            raise OptionError(problem, f"train on the same features, or {_START_OVER}")


def _put_back(tensors: dict[str, Tensor], selector: HighlightSelector, optimiser: torch.optim.Optimizer) -> None:
    weights = {name.removeprefix("selector."): t for name, t in tensors.items() if name.startswith("selector.")}
    selector.load_state_dict(weights)
    kept: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("adam."):
            _, number, what = name.split(".")
            kept.setdefault(int(number), {})[what] = tensor
    if sorted(kept) != list(range(len(list(selector.parameters())))):
        raise KeyError("adam")
    optimiser.load_state_dict({"state": kept, "param_groups": optimiser.state_dict()["param_groups"]})


def _history(records: list[StepRecord]) -> Tensor:
    rows = [
        [math.nan if value is None else float(value) for value in dataclasses.astuple(record)] for record in records
    ]
    return torch.tensor(rows, dtype=torch.float64)


def _records(history: Tensor) -> list[StepRecord]:
    return [
        StepRecord(
            int(step), int(num_steps), int(epoch), loss, positive, negative, None if math.isnan(label) else label
        )
        for step, num_steps, epoch, loss, positive, negative, label in history.tolist()
    ]
