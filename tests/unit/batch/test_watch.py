"""New videos are told of when they are whole."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import pytest

from autohighlight.batch.inputs import Input
from autohighlight.batch.watch import SEARCH_SECONDS, notices, settled
from autohighlight.errors import InputError, OptionError


class World:
    """Time that passes only while somebody waits, and what happens at which time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = 1000.0
        self.happenings: list[tuple[float, Callable[[], object], Collection[str]]] = []
        self.num_waits = 0

    def at(self, seconds: float, happens: Callable[[], object], *noticed: str) -> None:
        """After some seconds from the beginning; the system gives notice of the names."""
        self.happenings.append((1000.0 + seconds, happens, noticed))
        self.happenings.sort(key=lambda each: each[0])

    def wait(self, seconds: float) -> Collection[Path]:
        assert seconds >= 0
        self.num_waits += 1
        if self.happenings and self.happenings[0][0] <= self.now + seconds:
            when, happens, noticed = self.happenings.pop(0)
            self.now = max(self.now, when)
            happens()
            return [self.folder / name for name in noticed]
        self.now += seconds
        return []

    def told(self, until: float, *places: str, **options: object) -> list[tuple[float, list[str]]]:
        """When which videos were told of."""

        told = []
        videos = settled(
            [str(self.folder / place) for place in places or ("",)],
            wait=self.wait,
            clock=lambda: self.now,
            **options,  # type: ignore[arg-type]
        )

        def end() -> None:
            raise KeyboardInterrupt

        self.at(until, end)
        with contextlib.suppress(KeyboardInterrupt):
            for inputs in videos:
                told.append((round(self.now - 1000, 1), [str(each.name) for each in inputs]))
        return told


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def write(path: Path, content: bytes = b"x") -> Callable[[], object]:
    def do() -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(content)

    return do


def test_what_is_there_is_told_of_when_it_has_not_changed_for_a_while(world: World) -> None:
    write(world.folder / "b.mp4")()
    write(world.folder / "d/a.mp4")()
    assert world.told(100) == [(5, ["b.mp4", "d/a.mp4"])]
    assert world.num_waits < 10


def test_a_new_file_is_told_of_once_it_has_stopped_growing(world: World) -> None:
    for second in range(10, 20):
        world.at(second, write(world.folder / "a.mp4"), "a.mp4")
    world.at(12, write(world.folder / "b.mp4"), "b.mp4")
    assert world.told(100) == [(17, ["b.mp4"]), (24, ["a.mp4"])]


def test_a_file_that_grows_slowly_without_notice_is_not_whole(world: World) -> None:
    for second in range(0, 40, 4):
        world.at(second + 0.5, write(world.folder / "a.mp4"))
    [(when, names)] = world.told(100, settle_seconds=6)
    assert names == ["a.mp4"]
    assert when >= 36.5 + 6


def test_a_recording_is_told_of_again_when_another_chapter_has_come(world: World) -> None:
    write(world.folder / "GX010041.MP4")()
    for second in range(10, 20):
        world.at(second, write(world.folder / "GX020041.MP4"), "GX020041.MP4")
    assert world.told(100) == [(5, ["GX010041.MP4"]), (24, ["GX010041.MP4"])]


