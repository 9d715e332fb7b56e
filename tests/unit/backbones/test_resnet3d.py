"""3D ResNets against a second, naive implementation (naive.py), whose features of whole windows are in tests/golden."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import nn

from autohighlight.backbones import resnet3d
from autohighlight.backbones.resnet3d import ResNet3D, Shortcut, load_resnet3d, random_resnet3d
from autohighlight.backbones.windows import WindowBackbone
from autohighlight.errors import WeightsError
from autohighlight.types import Backbone

from . import naive
from .made import hollow, state_of, windows

GOLDEN = Path(__file__).parents[2] / "golden" / "windows.npz"
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def golden() -> dict[str, NDArray[np.float32]]:
    return dict(np.load(GOLDEN))


def empty(depth: int, shortcut: Shortcut, num_classes: int = 10) -> ResNet3D:
    with torch.device("meta"):
        return ResNet3D(depth, shortcut, num_classes)


def backbone_of(state: naive.State, dtype: torch.dtype = torch.float32) -> WindowBackbone:
    network, structure = resnet3d.build(state, "test")
    return resnet3d._backbone(network, "test", "made", structure.pixels, CPU, dtype)


def distance(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """The greatest distance between two rows, as a part of their length."""
    return float((np.linalg.norm(a - b, axis=1) / np.linalg.norm(b, axis=1)).max())


@pytest.fixture(scope="module")
def checkpoint_18(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file as the authors' code of 2020 writes it."""
    path = tmp_path_factory.mktemp("checkpoint") / "r3d18.pth"
    scheduler = {"milestones": Counter({50: 1, 100: 1}), "gamma": 0.1, "base_lrs": [0.1], "last_epoch": 200}
    optimizer = {"state": {0: {"momentum_buffer": torch.zeros(3)}}, "param_groups": [{"lr": 0.1, "params": [0]}]}
    state = state_of(empty(18, "B"), num_batches=7)
    about = {"epoch": 200, "arch": "resnet-18", "optimizer": optimizer, "scheduler": scheduler}
    torch.save({**about, "state_dict": state}, path)
    return path


@pytest.fixture(scope="module")
def backbone_18(checkpoint_18: Path) -> WindowBackbone:
    return load_resnet3d(18, checkpoint_18, "cpu", torch.float32)


def test_18_layers_from_a_file_give_the_features_of_the_second_implementation(
    backbone_18: WindowBackbone, golden: dict[str, NDArray[np.float32]]
) -> None:
    assert distance(backbone_18.embed(windows()), golden["resnet3d-18-B"]) < 1e-4


@pytest.mark.parametrize(("depth", "shortcut"), [(34, "A"), pytest.param(50, "B", marks=pytest.mark.slow)])
def test_deeper_ones_of_2018_do_too(depth: int, shortcut: Shortcut, golden: dict[str, NDArray[np.float32]]) -> None:
    backbone = backbone_of(state_of(empty(depth, shortcut)))
    assert distance(backbone.embed(windows()), golden[f"resnet3d-{depth}-{shortcut}"]) < 1e-4


@pytest.mark.parametrize(("depth", "shortcut"), [(18, "A"), (18, "B")])
def test_every_stage_agrees_with_the_second_implementation(depth: int, shortcut: Shortcut) -> None:
    state = state_of(empty(depth, shortcut))
    network = resnet3d.build(state, "test")[0].eval()
    seen: dict[str, torch.Tensor] = {}
    for name in ("maxpool", "layer1", "layer2", "layer3", "layer4"):
        module = getattr(network, name)
        module.register_forward_hook(lambda _m, _x, y, name=name: seen.update({name: y.clone()}))
    x = torch.linspace(-2, 2, 3 * 16 * 28 * 20).sin().view(1, 3, 16, 28, 20)
    with torch.inference_mode():
        seen["feature"] = network(x)
        expected = naive.resnet3d(x, state, depth)
    assert set(seen) == set(expected) - {"conv1"}
    for name, value in seen.items():
        torch.testing.assert_close(value, expected[name], rtol=1e-4, atol=1e-4, msg=lambda m, n=name: f"{n}: {m}")


