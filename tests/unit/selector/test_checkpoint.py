from __future__ import annotations

import dataclasses
import errno
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from autohighlight.errors import NoSpaceError, OutputError, WeightsError
from autohighlight.selector.checkpoint import FORMAT, SelectorInfo, check_features, load_selector, save_selector
from autohighlight.selector.config import SelectorConfig
from autohighlight.selector.model import HighlightSelector, scores

INFO = SelectorInfo(
    backbone="efficientnet-lite0",
    backbone_fingerprint="efficientnet-lite0/57934424/bfloat16/1",
    feature_kind="mean+step",
    cues=("movement",),
    recipe={"steps": 40, "learning_rate": 1e-4},
    data_fingerprint="abc",
    num_videos=3,
    num_clips=40,
    history={"steps": 40, "last_loss": 0.5},
    autohighlight_version="0.1.0",
    data_mean=np.arange(5.0),
    data_std=np.arange(5.0) + 1e-5,
)
FEATURES = np.random.default_rng(0).normal(size=(6, 5))


@pytest.fixture
def selector() -> HighlightSelector:
    selector = HighlightSelector(SelectorConfig(5, 8, scaled=True, shared_input_dropout=True))
    selector.standardise_by(np.arange(5.0), np.arange(1.0, 6.0) * 1e-5)
    return selector


@pytest.fixture
def path(tmp_path: Path, selector: HighlightSelector) -> Path:
    path = tmp_path / "my selector.safetensors"
    save_selector(path, selector, INFO)
    return path


def test_a_selector_comes_back_as_it_was(path: Path, selector: HighlightSelector) -> None:
    loaded, info = load_selector(path)
    assert loaded.config == selector.config
    assert info == INFO
    for name in ("data_mean", "data_std"):
        np.testing.assert_allclose(getattr(info, name), getattr(INFO, name), rtol=1e-6)
    assert not loaded.training
    np.testing.assert_array_equal(scores(loaded, FEATURES), scores(selector, FEATURES))


def test_the_same_selector_is_the_same_file(path: Path, selector: HighlightSelector) -> None:
    with safe_open(path, framework="pt") as file:
        assert list(file.metadata()) == [FORMAT], "several would be written in any order"
    before = path.read_bytes()
    save_selector(path, selector, INFO)
    assert path.read_bytes() == before


def test_an_encoding_comes_back_with_its_scales(tmp_path: Path) -> None:
    path, features = tmp_path / "still.safetensors", np.abs(FEATURES)
    selector = HighlightSelector(SelectorConfig(5, 8, encoding="stillness"))
    selector.standardise_by(np.zeros(5), np.arange(1.0, 6.0))
    save_selector(path, selector, INFO)
    loaded, _ = load_selector(path)
    assert loaded.config.encoding == "stillness"
    np.testing.assert_array_equal(scores(loaded, features), scores(selector, features))
    plain = HighlightSelector(SelectorConfig(5, 8))
    plain.load_state_dict(selector.state_dict())
    assert not np.allclose(scores(plain, features), scores(selector, features))


def test_a_file_of_before_there_were_encodings_is_linear(tmp_path: Path, selector: HighlightSelector) -> None:
    path, config = tmp_path / "old.safetensors", {"d_in": 5, "d": 8, "scaled": True, "shared_input_dropout": True}
    save_file(selector.state_dict(), path, {FORMAT: about(config=config)})
    loaded, info = load_selector(path)
    assert loaded.config == selector.config
    assert (info.num_videos, info.autohighlight_version, info.data_mean) == (0, "", None)


def test_half_precision_halves_the_file_and_hardly_changes_scores(tmp_path: Path) -> None:
    selector = HighlightSelector(SelectorConfig(5, 64, scaled=True))
    selector.standardise_by(np.zeros(5), np.full(5, 1e-9))  # float16 holds no such number
    features = FEATURES * 1e-9
    save_selector(tmp_path / "whole", selector, INFO)
    save_selector(tmp_path / "half", selector, INFO, half=True)
    assert (tmp_path / "half").stat().st_size < 0.56 * (tmp_path / "whole").stat().st_size
    loaded, _ = load_selector(tmp_path / "half")
    assert loaded.projection.weight.dtype == torch.float32
    np.testing.assert_allclose(scores(loaded, features), scores(selector, features), rtol=0.02)