def test_a_file_that_is_moved_in_counts(world: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "a.mp4"
    write(elsewhere)()
    os.utime(elsewhere, (1, 1))
    world.at(10, lambda: elsewhere.rename(world.folder / "a.mp4"), "a.mp4")
    assert world.told(100) == [(15, ["a.mp4"])]


def test_a_folder_that_is_moved_in_counts(world: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    write(elsewhere / "d/e/a.mp4")()
    world.at(10, lambda: (elsewhere / "d").rename(world.folder / "d"), "d")
    assert world.told(100) == [(15, ["d/e/a.mp4"])]


def test_without_notices_new_files_are_found_all_the_same(world: World) -> None:
    world.at(10, write(world.folder / "a.mp4"))
    assert world.told(200) == [(SEARCH_SECONDS + 5, ["a.mp4"])]


def test_a_file_that_goes_before_it_is_whole_is_forgotten(world: World) -> None:
    world.at(10, write(world.folder / "a.mp4"), "a.mp4")
    world.at(13, (world.folder / "a.mp4").unlink, "a.mp4")
    assert world.told(100) == []


def test_a_file_that_changes_or_comes_back_is_told_of_again(world: World) -> None:
    write(world.folder / "a.mp4")()
    world.at(20, write(world.folder / "a.mp4"), "a.mp4")
    world.at(40, (world.folder / "a.mp4").unlink, "a.mp4")
    world.at(50, write(world.folder / "a.mp4"), "a.mp4")
    assert [when for when, _ in world.told(100)] == [5, 25, 55]


def test_an_empty_file_and_one_that_cannot_be_opened_wait(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write(world.folder / "empty.mp4", b"")()
    write(world.folder / "locked.mp4")()
    plain = Path.open

    def refusing(self: Path, *arguments: object) -> object:
        if self.name == "locked.mp4" and world.now < 1030:
            raise PermissionError(13, "Permission denied")
        return plain(self, *arguments)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refusing)
    world.at(41, write(world.folder / "empty.mp4"), "empty.mp4")
    with caplog.at_level(logging.WARNING):
        assert world.told(100) == [(30, ["locked.mp4"]), (46, ["empty.mp4"])]
    assert caplog.text.count("locked.mp4: waits until it can be read: Permission denied") == 1


def test_unfinished_downloads_hidden_files_and_results_are_no_videos(world: World) -> None:
    names = ("a.mp4.part", "a.mp4.crdownload", "a.mp4.tmp", "a.mp4~", ".a.mp4.x1Yz", "a.highlights.mp4", ".d/a.mp4")
    for name in (*names, "out/best.mp4", "done.mp4"):
        world.at(10, write(world.folder / name), name)
    world.at(20, lambda: (world.folder / "a.mp4.part").rename(world.folder / "a.mp4"), "a.mp4.part", "a.mp4")
    written = [world.folder / "done.mp4"]
    assert world.told(100, exclude=world.folder / "out", written=written) == [(25, ["a.mp4"])]


def test_what_is_written_into_the_output_folder_starts_no_search(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    searches: list[float] = []
    monkeypatch.setattr(
        "autohighlight.batch.watch.find_inputs", lambda *_a, **_o: searches.append(world.now) or _nothing_found()
    )
    for second in range(2, 20):
        world.at(second, lambda: None, "out/a.highlights.mp4", "out/.autohighlight/batch.sqlite-wal")
    world.at(22, lambda: None, "a.mp4")
    world.at(22.1, lambda: None, "b.mp4")
    world.told(50, exclude=world.folder / "out")
    assert searches == [1000, 1022, 1023]  # not two within a second


def _nothing_found() -> object:
    from autohighlight.batch.inputs import FoundInputs

    return FoundInputs(())


def test_a_pattern_may_have_nothing_that_fits_yet_and_a_place_may_go_for_a_while(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    folder = world.folder / "mount"
    folder.mkdir()
    write(folder / "b.txt")()
    world.at(10, write(folder / "a.mp4"), "mount/a.mp4")
    world.at(30, lambda: folder.rename(world.folder / "away"), "mount")
    world.at(40, lambda: (world.folder / "away").rename(folder), "mount")
    told = world.told(200, "mount/*.mp4", "mount/b.txt")
    assert told == [(5, ["b.txt"]), (15, ["a.mp4"]), (45, ["a.mp4", "b.txt"])]
    assert "there is no such file" in caplog.text


def test_a_place_that_is_not_there_at_the_beginning_is_an_error(tmp_path: Path) -> None:
    for place in ("none", "none/*.mp4"):
        with pytest.raises(InputError, match="there is no such file or folder"):
            next(settled([str(tmp_path / place)]))
    with pytest.raises(OptionError, match=r"s3://bucket/x cannot be watched"):
        next(settled(["s3://bucket/x"]))


@pytest.fixture
def told_really(tmp_path: Path) -> Iterator[Callable[[], list[Input]]]:
    (tmp_path / "before.mp4").write_bytes(b"x")
    watched = settled([str(tmp_path)], settle_seconds=1.5)
    yield lambda: list(next(watched))
    watched.close()  # type: ignore[attr-defined]


def test_real_files_in_a_real_folder(tmp_path: Path, told_really: Callable[[], list[Input]]) -> None:
    assert [each.name.name for each in told_really()] == ["before.mp4"]

    def grow() -> None:
        (tmp_path / "new").mkdir()
        with (tmp_path / "new/a.mp4").open("wb", buffering=0) as file:
            for _ in range(10):
                file.write(b"x" * 100)
                time.sleep(0.1)

    writer = threading.Thread(target=grow)
    writer.start()
    [new] = told_really()
    writer.join()
    assert new.name.as_posix() == "new/a.mp4"
    assert Path(new.source).stat().st_size == 1000
    (tmp_path / "new/a.mp4").rename(tmp_path / "b.mp4")
    assert [each.name.name for each in told_really()] == ["b.mp4"]


def test_where_the_system_gives_no_notice_it_just_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refusing(*_paths: Path, **_options: object) -> Iterator[None]:
        raise OSError("OS file watch limit reached")
        yield

    monkeypatch.setattr("watchfiles.watch", refusing)
    wait = notices([tmp_path])
    assert list(wait(0.05)) == []
    assert list(wait(0.05)) == []
    assert caplog.text.count("new files are looked for every 60 s only: OS file watch limit reached") == 1
