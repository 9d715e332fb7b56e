from __future__ import annotations

import csv
import io
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from autohighlight import default_plugins
from autohighlight.batch import perform
from autohighlight.batch.summary import schema_text
from autohighlight.config import BatchOptions
from autohighlight.files import FileState
from tests.batches import InlineExecutor, make_bench, moving_square, tree_of
from tests.media_factory import make_video, run_ffmpeg
from tests.whole_runs import QUICKLY, Command, command_of


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    return command_of(capsys)


@pytest.fixture
def footage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Two videos and a file that is none, worked on in this process."""
    monkeypatch.chdir(tmp_path)

    def inline(options: BatchOptions) -> InlineExecutor:
        return InlineExecutor(options.jobs or 1)

    monkeypatch.setattr(default_plugins, "_local", inline)
    bench = make_bench(tmp_path, monkeypatch, "a.mp4", "day/b.mp4")
    (bench.footage / "bad.mp4").write_text("no video")
    (bench.footage / "notes.txt").write_text("of the day")
    yield bench.footage
    perform.loaded_plugins.cache_clear()


def summary(folder: Path) -> dict[str, object]:
    document: dict[str, object] = json.loads((folder / "summary.json").read_text())
    jsonschema.validate(document, json.loads(schema_text()))
    return document


def test_a_folder(command: Command, footage: Path, tmp_path: Path) -> None:
    done = command("batch", footage, *QUICKLY)
    assert done.code == 4
    assert "2 of 3 videos done, 1 failed; 2 highlights" in done.out
    assert "is not a video" in done.out
    assert "highlights; summary.json there lists them" in done.out
    output = tmp_path / "highlights"
    assert (output / "day" / "b.highlights.mp4").is_file()
    document = summary(output)
    assert document["totals"]["failed"] == 1  # type: ignore[index]
    assert [video["status"] for video in document["videos"]] == ["done", "failed", "done"]  # type: ignore[attr-defined]


def test_all_well_is_exit_code_0_and_again_does_nothing(command: Command, footage: Path, tmp_path: Path) -> None:
    (footage / "bad.mp4").unlink()
    assert command("batch", footage, "-o", "out", *QUICKLY).code == 0
    before = tree_of(tmp_path / "out")
    again = command("batch", footage, "-o", "out", "--json", *QUICKLY)
    assert again.code == 0
    events = [json.loads(line) for line in again.out.splitlines()]
    assert [(event["event"], event["worked_on"]) for event in events] == [("done", False)] * 2
    assert tree_of(tmp_path / "out") == before


def test_events_as_json_lines(command: Command, footage: Path) -> None:
    done = command("batch", footage, "-o", "out", "--json", *QUICKLY)
    events = [json.loads(line) for line in done.out.splitlines()]
    of_bad = [event for event in events if event["video"].endswith("bad.mp4")]
    assert [event["event"] for event in of_bad] == ["started", "failed"]
    assert of_bad[1]["cause"] == "input"
    assert done.err == ""


def test_a_dry_run_changes_nothing(command: Command, footage: Path, tmp_path: Path) -> None:
    shown = command("batch", footage, "--dry-run", *QUICKLY)
    assert shown.code == 0
    assert "3 of 3 videos to do; results go to" in shown.out
    assert "skipped 1 file that is not a video by its name (.txt: 1)" in shown.err
    assert not (tmp_path / "highlights").exists()
    command("batch", footage, *QUICKLY)
    shown = command("batch", footage, "--dry-run", "--json", *QUICKLY)
    tasks = [video["task"] for video in json.loads(shown.out)["videos"]]
    assert tasks == ["nothing"] * 3
    shown = command("batch", footage, "--dry-run", "--json", "--retry-failed", *QUICKLY)
    assert [video["task"] for video in json.loads(shown.out)["videos"]] == ["nothing", "work", "nothing"]


def test_a_list_on_standard_input(command: Command, footage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = f"{footage / 'a.mp4'}\n{footage / 'day' / 'b.mp4'}\n".encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(names)))
    done = command("batch", "-", "-o", "out", "--export", "csv", *QUICKLY)
    assert done.code == 0
    assert "2 of 2 videos done" in done.out


def test_gifs_are_few_and_short(command: Command, footage: Path, tmp_path: Path) -> None:
    command("batch", footage / "a.mp4", "-o", "out", "--gif", "--width", "32", *QUICKLY)
    names = {name for name in tree_of(tmp_path / "out") if not name.startswith(".")}
    assert any(name.endswith(".gif") for name in names)
    assert not any(name.endswith(".mp4") for name in names)


def test_one_montage_of_all(command: Command, footage: Path, tmp_path: Path) -> None:
    wanted = ("batch", footage, "-o", "out", "--combined", "best.mp4", "--combined", "best.edl", *QUICKLY)
    done = command(*wanted)
    assert done.code == 4
    assert "wrote" in done.out
    best, edl = tmp_path / "best.mp4", tmp_path / "best.edl"
    assert summary(tmp_path / "out")["combined"] == [str(best), str(edl)]
    before = FileState.of(best)
    command(*wanted)
    assert FileState.of(best) == before  # nothing has changed, so it was not written again
    refused = command("batch", footage, "-o", "other", "--combined", "best.mp4", *QUICKLY)
    assert refused.code == 3
    assert "is there already" in refused.err
    assert FileState.of(best) == before
    assert command(*wanted, "--duration", "6s").code == 4
    assert FileState.of(best).size != before.size


def test_a_montage_in_the_order_in_which_the_videos_were_recorded(
    command: Command, footage: Path, tmp_path: Path
) -> None:
    (footage / "bad.mp4").unlink()
    for name, hour in (("a.mp4", "11"), ("b.mp4", "09"), ("d.mp4", "10")):
        video, time = footage / name, f"creation_time=2026-05-01T{hour}:00:00Z"
        run_ffmpeg("-i", footage / "day/b.mp4", "-c", "copy", "-metadata", time, video.with_name(f"new-{name}"))
        video.with_name(f"new-{name}").replace(video)
    run_ffmpeg("-i", footage / "day/b.mp4", "-c", "copy", footage / "c.mp4")
    (footage / "day/b.mp4").unlink()
    wanted = ("batch", footage, "-o", "out", "--combined", "best.csv", "--duration", "90%", *QUICKLY)

    def shown(*words: str) -> list[str]:
        done = command(*wanted, *words)
        assert done.code == 0
        sources = [row["source_path"] for row in csv.DictReader((tmp_path / "best.csv").read_text().splitlines())]
        said = "c.mp4 does not say when it was recorded: its name decides" in done.err
        assert said == bool(words)
        return [name for name, _ in itertools.groupby(Path(source).stem for source in sources)]

    assert shown() == ["a", "b", "c", "d"]
    assert shown("--video-order", "recorded") == ["b", "c", "d", "a"]
    assert shown() == ["a", "b", "c", "d"]


def test_the_selector_is_fitted_first(command: Command, footage: Path, tmp_path: Path) -> None:
    wanted = ("batch", footage, "-o", "out", "--train-first", "--preset", "ultrafast")
    done = command(*wanted)
    assert done.code == 4
    assert "not trained on" in done.err
    (selector,) = (tmp_path / "out" / ".autohighlight").glob("selector-*.safetensors")
    document = json.loads((tmp_path / "out" / "a.highlights.json").read_text())
    assert document["scorer"] == "contrastive"
    before = FileState.of(selector), tree_of(tmp_path / "out")
    command(*wanted)
    assert (FileState.of(selector), tree_of(tmp_path / "out")) == before


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--train-first", "--selector", "x.safetensors"), "have no say"),
        (("--watch", "--combined", "best.mp4"), "--watch has no end"),
        (("--export", "nonsense"), "no exporter is called 'nonsense'"),
        (("--combined", "best.doc"), "does not say which form"),
        (("--executor", "moon"), "no executor is called 'moon'"),
        (("--executor-options", "x"), "is no new setting"),
    ],
)
def test_what_cannot_be_meant(command: Command, footage: Path, words: tuple[str, ...], problem: str) -> None:
    refused = command("batch", footage, *words)
    assert refused.code == 2
    assert problem in refused.err


def test_a_place_that_is_not_there(command: Command, footage: Path, tmp_path: Path) -> None:
    refused = command("batch", "nowhere")
    assert refused.code == 3
    assert "nowhere" in refused.err
    assert not (tmp_path / "highlights").exists()


def test_timelines_of_videos_at_an_address_are_refused(command: Command, footage: Path) -> None:
    refused = command("batch", "https://example.invalid/match.mp4", "--export", "edl")
    assert refused.code == 2
    assert "needs them on this computer" in refused.err


def test_no_video_at_all_is_an_error_that_names_what_was_skipped(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.txt").write_text("text")
    for more in ([], ["--json"], ["--dry-run"]):
        done = command("batch", folder, *more)
        assert done.code == 3
        assert "no videos found" in done.err
    assert not (tmp_path / "highlights").exists()
    assert ".txt: 1" in command("batch", folder).err


@pytest.fixture
def slow_motion(footage: Path) -> Path:
    """A folder with one video at 240 frames/s, which no EDL can express."""
    for path in footage.rglob("*.*"):
        path.unlink()
    make_video(footage / "slow.mp4", num_frames=480, rate=240, size=(64, 48), picture=moving_square(1))
    return footage


def test_a_form_that_cannot_express_a_video_costs_no_other_form(
    command: Command, slow_motion: Path, tmp_path: Path
) -> None:
    words = ("batch", slow_motion, "-o", "out", "--reel", "--export", "edl,fcpxml", *QUICKLY)
    for _ in ("first", "again"):
        done = command(*words)
        assert done.code == 4
        assert "1 of 1 video done, 1 without a form that cannot express it" in done.out
        assert "240" in done.out
        names = {path.name for path in (tmp_path / "out").glob("slow*")}
        assert names == {"slow.highlights.mp4", "slow.highlights.fcpxml", "slow.highlights.json"}
        document = summary(tmp_path / "out")
        assert (document["totals"]["done"], document["totals"]["incomplete"]) == (1, 1)  # type: ignore[index]
        assert document["videos"][0]["error"]["cause"] == "format"  # type: ignore[index]
    events = [json.loads(line) for line in command(*words, "--json").out.splitlines()]
    assert [(event["event"], event["worked_on"], event["cause"]) for event in events] == [("done", False, "format")]


def test_the_only_form_that_is_asked_for_cannot_express_a_video(command: Command, slow_motion: Path) -> None:
    done = command("batch", slow_motion, "-o", "out", "--export", "edl", *QUICKLY)
    assert done.code == 4
    assert "1 failed" in done.out


@pytest.mark.parametrize("words", [("export", "--to", "edl,fcpxml"), ("reel", "--export", "edl,fcpxml")])
def test_forms_of_one_video_are_written_but_for_the_one_that_cannot(
    words: tuple[str, ...], command: Command, slow_motion: Path
) -> None:
    done = command(words[0], slow_motion / "slow.mp4", *words[1:])
    assert done.code == 2
    assert "no SMPTE timecode at 240 frames/s" in done.err
    assert (slow_motion / "slow.highlights.fcpxml").is_file()
    assert (slow_motion / "slow.highlights.mp4").is_file() == (words[0] == "reel")
    assert not (slow_motion / "slow.highlights.edl").exists()


def test_the_summary_has_the_warnings_that_a_reel_of_one_video_prints(
    command: Command, footage: Path, tmp_path: Path
) -> None:
    for path in footage.glob("*.*"):
        path.unlink()
    chapters = "[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=1\n"
    (tmp_path / "chapters.txt").write_text(f";FFMETADATA1\n{chapters}", "utf-8")
    inputs = ("-i", footage / "day" / "b.mp4", "-i", tmp_path / "chapters.txt")
    run_ffmpeg(*inputs, "-map_metadata", 1, "-map_chapters", 1, "-c", "copy", footage / "day" / "c.mp4")
    done = command("batch", footage, "-o", "out", *QUICKLY)
    assert done.code == 0
    warnings = {Path(video["video"]).name: video["warnings"] for video in summary(tmp_path / "out")["videos"]}  # type: ignore[attr-defined]
    assert warnings == {"b.mp4": [], "c.mp4": ["c.mp4: the reel does not keep its 1 chapter"]}
