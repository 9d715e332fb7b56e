"""What passes between workers and their parent: whole messages, and never a wait for progress to be taken."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Iterator

import pytest

from autohighlight.executors.messages import Begun, Frames, Gave, Order, Raised, Reported, framed
from autohighlight.executors.worker import PIECE, Outbox, Reporter
from autohighlight.types import Progress

_MESSAGES = [
    Begun(1),
    Order(2, b""),
    Reported(3, Progress("extract", 1.0, None)),
    Gave(4, bytes(5000)),
    Raised(5, "it", "all"),
]


@pytest.mark.parametrize("length", [1, 2, 7, 8, 9, 1000, 100_000])
def test_messages_arrive_whole_whatever_the_pieces(length: int) -> None:
    frames, stream = Frames(), b"".join(map(framed, _MESSAGES))
    pieces = [stream[start : start + length] for start in range(0, len(stream), length)]
    assert list(itertools.chain.from_iterable(map(frames.feed, pieces))) == _MESSAGES


def test_a_message_that_breaks_off_is_none() -> None:
    assert list(Frames().feed(framed(Begun(1))[:-1])) == []


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_progress_is_left_out_rather_than_waited_for(ends: tuple[socket.socket, socket.socket]) -> None:
    outbox, frames, arrived = Outbox(ends[0]), Frames(), list[object]()
    for number in range(20_000):
        outbox.try_to_send(Reported(number, Progress("extract", 1.0, None)))
    end = threading.Thread(target=outbox.send, args=(Gave(0, b"the end"),))
    end.start()
    while not arrived or arrived[-1] != Gave(0, b"the end"):
        arrived.extend(frames.feed(ends[1].recv(PIECE)))
    end.join()
    assert 10 < len(arrived) < 20_000
    assert all(isinstance(answer, Reported) for answer in arrived[:-1])


def test_nothing_is_told_of_a_task_that_is_over(ends: tuple[socket.socket, socket.socket]) -> None:
    reporter = Reporter(1, Outbox(ends[0]))
    reporter.is_over = True
    reporter(Progress("extract", 1.0, None))
    ends[1].setblocking(False)
    with pytest.raises(BlockingIOError):
        ends[1].recv(1)