@pytest.mark.parametrize(("depth", "dim"), [(18, 512), (34, 512), (50, 2048)])
def test_the_stages_have_the_sizes_of_the_paper(depth: int, dim: int) -> None:
    """Table 1 of Hara et al.: strides of 2 in space at conv1, and of 2 in all directions from conv2_x to conv5_x."""
    network = empty(depth, "B")
    sizes: dict[str, tuple[int, ...]] = {}
    for name in ("conv1", "maxpool", "layer1", "layer2", "layer3", "layer4"):
        module = getattr(network, name)
        module.register_forward_hook(lambda _m, _x, y, name=name: sizes.update({name: tuple(y.shape)}))
    feature = network(torch.empty(2, 3, 16, 112, 112, device="meta"))
    wide = dim // 512
    assert feature.shape == (2, dim)
    assert sizes == {
        "conv1": (2, 64, 16, 56, 56),
        "maxpool": (2, 64, 8, 28, 28),
        "layer1": (2, 64 * wide, 8, 28, 28),
        "layer2": (2, 128 * wide, 4, 14, 14),
        "layer3": (2, 256 * wide, 2, 7, 7),
        "layer4": (2, 512 * wide, 1, 4, 4),
    }


def test_the_number_of_parameters_is_that_of_the_published_network() -> None:
    assert sum(p.numel() for p in empty(34, "A", num_classes=400).parameters()) == 63_544_912


def test_bfloat16_features_lie_within_the_stated_distance(backbone_18: WindowBackbone, checkpoint_18: Path) -> None:
    coarse = load_resnet3d(18, checkpoint_18, "cpu", torch.bfloat16)
    assert 0 < distance(coarse.embed(windows()), backbone_18.embed(windows())) < 0.006


def test_no_batch_norm_is_left_after_folding(backbone_18: WindowBackbone) -> None:
    assert not any(isinstance(module, nn.BatchNorm3d) for module in backbone_18._network.modules())


def test_it_is_a_backbone_and_says_what_its_features_depend_on(backbone_18: WindowBackbone) -> None:
    as_declared: Backbone = backbone_18
    assert (as_declared.dim, as_declared.window_length, as_declared.frame_rate) == (512, 16, None)
    assert (as_declared.resize, as_declared.input_size, as_declared.device) == (112, (112, 112), "cpu")
    name, _, digits = as_declared.name.partition(":")
    assert name == "resnet3d-18"
    assert f"/{digits}" in as_declared.fingerprint  # the whole hash of the file
    assert len(as_declared.fingerprint.split("/")[1]) == 64
    others = [random_resnet3d(18, seed=seed, device="cpu", dtype=torch.float32) for seed in (0, 1)]
    coarse = random_resnet3d(18, seed=1, device="cpu", dtype=torch.bfloat16)
    assert len({b.fingerprint for b in (backbone_18, *others, coarse)}) == 4


@pytest.mark.parametrize("num_windows", [0, 1, 5])
def test_any_number_of_windows_is_embedded_one_by_one(
    backbone_18: WindowBackbone, golden: dict[str, NDArray[np.float32]], num_windows: int
) -> None:
    which = np.arange(num_windows) % 2
    frames = windows()[which][:, ::-1, :, :, ::-1][:, ::-1, :, :, ::-1]  # a view
    frames.flags.writeable = False
    features = backbone_18.embed(frames)
    assert (features.shape, features.dtype) == ((num_windows, 512), np.float32)
    np.testing.assert_allclose(features, golden["resnet3d-18-B"][which], rtol=1e-2, atol=1e-4)


def test_threads_may_embed_at_once(backbone_18: WindowBackbone, golden: dict[str, NDArray[np.float32]]) -> None:
    results: dict[int, NDArray[np.float32]] = {}

    def work(i: int) -> None:
        results[i] = backbone_18.embed(windows()[[i % 2]])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i in range(3):
        assert distance(results[i], golden["resnet3d-18-B"][[i % 2]]) < 1e-4


@pytest.mark.parametrize(
    "frames",
    [
        np.zeros((1, 16, 112, 112, 3), np.float32),
        np.zeros((1, 8, 112, 112, 3), np.uint8),
        np.zeros((1, 16, 128, 171, 3), np.uint8),
        np.zeros((16, 112, 112, 3), np.uint8),
    ],
)
def test_other_frames_are_refused(backbone_18: WindowBackbone, frames: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match="frames are uint8"):
        backbone_18.embed(frames)


