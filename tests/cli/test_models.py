"""The command that lists, adds and downloads checkpoints, from end to end on small files."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from autohighlight.backbones import download
from autohighlight.backbones.checkpoints import KNOWN
from autohighlight.backbones.resnet3d import ResNet3D
from tests.cli.conftest import Outcome
from tests.unit.backbones.made import hollow
from tests.unit.backbones.server import serving

Command = Callable[..., Outcome]


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = tmp_path / "surf.pth"
    with torch.device("meta"):
        network = ResNet3D(18, "B", num_classes=700)
    torch.save({"epoch": 3, "state_dict": hollow(network, num_batches=9)}, path)
    return path


def test_list_shows_what_is_known_and_what_is_installed(command: Command, checkpoint: Path) -> None:
    assert command("models", "add", checkpoint).code == 0
    outcome = command("models", "list")
    assert (outcome.code, outcome.err) == (0, "")
    lines = {line.split()[0]: line for line in outcome.out.splitlines() if line.strip()}
    assert {*KNOWN, "surf"} <= set(lines)
    assert "resnet3d-34" in lines["resnet-34-kinetics"]
    assert "unknown" in lines["resnet-34-kinetics"]
    assert "312.0 MB" in lines["c3d-sports1m-openmmlab"]
    assert "installed" in lines["surf"]
    assert "installed" not in lines["resnet-34-kinetics"]


def test_list_as_json_says_null_where_nothing_is_known(command: Command, checkpoint: Path) -> None:
    command("models", "add", checkpoint)
    rows = {row["name"]: row for row in json.loads(command("models", "list", "--json").out)}
    assert rows["resnet-34-kinetics"]["installed"] is None
    known = rows["resnet-34-kinetics"]["known"]
    assert (known["size"], known["sha256"], known["file"]) == (None, None, "resnet-34-kinetics.pth")
    assert rows["c3d-sports1m-openmmlab"]["known"]["size"] == 311_985_866
    assert rows["surf"]["known"] is None
    assert rows["surf"]["installed"]["backbone"] == "resnet3d-18"


def test_add_says_what_was_recognised(command: Command, checkpoint: Path) -> None:
    outcome = command("models", "add", checkpoint, "--name", "waves")
    assert (outcome.code, outcome.err) == (0, "")
    assert "waves: 3D ResNet-18 with shortcuts of type B, 700 classes" in outcome.out
    assert "of 2020: red, green, blue of 0 to 255, minus (110.7975, " in outcome.out
    assert "--backbone resnet3d-18" in outcome.out
    assert "waves/surf.pth" in outcome.out
    assert checkpoint.is_file()


def test_what_cannot_be_added_is_said_in_one_line_and_a_hint(command: Command, tmp_path: Path) -> None:
    (tmp_path / "page.pth").write_text("<html>")
    outcome = command("models", "add", tmp_path / "page.pth")
    assert outcome.code == 1
    assert "is no torch checkpoint" in outcome.err
    assert len(outcome.err.splitlines()) == 2
    assert command("models", "add", tmp_path / "missing.pth").code == 1


def test_info_of_a_known_checkpoint(command: Command) -> None:
    out = command("models", "info", "c3d-ucf101-openmmlab").out
    assert "31723200 (its first digits, from the file name)" in out
    assert "Apache 2.0" in out
    assert "unknown" in out  # its size
    assert command("models", "info", "resnet-34-kinetics").out.count("unknown") == 2


def test_info_of_an_installed_checkpoint(command: Command, checkpoint: Path) -> None:
    command("models", "add", checkpoint)
    outcome = command("models", "info", "surf")
    assert "3D ResNet-18 with shortcuts of type B, 700 classes, for --backbone resnet3d-18" in outcome.out
    document = json.loads(command("models", "info", "surf", "--json").out)
    assert document["name"] == "surf"
    assert document["installed"]["sha256"] in outcome.out


def test_info_of_nothing_suggests_what_is_near(command: Command) -> None:
    outcome = command("models", "info", "resnet-34-kinetic")
    assert outcome.code == 2
    assert "did you mean resnet-34-kinetics?" in outcome.err


def test_download_fetches_installs_and_says_so(
    command: Command, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(checkpoint.read_bytes()) as served:
        known = dataclasses.replace(KNOWN["r3d18_K_200ep"], address=served.address)
        monkeypatch.setattr(download, "KNOWN", {known.name: known})
        outcome = command("models", "download", "r3d18_K_200ep")
    assert outcome.code == 0
    assert "r3d18_K_200ep: 3D ResNet-18 with shortcuts of type B" in outcome.out
    assert "installed" in command("models", "list").out


def test_a_failed_download_says_what_to_do(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    known = dataclasses.replace(KNOWN["c3d-sports1m"], address="http://127.0.0.1:1/c3d.pickle")
    monkeypatch.setattr(download, "KNOWN", {known.name: known})
    monkeypatch.setattr(download, "RETRIES", 0)
    outcome = command("models", "download", "c3d-sports1m")
    assert outcome.code == 1
    assert "cannot download c3d.pickle from http://127.0.0.1:1/c3d.pickle: there is no connection" in outcome.err
    assert "'autohighlight models add c3d.pickle'" in outcome.err


def test_a_backbone_without_weights_ends_with_what_to_do(command: Command, video: Path) -> None:
    outcome = command("doctor", "--json", "--config", _config(video.parent))
    (backbone,) = [check for check in json.loads(outcome.out)["checks"] if check["name"] == "backbone"]
    assert backbone["found"] == "no checkpoint of resnet3d-34 is installed"
    assert "models download resnet-34-kinetics" in backbone["remedy"]


def test_doctor_names_what_is_installed(command: Command, checkpoint: Path) -> None:
    def found() -> str:
        checks = json.loads(command("doctor", "--json").out)["checks"]
        return next(str(check["found"]) for check in checks if check["name"] == "checkpoints")

    assert "none installed" in found()
    command("models", "add", checkpoint)
    assert found().endswith("models: surf")


def _config(folder: Path) -> Path:
    path = folder / "x.toml"
    path.write_text('backbone = "resnet3d-34"')
    return path
