"""What the pipeline does with a timeline that was not written right."""

from __future__ import annotations

import contextlib
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
from autohighlight.errors import OutputError, OutputExistsError
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


def write(tmp_path: Path, plugins: Plugins, **values: bool) -> list[Path]:
    timeline: Any = SimpleNamespace(parts=())
    options = Options.of(**values)
    return pipeline.write_timeline(timeline, tmp_path / "a.sample", "sample", options=options, plugins=plugins)


def test_a_file_that_is_wrong_is_not_written_and_said(tmp_path: Path) -> None:
    plugins = plugins_with(lambda _path, _timeline: Faults(errors=("line 3, clip: one frame off", "another")), 2)
    with pytest.raises(OutputError, match="would not be right, so it is not written: line 3, clip: one frame off") as e:
        write(tmp_path, plugins)
    assert e.value.path.parent == tmp_path
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("is_right", [True, False])
def test_what_is_there_is_kept_until_the_new_one_was_found_to_be_right(is_right: bool, tmp_path: Path) -> None:
    before = {tmp_path / name: name for name in ("0a.sample", "1a.sample")}

    def verify(_path: Path, _timeline: Timeline) -> Faults:
        assert {place: place.read_text() for place in before} == before
        return Faults(errors=() if is_right else ("wrong",))

    for place, text in before.items():
        place.write_text(text)
    with contextlib.nullcontext() if is_right else pytest.raises(OutputError):
        assert write(tmp_path, plugins_with(verify, 2), overwrite=True) == list(before)
    assert {place.read_text() for place in before} == ({"timeline"} if is_right else set(before.values()))
    assert set(tmp_path.iterdir()) == set(before)


def test_a_file_that_is_there_is_kept_where_it_may_not_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "1a.sample").write_text("mine")
    with pytest.raises(OutputExistsError):
        write(tmp_path, plugins_with(lambda _path, _timeline: Faults(), 2))
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


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
