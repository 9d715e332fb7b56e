"""What the pipeline does with a timeline that was not written right."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autohighlight import pipeline
from autohighlight.config import ExportOptions, Options
from autohighlight.default_plugins import load_plugins
from autohighlight.errors import OutputError
from autohighlight.plugins import Exporter, Faults, Plugins, Registry
from autohighlight.timeline.model import Timeline

Verifier = Callable[[Path, Timeline], Faults]


def plugins_with(verify: Verifier, num_files: int = 1) -> Plugins:
    def write(_timeline: Timeline, path: Path, _options: ExportOptions, _progress: Any) -> list[Path]:
        paths = [path.with_name(f"{number}{path.name}") for number in range(num_files)]
        for each in paths:
            each.write_text("timeline")
        return paths

    exporters = Registry[Exporter]("exporter")
    exporters.add("sample", Exporter(write, (".sample",), "for tests", verify=verify), "tests")
    return dataclasses.replace(load_plugins(installed=False), exporters=exporters)


def write(tmp_path: Path, plugins: Plugins, *, verify: bool = True) -> list[Path]:
    timeline: Any = SimpleNamespace(parts=())
    options = Options.of(verify=verify)
    return pipeline.write_timeline(timeline, tmp_path / "a.sample", "sample", options=options, plugins=plugins)


def test_a_file_that_is_wrong_is_removed_and_said(tmp_path: Path) -> None:
    plugins = plugins_with(lambda _path, _timeline: Faults(errors=("line 3, clip: one frame off", "another")), 2)
    with pytest.raises(OutputError, match="was not written right, and is removed: line 3, clip: one frame off"):
        write(tmp_path, plugins)
    assert not list(tmp_path.iterdir())


def test_warnings_are_logged_and_the_file_stays(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    plugins = plugins_with(lambda _path, _timeline: Faults(warnings=("line 1: odd",)))
    with caplog.at_level(logging.WARNING):
        assert write(tmp_path, plugins) == [tmp_path / "0a.sample"]
    assert "0a.sample: line 1: odd" in caplog.text


def test_each_file_is_compared_with_its_timeline(tmp_path: Path) -> None:
    seen: list[tuple[str, Timeline]] = []

    def verify(path: Path, timeline: Timeline) -> Faults:
        seen.append((path.name, timeline))
        return Faults()

    write(tmp_path, plugins_with(verify, 2))
    assert [name for name, _ in seen] == ["0a.sample", "1a.sample"]
    assert seen[0][1] is seen[1][1] is not None


def test_nothing_is_checked_where_nobody_wants_it(tmp_path: Path) -> None:
    def never(_path: Path, _timeline: Timeline) -> Faults:
        raise AssertionError("checked")

    assert write(tmp_path, plugins_with(never), verify=False)
