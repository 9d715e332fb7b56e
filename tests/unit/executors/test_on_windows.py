"""The executor `local` as it runs on Windows: no process groups, no forks, no signals but the few that are there.

The parent and its workers run as `tests.unit.executors.as_on_windows` makes them. That a job ends with its last handle
is imitated; the rest is what runs on Windows.
"""

from __future__ import annotations

import contextlib
import ctypes
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autohighlight.executors.job import ExtendedLimits
from autohighlight.executors.process import how_it_ended
from tests.processes import still_running, wait_for

_SCRIPT = """
import pathlib, sys
from tests.unit.executors import as_on_windows
from autohighlight.config import BatchOptions
from autohighlight.executors import process
from autohighlight.executors.local import create_local_executor
from autohighlight.executors.protocol import Task
from autohighlight.times import Length
from tests.unit.executors import work
process._PROGRAM = process._PROGRAM.replace("from", "from tests.unit.executors import as_on_windows; from", 1)
assert process.sys.platform == "win32"
executor = create_local_executor(BatchOptions(jobs=2{options}))
for event in executor.run(work.{function}, [Task(str(n), argument) for n, argument in enumerate({arguments})]):
    print(event, flush=True)
executor.close()
"""


@contextlib.contextmanager
def started(function: str, arguments: str, options: str = "") -> Iterator[subprocess.Popen[str]]:
    script = _SCRIPT.format(function=function, arguments=arguments, options=options)
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path.cwd())}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=pipe, stderr=pipe, text=True, start_new_session=True, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def events_of(function: str, arguments: str, options: str = "") -> list[str]:
    with started(function, arguments, options) as process:
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    return output.splitlines()


def test_tasks_give_their_values() -> None:
    events = events_of("many_bytes", "[10, 2_000_000, 20]")
    assert sum(event.startswith("Returned") for event in events) == 3


def test_errors_and_deaths_fail_their_tasks_alone() -> None:
    events = events_of("die_or_double", "[1, 'die', 'no number', 2]")
    assert "Returned(key='0', value=2)" in events
    assert "Returned(key='3', value=4)" in events
    assert sum("cause='died'" in event for event in events) == 1
    assert sum("cause='raised'" in event for event in events) == 1


def test_a_task_that_takes_too_long_is_ended_with_what_it_started(tmp_path: Path) -> None:
    note = tmp_path / "note"
    events = events_of("hang_with_a_grandchild", f"[pathlib.Path({str(note)!r})]", ", timeout=Length.parse('3s')")
    assert "cause='timeout'" in events[-1]
    assert not still_running(map(int, note.read_text("utf-8").split()), 10)


def test_what_a_dead_worker_has_started_is_ended(tmp_path: Path) -> None:
    note = tmp_path / "note"
    events_of("die_with_a_child_left", f"[pathlib.Path({str(note)!r})]")
    children = [int(word) for word in note.read_text("utf-8").split()]
    assert len(children) == 2
    assert not still_running(children, 10)


@pytest.mark.parametrize("function", ["hang_with_a_child", "hang_with_a_grandchild"])
def test_all_ends_with_the_program(function: str, tmp_path: Path) -> None:
    notes = [tmp_path / "a", tmp_path / "b"]
    with started(function, f"map(pathlib.Path, {list(map(str, notes))})") as process:
        pids = [int(word) for note in notes for word in wait_for(note).split()]
        assert len(set(pids)) == 4
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=20)
        assert not still_running(pids, 10)


def test_the_limits_of_a_job_are_laid_out_as_windows_has_them() -> None:
    """The numbers are what the C compiler of MinGW-w64 says of ``winnt.h`` for 64 bits."""
    places = [getattr(ExtendedLimits, name).offset for name in ("io_counters", "process_memory_limit")]
    assert (ctypes.sizeof(ExtendedLimits), *places) == (144, 64, 112)
    assert type(ExtendedLimits().basic).limit_flags.offset == 16


@pytest.mark.parametrize(
    ("code", "problem", "hint"),
    [
        (0xC0000005, "the worker crashed (access violation, code 0xC0000005)", "-v"),
        (0xC000012D, "the worker crashed (no memory, code 0xC000012D)", "fewer --jobs"),
        (0xC0000017, "the worker crashed (no memory, code 0xC0000017)", "fewer --jobs"),
        (0xC0DE1234, "the worker crashed (code 0xC0DE1234)", "-v"),
        (1, "the worker left with exit code 1", "-v"),
    ],
)
def test_exit_codes_of_windows_are_read(code: int, problem: str, hint: str) -> None:
    assert how_it_ended(code)[0] == problem
    assert hint in how_it_ended(code)[1]
