"""What cannot be meant, or must not be read, is refused with what is wrong and what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from onnx.external_data_helper import set_external_data

from autohighlight.errors import WeightsError
from autohighlight_onnx.backbone import load

from .networks import colours_network, describe


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("layout = ", "is no TOML"),
        ("size = [16, 24]", "does not say the layout of the input .it is one of NCHW"),
        ('layout = "CHW"', "layout is one of NCHW, .* not 'CHW'"),
        ('layout = "NCHW"\nsizes = [1, 2]', r"says 'sizes', which means nothing here \(did you mean size\?\)"),
        ('layout = "NCHW"\nsize = 16', r"size is height and width, as \[224, 224\], not 16"),
        ('layout = "NCHW"\nsize = [0, 16]', "size is height and width"),
        ('layout = "NCHW"\nmean = [0.5]', "mean is three numbers"),
        ('layout = "NCHW"\nmean = [nan, 0.0, 0.0]', "mean is three numbers"),
        ('layout = "NCHW"\nstd = [0.0, 1.0, 1.0]', "std is three numbers above 0"),
        ('layout = "NCHW"\nscale = -1', "scale is a number above 0"),
        ('layout = "NCHW"\nscale = true', "scale is a number above 0"),
        ('layout = "NCHW"\ncolours = "YUV"', "colours is RGB or BGR"),
        ('layout = "NCHW"\nwindow_length = 16', "window_length and frame_rate are for layouts with frames"),
        ('layout = "NCHW"\nframe_rate = 15', "window_length and frame_rate are for layouts with frames"),
        ('layout = "NTHWC"\nframe_rate = 0', "frame_rate is frames/s, above 0"),
        ('layout = "NCHW"\nsize = [24, 16]', r"\(n, 3, 16, 24\), whose axis H is 16, not 24"),
        ('layout = "NHWC"', r"\(n, 3, 16, 24\), whose axis C is 24, not 3"),
        ('layout = "NCTHW"', r"\(n, 3, 16, 24\): 4 axes, not the 5 of NCTHW"),
        ('layout = "NCHW"\nresize = 8', "resize of 8 is smaller than the input of .*: 16 x 24"),
        ('layout = "NCHW"\noutput = "logits"', r"has no output called 'logits' \(there are: feature\)"),
    ],
)
def test_descriptions_that_cannot_be_meant(text: str, message: str, tmp_path: Path) -> None:
    network = describe(colours_network(tmp_path / "net.onnx"), text)
    with pytest.raises(WeightsError, match=message):
        load(network, "cpu")


def test_no_description_or_two(tmp_path: Path) -> None:
    network = colours_network(tmp_path / "net.onnx")
    with pytest.raises(WeightsError, match=r"nothing says what .*net\.onnx has to be shown") as caught:
        load(network, "cpu")
    assert f"write {tmp_path / 'net.toml'}; 'autohighlight onnx check" in caught.value.hint
    describe(network, 'layout = "NCHW"').with_suffix(".json").write_text("{}")
    with pytest.raises(WeightsError, match=r"net\.onnx is described by both net\.toml and net\.json"):
        load(network, "cpu")


@pytest.mark.parametrize(("text", "message"), [("[1]", "holds no names"), ("{", "is no JSON")])
def test_metadata_that_describes_nothing(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=f"the metadata of .* {message}"):
        load(colours_network(tmp_path / "net.onnx", metadata={"autohighlight": text}), "cpu")


@pytest.mark.parametrize(
    ("layout", "shape", "missing"),
    [("NCHW", ("n", 3, "h", "w"), "size"), ("NCTHW", ("n", 3, "t", 16, 24), "window_length")],
)
def test_lengths_that_nobody_says(layout: str, shape: tuple[int | str, ...], missing: str, tmp_path: Path) -> None:
    network = describe(colours_network(tmp_path / "net.onnx", layout, shape), f'layout = "{layout}"')
    with pytest.raises(WeightsError, match=f"it takes any length of .* .say {missing} in its description"):
        load(network, "cpu")


def test_whole_numbers_are_not_to_be_scaled(tmp_path: Path) -> None:
    network = colours_network(tmp_path / "net.onnx", kind=TensorProto.UINT8)
    with pytest.raises(WeightsError, match="holds whole numbers, so scale, mean and std have no use for it"):
        load(describe(network, 'layout = "NCHW"\nmean = [0.5, 0.5, 0.5]'), "cpu")


def test_inputs_and_outputs_of_other_kinds(tmp_path: Path) -> None:
    network = colours_network(tmp_path / "double.onnx", kind=TensorProto.DOUBLE)
    with pytest.raises(WeightsError, match=r"the input of .* holds tensor\(double\)"):
        load(describe(network, 'layout = "NCHW"'), "cpu")
    network = colours_network(tmp_path / "maps.onnx", keep=("W",))
    with pytest.raises(WeightsError, match=r"is \(1, 3, 24\) for 1 windows, not one feature for each"):
        load(describe(network, 'layout = "NCHW"'), "cpu")
    network = colours_network(tmp_path / "two.onnx", outputs=("classes", "feature"))
    with pytest.raises(WeightsError, match=r"has several outputs: classes, feature .say in its description which"):
        load(describe(network, 'layout = "NCHW"'), "cpu")


def test_files_that_are_no_network(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"cannot read the network .*none\.onnx: No such file"):
        load(tmp_path / "none.onnx", "cpu")
    for content in (b"", b"no network", b"\x08\x09\x12" + b"\xff" * 100):
        (tmp_path / "text.onnx").write_bytes(content)
        with pytest.raises(WeightsError, match=r"text\.onnx is no ONNX file"):
            load(tmp_path / "text.onnx", "cpu")


def test_operators_that_are_not_known(tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("Guess", ["x"], ["y"], domain="elsewhere")],
        "odd",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    domains = [helper.make_opsetid("", 18), helper.make_opsetid("elsewhere", 1)]
    onnx.save(helper.make_model(graph, opset_imports=domains, ir_version=9), tmp_path / "odd.onnx")
    with pytest.raises(WeightsError, match=r"ONNX Runtime cannot run .*odd\.onnx: .*Guess"):
        load(describe(tmp_path / "odd.onnx", 'layout = "NCHW"'), "cpu")


def with_weights_beside(folder: Path) -> Path:
    """A network whose weights are in a file of their own, ``net.bin``."""
    network = colours_network(folder / "net.onnx", weights=np.full(3, 2.0, np.float32))
    model = onnx.load(network)
    (weights,) = (tensor for tensor in model.graph.initializer if tensor.name == "weights")
    (folder / "net.bin").write_bytes(weights.raw_data)
    set_external_data(weights, "net.bin")
    weights.ClearField("raw_data")
    network.write_bytes(model.SerializeToString())
    return describe(network, 'layout = "NCHW"\nscale = 1.0')


def pointed_at(network: Path, location: str) -> Path:
    """The same network, saying that its weights are elsewhere."""
    model = onnx.load(network, load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = location
    network.write_bytes(model.SerializeToString())
    return network


def test_weights_in_a_file_beside_are_read_and_count(tmp_path: Path) -> None:
    network = with_weights_beside(tmp_path)
    backbone = load(network, "cpu")
    frame = np.full((1, 1, 16, 24, 3), 7, np.uint8)
    np.testing.assert_allclose(backbone.embed(frame), [[14, 14, 14]])
    content = bytearray((tmp_path / "net.bin").read_bytes())
    content[content.index(np.float32(2).tobytes()) + 3] = 0x41  # 2 becomes 8
    (tmp_path / "net.bin").write_bytes(content)
    other = load(network, "cpu")
    assert other.embed(frame)[0, 0] == 56
    assert other.fingerprint != backbone.fingerprint
    assert other.name != backbone.name


def test_weights_that_are_gone_are_named(tmp_path: Path) -> None:
    network = with_weights_beside(tmp_path)
    (tmp_path / "net.bin").unlink()
    with pytest.raises(WeightsError, match=r"are in net\.bin, which cannot be read: .* .keep the two files together"):
        load(network, "cpu")


@pytest.mark.parametrize("location", ["../net.bin", "below/../../net.bin", "ABSOLUTE", ""])
def test_weights_outside_of_the_folder_are_not_read(location: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    network = with_weights_beside(folder)
    shutil.copy(folder / "net.bin", tmp_path / "net.bin")
    location = str(tmp_path / "net.bin") if location == "ABSOLUTE" else location
    with pytest.raises(WeightsError, match="outside of its folder, which is not read"):
        load(pointed_at(network, location), "cpu")


def test_a_link_that_leads_outside_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    network = with_weights_beside(folder)
    shutil.move(folder / "net.bin", tmp_path / "secret.bin")
    (folder / "net.bin").symlink_to(tmp_path / "secret.bin")
    with pytest.raises(WeightsError, match="outside of its folder, which is not read"):
        load(network, "cpu")


def test_weights_of_graphs_within_are_looked_at_too(tmp_path: Path) -> None:
    outside = helper.make_tensor("w", TensorProto.FLOAT, [1], np.ones(1, np.float32).tobytes(), raw=True)
    outside.ClearField("raw_data")
    outside.data_location = TensorProto.EXTERNAL
    outside.external_data.add(key="location", value="/etc/hostname")
    inner = helper.make_graph(
        [helper.make_node("Identity", ["w"], ["z"])],
        "inner",
        [],
        [helper.make_tensor_value_info("z", 1, [1])],
        [outside],
    )
    graph = helper.make_graph(
        [helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)],
        "outer",
        [helper.make_tensor_value_info("c", TensorProto.BOOL, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
    )
    network = tmp_path / "net.onnx"
    network.write_bytes(helper.make_model(graph, ir_version=9).SerializeToString())
    with pytest.raises(WeightsError, match="keeps weights in '/etc/hostname', outside of its folder"):
        load(network, "cpu")
