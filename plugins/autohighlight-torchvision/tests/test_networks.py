"""The features are those that torchvision makes its classes of, of frames prepared as torchvision prepares them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import nn
from torchvision.models import get_model

import autohighlight_torchvision
from autohighlight.config import ExtractOptions, Options
from autohighlight.errors import OptionError, WeightsError
from autohighlight.pipeline import analyse
from autohighlight.testing.examples import example_frames
from autohighlight.testing.registered import registered
from autohighlight_torchvision import backbone as made
from autohighlight_torchvision.backbone import load, load_random
from autohighlight_torchvision.networks import NETWORKS
from autohighlight_torchvision.weights import weights_of

QUICK = "mc3_18"
"""The one with the fewest weights."""
ALL = [QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in NETWORKS if name != QUICK)]


@pytest.fixture
def in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other than where a CPU is faster in bfloat16, so that numbers can be compared."""
    monkeypatch.setattr(made, "window_dtype", lambda _device: torch.float32)


def whole_network(name: str, num_classes: int = 10) -> nn.Module:
    """As torchvision makes it, with its classifier; random."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(3)
        return get_model(name, weights=None, num_classes=num_classes).eval()


def _middle(frames: NDArray[np.uint8], size: Sequence[int]) -> NDArray[np.uint8]:
    """Cut out of (N, T, H, W, 3) where torchvision and autohighlight cut."""
    top, left = (round((have - want) / 2) for have, want in zip(frames.shape[2:4], size, strict=True))
    return frames[:, :, top : top + size[0], left : left + size[1]]


def test_every_network_is_there_with_and_without_training() -> None:
    names = [name for name in registered(autohighlight_torchvision).backbones if name.startswith("torchvision:")]
    assert names == sorted(f"torchvision:{name}{end}" for name in NETWORKS for end in ("", "-random"))


def test_being_registered_costs_nothing() -> None:
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}; import autohighlight_torchvision as plugin\n"
        "from autohighlight import default_plugins\n"
        "from autohighlight.discovery import PluginSources, find_plugins\n"
        "assert not find_plugins(PluginSources.none(), [default_plugins, plugin]).errors\n"
        "import argparse; plugin.autohighlight_register_commands(argparse.ArgumentParser().add_subparsers())\n"
        "print([name for name in ('torch', 'torchvision', 'av') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", NETWORKS)
def test_rate_and_length_of_windows_are_those_that_torchvision_states(name: str) -> None:
    text, network = weights_of(name).meta["_docs"], NETWORKS[name]
    stated = dict(re.findall(r"(frame_rate|clip_len)=([\d.]+)", text))
    assert (float(stated["frame_rate"]), int(stated["clip_len"])) == (network.frame_rate, network.window_length)
    assert network.window_length >= weights_of(name).meta.get("min_temporal_size", 1)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.usefixtures("in_float32")
def test_the_classifier_makes_the_same_classes_of_the_feature(name: str, tmp_path: Path) -> None:
    whole, transforms = whole_network(name), weights_of(name).transforms()
    torch.save(whole.state_dict(), tmp_path / "own.pth")
    backbone = load(name, str(tmp_path / "own.pth"), "cpu")
    height, width = (*transforms.resize_size, *transforms.resize_size)[:2]  # what torchvision scales to: nothing to do
    frames = example_frames(1, backbone.window_length, (height, width))
    middle = _middle(frames, transforms.crop_size)
    with torch.inference_mode():
        expected = whole(transforms(torch.from_numpy(frames).permute(0, 1, 4, 2, 3)))
        head = getattr(whole, NETWORKS[name].head)
        feature = torch.from_numpy(backbone.embed(np.ascontiguousarray(middle)))
        found = head(feature[:, :, None, None, None]).flatten(1) if name == "s3d" else head(feature)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3 * float(expected.abs().max()))


@pytest.mark.parametrize("name", ALL)
def test_a_feature_does_not_depend_on_the_rest_of_the_batch(name: str) -> None:
    backbone = load_random(name, device="cpu")
    frames = example_frames(2, backbone.window_length, backbone.input_size)
    together = backbone.embed(frames)
    assert together.shape == (2, NETWORKS[name].dim)
    assert np.isfinite(together).all()
    assert np.abs(together[0] - together[1]).max() > 0
    alone = backbone.embed(frames[1:])
    lengths = np.linalg.norm(together[1:], axis=1)
    assert np.linalg.norm(alone - together[1:], axis=1) <= 0.02 * lengths  # bfloat16 on some CPUs


@pytest.mark.parametrize("name", NETWORKS)
def test_a_backbone_says_what_torchvision_shows_the_network(name: str) -> None:
    backbone, transforms = load_random(name, device="cpu"), weights_of(name).transforms()
    assert backbone.name == f"torchvision:{name}-random"
    assert (backbone.window_length, backbone.frame_rate) == (NETWORKS[name].window_length, NETWORKS[name].frame_rate)
    assert list(backbone.input_size) == transforms.crop_size
    resize = backbone.resize
    assert ([resize] if isinstance(resize, int) else list(resize)) == transforms.resize_size


def test_a_checkpoint_may_have_any_classifier_or_none(tmp_path: Path) -> None:
    state = whole_network(QUICK).state_dict()
    without = {key: tensor for key, tensor in state.items() if not key.startswith("fc.")}
    torch.save({"state_dict": state, "epoch": 3}, tmp_path / "with.pth")
    save_file(without, tmp_path / "without.safetensors")
    one, other = (load(QUICK, str(tmp_path / file), "cpu") for file in ("with.pth", "without.safetensors"))
    frames = example_frames(1, 16, (112, 112))
    np.testing.assert_array_equal(one.embed(frames), other.embed(frames))
    assert one.name.startswith(f"torchvision:{QUICK}:")
    assert one.fingerprint != other.fingerprint


def test_what_does_not_fit_is_said_with_what_is_missing(tmp_path: Path) -> None:
    torch.save(whole_network("r3d_18").state_dict(), tmp_path / "r3d.pth")
    with pytest.raises(WeightsError, match=r"r3d\.pth does not fit VideoResNet: .* is \(.*\), not \("):
        load(QUICK, str(tmp_path / "r3d.pth"), "cpu")
    (tmp_path / "text.pth").write_text("no weights")
    with pytest.raises(WeightsError, match=r"text\.pth is no torch checkpoint"):
        load(QUICK, str(tmp_path / "text.pth"), "cpu")
    with pytest.raises(WeightsError, match=r"cannot read the weights .*none\.pth"):
        load(QUICK, str(tmp_path / "none.pth"), "cpu")


def test_random_weights_take_no_checkpoint() -> None:
    factory = registered(autohighlight_torchvision).backbones["torchvision:r3d_18-random"]
    with pytest.raises(OptionError, match="torchvision:r3d_18-random takes no checkpoint"):
        factory(ExtractOptions(checkpoint="own.pth"))


def test_a_seed_is_a_network() -> None:
    one, same, other = (made.make_network(QUICK, seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(one[key], same[key]) for key in one)
    assert not torch.equal(one["stem.0.weight"], other["stem.0.weight"])
    fingerprints = [load_random(QUICK, device="cpu", seed=seed).fingerprint for seed in (0, 1)]
    assert len(set(fingerprints)) == 2


def test_a_video_is_scored(tmp_path: Path) -> None:
    video = tmp_path / "video.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=duration=4:size=160x120:rate=30", "-pix_fmt", "yuv420p"]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *source, str(video)], check=True)
    options = Options.of(backbone="torchvision:mc3_18-random", device="cpu", scorer="spread")
    analysis = analyse(video, options, plugins=registered(autohighlight_torchvision))
    assert analysis.features.backbone == "torchvision:mc3_18-random"
    assert analysis.features.embeddings.shape == (2, 2 * 512)
    assert len(analysis.scores) == 2