def test_saving_replaces_a_file_and_leaves_nothing_beside_it(path: Path, selector: HighlightSelector) -> None:
    with torch.no_grad():
        selector.projection.weight.mul_(2)
    save_selector(path, selector, INFO)
    assert list(path.parent.iterdir()) == [path]
    np.testing.assert_array_equal(scores(load_selector(path)[0], FEATURES), scores(selector, FEATURES))


def test_a_folder_that_is_not_there_is_an_output_error(tmp_path: Path, selector: HighlightSelector) -> None:
    with pytest.raises(OutputError, match="No such file"):
        save_selector(tmp_path / "missing" / "s.safetensors", selector, INFO)


def test_a_full_disk_leaves_the_file_as_it_was(
    path: Path, selector: HighlightSelector, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NoSpaceError, match="disk is full"):
        save_selector(path, selector, INFO)
    assert list(path.parent.iterdir()) == [path]
    assert path.read_bytes() == before


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="is not there"):
        load_selector(tmp_path / "missing.safetensors")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError):
        load_selector(tmp_path)


@pytest.mark.parametrize("size", [0, 4, 100, -1])
def test_a_damaged_file_is_refused(path: Path, size: int) -> None:
    os.truncate(path, size if size >= 0 else path.stat().st_size - 1)
    with pytest.raises(WeightsError, match="damaged"):
        load_selector(path)


def test_another_safetensors_file_is_refused(tmp_path: Path) -> None:
    save_file({"weight": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(WeightsError, match=r"no highlight selector \(`autohighlight train` makes one\)"):
        load_selector(tmp_path / "other.safetensors")


def about(**changes: Any) -> str:
    described = {
        "format": FORMAT,
        "version": 1,
        "config": {"d_in": 5, "d": 8},
        "backbone": "x",
        "backbone_fingerprint": "",
        "feature_kind": "mean",
        "cues": [],
        "recipe": {},
        "data_fingerprint": "",
    }
    return json.dumps(described | changes)


@pytest.mark.parametrize(
    ("description", "message"),
    [
        (about(version=3), "has version 3 of the format; this autohighlight reads versions 1 to 2"),
        (about(config={"d": 8}), "description .* damaged"),
        (about(config={"d_in": -1}), "description .* damaged"),
        (about(config=None), "description .* damaged"),
        (about(cues=None), "description .* damaged"),
        (about(unknown=1), "description .* damaged"),
        ("{", "description .* damaged"),
        ("[]", "description .* damaged"),
        (about(config={"d_in": 6, "d": 8}), "tensors .* do not fit"),
    ],
)
def test_a_description_that_does_not_fit_is_refused(
    tmp_path: Path, selector: HighlightSelector, description: str, message: str
) -> None:
    path = tmp_path / "s.safetensors"
    save_file(selector.state_dict(), path, {FORMAT: description})
    with pytest.raises(WeightsError, match=message):
        load_selector(path)


def test_features_that_it_was_trained_on_are_let_through(path: Path) -> None:
    loaded, info = load_selector(path)
    check_features(path, loaded, info, backbone="efficientnet-lite0", feature_kind="mean+step", d_in=5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backbone": "c3d"}, "features of 'efficientnet-lite0', not of 'c3d'.*--backbone efficientnet-lite0"),
        ({"feature_kind": "mean"}, r"kind 'mean\+step', not 'mean'"),
        ({"d_in": 9}, "of 5 columns, not of 9"),
    ],
)
def test_other_features_are_refused_with_the_difference(path: Path, changes: dict[str, Any], message: str) -> None:
    loaded, info = load_selector(path)
    features = {"backbone": "efficientnet-lite0", "feature_kind": "mean+step", "d_in": 5} | changes
    with pytest.raises(WeightsError, match=message):
        check_features(path, loaded, info, **features)


@pytest.mark.parametrize(
    ("trained_on", "hint"),
    [
        ("c3d:dcc47ddc", "use --backbone c3d with the --checkpoint whose SHA-256 begins with dcc47ddc"),
        ("timm:resnet18:b3b3357e", "use --backbone timm:resnet18 with the --checkpoint whose SHA-256 begins with b3b"),
        ("timm:resnet18-random", "use --backbone timm:resnet18-random, or train"),
    ],
)
def test_the_backbone_it_needs_is_named_as_it_is_asked_for(path: Path, trained_on: str, hint: str) -> None:
    loaded, info = load_selector(path)
    info = dataclasses.replace(info, backbone=trained_on)
    with pytest.raises(WeightsError) as caught:
        check_features(path, loaded, info, backbone="small", feature_kind="mean+step", d_in=5)
    assert caught.value.hint.startswith(hint)
