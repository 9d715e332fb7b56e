"""The executor on Ray of this computer: each task ends once, whatever happens to its worker."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import ray_work

from autohighlight.config import BatchOptions
from autohighlight.errors import DependencyError, OptionError
from autohighlight.executors.protocol import Advanced, Event, Executor, Failed, Returned, Started, Task
from autohighlight.times import Length
from autohighlight_ray import ray_executor


def tasks(*arguments: Any) -> list[Task]:
    return [Task(f"task {number}", argument) for number, argument in enumerate(arguments)]


def ends(events: Iterable[Event]) -> dict[str, Event]:
    """What became of each task; each ended once, and was begun before."""
    begun, last = set[str](), dict[str, Event]()
    for event in events:
        assert event.key not in last, f"told after its end: {event}"
        if isinstance(event, Started):
            begun.add(event.key)
        elif isinstance(event, Returned):
            assert event.key in begun
        if isinstance(event, Returned | Failed):
            last[event.key] = event
    return last


def values(executor: Executor, work: Any, *arguments: Any) -> list[Any]:
    ended = ends(executor.run(work, tasks(*arguments)))
    assert all(isinstance(event, Returned) for event in ended.values()), ended
    return [event.value for event in ended.values() if isinstance(event, Returned)]


def test_each_task_gives_its_value(executor: Executor) -> None:
    assert executor.num_workers == 2
    events = list(executor.run(ray_work.double, tasks(*range(300))))
    assert ends(events) == {f"task {number}": Returned(f"task {number}", 2 * number) for number in range(300)}
    begun = [event for event in events if isinstance(event, Started)]
    assert {event.key for event in begun} == {f"task {number}" for number in range(300)}
    assert {event.attempt for event in begun} == {1}
    assert all(event.worker.rpartition(":")[2].isdigit() for event in begun)


def test_workers_live_on(executor: Executor) -> None:
    calls = values(executor, ray_work.count_calls, *range(40))
    assert len({pid for pid, _ in calls}) <= 4  # Ray may start one or two to spare
    assert max(number for _, number in calls) >= 10


def test_a_worker_is_told_how_many_threads_it_has(executor: Executor) -> None:
    assert values(executor, ray_work.threads, None) == [("1", "")]


def test_tasks_are_taken_as_there_is_room(executor: Executor) -> None:
    taken, ended = list[int](), 0

    def endless() -> Iterator[Task]:
        for number in range(100_000):
            taken.append(number)
            yield Task(str(number), number)

    events = executor.run(ray_work.double, endless())
    for event in events:
        ended += isinstance(event, Returned)
        assert len(taken) <= ended + executor.num_workers + 1
        if ended == 50:
            break
    events.close()
    assert values(executor, ray_work.double, 7) == [14]  # and what was under way is not heard of again


def test_an_error_ends_its_task_alone(executor: Executor) -> None:
    ended = ends(executor.run(ray_work.raise_error, tasks("other", "another")))
    assert ended == {
        "task 0": Failed("task 0", "raised", r"ray_work.UnreadableError: one other"),
        "task 1": Failed("task 1", "raised", r"ray_work.UnreadableError: one another"),
    }
    left = ends(executor.run(ray_work.leave, tasks(3)))["task 0"]
    assert left == Failed("task 0", "raised", "SystemExit: 3")


def test_what_cannot_be_pickled_is_said(executor: Executor) -> None:
    ended = ends(executor.run(ray_work.double, [Task("argument", (n for n in ())), Task("good", 1)]))
    argument = ended["argument"]
    assert isinstance(argument, Failed)
    assert argument.problem.startswith("its argument cannot be pickled: TypeError: ")
    assert ended["good"] == Returned("good", 2)
    value = ends(executor.run(ray_work.give_what_cannot_travel, tasks(None)))["task 0"]
    assert isinstance(value, Failed)
    assert value.cause == "raised"
    assert value.problem.startswith("its argument or value cannot be handed over: TypeError: ")
    with pytest.raises(ValueError, match="not at the top level of a module"):
        executor.run(lambda _argument, _progress: None, [])


def test_a_worker_that_dies_each_time_fails_its_task_alone(executor: Executor) -> None:
    events = list(executor.run(ray_work.send_signal, tasks(signal.SIGSEGV)))
    assert [event.attempt for event in events if isinstance(event, Started)] == [1, 2]
    failed = ends(events)["task 0"]
    assert isinstance(failed, Failed)
    assert (failed.cause, failed.problem) == ("died", "the worker died, each time")
    assert values(executor, ray_work.double, 1) == [2]


def test_a_worker_that_dies_once_costs_no_more_than_time(executor: Executor, tmp_path: Path) -> None:
    events = list(executor.run(ray_work.die_once, tasks(tmp_path / "mark")))
    assert [event.attempt for event in events if isinstance(event, Started)] == [1, 2]
    assert ends(events) == {"task 0": Returned("task 0", "done")}


def test_progress_is_told(executor: Executor) -> None:
    events = list(executor.run(ray_work.advance, tasks(80)))
    told = [event.progress.done for event in events if isinstance(event, Advanced)]
    assert told == sorted(set(told))
    assert 1 <= len(told) <= 10
    assert ends(events) == {"task 0": Returned("task 0", 80)}


def test_one_run_at_a_time(executor: Executor) -> None:
    events = executor.run(ray_work.advance, tasks(30))
    first = next(events)
    with pytest.raises(RuntimeError, match="another run"):
        next(executor.run(ray_work.double, tasks(1)))
    assert list(ends([first, *events]).values()) == [Returned("task 0", 30)]


def is_running(pid: str) -> bool:
    listed = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True, check=False).stdout
    return bool(listed.strip()) and not listed.startswith("Z")


def wait_until(condition: Any, seconds: float = 10) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def test_a_task_that_takes_too_long_is_ended_with_what_it_started(tmp_path: Path, executor: Executor) -> None:
    settings = "address=local,num_cpus=0.5,memory=0"
    options = BatchOptions(executor_options=settings, jobs=2, timeout=Length.parse("1.5s"))
    hasty = ray_executor(options)  # shares the Ray that is there, and leaves it be
    try:
        started = time.monotonic()
        ended = ends(hasty.run(ray_work.start_and_wait, [Task("slow", tmp_path / "mark")]))
        assert 1.5 <= time.monotonic() - started < 15
        assert ended == {
            "slow": Failed("slow", "timeout", "took longer than 1.5 s", "give it more time with --timeout")
        }
        wait_until(lambda: not is_running((tmp_path / "mark").read_text()))
        assert values(hasty, ray_work.double, 4) == [8]
    finally:
        hasty.close()
        hasty.close()
    assert values(executor, ray_work.double, 4) == [8]


def test_closing_early_ends_what_is_under_way(executor: Executor, tmp_path: Path) -> None:
    events = executor.run(ray_work.start_and_wait, tasks(tmp_path / "mark"))
    assert isinstance(next(events), Started)
    wait_until(lambda: (tmp_path / "mark").exists() and (tmp_path / "mark").read_text())
    assert is_running((tmp_path / "mark").read_text())
    events.close()
    wait_until(lambda: not is_running((tmp_path / "mark").read_text()))


@pytest.mark.slow
def test_progress_that_nobody_takes_harms_no_task(executor: Executor) -> None:
    import ray

    events = executor.run(ray_work.advance, tasks(60, 60, 3))
    first = next(events)
    assert isinstance(first, Started)
    ray.kill(executor._mailbox.actor)  # type: ignore[attr-defined]  # as if its process had died
    assert {event.value for event in ends([first, *events]).values() if isinstance(event, Returned)} == {60, 3}
    assert values(executor, ray_work.double, 4) == [8]


def test_all_traffic_stays_on_this_computer(executor: Executor) -> None:
    import ray

    assert values(executor, ray_work.double, 1) == [2]
    assert {node["NodeManagerAddress"] for node in ray.nodes()} == {"127.0.0.1"}
    listed = subprocess.run(["ss", "-Htuanp"], capture_output=True, text=True, check=True).stdout.splitlines()
    words = ("raylet", "gcs_server", "ray::", f"pid={os.getpid()},")
    own = [line for line in listed if any(word in line for word in words)]
    assert len(own) >= 10
    assert [line for line in own if "127.0.0.1" not in line.split()[4]] == []


def test_a_closed_executor_runs_nothing(executor: Executor) -> None:
    other = ray_executor(BatchOptions(executor_options="address=local", jobs=1))
    other.close()
    with pytest.raises(RuntimeError, match="closed"):
        next(other.run(ray_work.double, tasks(1)))
    assert values(executor, ray_work.double, 1) == [2]


def test_no_room_is_said_at_once(executor: Executor) -> None:
    with pytest.raises(DependencyError, match=r"no node of the cluster has room for a task, which takes 4000 CPUs"):
        ray_executor(BatchOptions(executor_options="address=local,num_cpus=4000"))
    assert values(executor, ray_work.double, 1) == [2]


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ("cores=2", "the executor ray has no setting 'cores'"),
        ("address=ray://head:10001", "ray://head:10001 is an address for Ray's client"),
        ("address=head", "'head' is no address of a cluster"),
        ("num_cpus=0", "num_cpus is above 0, not 0"),
        ("num_cpus=two", "num_cpus is a number, not 'two'"),
        ("num_gpus=1.5", "num_gpus above 1 is a whole number, not 1.5"),
        ("num_gpus=-1", "num_gpus is at least 0, not -1"),
        ("memory=much", "cannot read 'much' as a size"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: str, problem: str) -> None:
    with pytest.raises(OptionError, match=f"^{re.escape(problem)}"):
        ray_executor(BatchOptions(executor_options=settings))


def test_a_timeout_is_a_time() -> None:
    with pytest.raises(OptionError, match="the timeout 10% is no time"):
        ray_executor(BatchOptions(timeout=Length.parse("10%")))
