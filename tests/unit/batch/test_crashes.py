"""A batch that is stopped at every single step, and started again: nothing is lost, half or twice."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autohighlight.batch import perform, publish, results, run
from autohighlight.batch.database import Database
from tests.batches import Bench, InlineExecutor, make_bench, tree_of


class Killed(BaseException):
    """Stands for the end of the process: nothing after it runs but what a `finally` does, and that is little here."""


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    yield make_bench(tmp_path, monkeypatch, "a.mp4")
    perform.loaded_plugins.cache_clear()


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Callable[[int | None], list[str]]:
    """Counts every step that leaves a trace on the disk, and ends the process before or after one of them."""
    told: list[str] = []
    deadline: list[int | None] = [None]

    def watched(function: Callable[..., Any], name: str) -> Callable[..., Any]:
        def step(*arguments: Any, **named: Any) -> Any:
            for moment in ("before", "after"):
                told.append(f"{moment} {name}")
                if deadline[0] is not None and len(told) > deadline[0]:
                    raise Killed
                if moment == "before":
                    result = function(*arguments, **named)
            return result

        return step

    monkeypatch.setattr(Database, "put", watched(Database.put, "put"))
    monkeypatch.setattr(publish, "move_into_place", watched(publish.move_into_place, "move"))
    monkeypatch.setattr(publish, "sync_folder", watched(publish.sync_folder, "sync"))
    monkeypatch.setattr(publish, "_remove_stale", watched(publish._remove_stale, "remove"))
    for place in (publish, run):  # in the batch alone: what the cache clears up is less the second time
        monkeypatch.setattr(place, "shutil", SimpleNamespace(rmtree=watched(shutil.rmtree, "clear")))
    monkeypatch.setattr(results, "_staged", watched(results._staged, "stage"))
    monkeypatch.setattr(run, "recover", watched(run.recover, "recover"))

    def until(number: int | None) -> list[str]:
        told.clear()
        deadline[0] = number
        return told

    return until


def test_killed_at_any_step_and_started_again(
    bench: Bench, steps: Callable[[int | None], list[str]], tmp_path: Path
) -> None:
    told = steps(None)
    bench.run(bench.request("csv", cache=False))
    number, whole = len(told), tree_of(bench.output)
    assert number > 25
    for moment in range(number):
        bench.output = tmp_path / f"out{moment}"
        steps(moment)
        with pytest.raises(Killed):
            bench.run(bench.request("csv", cache=False))
        finished = {path: path.stat() for path in bench.output.glob("*.highlights.*")}
        half = {path.name: path.read_bytes() for path in finished}
        steps(None)
        executor = InlineExecutor()
        records = bench.run(bench.request("csv", cache=False), executor)
        assert [record.status for record in records.values()] == ["done"]
        after = tree_of(bench.output)
        assert {name.replace(f"out{moment}", "out"): digest for name, digest in after.items()} == whole
        for path, status in finished.items():
            assert path.read_bytes() == half[path.name]  # what was there was whole
            if all((bench.output / f"{path.name[0]}.highlights.{kind}") in finished for kind in ("json", "csv")):
                assert path.stat().st_ino == status.st_ino  # and was not written a second time
        assert len(executor.performed) <= 1
        steps(None)
        executor = InlineExecutor()
        bench.run(bench.request("csv", cache=False), executor)
        assert executor.performed == []


def test_killed_while_it_is_done_again_for_other_options(
    bench: Bench, steps: Callable[[int | None], list[str]], tmp_path: Path
) -> None:
    bench.run(bench.request("csv", cache=False))
    told = steps(None)
    bench.run(bench.request("youtube", cache=False))
    number, whole = len(told), tree_of(bench.output)
    for moment in range(0, number, 3):
        bench.output = tmp_path / f"out{moment}"
        steps(None)
        bench.run(bench.request("csv", cache=False))
        steps(moment)
        with pytest.raises(Killed):
            bench.run(bench.request("youtube", cache=False))
        steps(None)
        bench.run(bench.request("youtube", cache=False))
        assert tree_of(bench.output) == whole