def test_random_weights_say_so_in_their_name_and_follow_the_seed() -> None:
    before = torch.random.get_rng_state()
    a, b, other = (random_resnet3d(18, seed=seed, device="cpu", dtype=torch.float32) for seed in (0, 0, 1))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert a.name == "resnet3d-18-random:A-seed0"
    first, again, elsewhere = (backbone._network.conv1.weight for backbone in (a, b, other))
    assert torch.equal(first, again)
    assert not torch.equal(first, elsewhere)
    features = a.embed(windows())
    assert np.isfinite(features).all()
    assert distance(features[:1], features[1:]) > 0.01


def test_weights_of_2018_are_read_as_they_were_written_on_a_gpu(tmp_path: Path) -> None:
    """Before zip archives, from storages on a GPU, with the prefix of `DataParallel`, without counters."""
    path = tmp_path / "resnet-18-kinetics.pth"
    state = {f"module.{name}": tensor for name, tensor in hollow(empty(18, "A", num_classes=400)).items()}
    content = {"epoch": 100, "arch": "resnet-18", "state_dict": state, "optimizer": {"state": {}, "param_groups": []}}
    torch.save(content, path, _use_new_zipfile_serialization=False)
    written = path.read_bytes()
    on_gpu = written.replace(b"ctorch\nFloatStorage", b"ctorch.cuda\nFloatStorage")
    on_gpu = on_gpu.replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0")
    assert on_gpu != written
    path.write_bytes(on_gpu)
    backbone = load_resnet3d(18, path, "cpu")
    assert "/114.7748, 107.7354, 99.475/1, 1, 1/" in backbone.fingerprint


@pytest.mark.parametrize(
    ("depth", "shortcut", "num_batches", "pixels"),
    [
        (34, "A", None, resnet3d.PIXELS_2018),
        (34, "A", 5, resnet3d.PIXELS_2018),  # tuned further with a newer torch
        (34, "B", 5, resnet3d.PIXELS_2020),
        (34, "B", None, resnet3d.PIXELS_2020),
        (50, "B", None, resnet3d.PIXELS_2018),
        (50, "B", 0, resnet3d.PIXELS_2018),  # read by a newer torch and written again
        (50, "B", 5, resnet3d.PIXELS_2020),
    ],
)
def test_the_generation_is_told_by_shortcuts_and_counters(
    depth: int, shortcut: Shortcut, num_batches: int | None, pixels: object
) -> None:
    structure = resnet3d.recognise(hollow(empty(depth, shortcut, 700), num_batches=num_batches))
    assert structure is not None
    assert (structure.depth, structure.shortcut, structure.num_classes) == (depth, shortcut, 700)
    assert structure.pixels is pixels


def test_half_precision_without_a_classifier_in_safetensors_will_do(tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    state = {n: t.half().contiguous() for n, t in hollow(empty(18, "A")).items() if not n.startswith("fc.")}
    save_file(state, path)
    assert load_resnet3d(18, path, "cpu", torch.float32).dim == 512


def test_another_depth_is_refused_with_what_was_found(tmp_path: Path) -> None:
    path = tmp_path / "some.pth"
    torch.save(hollow(empty(18, "A", 400)), path)
    with pytest.raises(WeightsError, match=r"holds a 3D ResNet-18 .* 400 classes, not a 3D ResNet-34.*resnet3d-18"):
        load_resnet3d(34, path, "cpu")


def test_another_network_is_refused_with_what_was_expected_and_found() -> None:
    with pytest.raises(WeightsError, match=r"found 1 tensors, as stem \(3,\); expected conv1.weight"):
        resnet3d.build({"stem": torch.zeros(3)}, "other.pth")
    deeper = hollow(empty(50, "B")) | {"layer3.6.conv1.weight": torch.zeros(1)}
    with pytest.raises(WeightsError, match="no 3D ResNet of 18, 34 or 50 layers"):
        resnet3d.build(deeper, "deeper.pth")


def test_weights_that_do_not_fit_are_named() -> None:
    state = hollow(empty(18, "B"))
    state["layer1.0.conv1.weight"] = state["layer1.0.conv1.weight"][:32]
    del state["layer4.1.bn2.bias"]
    state["bn1.bias"] = torch.full((64,), torch.nan)
    with pytest.raises(WeightsError) as refusal:
        resnet3d.build(state, "wide.pth")
    assert "layer4.1.bn2.bias is missing" in str(refusal.value)
    assert "layer1.0.conv1.weight is (32, 64, 3, 3, 3), not (64, 64, 3, 3, 3)" in str(refusal.value)
    assert "bn1.bias holds what is no number" in str(refusal.value)
