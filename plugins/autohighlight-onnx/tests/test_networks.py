"""Frames reach the network as its description says, whatever its layout, and the feature comes back as it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto

import autohighlight_onnx
from autohighlight.config import ExtractOptions, Options
from autohighlight.errors import DependencyError, OptionError
from autohighlight.pipeline import analyse
from autohighlight.testing.examples import example_frames
from autohighlight.testing.registered import registered, run_command
from autohighlight_onnx.backbone import load

from .networks import LAYOUTS, colours_network, describe


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("batch", ["n", 1, 3])
def test_every_layout_and_every_batch_gives_the_same(layout: str, batch: int | str, tmp_path: Path) -> None:
    network = colours_network(tmp_path / "net.onnx", layout, (batch, *LAYOUTS[layout][1:]))
    backbone = load(describe(network, f'layout = "{layout}"'), "cpu")
    length = 4 if "T" in layout else 1
    assert (backbone.window_length, backbone.input_size, backbone.dim) == (length, (16, 24), 3 * length)
    frames = example_frames(5, length, (16, 24))
    expected = (frames / 255).mean((2, 3)).reshape(5, 3 * length)
    np.testing.assert_allclose(backbone.embed(frames), expected, rtol=1e-5)
    assert backbone.embed(frames[:0]).shape == (0, 3 * length)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", lambda means: means / 255),
        ("scale = 1.0", lambda means: means),
        (
            "mean = [0.1, 0.2, 0.3]\nstd = [0.5, 0.25, 2]",
            lambda means: (means / 255 - [0.1, 0.2, 0.3]) / [0.5, 0.25, 2],
        ),
        ('colours = "BGR"', lambda means: means[:, ::-1] / 255),
        ('colours = "BGR"\nscale = 1.0\nmean = [104.0, 117.0, 123.0]', lambda m: m[:, ::-1] - [104, 117, 123]),
        ("size = [16, 24]\nresize = [20, 30]", lambda means: means / 255),
    ],
)
def test_values_are_scaled_as_described(text: str, expected, tmp_path: Path) -> None:
    backbone = load(describe(colours_network(tmp_path / "net.onnx"), f'layout = "NCHW"\n{text}'), "cpu")
    frames = example_frames(2, 1, (16, 24))
    np.testing.assert_allclose(backbone.embed(frames), expected(frames.mean((1, 2, 3))), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", [TensorProto.FLOAT16, TensorProto.UINT8])
def test_inputs_of_other_kinds(kind: int, tmp_path: Path) -> None:
    backbone = load(describe(colours_network(tmp_path / "net.onnx", kind=kind), 'layout = "NCHW"'), "cpu")
    frames = example_frames(2, 1, (16, 24))
    means = frames.mean((1, 2, 3)) / (1 if kind == TensorProto.UINT8 else 255)
    np.testing.assert_allclose(backbone.embed(frames), means, rtol=2e-3)


def test_open_lengths_are_taken_from_the_description(tmp_path: Path) -> None:
    network = colours_network(tmp_path / "net.onnx", "NCTHW", ("n", 3, "t", "h", "w"))
    text = 'layout = "NCTHW"\nsize = [12, 10]\nresize = 14\nwindow_length = 8\nframe_rate = 15'
    backbone = load(describe(network, text), "cpu")
    assert (backbone.window_length, backbone.input_size, backbone.resize) == (8, (12, 10), 14)
    assert (backbone.frame_rate, backbone.dim) == (15.0, 24)


def test_a_description_may_be_json_beside_or_inside(tmp_path: Path) -> None:
    beside = colours_network(tmp_path / "beside.onnx")
    beside.with_suffix(".json").write_text('{"layout": "NCHW", "scale": 1}')
    inside = colours_network(tmp_path / "inside.onnx", metadata={"autohighlight": '{"layout": "NCHW", "scale": 1}'})
    frames = example_frames(1, 1, (16, 24))
    np.testing.assert_array_equal(load(beside, "cpu").embed(frames), load(inside, "cpu").embed(frames))


def test_one_of_several_outputs_is_chosen_by_name(tmp_path: Path) -> None:
    network = colours_network(tmp_path / "net.onnx", outputs=("classes", "feature"))
    assert load(describe(network, 'layout = "NCHW"\noutput = "feature"'), "cpu").dim == 3


def test_axes_of_length_one_after_the_feature_are_no_matter(tmp_path: Path) -> None:
    network = colours_network(tmp_path / "net.onnx", shape=("n", 3, 16, 1), keep=("W",))
    assert load(describe(network, 'layout = "NCHW"'), "cpu").dim == 3


def test_whatever_changes_features_is_in_the_fingerprint(tmp_path: Path) -> None:
    texts = ['layout = "NCHW"', 'layout = "NCHW"\nscale = 1.0', 'layout = "NCHW"\nresize = 32']
    network = colours_network(tmp_path / "net.onnx")
    prints = [load(describe(network, text), "cpu").fingerprint for text in texts]
    other = colours_network(tmp_path / "other.onnx", weights=np.ones(3, np.float32))
    prints.append(load(describe(other, texts[0]), "cpu").fingerprint)
    assert len(set(prints)) == 4
    again = describe(colours_network(tmp_path / "again.onnx"), texts[0])
    assert load(again, "cpu").fingerprint == prints[0]  # the name of the file is no matter
    assert load(again, "cpu").name == load(describe(network, texts[1]), "cpu").name


def test_a_network_is_needed() -> None:
    with pytest.raises(OptionError, match=r"the backbone onnx needs a network .*--checkpoint net\.onnx"):
        registered(autohighlight_onnx).backbones["onnx"](ExtractOptions(backbone="onnx"))


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_said(device: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    network = describe(colours_network(tmp_path / "net.onnx"), 'layout = "NCHW"')
    with pytest.raises(DependencyError, match=f"cannot use the device '{device}'.*--device cpu"):
        load(network, device)
    assert load(network, "auto").device == "cpu"


def test_being_registered_costs_nothing() -> None:
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}; import autohighlight_onnx as plugin\n"
        "from autohighlight import default_plugins\n"
        "from autohighlight.discovery import PluginSources, find_plugins\n"
        "assert not find_plugins(PluginSources.none(), [default_plugins, plugin]).errors\n"
        "import argparse; plugin.autohighlight_register_commands(argparse.ArgumentParser().add_subparsers())\n"
        "print([name for name in ('torch', 'onnx', 'onnxruntime', 'av') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_video_is_scored(tmp_path: Path) -> None:
    video = tmp_path / "video.mp4"
    source = ["-f", "lavfi", "-i", "testsrc2=duration=4:size=160x120:rate=30", "-pix_fmt", "yuv420p"]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *source, str(video)], check=True)
    network = describe(colours_network(tmp_path / "net.onnx", "NTHWC"), 'layout = "NTHWC"\nframe_rate = 10')
    options = Options.of(backbone="onnx", checkpoint=str(network), device="cpu", scorer="spread")
    analysis = analyse(video, options, plugins=registered(autohighlight_onnx))
    assert analysis.features.backbone.startswith("onnx:")
    assert analysis.features.embeddings.shape == (2, 2 * 12)
    assert len(analysis.scores) == 2


def test_check_prints_a_description_that_then_fits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network = colours_network(tmp_path / "net.onnx", shape=("n", 3, 224, 224))
    assert run_command(["onnx", "check", str(network)], autohighlight_onnx) == 0
    printed = capsys.readouterr().out
    assert "frames" in printed
    assert "n x 3 x 224 x 224" in printed
    assert run_command(["onnx", "check", str(network), "-q"], autohighlight_onnx) == 0
    describe(network, capsys.readouterr().out)
    assert run_command(["onnx", "check", str(network)], autohighlight_onnx) == 0
    printed = capsys.readouterr().out
    assert "It is shown 1 frames of 224 x 224, scaled to 224 x 224." in printed
    assert "Its feature has 3 numbers." in printed
