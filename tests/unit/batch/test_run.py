from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from autohighlight import default_plugins
from autohighlight.batch import perform, publish, run_batch
from autohighlight.batch.database import Database
from autohighlight.errors import OptionError, OutputError
from autohighlight.executors.protocol import Failed
from autohighlight.files import FileState
from tests.batches import Bench, InlineExecutor, make_bench, make_footage, tree_of
from tests.media_factory import patch


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    yield make_bench(tmp_path, monkeypatch, "a.mp4", "day/b.mp4")
    perform.loaded_plugins.cache_clear()


def performed(bench: Bench, *forms: str, **options: object) -> list[str]:
    """Runs a batch, and gives the names of those that a worker was asked for."""
    executor = InlineExecutor()
    bench.run(bench.request(*forms, **options), executor)
    return executor.performed


def test_results_mirror_the_footage(bench: Bench) -> None:
    records = bench.run(bench.request("reel"))
    assert {name: record.status for name, record in records.items()} == {"a.mp4": "done", "b.mp4": "done"}
    shown = {name for name in tree_of(bench.output) if not name.startswith(".")}
    assert shown == {
        "a.highlights.json",
        "a.highlights.mp4",
        "day/b.highlights.json",
        "day/b.highlights.mp4",
    }


def test_a_second_run_does_nothing(bench: Bench) -> None:
    assert performed(bench, "reel") == ["a.mp4", "b.mp4"]
    before = {path: FileState.of(path) for path in bench.output.rglob("*.highlights.*")}
    assert performed(bench, "reel") == []
    assert {path: FileState.of(path) for path in before} == before


def test_a_file_that_was_only_touched_is_not_done_again(bench: Bench) -> None:
    performed(bench, "reel")
    reel = bench.output / "a.highlights.mp4"
    before = FileState.of(reel)
    os.utime(bench.footage / "a.mp4")
    assert performed(bench, "reel") == ["a.mp4"]  # looked at
    assert FileState.of(reel) == before
    assert performed(bench, "reel") == []  # and known from now on


