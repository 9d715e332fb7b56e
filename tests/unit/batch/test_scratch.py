"""Room for temporary copies, shared by processes that may die."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import stat
import threading
import time
from collections import namedtuple
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from autohighlight.batch import scratch
from autohighlight.errors import NoSpaceError, OutputError

PROCESSES = multiprocessing.get_context("spawn")


def hold(folder: Path, num_bytes: int, told: Connection) -> None:
    """Takes room, says so, and keeps it until told otherwise."""
    with scratch.room(folder, num_bytes, 100, pause=lambda _: told.send("waits") or signal.pause()) as place:
        (place / "video.mp4").write_bytes(b"x" * num_bytes)
        told.send("has")
        told.recv()


def copies(folder: Path) -> list[Path]:
    return sorted(folder.glob("copy-*"))


def held(folder: Path, num_bytes: int) -> tuple[contextlib.ExitStack, Path]:
    """Room that is kept until the first is closed."""
    stack = contextlib.ExitStack()
    return stack, stack.enter_context(scratch.room(folder, num_bytes, 100))


def test_the_folder_is_empty_private_and_goes_whatever_happens(tmp_path: Path) -> None:
    folder = tmp_path / "not/yet/there"
    with scratch.room(folder, 10, 100) as place:
        assert list(place.iterdir()) == []
        assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
        (place / "deep").mkdir()
        (place / "deep/file").write_bytes(b"x")
    with pytest.raises(KeyboardInterrupt), scratch.room(folder, 10, 100) as place:
        raise KeyboardInterrupt
    assert copies(folder) == []
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_more_than_is_allowed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoSpaceError, match="101 bytes are needed, and only 100 bytes are allowed"):
        held(tmp_path, 101)
    assert copies(tmp_path) == []


def test_who_finds_no_room_waits_in_turn(tmp_path: Path) -> None:
    order: list[str] = []

    def pause(_seconds: float) -> None:
        order.append("waited")
        first.close()

    first, _ = held(tmp_path, 60)
    with scratch.room(tmp_path, 40, 100):
        pass
    with scratch.room(tmp_path, 41, 100, pause=pause):
        order.append("has")
    assert order == ["waited", "has"]


def test_a_large_copy_is_not_overtaken_for_ever_by_small_ones(tmp_path: Path) -> None:
    order: list[str] = []
    first, _ = held(tmp_path, 60)
    has_room = threading.Event()
    waits = threading.Event()

    def take_much() -> None:
        with scratch.room(tmp_path, 80, 100, pause=lambda _: waits.set() or has_room.wait(0.01)):
            order.append("large")

    large = threading.Thread(target=take_much)
    large.start()
    assert waits.wait(10)

    def pause(_seconds: float) -> None:
        order.append("small waits")
        first.close()
        has_room.set()
        large.join()

    with scratch.room(tmp_path, 30, 100, pause=pause):
        order.append("small")
    large.join()
    assert order == ["small waits", "large", "small"]


def test_many_at_once_keep_to_the_bound(tmp_path: Path) -> None:
    held_at_once: list[int] = []
    sizes: dict[int, int] = {}

    def copy(number: int) -> None:
        size = 10 + number * 5
        with scratch.room(tmp_path, size, 60, pause=lambda _: time.sleep(0.005)):
            sizes[number] = size
            held_at_once.append(sum(sizes.copy().values()))
            time.sleep(0.01)
            del sizes[number]

    threads = [threading.Thread(target=copy, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(held_at_once) == 8
    assert max(held_at_once) <= 60
    assert copies(tmp_path) == []


def test_what_a_killed_process_has_left_is_removed_and_its_room_is_free(tmp_path: Path) -> None:
    here, there = PROCESSES.Pipe()
    process = PROCESSES.Process(target=hold, args=(tmp_path, 80, there))
    process.start()
    assert here.recv() == "has"
    assert scratch.sweep(tmp_path) == 0  # it lives
    assert len(copies(tmp_path)) == 1
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    assert len(copies(tmp_path)) == 1
    with scratch.room(tmp_path, 80, 100, pause=pytest.fail):
        assert len(copies(tmp_path)) == 1
    assert scratch.sweep(tmp_path) == 0
    process.close()
    here.close()
    there.close()


def test_sweeping_removes_what_is_half_made(tmp_path: Path) -> None:
    (tmp_path / "copy-abcdefgh").mkdir()
    (tmp_path / "copy-ijklmnop/copy").mkdir(parents=True)
    (tmp_path / "copy-ijklmnop/copy/video.mp4").write_bytes(b"x")
    others = {"somebody's file", "copy-holiday", "copy-of-mine", "copy-qrstuvwx", "copy-yz012345"}
    (tmp_path / "somebody's file").touch()
    (tmp_path / "copy-holiday/copy").mkdir(parents=True)
    (tmp_path / "copy-holiday/copy/video.mp4").write_bytes(b"mine")
    (tmp_path / "copy-of-mine").mkdir()
    (tmp_path / "copy-qrstuvwx").touch()
    (tmp_path / "copy-yz012345").symlink_to("copy-holiday")
    assert scratch.sweep(tmp_path) == 2
    assert {path.name for path in tmp_path.iterdir()} - {"lock"} == others
    assert (tmp_path / "copy-holiday/copy/video.mp4").read_bytes() == b"mine"
    assert list((tmp_path / "copy-of-mine").iterdir()) == []
    assert scratch.sweep(tmp_path / "none") == 0


Usage = namedtuple("Usage", "total used free")


def test_a_full_disk_is_said_where_nothing_is_to_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100, 91, 9))
    with pytest.raises(NoSpaceError, match="10 bytes are needed, and only 9 bytes are free"):
        held(tmp_path, 10)
    assert copies(tmp_path) == []
    with scratch.room(tmp_path, 9, 100):
        pass


def test_what_others_have_claimed_of_a_disk_is_not_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = 20
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100, 100 - free, free))
    first, place = held(tmp_path, 15)
    waited: list[float] = []

    def pause(seconds: float) -> None:
        nonlocal free
        waited.append(seconds)
        (place / "video.mp4").write_bytes(b"x" * 15)  # all that was claimed is there, and counts no longer
        free = 6

    with scratch.room(tmp_path, 6, 100, pause=pause):
        assert len(waited) == 1
    first.close()


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written to"):
        held(tmp_path / "file", 1)
    with pytest.raises(OutputError, match="cannot be written to"):
        held(tmp_path / "file/folder", 1)


def test_a_folder_that_somebody_else_has_put_in_a_public_place_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = tmp_path / "public"
    public.mkdir()
    public.chmod(0o1777)
    (public / "real").mkdir()
    (public / "link").symlink_to("real")
    with pytest.raises(OutputError, match="somebody else has made this folder"):
        held(public / "link", 1)
    if os.getuid() == 0:
        os.chown(public / "real", 12345, 12345)
    else:
        monkeypatch.setattr(os, "getuid", lambda: 12345)
    with pytest.raises(OutputError, match="somebody else has made this folder"):
        scratch.sweep(public / "real")
    with scratch.room(public / "own" if os.getuid() == 0 else tmp_path / "own", 1, 100):
        pass
