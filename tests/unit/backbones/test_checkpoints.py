"""Which checkpoints are known and installed, and which one a backbone takes."""

from __future__ import annotations

import errno
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from autohighlight.backbones import checkpoints
from autohighlight.backbones.c3d import C3D
from autohighlight.backbones.checkpoints import KNOWN, add_checkpoint, find_checkpoint, installed, models_dir
from autohighlight.backbones.resnet3d import ResNet3D
from autohighlight.backbones.weights import file_digest
from autohighlight.config import ExtractOptions
from autohighlight.default_plugins import load_plugins
from autohighlight.errors import NoSpaceError, OptionError, WeightsError

from .made import hollow


def save_resnet(path: Path, depth: int = 18, *, num_classes: int = 400) -> Path:
    with torch.device("meta"):
        network = ResNet3D(depth, "A", num_classes)
    torch.save(hollow(network), path)
    return path


def save_c3d(path: Path) -> Path:
    with torch.device("meta"):
        network = C3D()
    torch.save(hollow(network), path)
    return path


def left_behind() -> list[str]:
    return sorted(path.name for path in models_dir().iterdir()) if models_dir().is_dir() else []


def test_what_is_known_is_whole() -> None:
    backbones = load_plugins(installed=False).backbones
    for name, known in KNOWN.items():
        assert name == known.name
        assert known.backbone in backbones
        assert known.address.startswith("https://")
        assert known.terms
        assert len(known.sha256) in (0, 8, 64)
        if known.sha256:  # OpenMMLab ends file names with the first digits of the hash
            assert known.file.endswith(f"-{known.sha256[:8]}.pth")
    usual = [known.backbone for known in KNOWN.values() if known.is_usual]
    assert sorted(usual) == ["c3d", "resnet3d-18", "resnet3d-34", "resnet3d-50"]


def test_nothing_is_installed_at_first() -> None:
    assert installed() == {}


def test_a_file_is_added_whole_and_stays_where_it_is(tmp_path: Path) -> None:
    file = save_resnet(tmp_path / "my net.pth")
    checkpoint = add_checkpoint(file)
    assert checkpoint.name == "my-net"
    assert checkpoint.backbone == "resnet3d-18"
    assert checkpoint.network == "3D ResNet-18 with shortcuts of type A, 400 classes"
    assert checkpoint.sha256 == file_digest(file)
    assert (checkpoint.size, checkpoint.source) == (file.stat().st_size, str(file))
    assert checkpoint.path.read_bytes() == file.read_bytes()
    assert installed() == {"my-net": checkpoint}
    assert left_behind() == ["my-net"]


def test_a_file_fetched_by_hand_gets_its_known_name(tmp_path: Path) -> None:
    assert add_checkpoint(save_resnet(tmp_path / "resnet-34-kinetics.pth", 34)).name == "resnet-34-kinetics"
    assert add_checkpoint(save_c3d(tmp_path / "c3d.pickle")).name == "c3d-sports1m"


def test_the_same_file_twice_is_no_matter_and_another_of_that_name_is(tmp_path: Path) -> None:
    file = save_resnet(tmp_path / "net.pth")
    assert add_checkpoint(file) == add_checkpoint(file)
    save_resnet(file, num_classes=101)
    with pytest.raises(OptionError, match=r"another checkpoint called net is installed .*--name, or remove"):
        add_checkpoint(file)
    assert add_checkpoint(file, name="ucf").network.endswith("101 classes")


def test_a_known_file_with_another_hash_is_refused(tmp_path: Path) -> None:
    file = save_c3d(tmp_path / KNOWN["c3d-sports1m-openmmlab"].file)
    with pytest.raises(WeightsError, match=r"is not c3d-sports1m-openmmlab, or is damaged: its SHA-256 is .*dcc47ddc"):
        add_checkpoint(file)
    assert left_behind() == []
    assert add_checkpoint(file, name="own").backbone == "c3d"


def test_a_known_name_on_another_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"is not resnet-34-kinetics: it holds a 3D ResNet-18"):
        add_checkpoint(save_resnet(tmp_path / "resnet-34-kinetics.pth", 18))
    assert left_behind() == []


@pytest.mark.parametrize("content", [b"", b"<html>quota exceeded</html>"])
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "net.pth"
    file.write_bytes(content)
    with pytest.raises(WeightsError, match="no torch checkpoint"):
        add_checkpoint(file)
    torch.save({"encoder.weight": torch.zeros(2, 3)}, file)
    with pytest.raises(WeightsError, match=r"no network that is known: found 1 tensors, as encoder.weight \(2, 3\)"):
        add_checkpoint(file)
    with pytest.raises(WeightsError, match="No such file"):
        add_checkpoint(tmp_path / "missing.pth")
    assert left_behind() == []


