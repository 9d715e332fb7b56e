"""Workers of a batch end with the program that started them, however that ends, and run nothing of the files around."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import children_of, still_running, wait_for

_SCRIPT = """
import pathlib, signal, sys
from autohighlight.executors.local import LocalExecutor
from autohighlight.executors.protocol import Task
from tests.unit.executors import work
signal.signal(signal.SIGINT, signal.default_int_handler)
executor = LocalExecutor(2)
notes = [pathlib.Path(name) for name in sys.argv[1:]]
for event in executor.run(work.{function}, [Task(str(note), note) for note in notes]):
    {then}
"""


@contextlib.contextmanager
def started(
    folder: Path, function: str = "hang_with_a_child", then: str = "pass"
) -> Iterator[tuple[subprocess.Popen[str], list[Path]]]:
    """A script that has two workers at it, in a group of its own as a terminal would make it."""
    script, notes = folder / "script.py", [folder / "a", folder / "b"]
    script.write_text(_SCRIPT.format(function=function, then=then), "utf-8")
    process = subprocess.Popen(
        [sys.executable, str(script), *map(str, notes)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        start_new_session=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path.cwd())},
    )
    with process:
        try:
            yield process, notes
        finally:
            process.kill()


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGSEGV])
def test_all_that_was_started_ends_with_the_program(sent: signal.Signals, tmp_path: Path) -> None:
    with started(tmp_path) as (process, notes):
        pids = [int(word) for note in notes for word in wait_for(note).split()]
        os.killpg(process.pid, sent)  # as a terminal does it with Ctrl-C; the workers are in none of its groups
        _, errors = process.communicate(timeout=20)
        assert process.returncode == -sent, errors
        assert len(set(pids)) == 4
        assert not still_running(pids, 2)


def test_workers_end_that_were_about_to_start(tmp_path: Path) -> None:
    with started(tmp_path, then="sys.stdout.write('on\\n'); sys.stdout.flush()") as (process, _):
        assert process.stdout is not None
        assert process.stdout.readline() == "on\n"
        workers = children_of(process.pid)
        assert workers
        process.kill()
        process.communicate(timeout=20)
        assert not still_running(workers, 2)


def test_whoever_forgets_to_close_leaves_nothing_behind(tmp_path: Path) -> None:
    with started(tmp_path, "own_pid", "print(getattr(event, 'value', ''))") as (process, _):
        output, errors = process.communicate(timeout=20)
        assert process.returncode == 0, errors
        assert not still_running(map(int, output.split()), 2)


def test_a_script_without_a_guard_is_run_once(tmp_path: Path) -> None:
    with started(tmp_path, "own_pid", "print(event)") as (process, _):
        output, errors = process.communicate(timeout=20)
    assert process.returncode == 0, errors
    assert errors == ""
    assert output.count("Started") == 2
    assert output.count("Returned") == 2


def test_no_module_is_taken_from_the_current_folder(tmp_path: Path) -> None:
    inputs = tmp_path / "downloaded"
    inputs.mkdir()
    for name in ("json", "pickle", "numpy", "sitecustomize"):
        (inputs / f"{name}.py").write_text(f"open({str(tmp_path / 'caught')!r}, 'w')", "utf-8")
    with started(tmp_path, "own_pid", f"import os; os.chdir({str(inputs)!r}); print(event)") as (process, _):
        output, errors = process.communicate(timeout=20)
    assert process.returncode == 0, errors
    assert output.count("Returned") == 2
    assert not (tmp_path / "caught").exists()