def test_changed_content_is_done_again_though_size_and_time_are_the_same(bench: Bench) -> None:
    before = bench.run(bench.request())["a.mp4"]
    video = bench.footage / "a.mp4"
    status = video.stat()
    patch(video, b"x264 - core", b"x265 - core")  # in a remark of the encoder's
    os.utime(video, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (video.stat().st_size, video.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)
    executor = InlineExecutor()
    after = bench.run(bench.request(), executor)["a.mp4"]
    assert executor.performed == ["a.mp4"]
    assert after.content != before.content
    assert after.elapsed_seconds != before.elapsed_seconds  # the work was done, not only a look taken


def test_other_options_or_results_that_are_gone_make_it_again(bench: Bench) -> None:
    performed(bench, "reel")
    assert performed(bench, "reel", crf=30) == ["a.mp4", "b.mp4"]
    (bench.output / "a.highlights.mp4").unlink()
    assert performed(bench, "reel", crf=30) == ["a.mp4"]
    assert (bench.output / "a.highlights.mp4").is_file()
    assert performed(bench, "reel", crf=30, device="cpu", cache_size=7) == []  # these change no result


def test_what_is_not_wanted_any_more_goes_unless_somebody_has_worked_on_it(bench: Bench) -> None:
    performed(bench, "fcpxml", "reel")
    mine = bench.output / "day" / "b.highlights.fcpxml"
    mine.write_text(mine.read_text() + "* my notes\n")
    performed(bench, "reel")
    assert not (bench.output / "a.highlights.fcpxml").exists()
    assert mine.read_text().endswith("* my notes\n")


def test_a_result_that_is_open_elsewhere_stays_and_is_told_of(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, where no program can remove what a player has open."""
    performed(bench, "fcpxml", "reel")
    opened = bench.output / "a.highlights.fcpxml"
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path == opened:
            raise PermissionError(13, "The process cannot access the file", str(path))
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    record = bench.run(bench.request("reel"))["a.mp4"]
    assert record.status == "done"
    assert record.warnings[-1].startswith("a.highlights.fcpxml, of an earlier run, cannot be removed: The process")
    monkeypatch.undo()
    performed(bench, "reel", crf=30)
    assert not opened.exists()  # it was still known to be this batch's


def test_results_moved_before_one_could_not_be_are_no_strangers_the_next_time(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    move = publish.move_into_place

    def refuse(unfinished: Path, path: Path, *, overwrite: bool) -> None:
        if path.name == "a.highlights.mp4":
            raise PermissionError(13, "The process cannot access the file", str(path))
        move(unfinished, path, overwrite=overwrite)

    monkeypatch.setattr(publish, "move_into_place", refuse)
    records = bench.run(bench.request("reel"))
    assert {name: record.status for name, record in records.items()} == {"a.mp4": "failed", "b.mp4": "done"}
    assert "cannot access" in records["a.mp4"].problem
    assert (bench.output / "a.highlights.json").exists()
    monkeypatch.setattr(publish, "move_into_place", move)
    assert bench.run(bench.request("reel"))["a.mp4"].status == "done"


def test_it_runs_where_only_what_may_be_written_can_be_flushed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows."""
    fsync = os.fsync

    def refuse(descriptor: int) -> None:
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse)
    assert {record.status for record in bench.run(bench.request("reel", "csv")).values()} == {"done"}


def test_somebody_elses_file_is_never_replaced(bench: Bench) -> None:
    place = bench.output / "a.highlights.mp4"
    place.parent.mkdir()
    place.write_bytes(b"a wedding")
    executor = InlineExecutor()
    records = bench.run(bench.request("reel"), executor)
    assert executor.performed == ["b.mp4"]
    assert records["a.mp4"].cause == "output"
    assert "is there already" in records["a.mp4"].problem
    assert place.read_bytes() == b"a wedding"
    records = bench.run(bench.request("reel", overwrite=True))
    assert records["a.mp4"].status == "done"
    assert place.read_bytes() != b"a wedding"


def test_a_result_that_somebody_has_changed_is_not_replaced(bench: Bench) -> None:
    performed(bench, "reel")
    mine = bench.output / "a.highlights.mp4"
    mine.write_bytes(b"my own cut")
    records = bench.run(bench.request("reel"))
    assert records["a.mp4"].status == "failed"
    assert mine.read_bytes() == b"my own cut"


def test_a_bad_file_stops_nobody_and_is_tried_again_when_it_has_changed(bench: Bench, tmp_path: Path) -> None:
    bad = bench.footage / "bad.mp4"
    bad.write_bytes(b"no video")
    records = bench.run(bench.request())
    assert [records[name].status for name in ("a.mp4", "b.mp4", "bad.mp4")] == ["done", "done", "failed"]
    assert records["bad.mp4"].cause == "input"
    assert performed(bench) == []
    (good,) = make_footage(tmp_path / "good", "bad.mp4")
    shutil.copyfile(good, bad)
    assert performed(bench) == ["bad.mp4"]


def test_retry_failed(bench: Bench) -> None:
    from dataclasses import replace

    died = InlineExecutor(failing={"a.mp4": Failed("", "died", "the worker was killed (SIGSEGV)")})
    records = bench.run(bench.request(), died)
    assert (records["a.mp4"].cause, records["b.mp4"].status) == ("died", "done")
    assert performed(bench) == []
    executor = InlineExecutor()
    records = bench.run(replace(bench.request(), retry_failed=True), executor)
    assert executor.performed == ["a.mp4"]
    assert records["a.mp4"].status == "done"
    assert records["a.mp4"].problem == ""


@pytest.mark.parametrize("options", [{"timeout": "1:00:00"}, {"limits": "hours=99"}, {"device": "cpu"}, {"jobs": 1}])
def test_what_failed_is_tried_again_with_options_that_may_help(bench: Bench, options: dict[str, object]) -> None:
    late = InlineExecutor(failing={"a.mp4": Failed("", "timeout", "took longer than 1 s")})
    bench.run(bench.request(timeout="1s"), late)
    assert performed(bench, timeout="1s") == []
    assert performed(bench, **{"timeout": "1s"} | options) == ["a.mp4"]
    assert performed(bench, timeout="1s") == []


def test_an_option_that_no_form_reads_makes_nothing_again(bench: Bench) -> None:
    performed(bench, "edl", markers=True)
    assert performed(bench, "edl", markers=True, crf=30, loop=2) == []
    assert performed(bench, "edl") == ["a.mp4", "b.mp4"]


def test_a_failure_of_the_place_is_tried_again_by_itself(bench: Bench) -> None:
    full = Failed("", "raised", "")
    executor = InlineExecutor(failing={"a.mp4": full})
    bench.run(bench.request(), executor)
    with Database.open(bench.output) as database:
        from dataclasses import replace

        record = next(record for record in database.records().values() if record.source.endswith("a.mp4"))
        assert record.cause == "fault"
        database.put(replace(record, cause="output"))
    assert performed(bench) == ["a.mp4"]


def test_names_stay_when_files_are_added(bench: Bench) -> None:
    performed(bench)
    make_footage(bench.footage, "a.mov")
    assert performed(bench) == ["a.mov"]
    names = {name for name in tree_of(bench.output) if not name.startswith(".")}
    assert names == {"a.highlights.json", "a.mov.highlights.json", "day/b.highlights.json"}


def test_forms_that_share_a_suffix_share_no_file(bench: Bench) -> None:
    performed(bench, "json", "gif", "fcpxml")
    names = {name for name in tree_of(bench.output) if name.startswith("a.")}
    assert {"a.highlights.json", "a.highlights.timeline.json", "a.highlights.fcpxml"} < names
    assert any(name.endswith(".gif") for name in names)


def test_only_one_batch_at_a_time_works_in_a_folder(bench: Bench) -> None:
    with Database.open(bench.output), pytest.raises(OutputError, match="another batch is at work"):
        bench.run(bench.request())


def test_sources_are_only_read(bench: Bench) -> None:
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in bench.footage.rglob("*.mp4")}
    assert {record.status for record in bench.run(bench.request("reel", "fcpxml")).values()} == {"done"}
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in before} == before
    assert set(bench.footage.rglob("*")) == {*before, bench.footage / "day"}


def test_from_python(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(default_plugins, "_local", lambda _: InlineExecutor())
    records = run_batch([bench.footage], bench.output, forms=["csv"], scorer="movement")
    assert [(Path(record.source).name, record.status) for record in records] == [("a.mp4", "done"), ("b.mp4", "done")]
    assert (bench.output / "summary.json").is_file()
    with pytest.raises(OptionError, match="no exporter"):
        run_batch([bench.footage], bench.output, forms=["film"])