@pytest.mark.parametrize("name", ["../net", "", ".net", "a b"])
def test_what_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OptionError, match="cannot be called"):
        add_checkpoint(save_resnet(tmp_path / "net.pth"), name=name)


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def copy(_: Path, to: Path) -> None:
        to.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", copy)
    with pytest.raises(NoSpaceError, match=r"the disk is full .*AUTOHIGHLIGHT_DATA_DIR"):
        add_checkpoint(save_resnet(tmp_path / "net.pth"))
    assert left_behind() == []


def test_a_damaged_record_is_said_with_what_to_do(tmp_path: Path) -> None:
    record = add_checkpoint(save_resnet(tmp_path / "net.pth")).path.parent / checkpoints.RECORD
    record.write_text(json.dumps({"file": "net.pth"}))
    with pytest.raises(WeightsError, match=r"checkpoint.json is damaged .*remove .*net"):
        installed()


def make(backbone: str, checkpoint: str | None = None) -> Any:
    options = ExtractOptions(backbone=backbone, checkpoint=checkpoint, device="cpu")
    return load_plugins(installed=False).backbones[backbone](options)


def test_a_backbone_without_weights_says_how_to_get_them() -> None:
    with pytest.raises(WeightsError) as refusal:
        make("resnet3d-34")
    assert refusal.value.problem == "no checkpoint of resnet3d-34 is installed"
    assert "'autohighlight models download resnet-34-kinetics'" in refusal.value.hint
    assert f"fetch resnet-34-kinetics.pth from {KNOWN['resnet-34-kinetics'].address}" in refusal.value.hint
    assert "'autohighlight models add resnet-34-kinetics.pth'" in refusal.value.hint


def test_the_only_one_is_taken_then_the_usual_one_and_of_several_none(tmp_path: Path) -> None:
    one = add_checkpoint(save_resnet(tmp_path / "one.pth", num_classes=1))
    assert find_checkpoint("resnet3d-18", None) == one.path
    add_checkpoint(save_resnet(tmp_path / "two.pth", num_classes=2))
    add_checkpoint(save_c3d(tmp_path / "other.pth"))
    with pytest.raises(WeightsError, match=r"several .* installed: one, two \(name one with --checkpoint\)"):
        find_checkpoint("resnet3d-18", None)
    assert find_checkpoint("resnet3d-18", "one") == one.path
    usual = add_checkpoint(save_resnet(tmp_path / "resnet-18-kinetics.pth"))
    assert find_checkpoint("resnet3d-18", None) == usual.path
    assert make("resnet3d-18").name == f"resnet3d-18:{usual.sha256[:8]}"


def test_a_checkpoint_is_named_by_its_file_too(tmp_path: Path) -> None:
    file = save_resnet(tmp_path / "net.pth", 50)
    backbone = make("resnet3d-50", str(file))
    assert (backbone.name, backbone.dim) == (f"resnet3d-50:{file_digest(file)[:8]}", 2048)
    assert make("c3d", str(save_c3d(tmp_path / "c3d.pth"))).dim == 4096


def test_a_checkpoint_of_another_backbone_is_refused(tmp_path: Path) -> None:
    add_checkpoint(save_c3d(tmp_path / "c3d.pickle"))
    with pytest.raises(WeightsError, match=r"c3d-sports1m is a checkpoint of c3d, not of resnet3d-18 .*--backbone c3d"):
        find_checkpoint("resnet3d-18", "c3d-sports1m")
    with pytest.raises(WeightsError, match="holds no 3D ResNet of 18, 34 or 50 layers: found 22 tensors"):
        make("resnet3d-18", str(tmp_path / "c3d.pickle"))


def test_a_known_one_that_is_not_installed_says_how_to_get_it() -> None:
    with pytest.raises(WeightsError, match=r"r3d34_K_200ep is not installed .*models download r3d34_K_200ep"):
        find_checkpoint("resnet3d-34", "r3d34_K_200ep")


def test_a_word_that_is_nothing_is_said(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"no checkpoint and no file is called nothing.pth \(see 'autohighlight"):
        find_checkpoint("c3d", "nothing.pth")
    add_checkpoint(save_c3d(tmp_path / "mine.pth"))
    with pytest.raises(WeightsError, match="of c3d there are: mine"):
        find_checkpoint("c3d", "nothing.pth")


@pytest.mark.parametrize("backbone", ["efficientnet-lite0", "efficientnet-lite0-random"])
def test_a_backbone_that_brings_its_weights_takes_no_checkpoint(backbone: str) -> None:
    with pytest.raises(OptionError, match=rf"the backbone {backbone} takes no checkpoint .*resnet3d-34"):
        make(backbone, "some.pth")


def test_lists_and_refusals_do_not_wait_for_torch() -> None:
    code = (
        "import sys\n"
        "from autohighlight.backbones.checkpoints import installed, find_checkpoint\n"
        "from autohighlight.errors import WeightsError\n"
        "installed()\n"
        "try: find_checkpoint('c3d', None)\n"
        "except WeightsError: pass\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
