"""What the computer has to give: bounded by the environment, by containers, and shared with other workers."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from autohighlight import machine
from autohighlight.errors import OptionError
from autohighlight.machine import available_memory, num_cores, place_among_workers


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.delenv("AUTOHIGHLIGHT_THREADS", raising=False)
    monkeypatch.setattr(machine, "_control_group", lambda _name: iter(()))


@pytest.mark.parametrize(("text", "cores"), [("3", 3), ("1", 1), ("100", 8), ("", 8)])
def test_the_environment_bounds_the_cores(text: str, cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOHIGHLIGHT_THREADS", text)
    assert num_cores() == cores


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", "²", " "])
def test_a_bound_that_is_no_number_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOHIGHLIGHT_THREADS", text)
    with pytest.raises(OptionError, match="AUTOHIGHLIGHT_THREADS"):
        num_cores()


def test_where_nothing_tells_which_cores_are_allowed_all_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    assert num_cores() == 5


@pytest.mark.parametrize(
    ("quotas", "cores"), [(["200000 100000"], 2), (["150000 100000"], 2), (["10000 100000", "max 100000"], 1), ([], 8)]
)
def test_a_container_bounds_the_cores(quotas: list[str], cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_control_group", lambda _name: iter(quotas))
    assert num_cores() == cores


def test_a_container_bounds_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    assert available_memory() > 1_000_000
    monkeypatch.setattr(machine, "_control_group", lambda _name: iter(["max", "1000000"]))
    assert available_memory() == 1_000_000


def test_memory_that_programs_hold_is_not_available(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = psutil.virtual_memory()._replace(total=32 * 2**30, available=3 * 2**30)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    assert available_memory() == 3 * 2**30


def test_limits_of_all_groups_around_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    lines = "1:cpu:/old\n0::/outer/inner\n"
    monkeypatch.setattr(Path, "read_text", _reading(lines, Path.read_text))
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    (tmp_path / "outer" / "memory.max").write_text("5\n", "utf-8")
    (tmp_path / "outer" / "inner" / "memory.max").write_text("max\n", "utf-8")
    assert list(machine._control_group("memory.max", tmp_path)) == ["max", "5"]


def _reading(own_groups: str, plainly: object) -> object:
    def read_text(path: Path, encoding: str) -> str:
        return own_groups if path == Path("/proc/self/cgroup") else plainly(path, encoding)  # type: ignore[operator]

    return read_text


@pytest.mark.parametrize(("text", "place"), [(None, (0, 1)), ("1/4", (0, 4)), ("4/4", (3, 4))])
def test_workers_know_their_place(text: str | None, place: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    if text is not None:
        monkeypatch.setenv("AUTOHIGHLIGHT_WORKER", text)
    assert place_among_workers() == place


@pytest.mark.parametrize("text", ["0/4", "5/4", "", "3", "a/b"])
def test_a_place_that_cannot_be_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOHIGHLIGHT_WORKER", text)
    with pytest.raises(OptionError, match="AUTOHIGHLIGHT_WORKER"):
        place_among_workers()
