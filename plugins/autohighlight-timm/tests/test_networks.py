"""The features are those that timm makes its classes of, of pictures prepared as timm prepares them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import save_file
from timm.data import create_transform, resolve_model_data_config
from torch import nn

import autohighlight_timm
from autohighlight.config import Options
from autohighlight.errors import OptionError, WeightsError
from autohighlight.pipeline import analyse
from autohighlight.testing.examples import example_frames
from autohighlight.testing.registered import registered
from autohighlight_timm.backbone import load, resize_of

ARCHITECTURES = sorted(timm.list_models("test_*"))
"""The small networks that timm has for its own tests, one of each kind."""

QUICK = ["test_convnext", "test_efficientnet", "test_resnet", "test_vit"]

REAL = ["resnet18", "mobilenetv3_small_050", "convnext_atto", "vit_tiny_patch16_224", "deit_tiny_distilled_patch16_224",
        "swin_tiny_patch4_window7_224", "tf_efficientnet_lite0", "regnety_002", "legacy_seresnet18"]  # fmt: skip


def whole_network(name: str, **settings: Any) -> nn.Module:
    """As timm makes it, with its classifier; random."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(3)
        return timm.create_model(name, **settings).eval()


def prepared_by_timm(network: nn.Module, picture: np.ndarray) -> torch.Tensor:
    """uint8 (H, W, 3) of the size that the network looks at -> (1, 3, H, W), by timm's own transform."""
    about = resolve_model_data_config(network) | {"crop_pct": 1.0}  # it is scaled and cut already
    return create_transform(**about, is_training=False)(Image.fromarray(picture))[None]


SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in sorted({*ARCHITECTURES, *REAL} - {*QUICK})]


@pytest.mark.parametrize("name", [*QUICK, *SLOW])
def test_the_classifier_makes_the_same_classes_of_the_feature(name: str, tmp_path: Path) -> None:
    whole = whole_network(name)
    torch.save(whole.state_dict(), tmp_path / "own.pth")
    backbone = load(f"timm:{name}", str(tmp_path / "own.pth"), "cpu")
    frames = example_frames(2, 1, backbone.input_size)
    features = torch.from_numpy(backbone.embed(frames))
    with torch.inference_mode():
        x = torch.cat([prepared_by_timm(whole, frame) for frame in frames[:, 0]])
        if isinstance(whole.pretrained_cfg["classifier"], tuple):  # several classifiers, whose mean is taken
            found, expected = features, whole.forward_head(whole.forward_features(x), pre_logits=True)
        else:
            found, expected = whole.get_classifier()(features), whole(x)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3 * float(expected.abs().max()))


def test_the_family_is_listed_as_one_name() -> None:
    backbones = registered(autohighlight_timm).backbones
    assert [name for name in backbones if name.startswith("timm:")] == ["timm:*"]
    assert "timm:resnet18" in backbones
    assert backbones.owner("timm:resnet18") == "autohighlight_timm"


def test_being_registered_costs_nothing() -> None:
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}; import autohighlight_timm as plugin\n"
        "from autohighlight import default_plugins\n"
        "from autohighlight.discovery import PluginSources, find_plugins\n"
        "assert not find_plugins(PluginSources.none(), [default_plugins, plugin]).errors\n"
        "import argparse; plugin.autohighlight_register_commands(argparse.ArgumentParser().add_subparsers())\n"
        "print([name for name in ('torch', 'timm', 'torchvision', 'huggingface_hub', 'av') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("name", "problem", "hint"),
    [
        ("resnet81", "timm has no network called 'resnet81'", "did you mean resnet"),
        ("res net", "timm has no network called 'res net'", "timm list' shows all"),
        ("*", "timm has no network called '*'", "timm list' shows all"),
        ("resnet18.no_such", "timm has no weights of resnet18 called 'no_such'", "there are: resnet18.a1_in1k"),
        ("resnet81-random", "timm has no network called 'resnet81'", "did you mean"),
    ],
)
def test_a_name_that_timm_does_not_know_is_answered_with_what_comes_near(name: str, problem: str, hint: str) -> None:
    with pytest.raises(OptionError) as caught:
        load(f"timm:{name}")
    assert caught.value.problem == problem
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("mode", "size", "crop", "expected"),
    [
        ("center", (224, 224), 0.875, 256),
        ("center", (224, 224), 0.95, 235),
        ("center", (256, 128), 0.875, (292, 146)),
        ("squash", (288, 288), 1.0, (288, 288)),
        ("squash", (224, 224), 0.9, (248, 248)),
        ("border", (384, 384), 0.9, (384, 384)),
    ],
)
def test_a_frame_is_scaled_as_timm_scales_it(
    mode: str, size: tuple[int, int], crop: float, expected: tuple[int, int] | int
) -> None:
    assert resize_of({"input_size": (3, *size), "crop_mode": mode, "crop_pct": crop}) == expected


