"""A cluster of two nodes on this computer, one of which is killed in the middle: nothing is lost or told twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import ray_work
from conftest import NODE

from autohighlight.config import BatchOptions
from autohighlight.executors.local import LocalExecutor
from autohighlight.executors.protocol import Event, Executor, Failed, Returned, Started, Task
from autohighlight_ray import ray_executor
from tests.media_factory import make_video, tone

pytestmark = pytest.mark.slow


def workers_of(node: Any) -> list[int]:
    """The processes that a node has started to work."""
    raylet = str(node.all_processes["raylet"][0].process.pid)
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    return [int(line.split()[0]) for line in listed.splitlines() if line.split()[1] == raylet]


def on_node(node: Any, worker: str) -> bool:
    """Whether a worker, ``host:pid``, was started by the node."""
    return int(worker.rpartition(":")[2]) in workers_of(node)


def kill(cluster: Any, node: Any) -> None:
    """Kills all processes of a node at once, as when its power is cut."""
    for pid in [node.all_processes["raylet"][0].process.pid, *workers_of(node)]:
        os.kill(pid, signal.SIGKILL)
    cluster.remove_node(node, allow_graceful=False)


def ends(executor: Executor, tasks: list[Task]) -> list[tuple[str, Any]]:
    events = executor.run(ray_work.slow_square, tasks)
    return sorted((event.key, event.value) for event in events if isinstance(event, Returned))


def test_a_node_that_is_killed_costs_no_more_than_time(cluster: Any, tmp_path: Path) -> None:
    tasks = [Task(f"{number:02d}", (number, 0.7, str(tmp_path / "ray"))) for number in range(24)]
    other = cluster.add_node(**NODE)
    events: list[Event] = []
    executor = ray_executor(BatchOptions(executor_options=f"address={cluster.address}"))
    try:
        assert executor.num_workers == 2
        for event in executor.run(ray_work.slow_square, tasks):
            events.append(event)
            if len(events) > 10 and other and isinstance(event, Started) and on_node(other, event.worker):
                interrupted, other = event.key, kill(cluster, other)
    finally:
        executor.close()
    assert other is None, "no task has begun on the second node"
    attempts = [(event.key, event.attempt) for event in events if isinstance(event, Started)]
    assert (interrupted, 2) in attempts
    assert {attempt for key, attempt in attempts if key != interrupted} == {1}
    assert not [event for event in events if isinstance(event, Failed)]
    ended = sorted((event.key, event.value) for event in events if isinstance(event, Returned))
    local = LocalExecutor(2)
    here = [Task(task.key, (task.argument[0], 0.0, str(tmp_path / "local"))) for task in tasks]
    assert ended == ends(local, here)
    local.close()
    tries = [int(line.split()[0]) for line in (tmp_path / "ray").read_text().splitlines()]
    assert sorted(tries) == sorted([*range(24), int(interrupted)])  # none was done twice but that one


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve short videos in two folders."""
    folder = tmp_path_factory.mktemp("footage")
    (folder / "second card").mkdir()
    for number in range(12):
        place = folder / ("second card" if number % 2 else "") / f"clip{number:02d}.mp4"
        make_video(place, num_frames=150 + 25 * number, size=(160, 120), sound=tone(6 + number))
    return folder


PROGRAM = """
import sys, autohighlight_ray
from autohighlight.testing.registered import run_command
sys.exit(run_command(sys.argv[1:], autohighlight_ray))
"""


@dataclass
class Batch:
    """What one command came to.

    Args:
        events: the objects that it has printed.
        said: on standard error.
    """

    code: int
    events: list[dict[str, Any]]
    said: str

    def videos(self, event: str) -> list[str]:
        return sorted(each["video"] for each in self.events if each["event"] == event)


def batch(footage: Path, output: Path, *words: str, watch: Callable[[dict[str, Any]], None] | None = None) -> Batch:
    """Runs the command, with a features cache of its own, and shows each event to `watch` as it comes."""
    environment = {**os.environ, "AUTOHIGHLIGHT_CACHE_DIR": str(output.with_suffix(".cache"))}
    command = ["batch", footage, "-o", output, "--json", "--reel", "--export", "edl", *words]
    started = [sys.executable, "-c", PROGRAM, *map(str, command)]
    log, events = output.with_suffix(".log"), list[dict[str, Any]]()
    with (
        log.open("w") as errors,
        subprocess.Popen(started, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            events.append(json.loads(line))
            if watch:
                watch(events[-1])
    return Batch(process.returncode, events, log.read_text())


def results(output: Path) -> dict[str, bytes]:
    """What a batch is for: all files but those in its own folder, and the summary, which says how long it took."""
    files = [path for path in output.rglob("*") if path.is_file() and ".autohighlight" not in path.parts]
    return {str(path.relative_to(output)): path.read_bytes() for path in files if path.name != "summary.json"}


def test_a_batch_ends_as_on_one_computer(cluster: Any, footage: Path, tmp_path: Path) -> None:
    local = batch(footage, tmp_path / "local", "--jobs", "1")
    assert local.code == 0, local.said
    nodes, begun, interrupted = [cluster.add_node(**NODE)], list[str](), list[str]()

    def watch(event: dict[str, Any]) -> None:
        if event["event"] == "started":
            begun.append(event["video"])
            if len(begun) > 4 and nodes and on_node(nodes[0], event["worker"]):
                interrupted.append(event["video"])
                kill(cluster, nodes.pop())

    words = ("--ray-address", cluster.address, "--executor", "ray", "--executor-options", "memory=0")
    ended = batch(footage, tmp_path / "ray", *words, watch=watch)
    assert (ended.code, ended.said) == (0, "")
    videos = sorted(str(path) for path in footage.rglob("*.mp4"))
    assert ended.videos("done") == videos
    assert [event["video"] for event in ended.events if event.get("attempt") == 2] == interrupted != []
    assert {event["event"] for event in ended.events} == {"started", "progress", "done"}
    names = [f"{Path(video).relative_to(footage).with_suffix('')}.highlights" for video in videos]
    assert set(results(tmp_path / "ray")) == {f"{name}.{suffix}" for name in names for suffix in ("json", "mp4", "edl")}
    assert results(tmp_path / "ray") == results(tmp_path / "local")
    again = batch(footage, tmp_path / "ray", *words)
    assert [event["worked_on"] for event in again.events] == [False] * len(videos)


def test_an_address_where_nobody_is_is_said(footage: Path, tmp_path: Path) -> None:
    ended = batch(footage, tmp_path / "out", "--executor", "ray", "--ray-address", "127.0.0.1:6")
    assert (ended.code, ended.events) == (1, [])
    assert ended.said.startswith("error: no Ray cluster answers at 127.0.0.1:6: ")
