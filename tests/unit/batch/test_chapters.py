"""A recording in several files is worked on as one video."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from autohighlight.batch import perform
from autohighlight.media.probe import probe
from tests.batches import Bench, InlineExecutor, make_bench, make_footage, tree_of


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    yield make_bench(tmp_path, monkeypatch, "GX010041.MP4", "GX020041.MP4", "other.mp4")
    perform.loaded_plugins.cache_clear()


def decisions(bench: Bench, name: str) -> dict[str, object]:
    document: dict[str, object] = json.loads((bench.output / f"{name}.highlights.json").read_text())
    return document


def test_its_highlights_are_chosen_together_and_shown_in_order(bench: Bench) -> None:
    records = bench.run(bench.request("reel", "json", duration="50%", order="time"))
    assert {name: record.status for name, record in records.items()} == {"GX010041.MP4": "done", "other.mp4": "done"}
    recording = records["GX010041.MP4"]
    assert recording.duration_seconds == 12
    assert 0 < recording.highlight_seconds <= 6
    assert probe(bench.output / "GX010041.highlights.mp4").duration == recording.highlight_seconds
    first, second = decisions(bench, "GX010041"), decisions(bench, "GX010041.chapter-2")
    assert [Path(str(each["video"])).name for each in (first, second)] == ["GX010041.MP4", "GX020041.MP4"]
    chosen = [*first["highlights"], *second["highlights"]]  # type: ignore[misc]
    assert len(chosen) == recording.num_highlights
    timeline = json.loads((bench.output / "GX010041.highlights.timeline.json").read_text())
    assert [part["score"] for part in timeline["parts"]] == [highlight["score"] for highlight in chosen]


def test_a_second_run_does_nothing_until_a_chapter_comes_or_changes(bench: Bench) -> None:
    def performed() -> list[str]:
        executor = InlineExecutor()
        bench.run(bench.request("edl"), executor)
        return executor.performed

    assert performed() == ["GX010041.MP4", "other.mp4"]
    before = tree_of(bench.output)
    assert performed() == []
    make_footage(bench.footage, "GX030041.MP4")
    assert performed() == ["GX010041.MP4"]
    assert (bench.output / "GX010041.chapter-3.highlights.json").is_file()
    (bench.footage / "GX030041.MP4").unlink()
    assert performed() == ["GX010041.MP4"]
    assert tree_of(bench.output) == before


def test_a_chapter_that_cannot_be_read_fails_the_recording_and_is_named(bench: Bench) -> None:
    (bench.footage / "GX020041.MP4").write_bytes(b"damaged")
    records = bench.run(bench.request())
    assert records["GX010041.MP4"].status == "failed"
    assert "GX020041.MP4" in records["GX010041.MP4"].problem
    assert records["other.mp4"].status == "done"
