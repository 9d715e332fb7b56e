from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from autohighlight.cli.tables import format_size
from autohighlight.errors import DependencyError
from autohighlight.media import ffmpeg
from tests.cli.conftest import Outcome

Command = Callable[..., Outcome]
REQUIRED = {"ffmpeg", "encoder libx264", "encoder aac", "PyAV", "torch", "backbone", "configuration"}


def checks(outcome: Outcome) -> dict[str, dict[str, object]]:
    return {check["name"]: check for check in json.loads(outcome.out)["checks"]}


def test_says_what_was_found(command: Command) -> None:
    outcome = command("doctor", "--json")
    assert outcome.code == 0
    assert json.loads(outcome.out)["ok"] is True
    found = checks(outcome)
    assert set(found) >= REQUIRED | {"selector", "cache", "devices", "encoder libx265"}
    assert {name for name, check in found.items() if check["required"]} >= REQUIRED


def test_prints_a_line_for_each(command: Command) -> None:
    outcome = command("doctor")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.splitlines()[-1] == "The main job can run."
    for name in REQUIRED:
        assert re.search(rf"^ok +{name} ", outcome.out, re.MULTILINE)


def test_a_missing_ffmpeg_is_said_with_what_to_do(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def find_ffmpeg(_chosen: str | None) -> None:
        raise DependencyError("no ffmpeg program was found", "install one")

    monkeypatch.setattr(ffmpeg, "find_ffmpeg", find_ffmpeg)
    outcome = command("doctor")
    assert outcome.code == 1
    assert "missing" in outcome.out
    assert "install one" in outcome.out
    assert "The main job cannot run: see ffmpeg." in outcome.out


def test_a_missing_encoder_of_hevc_does_not_stop_the_main_job(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = replace(ffmpeg.find_ffmpeg(), encoders=frozenset({"libx264", "aac"}))
    monkeypatch.setattr(ffmpeg, "find_ffmpeg", lambda _chosen: program)
    outcome = command("doctor", "--json")
    assert outcome.code == 0
    assert checks(outcome)["encoder libx265"]["ok"] is False


def test_an_unknown_backbone_in_the_configuration_is_said(command: Command, tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text('backbone = "none"')
    outcome = command("doctor", "--json", "--config", tmp_path / "x.toml")
    assert outcome.code == 1
    assert checks(outcome)["backbone"]["found"] == "no backbone is called 'none'"


def test_a_configuration_that_cannot_be_read_is_said(command: Command, tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("count = 0")
    outcome = command("doctor", "--json", "--config", tmp_path / "x.toml")
    assert outcome.code == 1
    assert "--count is at least 1" in str(checks(outcome)["configuration"]["found"])


def test_a_broken_plugin_is_said(command: Command, plugin_module: Callable[[str], None]) -> None:
    plugin_module("import nothing_of_this_name")
    outcome = command("doctor", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    assert checks(outcome)["plugins"]["ok"] is False
    assert "nothing_of_this_name" in str(checks(outcome)["plugins"]["found"])


def test_an_installed_plugin_is_named_with_its_version(command: Command, plugin_module: Callable[[str], None]) -> None:
    plugin_module("")
    assert checks(command("doctor", "--json"))["plugins"]["found"].endswith("sample-plugin 1.2")


@pytest.mark.parametrize(
    ("num_bytes", "words"),
    [(0, "0 kB"), (1, "1 kB"), (970_400, "970 kB"), (1_000_000, "1.0 MB"), (2_500_000_000, "2.5 GB")],
)
def test_sizes_are_said_in_words(num_bytes: int, words: str) -> None:
    assert format_size(num_bytes) == words
