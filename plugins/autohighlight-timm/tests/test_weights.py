"""Weights come on request alone, from a server that speaks as the Hugging Face hub does, and are then used."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save

import autohighlight_timm
from autohighlight.config import ExtractOptions
from autohighlight.errors import WeightsError
from autohighlight.testing.registered import registered, run_command
from autohighlight.types import Backbone
from autohighlight_timm import weights

NAME, REPOSITORY = "test_resnet", "timm/test_resnet.r160_in1k"


class Hub(http.server.ThreadingHTTPServer):
    """Has the files in `files`: address -> content."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []


class Answers(http.server.BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        content = self._answer()
        if content is not None:
            self.wfile.write(content)

    def _answer(self) -> bytes | None:
        self.server.asked.append(self.path)
        content = self.server.files.get(self.path)
        self.send_response(404 if content is None else 200)
        if content is None:
            self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("Content-Length", "0")
        else:
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", "0" * 40)
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        return content

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def hub(hub_address: Callable[[str], None]) -> Iterator[Hub]:
    server = Hub()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    hub_address(f"http://127.0.0.1:{server.server_port}")
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def published() -> bytes:
    """Weights as somebody would publish them, with the classifier."""
    return save(timm.create_model(NAME).state_dict())


def made(**options: str) -> Backbone:
    return registered(autohighlight_timm).backbones[f"timm:{NAME}"](
        ExtractOptions(backbone=f"timm:{NAME}", device="cpu", **options)
    )


def test_nothing_is_downloaded_by_itself(hub: Hub) -> None:
    with pytest.raises(WeightsError, match="the weights of timm:test_resnet have not been downloaded") as caught:
        made()
    assert "run 'autohighlight timm download test_resnet'" in caught.value.hint
    assert f"{REPOSITORY}/resolve/main/model.safetensors" in caught.value.hint
    assert hub.asked == []


def test_what_was_downloaded_is_used(hub: Hub, published: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    hub.files[f"/{REPOSITORY}/resolve/main/model.safetensors"] = published
    assert run_command(["timm", "download", NAME], autohighlight_timm) == 0
    assert f"use it with --backbone timm:{NAME}" in capsys.readouterr().out
    asked = len(hub.asked)
    backbone = made()
    digest = hashlib.sha256(published).hexdigest()
    assert backbone.name == f"timm:{NAME}:{digest[:8]}"
    assert digest in backbone.fingerprint
    assert run_command(["timm", "download", NAME], autohighlight_timm) == 0  # it is there
    assert len(hub.asked) == asked


def test_older_files_are_found_where_there_is_no_newer_one(hub: Hub, tmp_path: Path) -> None:
    torch.save(timm.create_model(NAME).state_dict(), tmp_path / "old.bin")
    hub.files[f"/{REPOSITORY}/resolve/main/pytorch_model.bin"] = (tmp_path / "old.bin").read_bytes()
    assert run_command(["timm", "download", NAME, "-q"], autohighlight_timm) == 0
    assert made().dim == 96


@pytest.mark.parametrize("name", [NAME, "legacy_seresnet18"])
def test_no_network_is_said_with_the_address(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "http://127.0.0.1:9/seresnet18-4bb0ce65.pth"
    monkeypatch.setattr("time.sleep", lambda _seconds: None)  # the hub's own client tries five times
    monkeypatch.setattr(weights, "published", lambda asked, real=weights.published: _at(real(asked), url))
    assert run_command(["timm", "download", name, "-q"], autohighlight_timm) == 1
    problem, hint = [line for line in capsys.readouterr().err.splitlines() if line]
    assert problem.startswith("error: cannot download http://127.0.0.1:9/")
    assert "Connection refused" in problem
    assert hint.strip() == "fetch it by other means and name the file with --checkpoint"


def _at(known: timm.models.PretrainedCfg, url: str) -> timm.models.PretrainedCfg:
    """The same at another address, where they are not on the hub."""
    if not known.hf_hub_id:
        known.url = url
    return known


def test_a_file_that_is_not_there_is_said(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["timm", "download", NAME, "-q"], autohighlight_timm) == 1
    assert "cannot download" in capsys.readouterr().err


def test_networks_without_published_weights_say_so() -> None:
    nobody = next(n for n in timm.list_models() if not weights.address(n))
    with pytest.raises(WeightsError, match=f"nobody has published weights of timm:{nobody} that timm knows"):
        weights.find_weights(nobody)
    with pytest.raises(WeightsError, match="nobody has published weights"):
        weights.download(nobody)


def test_the_list_says_what_is_here(hub: Hub, published: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    hub.files[f"/{REPOSITORY}/resolve/main/model.safetensors"] = published
    assert run_command(["timm", "download", NAME, "-q"], autohighlight_timm) == 0
    assert run_command(["timm", "list", "test_*"], autohighlight_timm) == 0
    lines = {line.split()[0]: line.split() for line in capsys.readouterr().out.splitlines() if "timm:" in line}
    assert lines["timm:test_resnet.r160_in1k"][1:4] == ["160", "x", "160"]
    assert lines["timm:test_resnet.r160_in1k"][-1] == "here"
    assert lines["timm:test_vit.r160_in1k"][-1] == "-"


def test_a_list_of_nothing_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["timm", "list", "nothing-*"], autohighlight_timm) == 2
    assert "no network fits 'nothing-*'" in capsys.readouterr().err