def test_a_backbone_says_what_timm_says_of_the_network() -> None:
    backbone = load("timm:resnet18-random", device="cpu")
    assert (backbone.name, backbone.dim, backbone.window_length) == ("timm:resnet18-random", 512, 1)
    assert (backbone.input_size, backbone.resize, backbone.frame_rate) == ((224, 224), 235, None)
    others = [load("timm:test_resnet-random", device="cpu", seed=seed) for seed in (0, 1)]
    assert len({b.fingerprint for b in (backbone, *others)}) == 3


@pytest.mark.parametrize("num_classes", [0, 10, 1000])
@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_a_checkpoint_may_have_any_classifier_or_none(num_classes: int, suffix: str, tmp_path: Path) -> None:
    network, file = whole_network("test_vit", num_classes=num_classes), tmp_path / f"own.{suffix}"
    if suffix == "pth":
        torch.save({"epoch": 3, "state_dict": {f"module.{k}": v for k, v in network.state_dict().items()}}, file)
    else:
        save_file(network.state_dict(), file)
    backbone = load("timm:test_vit", str(file), "cpu")
    frames = example_frames(1, 1, backbone.input_size)
    with torch.inference_mode():
        x = prepared_by_timm(network, frames[0, 0])
        expected = network.forward_head(network.forward_features(x), pre_logits=True)
    np.testing.assert_allclose(backbone.embed(frames), expected.numpy(), rtol=1e-3, atol=1e-4)


def test_what_does_not_fit_is_said(tmp_path: Path) -> None:
    state = whole_network("test_resnet").state_dict()
    torch.save(state, tmp_path / "resnet.pth")
    with pytest.raises(WeightsError, match=r"resnet\.pth does not fit timm's test_vit: .*Missing key") as caught:
        load("timm:test_vit", str(tmp_path / "resnet.pth"))
    assert len(str(caught.value)) < 500
    torch.save({key: value for key, value in state.items() if key != "layer1.0.bn1.weight"}, tmp_path / "short.pth")
    with pytest.raises(WeightsError, match=r'Missing key\(s\) in state_dict: "layer1\.0\.bn1\.weight"'):
        load("timm:test_resnet", str(tmp_path / "short.pth"))
    torch.save(state | {"conv1.0.weight": torch.full_like(state["conv1.0.weight"], np.nan)}, tmp_path / "nan.pth")
    with pytest.raises(WeightsError, match=r"nan\.pth holds weights that are no numbers"):
        load("timm:test_resnet", str(tmp_path / "nan.pth"))
    (tmp_path / "text.pth").write_text("no weights")
    with pytest.raises(WeightsError, match=r"text\.pth is no torch checkpoint"):
        load("timm:test_resnet", str(tmp_path / "text.pth"))
    with pytest.raises(WeightsError, match=r"cannot read the weights .*none\.pth"):
        load("timm:test_resnet", str(tmp_path / "none.pth"))


def test_random_weights_take_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="timm:test_resnet-random takes no checkpoint"):
        load("timm:test_resnet-random", str(tmp_path / "own.pth"))


def test_a_video_is_scored(tmp_path: Path) -> None:
    video = tmp_path / "video.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=duration=4:size=160x120:rate=30", "-pix_fmt", "yuv420p"]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *source, str(video)], check=True)
    options = Options.of(backbone="timm:test_vit-random", device="cpu", scorer="spread")
    analysis = analyse(video, options, plugins=registered(autohighlight_timm))
    assert analysis.features.backbone == "timm:test_vit-random"
    assert analysis.features.embeddings.shape == (2, 2 * 64)
    assert len(analysis.scores) == 2
