"""The executor `local`: each task ends once, whatever happens to its worker, and nothing is left behind."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autohighlight.config import BatchOptions
from autohighlight.errors import OptionError
from autohighlight.executors import local
from autohighlight.executors.local import LocalExecutor, create_local_executor, default_jobs
from autohighlight.executors.protocol import Advanced, Event, Failed, Returned, Started, Task
from autohighlight.times import Length
from autohighlight.types import Progress
from tests.processes import children_of, is_running, still_running, wait_for
from tests.unit.executors import work

_LONG = 30.0
"""Seconds within which anything is over on a slow machine."""

_TIMEOUT = 3.0
"""Seconds within which a worker starts and does what takes no time, on such a machine."""


@pytest.fixture
def executor() -> Iterator[LocalExecutor]:
    before = set(children_of(os.getpid()))
    made = LocalExecutor(2)
    yield made
    made.close()
    assert not set(children_of(os.getpid())) - before


def tasks(*arguments: Any) -> list[Task]:
    return [Task(f"task {number}", argument) for number, argument in enumerate(arguments)]


def ends(events: Any) -> dict[str, Event]:
    """What became of each task; each ended once."""
    last = [event for event in events if isinstance(event, Returned | Failed)]
    assert len({event.key for event in last}) == len(last)
    return {event.key: event for event in last}


def values(events: Any) -> list[Any]:
    """What tasks gave, in the order in which they were done."""
    return [event.value for event in events if isinstance(event, Returned)]


def only_end(events: Any) -> Event:
    (end,) = ends(events).values()
    return end


def test_each_task_gives_its_value(executor: LocalExecutor) -> None:
    events = list(executor.run(work.double, tasks(*range(200))))
    assert ends(events) == {f"task {number}": Returned(f"task {number}", 2 * number) for number in range(200)}
    assert {event.worker for event in events if isinstance(event, Started)} == {"1", "2"}


def test_what_is_done_first_is_told_first(executor: LocalExecutor) -> None:
    assert values(executor.run(work.double_slowly, tasks(15, 1, 2))) == [2, 4, 30]


def test_workers_live_on_until_it_is_closed(executor: LocalExecutor) -> None:
    first = set(values(executor.run(work.own_pid, tasks(*range(20)))))
    second = set(values(executor.run(work.own_pid, tasks(*range(20)))))
    assert second <= first
    assert all(is_running(pid) for pid in first)
    executor.close()
    assert not any(is_running(pid) for pid in first)
    executor.close()
    with pytest.raises(RuntimeError, match="closed"):
        next(iter(executor.run(work.own_pid, tasks(1))))


def test_there_are_no_more_workers_than_tasks(executor: LocalExecutor) -> None:
    before = len(children_of(os.getpid()))
    list(executor.run(work.double, tasks(1)))
    assert len(children_of(os.getpid())) == before + 1


def test_nothing_to_do_is_done_at_once(executor: LocalExecutor) -> None:
    assert list(executor.run(work.double, [])) == []


def test_tasks_are_taken_as_workers_become_free(executor: LocalExecutor) -> None:
    taken = ended = 0

    def coming() -> Iterator[Task]:
        nonlocal taken
        for task in tasks(*range(30)):
            taken += 1
            assert taken - ended <= executor.num_workers
            yield task

    for event in executor.run(work.double, coming()):
        ended += isinstance(event, Returned)
    assert ended == taken == 30


def test_a_large_value_arrives_whole(executor: LocalExecutor) -> None:
    (value,) = values(executor.run(work.many_bytes, tasks(10_000_000)))
    assert value == bytes(range(250)) * 40_000


def test_an_error_fails_its_task_and_the_worker_lives_on(
    executor: LocalExecutor, caplog: pytest.LogCaptureFixture
) -> None:
    (pid,) = values(executor.run(work.own_pid, tasks(0)))
    with caplog.at_level(logging.DEBUG, "autohighlight"):
        end = only_end(executor.run(work.raise_value_error, tasks("two\nlines\x1b[31m")))
    assert end == Failed("task 0", "raised", "ValueError: two lines\\x1b[31m")
    assert "raise ValueError(message)" in caplog.text
    assert values(executor.run(work.own_pid, tasks(0))) == [pid]


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (work.leave, "SystemExit: 3"),
        (work.give_what_cannot_be_pickled, "pickle"),
        (work.give_what_cannot_be_read, "its value cannot be read: ValueError"),
    ],
)
def test_what_is_wrong_with_a_value_is_said(executor: LocalExecutor, function: Any, problem: str) -> None:
    end = only_end(executor.run(function, tasks(3)))
    assert isinstance(end, Failed)
    assert end.cause == "raised"
    assert problem in end.problem


def test_an_argument_that_cannot_be_pickled_fails_its_task(executor: LocalExecutor) -> None:
    by_key = ends(executor.run(work.double, tasks(1, lambda: None, 3)))
    assert by_key["task 2"] == Returned("task 2", 6)
    assert isinstance(by_key["task 1"], Failed)
    assert "argument cannot be pickled" in by_key["task 1"].problem


def test_a_function_that_workers_cannot_find_is_refused(
    executor: LocalExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="top level of a module"):
        executor.run(lambda _argument, _progress: None, [])
    monkeypatch.setattr(work.double, "__module__", "__main__")
    with pytest.raises(ValueError, match="can be imported"):
        executor.run(work.double, [])


@pytest.mark.parametrize(
    ("how", "problem", "hint"),
    [
        (signal.SIGSEGV, "the worker crashed (SIGSEGV, signal 11)", "run again with -v for what it said last"),
        (signal.SIGRTMIN + 1, "the worker crashed (signal 35)", "run again with -v for what it said last"),
        (
            signal.SIGKILL,
            "the worker was killed (SIGKILL, signal 9), perhaps for want of memory",
            "run again with fewer --jobs",
        ),
        ("3", "the worker left with exit code 3", "run again with -v for what it said last"),
    ],
)
def test_a_task_whose_worker_dies_twice_fails(executor: LocalExecutor, how: Any, problem: str, hint: str) -> None:
    assert list(executor.run(work.die, tasks(how))) == [
        Started("task 0", "1", 1),
        Started("task 0", "1", 2),
        Failed("task 0", "died", problem, hint),
    ]


def test_the_others_go_on_where_workers_die(executor: LocalExecutor) -> None:
    by_key = ends(executor.run(work.die_or_double, tasks(*range(6), "die", *range(6))))
    assert len(values(by_key.values())) == 12
    assert isinstance(by_key["task 6"], Failed)


def test_a_task_whose_worker_dies_once_is_done_by_another(executor: LocalExecutor, tmp_path: Path) -> None:
    events = list(executor.run(work.die_at_first, tasks(tmp_path / "marker")))
    assert [event.attempt for event in events if isinstance(event, Started)] == [1, 2]
    assert events[-1] == Returned("task 0", "alive")


def test_an_answer_that_breaks_off_is_none(executor: LocalExecutor) -> None:
    end = only_end(executor.run(work.die_in_the_middle_of_an_answer, tasks(0)))
    assert isinstance(end, Failed)
    assert end.cause == "died"


def test_a_worker_that_dies_while_it_has_nothing_to_do_costs_no_task(executor: LocalExecutor) -> None:
    (pid,) = values(executor.run(work.die_when_done, tasks(0)))
    assert not still_running([pid], _LONG)
    events = list(executor.run(work.double, tasks(1, 2, 3)))
    assert sorted(values(events)) == [2, 4, 6]


def test_a_worker_that_dies_is_missed_though_a_fork_of_it_lives() -> None:
    executor = LocalExecutor(1, timeout_seconds=10.0)
    try:
        end = only_end(executor.run(work.die_with_a_fork_left, tasks(0)))
        assert isinstance(end, Failed)
        assert end.cause == "died"
    finally:
        executor.close()


def test_what_a_dead_worker_has_started_is_ended(executor: LocalExecutor, tmp_path: Path) -> None:
    list(executor.run(work.die_with_a_child_left, tasks(tmp_path / "note")))
    children = [int(word) for word in (tmp_path / "note").read_text().split()]
    assert len(children) == 2
    assert not still_running(children, _LONG)


def test_a_task_that_takes_too_long_is_ended_with_what_it_started(tmp_path: Path) -> None:
    executor = LocalExecutor(2, timeout_seconds=_TIMEOUT)
    try:
        begin = time.monotonic()
        events = list(executor.run(work.hang_with_a_child_or_double, tasks(tmp_path / "note", 1, 2, 3)))
        assert time.monotonic() - begin < _LONG
    finally:
        executor.close()
    assert [event for event in events if isinstance(event, Started) and event.attempt > 1] == []
    assert ends(events)["task 0"] == Failed(
        "task 0", "timeout", "took longer than 3 s", "give it more time with --timeout"
    )
    assert sorted(values(events)) == [2, 4, 6]
    assert not still_running(map(int, (tmp_path / "note").read_text().split()), 2)


def test_a_task_that_was_done_in_time_counts_however_late_that_is_heard() -> None:
    executor = LocalExecutor(1, timeout_seconds=_TIMEOUT)
    try:
        events = executor.run(work.double, tasks(4))
        assert isinstance(next(events), Started)
        time.sleep(_TIMEOUT + 0.2)
        assert list(events) == [Returned("task 0", 8)]
    finally:
        executor.close()


def test_a_task_that_was_done_while_another_was_told_of_counts() -> None:
    executor = LocalExecutor(2, timeout_seconds=_TIMEOUT)
    try:
        by_key: dict[str, Event] = {}
        for event in executor.run(work.double_slowly, tasks(0, 5)):
            if isinstance(event, Returned | Failed):
                if not by_key:
                    time.sleep(_TIMEOUT + 0.2)
                by_key[event.key] = event
        assert by_key == {"task 0": Returned("task 0", 0), "task 1": Returned("task 1", 10)}
    finally:
        executor.close()


def test_closing_the_iterator_ends_what_is_under_way(executor: LocalExecutor, tmp_path: Path) -> None:
    events = executor.run(work.hang_with_a_child, tasks(tmp_path / "a", tmp_path / "b"))
    assert isinstance(next(events), Started)
    assert isinstance(next(events), Started)
    pids = [int(word) for name in "ab" for word in wait_for(tmp_path / name).split()]
    assert len(pids) == 4
    events.close()  # type: ignore[attr-defined]
    assert not still_running(pids, 2)
    assert values(executor.run(work.double, tasks(1))) == [2]


def test_interrupting_ends_what_is_under_way(executor: LocalExecutor, tmp_path: Path) -> None:
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    events = executor.run(work.hang_with_a_child, tasks(tmp_path / "a"))
    try:
        next(events)
        pids = [int(word) for word in wait_for(tmp_path / "a").split()]
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(KeyboardInterrupt):
            next(events)
    finally:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    assert not still_running(pids, 2)


def test_an_error_of_whoever_gives_the_tasks_ends_what_is_under_way(executor: LocalExecutor) -> None:
    before = set(children_of(os.getpid()))

    def coming() -> Iterator[Task]:
        yield Task("one", 60.0)
        raise OSError("the list cannot be read")

    with pytest.raises(OSError, match="the list"):
        list(executor.run(work.sleep, coming()))
    assert set(children_of(os.getpid())) == before


def test_progress_is_told_a_few_times_a_second(executor: LocalExecutor) -> None:
    told = [event for event in executor.run(work.report, tasks(5000)) if isinstance(event, Advanced)]
    assert 1 <= len(told) <= 8
    assert told[-1] == Advanced("task 0", Progress("export", 1.0, 2.0, "parts", "nearly"))


def test_progress_that_nobody_takes_holds_no_worker_up(executor: LocalExecutor, tmp_path: Path) -> None:
    events = executor.run(work.report_and_note, tasks(tmp_path / "note"))
    next(events)
    wait_for(tmp_path / "note")
    assert len(list(events)) <= 2  # what was newest, and the end


def test_what_workers_write_goes_to_the_log_and_not_to_the_terminal(
    executor: LocalExecutor, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG, "autohighlight"):
        list(executor.run(work.say, [Task("video", "first")]))
        list(executor.run(work.say, [Task("video", "second")]))
    first, second = (record.getMessage() for record in caplog.records)
    for message, word in ((first, "first"), (second, "second")):
        beginning = "video: worker 1 wrote: "
        assert message.startswith(beginning)
        assert sorted(message.removeprefix(beginning).splitlines()) == sorted(
            [word, word.upper(), f"WARNING autohighlight.tests: logged {word}"]
        )
    assert capfd.readouterr() == ("", "")


def test_a_crash_leaves_its_place_in_the_log(executor: LocalExecutor, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "autohighlight"):
        list(executor.run(work.die, tasks(signal.SIGSEGV)))
    assert "Fatal Python error: Segmentation fault" in caplog.text
    assert "it is tried again" in caplog.text


@pytest.mark.parametrize(("cores", "workers", "share"), [(8, 2, "4"), (7, 2, "3"), (2, 5, "1")])
def test_workers_are_told_their_share_of_the_cores(
    cores: int, workers: int, share: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "num_cores", lambda: cores)
    executor = LocalExecutor(workers)
    names = ("AUTOHIGHLIGHT_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    try:
        by_key = ends(executor.run(work.environment_of, [Task(name, name) for name in names]))
        places = values(executor.run(work.environment_of, tasks("AUTOHIGHLIGHT_WORKER")))
    finally:
        executor.close()
    assert by_key == {name: Returned(name, value) for name, value in zip(names, (share, "1", "1", "1"), strict=True)}
    assert places[0] in {f"{number}/{workers}" for number in range(1, workers + 1)}


@pytest.mark.parametrize(("cores", "gigabytes", "jobs"), [(2, 64, 1), (16, 64, 4), (64, 13, 5), (64, 1, 1)])
def test_as_many_jobs_as_cores_and_memory_are_good_for(
    cores: int, gigabytes: int, jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "num_cores", lambda: cores)
    monkeypatch.setattr(local, "available_memory", lambda: gigabytes * 10**9)
    assert default_jobs() == jobs
    assert create_local_executor(BatchOptions()).num_workers == jobs
    assert create_local_executor(BatchOptions(jobs=3)).num_workers == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (BatchOptions(executor_options="address=auto"), "no setting 'address'"),
        (BatchOptions(timeout=Length.parse("10%")), "timeout 10% is no time"),
    ],
)
def test_options_that_mean_nothing_here_are_refused(options: BatchOptions, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        create_local_executor(options)
