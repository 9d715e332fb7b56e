"""What passes between workers and their parent: whole messages, and never a wait for progress to be taken."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator

import pytest

from autohighlight.executors import output
from autohighlight.executors.messages import (
    GREETING,
    Begun,
    Gave,
    Order,
    Raised,
    Reported,
    read_greeting,
    read_message,
    write_message,
)
from autohighlight.executors.worker import Outbox, Reporter
from autohighlight.types import Progress

_REPORT = Reported(3, Progress("extract", 1.0, None))
_MESSAGES = [Begun(1), Order(2, b""), _REPORT, Gave(4, bytes(500_000)), Raised(5, "it", "all", "said")]


@pytest.fixture
def pipe() -> Iterator[tuple[io.FileIO, io.FileIO]]:
    reading, writing = os.pipe()
    with io.FileIO(reading, "r") as ours, io.FileIO(writing, "w") as theirs:
        yield ours, theirs


def test_messages_arrive_whole_though_the_pipe_holds_less(pipe: tuple[io.FileIO, io.FileIO]) -> None:
    def write() -> None:
        for message in _MESSAGES:
            write_message(pipe[1], message)
        pipe[1].close()

    writer = threading.Thread(target=write)
    writer.start()
    assert [read_message(pipe[0]) for _ in _MESSAGES] == _MESSAGES
    assert read_message(pipe[0]) is None
    writer.join()


@pytest.mark.parametrize("length", [0, 1, 8, 9, 40])
def test_a_message_that_breaks_off_is_none(length: int, pipe: tuple[io.FileIO, io.FileIO]) -> None:
    write_message(pipe[1], Raised(5, "it", "all"))
    whole = os.read(pipe[0].fileno(), 10_000)
    pipe[1].write(whole[:length])
    pipe[1].close()
    assert read_message(pipe[0]) is None


@pytest.mark.parametrize("before", [b"", b"printed by a .pth file\n", GREETING[:-1] + b"!", GREETING[:4] * 3])
def test_what_was_printed_before_the_greeting_is_no_message(before: bytes, pipe: tuple[io.FileIO, io.FileIO]) -> None:
    pipe[1].write(before + GREETING)
    write_message(pipe[1], Begun(1))
    assert read_greeting(pipe[0]) == before
    assert read_message(pipe[0]) == Begun(1)


def test_who_ends_before_the_greeting_has_none(pipe: tuple[io.FileIO, io.FileIO]) -> None:
    pipe[1].write(b"no such module\n")
    pipe[1].close()
    assert read_greeting(pipe[0]) is None


def test_progress_is_left_out_rather_than_waited_for(pipe: tuple[io.FileIO, io.FileIO]) -> None:
    outbox, arrived = Outbox(pipe[1]), list[object]()
    for _ in range(20_000):
        outbox.try_to_send(_REPORT)
    end = threading.Thread(target=outbox.send, args=(Gave(0, b"the end"),))
    end.start()
    while not arrived or arrived[-1] != Gave(0, b"the end"):
        arrived.append(read_message(pipe[0]))
    end.join()
    assert 1 < len(arrived) < 20_000
    assert all(answer == _REPORT for answer in arrived[:-1])


def test_nothing_is_told_of_a_task_that_is_over(pipe: tuple[io.FileIO, io.FileIO]) -> None:
    outbox = Outbox(pipe[1])
    reporter = Reporter(1, outbox)
    reporter.is_over = True
    reporter(Progress("extract", 1.0, None))
    reporter.is_over = False
    reporter(Progress("select", 1.0, None))
    assert read_message(pipe[0]) == Reported(1, Progress("select", 1.0, None))


def test_output_is_taken_once_and_only_its_end(tmp_path_factory: pytest.TempPathFactory) -> None:
    with (tmp_path_factory.mktemp("said") / "file").open("w+b") as file:
        inherited = os.dup(file.fileno())  # as by a worker: it shares the place in the file
        os.write(inherited, b"beginning " + b"x" * 20_000 + " end é\n".encode())
        text = output.take(file.fileno())
        assert text.endswith("xxx end é")
        assert len(text) < 10_000
        assert output.take(file.fileno()) == ""
        os.write(inherited, b"more\n")
        assert output.take(file.fileno()) == "more"
        assert os.fstat(inherited).st_size == 0
        os.close(inherited)
