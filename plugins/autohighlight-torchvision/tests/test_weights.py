"""Weights come on request alone, and are what they should be."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch
from torchvision.models import get_model

import autohighlight_torchvision
from autohighlight.config import ExtractOptions
from autohighlight.errors import OutputError, WeightsError
from autohighlight.testing.registered import registered, run_command
from autohighlight_torchvision.weights import cached_file, download, weights_of

NAME = "mc3_18"


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with random weights in the place of the one that torchvision publishes, named by its hash too."""
    file = tmp_path / "weights.pth"
    torch.save(get_model(NAME, weights=None).state_dict(), file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    file = file.rename(tmp_path / f"{NAME}-{digest[:8]}.pth")
    monkeypatch.setattr(weights_of(NAME).value, "url", file.as_uri())
    return file


def test_nothing_is_downloaded_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_download(*_: object, **__: object) -> None:
        raise AssertionError("a download")

    monkeypatch.setattr(torch.hub, "download_url_to_file", no_download)
    factory = registered(autohighlight_torchvision).backbones["torchvision:r3d_18"]
    with pytest.raises(WeightsError, match="the weights of torchvision:r3d_18 have not been downloaded") as caught:
        factory(ExtractOptions(device="cpu"))
    assert "run 'autohighlight torchvision download r3d_18'" in caught.value.hint
    assert "https://download.pytorch.org/models/r3d_18-b3b3357e.pth" in caught.value.hint
    assert "--checkpoint" in caught.value.hint


def test_what_was_downloaded_is_used(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["torchvision", "download", NAME, "-q"], autohighlight_torchvision) == 0
    assert cached_file(NAME).read_bytes() == published.read_bytes()
    factory = registered(autohighlight_torchvision).backbones[f"torchvision:{NAME}"]
    digest = hashlib.sha256(published.read_bytes()).hexdigest()
    backbone = factory(ExtractOptions(device="cpu"))
    assert backbone.name == f"torchvision:{NAME}:{digest[:8]}"
    assert digest in backbone.fingerprint
    published.unlink()
    assert run_command(["torchvision", "download", NAME], autohighlight_torchvision) == 0  # it is there
    assert f"use it with --backbone torchvision:{NAME}" in capsys.readouterr().out


def test_a_file_that_is_damaged_is_refused(published: Path) -> None:
    cached_file(NAME).parent.mkdir(parents=True)
    cached_file(NAME).write_bytes(published.read_bytes()[:-1])
    factory = registered(autohighlight_torchvision).backbones[f"torchvision:{NAME}"]
    with pytest.raises(WeightsError, match="is damaged: its SHA-256 begins with"):
        factory(ExtractOptions(device="cpu"))


def test_something_else_in_its_place_is_not_kept(published: Path) -> None:
    published.write_bytes(b"a page that says that it has moved")
    with pytest.raises(WeightsError, match="is not what it should be: invalid hash value") as caught:
        download(NAME, quiet=True)
    assert str(cached_file(NAME).parent) in caught.value.hint
    assert list(cached_file(NAME).parent.iterdir()) == []


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/mc3_18-a90a0ba3.pth", "file:///nowhere/mc3_18-a90a0ba3.pth"])
def test_no_network_is_said_in_a_line(
    address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(weights_of(NAME).value, "url", address)
    assert run_command(["torchvision", "download", NAME], autohighlight_torchvision) == 1
    problem, hint = capsys.readouterr().err.splitlines()
    assert problem.startswith(f"error: cannot download {address}: ")
    assert "fetch it by other means and put it into" in hint


def test_a_folder_that_cannot_be_written_is_said(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "file"))
    with pytest.raises(OutputError, match="set TORCH_HOME to another folder"):
        download(NAME, quiet=True)


def test_the_list_says_what_is_here(
    published: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")  # whoever runs the tests may have a narrow terminal
    download(NAME, quiet=True)
    assert run_command(["torchvision", "list"], autohighlight_torchvision) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line.startswith("torchvision:")}
    assert lines["torchvision:mc3_18"].split()[-1] == "here"
    assert lines["torchvision:s3d"].split()[-1] == "-"
    assert "128 frames of 224 x 224, 15 a second" in lines["torchvision:s3d"]
    assert "80.8 %" in lines["torchvision:mvit_v2_s"]


def test_an_unknown_network_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["torchvision", "download", "r3d18"], autohighlight_torchvision) == 2
    assert "did you mean r3d_18?" in capsys.readouterr().err
