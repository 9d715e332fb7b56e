from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import save_file

from autohighlight.errors import OptionError, OutputError, WeightsError
from autohighlight.selector.config import SelectorConfig
from autohighlight.selector.model import HighlightSelector
from autohighlight.training.dataset import measure
from autohighlight.training.loop import StepRecord, train, train_on
from autohighlight.training.options import TrainingOptions

CONFIG = SelectorConfig(6, 16)
OPTIONS = TrainingOptions(steps=12, batch_size=4, learning_rate=1e-3, negatives="hard", crop=5, device="cpu")


def videos(seed: int = 0, num_videos: int = 9) -> list[NDArray[np.float32]]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(n, 6)).astype(np.float32) for n in rng.integers(1, 9, num_videos)]


def bits(selector: HighlightSelector) -> bytes:
    return b"".join(tensor.numpy().tobytes() for tensor in selector.state_dict().values())


class StoppedError(Exception):
    """The training is interrupted."""


def stopped_at(step: int, state: Path, *, seconds: float = 0.0, options: TrainingOptions = OPTIONS) -> None:
    def progress(record: StepRecord) -> None:
        if record.step == step:
            raise StoppedError

    with pytest.raises(StoppedError):
        train_on(measure(videos()), CONFIG, options, progress, state=state, state_seconds=seconds)


@pytest.mark.parametrize("step", [1, 2, 4, 11])
def test_training_goes_on_where_it_was_to_the_same_bits(tmp_path: Path, step: int) -> None:
    state = tmp_path / "state"
    stopped_at(step, state)
    told: list[StepRecord] = []
    selector, history = train_on(measure(videos()), CONFIG, OPTIONS, told.append, state=state)
    whole, whole_history = train(videos(), CONFIG, OPTIONS)
    assert bits(selector) == bits(whole)
    assert history == whole_history
    assert told == history[step - 1 :], "the state is that of the step before"


PROGRAM = """
import sys
from pathlib import Path
import numpy as np
from autohighlight.selector.config import SelectorConfig
from autohighlight.selector.checkpoint import SelectorInfo, save_selector
from autohighlight.training.dataset import measure
from autohighlight.training.loop import train_on
from autohighlight.training.options import TrainingOptions

folder, state = Path(sys.argv[1]), sys.argv[2]
rng = np.random.default_rng(0)
videos = measure([rng.normal(size=(n, 6)).astype(np.float32) for n in rng.integers(1, 9, 9)])
options = TrainingOptions(steps=int(sys.argv[3]), batch_size=4, learning_rate=1e-3, device="cpu")
path = folder / state if state else None
selector, _ = train_on(videos, SelectorConfig(6, 16), options, lambda r: print(r.step, flush=True), state=path,
                       state_seconds=0.01)
save_selector(folder / ("resumed" if state else "whole"), selector, SelectorInfo("x"))
"""


def program(folder: Path, state: str, steps: int = 200) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), state, str(steps)], stdout=subprocess.PIPE, text=True
    )


@pytest.mark.slow
def test_a_killed_training_ends_with_the_same_file_as_one_that_ran_through(tmp_path: Path) -> None:
    killed = program(tmp_path, "state")
    assert killed.stdout is not None
    for line in killed.stdout:
        if int(line) >= 20 and (tmp_path / "state").exists():
            break
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    killed.stdout.close()
    again = program(tmp_path, "state")
    through = program(tmp_path, "")
    steps = [int(line) for line in again.communicate()[0].split()]
    through.communicate()
    assert (again.returncode, through.returncode) == (0, 0)
    assert 1 < steps[0] <= 200, "it did not start over"
    assert (tmp_path / "resumed").read_bytes() == (tmp_path / "whole").read_bytes()


def test_a_finished_training_is_only_read(tmp_path: Path) -> None:
    state = tmp_path / "state"
    selector, history = train(videos(), CONFIG, OPTIONS, state=state)
    told: list[StepRecord] = []
    again, again_history = train(videos(), CONFIG, OPTIONS, told.append, state=state)
    assert (bits(again), again_history, told) == (bits(selector), history, [])
    assert list(tmp_path.iterdir()) == [state]


def test_the_state_is_written_every_so_many_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    written = []

    def progress(record: StepRecord) -> None:
        nonlocal now
        now += 10
        if (tmp_path / "state").exists():
            written.append(record.step)
            (tmp_path / "state").unlink()

    train_on(measure(videos()), CONFIG, OPTIONS, progress, state=tmp_path / "state", state_seconds=30)
    assert written == [4, 7, 10]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"learning_rate": 1e-4}, r"belongs to a training with learning_rate 0.001, not 0.0001 \(train with the same"),
        ({"seed": 1}, "with seed 0, not 1"),
        ({"steps": 13}, "with steps 12, not 13"),
        ({"negatives": "random"}, "with negatives hard, not random"),
    ],
)
def test_a_state_of_other_options_is_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    stopped_at(3, tmp_path / "state")
    before = (tmp_path / "state").read_bytes()
    with pytest.raises(OptionError, match=message):
        train(videos(), CONFIG, dataclasses.replace(OPTIONS, **change), state=tmp_path / "state")
    assert (tmp_path / "state").read_bytes() == before


def test_a_state_of_another_selector_or_of_other_videos_is_refused(tmp_path: Path) -> None:
    stopped_at(3, tmp_path / "state")
    with pytest.raises(OptionError, match="with scaled False, not True"):
        train(videos(), SelectorConfig(6, 16, scaled=True), OPTIONS, state=tmp_path / "state")
    for others in (videos(1), videos()[::-1]):
        with pytest.raises(OptionError, match="on other videos, or on these in another order"):
            train(others, CONFIG, OPTIONS, state=tmp_path / "state")
    labels = [np.ones(len(video), bool) for video in videos()]
    with pytest.raises(OptionError, match="on other videos"):
        train(videos(), CONFIG, OPTIONS, labels=labels, state=tmp_path / "state")


@pytest.mark.parametrize("size", [0, 4, 100, -1])
def test_a_damaged_state_is_refused(tmp_path: Path, size: int) -> None:
    state = tmp_path / "state"
    stopped_at(3, state)
    os.truncate(state, size if size >= 0 else state.stat().st_size - 1)
    with pytest.raises(WeightsError, match=r"no state of a training, or a damaged one .delete it to start over"):
        train(videos(), CONFIG, OPTIONS, state=state)


def test_files_of_another_kind_or_version_are_refused(tmp_path: Path) -> None:
    save_file({"weight": torch.zeros(2)}, tmp_path / "other")
    with pytest.raises(WeightsError, match=r"no state of a training .name another file"):
        train(videos(), CONFIG, OPTIONS, state=tmp_path / "other")
    save_file({"weight": torch.zeros(2)}, tmp_path / "newer", {"autohighlight-training": '{"version": 9}'})
    with pytest.raises(WeightsError, match="version 9 of the format, not 1"):
        train(videos(), CONFIG, OPTIONS, state=tmp_path / "newer")
    stopped_at(3, tmp_path / "state")
    with safe_open(tmp_path / "state", framework="pt") as file:
        metadata = file.metadata()
    save_file({"weight": torch.zeros(2)}, tmp_path / "empty", metadata)
    with pytest.raises(WeightsError, match=r"tensors of .* do not fit"):
        train(videos(), CONFIG, OPTIONS, state=tmp_path / "empty")
    with pytest.raises(WeightsError, match="cannot read"):
        train(videos(), CONFIG, OPTIONS, state=tmp_path)


def test_a_state_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        train(videos(), CONFIG, OPTIONS, state=tmp_path / "missing" / "state")
