from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from autohighlight.errors import OptionError
from autohighlight.footage import fit as module
from autohighlight.footage.fit import Fitted, fit, forget, prepare, unfinished
from autohighlight.selector.checkpoint import load_selector
from autohighlight.selector.model import scores
from autohighlight.training.history import StepRecord
from autohighlight.training.recipes import FOOTAGE, PAPER, Recipe

from .footage_files import make_rows, read, write_features

QUICK = PAPER.replace(d=8, steps=5, batch_size=4, learning_rate=1e-3, device="cpu")


class _Killed(BaseException):
    """Ends a training at once, as Ctrl-C does."""


def train(folder: Path, output: Path, recipe: Recipe = QUICK, *, kill_at: int | None = None) -> Fitted:
    def told(record: StepRecord) -> None:
        if record.step == kill_at:
            raise _Killed

    return fit(prepare(read(sorted(folder.glob("*.npy"))), recipe, output), told)


def test_the_file_says_what_it_was_made_of_and_by(tmp_path: Path) -> None:
    write_features(tmp_path, 4)
    fitted = fit(
        prepare(read(sorted(tmp_path.glob("*.npy"))), QUICK, tmp_path / "x.safetensors"), how={"speed": "fast"}
    )
    fitted.save(tmp_path / "x.safetensors")
    selector, info = load_selector(tmp_path / "x.safetensors")
    assert (info.backbone, info.feature_kind, info.num_videos, info.num_clips) == ("test", "mean", 4, 24)
    assert info.recipe["recipe"] == "paper"
    assert info.recipe["steps"] == 5
    assert info.recipe["speed"] == "fast"
    assert selector.config == QUICK.selector_config(5)
    assert len(scores(selector, make_rows(9))) == 6


def test_a_training_that_was_stopped_goes_on_to_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STATE_SECONDS", 0.0)
    write_features(tmp_path, 6)
    whole = train(tmp_path, tmp_path / "whole")
    output = tmp_path / "halves"
    with pytest.raises(_Killed):
        train(tmp_path, output, kill_at=4)
    (state,) = unfinished(output)
    assert state.name.startswith(".halves.")
    assert prepare(read(sorted(tmp_path.glob("*.npy"))), QUICK, output).goes_on
    halves = train(tmp_path, output)
    assert halves.history == whole.history
    for name, tensor in whole.selector.state_dict().items():
        np.testing.assert_array_equal(halves.selector.state_dict()[name].numpy(), tensor.numpy())
    forget(output)
    assert not unfinished(output)
    assert unfinished(tmp_path / "whole")


@pytest.mark.parametrize("change", ["options", "config", "footage", "order"])
def test_another_training_does_not_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    paths = write_features(tmp_path, 6)
    train(tmp_path, tmp_path / "x")
    recipe = {"options": QUICK.replace(seed=1), "config": QUICK.replace(scaled=True)}.get(change, QUICK)
    if change == "footage":
        paths = paths[:5]
    if change == "order":
        paths.reverse()
    prepared = prepare(read(paths), recipe, tmp_path / "x")
    assert not prepared.goes_on
    assert prepared.has_other_state


def test_what_is_left_out_and_what_only_serves_as_others(tmp_path: Path) -> None:
    paths = write_features(tmp_path, 4)
    np.save(paths[2], make_rows(0))
    np.save(paths[3], make_rows(3, 1))
    prepared = prepare(read(paths), QUICK.replace(batch_size=8), tmp_path / "x")
    assert prepared.copies == (paths[2],)
    assert prepared.num_single == 1
    assert prepared.batch_size == 3
    assert prepared.chance == math.log(3)


def test_pieces_of_one_video_are_enough(tmp_path: Path) -> None:
    paths = write_features(tmp_path, 1, num_clips=30)
    prepared = prepare(read(paths), QUICK.replace(pieces=10), tmp_path / "x")
    assert (len(prepared.videos), prepared.copies, prepared.batch_size) == (3, (), 3)


def test_one_video_whole_is_not(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="there is one video") as caught:
        prepare(read(write_features(tmp_path, 1)), QUICK, tmp_path / "x")
    assert "--pieces 10" in caught.value.hint
    assert "reel VIDEO --adapt" in caught.value.hint


def test_copies_alone_and_single_clips_alone_are_not(tmp_path: Path) -> None:
    paths = write_features(tmp_path, 2)
    np.save(paths[1], make_rows(0))
    with pytest.raises(OptionError, match="different videos: 1"):
        prepare(read(paths), QUICK, tmp_path / "x")
    with pytest.raises(OptionError, match="no video has more than one clip"):
        prepare(read(write_features(tmp_path, 3, num_clips=1)), QUICK, tmp_path / "x")


def test_stillness_is_not_for_values_below_zero(tmp_path: Path) -> None:
    paths = write_features(tmp_path, 2)
    np.save(paths[1], make_rows(1) - 0.5)
    with pytest.raises(OptionError, match="never below 0"):
        prepare(read(paths), FOOTAGE, tmp_path / "x")
