"""C3D against a second, naive implementation (naive.py); every eighth number of its features is in tests/golden."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from autohighlight.backbones import c3d
from autohighlight.backbones.c3d import C3D, load_c3d, random_c3d
from autohighlight.errors import WeightsError
from autohighlight.types import Backbone

from . import naive
from .made import hollow, state_of, windows

GOLDEN = Path(__file__).parents[2] / "golden" / "windows.npz"


def empty(num_classes: int = 487) -> C3D:
    with torch.device("meta"):
        return C3D(num_classes)


def in_openmmlab_names(state: naive.State, prefix: str = "backbone.") -> naive.State:
    renamed = {"conv1": "conv1a", "conv2": "conv2a"}
    return {
        f"{prefix}{renamed.get(layer, layer)}{'.conv' if layer.startswith('conv') else ''}.{part}": tensor
        for layer, part, tensor in ((*name.split("."), tensor) for name, tensor in state.items())
        if layer != "fc8"
    }


@pytest.fixture(scope="module")
def state() -> naive.State:
    return state_of(empty())


def embed(state: naive.State, dtype: torch.dtype = torch.float32) -> NDArray[np.float32]:
    network, kind = c3d.build(state, "test")
    return c3d._backbone(network, "test", "made", kind, torch.device("cpu"), dtype).embed(windows())


def distance(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float((np.linalg.norm(a - b, axis=1) / np.linalg.norm(b, axis=1)).max())


def test_caffe_weights_give_the_features_of_the_second_implementation(state: naive.State) -> None:
    features = embed(state)
    assert (features.shape, features.dtype) == ((2, 4096), np.float32)
    assert (features >= 0).all()
    assert distance(features[:, ::8], np.load(GOLDEN)["c3d-caffe"]) < 1e-4
    assert 0 < distance(embed(state, torch.bfloat16), features) < 0.008


def test_openmmlab_weights_see_other_pixels(state: naive.State) -> None:
    head = {"cls_head.fc_cls.weight": torch.zeros(101, 4096), "cls_head.fc_cls.bias": torch.zeros(101)}
    features = embed(in_openmmlab_names(state) | head)
    assert distance(features[:, ::8], np.load(GOLDEN)["c3d-openmmlab"]) < 1e-4


def test_the_stages_have_the_sizes_of_the_paper() -> None:
    network = empty()
    sizes: list[tuple[int, ...]] = []
    for name in ("conv1", "conv2", "conv3b", "conv4b", "conv5b", "fc6"):
        getattr(network, name).register_forward_hook(lambda _m, _x, y: sizes.append(tuple(y.shape[1:])))
    network(torch.empty(1, 3, 16, 112, 112, device="meta"))
    assert sizes == [(64, 16, 112, 112), (128, 16, 56, 56), (256, 8, 28, 28), (512, 4, 14, 14), (512, 2, 7, 7), (4096,)]


def test_the_number_of_parameters_is_that_of_the_published_network() -> None:
    assert sum(p.numel() for p in empty().parameters()) == 79_991_015


@pytest.mark.parametrize(
    ("prefix", "resize", "pixels"),
    [
        (None, (128, 171), "101.41, 97.66, 90.25"),
        ("", 128, "104, 117, 128"),
        ("backbone.", 128, "104, 117, 128"),
    ],
)
def test_the_layout_of_a_file_is_told_by_its_names(
    tmp_path: Path, prefix: str | None, resize: object, pixels: str
) -> None:
    path = tmp_path / "c3d.pickle"
    state = hollow(empty())
    torch.save(state if prefix is None else in_openmmlab_names(state, prefix), path)
    backbone: Backbone = load_c3d(path, "cpu", torch.bfloat16)
    assert (backbone.dim, backbone.window_length, backbone.frame_rate) == (4096, 16, None)
    assert (backbone.resize, backbone.input_size) == (resize, (112, 112))
    assert pixels in backbone.fingerprint
    assert backbone.name.startswith("c3d:")


def test_another_network_is_refused_with_what_was_expected_and_found() -> None:
    with pytest.raises(WeightsError, match=r"no C3D: found 1 tensors, as stem \(3,\); expected conv1.weight"):
        c3d.build({"stem": torch.zeros(3)}, "other.pth")


def test_weights_that_do_not_fit_are_named() -> None:
    state = hollow(empty()) | {"fc6.weight": torch.zeros(4096, 4608)}
    with pytest.raises(WeightsError, match=r"fc6.weight is \(4096, 4608\), not \(4096, 8192\)"):
        c3d.build(state, "unpadded.pth")


def test_random_weights_say_so_in_their_name() -> None:
    backbone = random_c3d(seed=3, device="cpu", dtype=torch.bfloat16)
    assert backbone.name == "c3d-random:seed3"
    assert "/seed3/bfloat16/" in backbone.fingerprint
