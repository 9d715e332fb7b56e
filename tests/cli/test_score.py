from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from PIL import Image

from autohighlight.documents import schema_text
from autohighlight.export.canvas import LEFT, RIGHT
from autohighlight.export.plot import BOTTOM
from autohighlight.media import thumbnails
from tests.cli.conftest import FakePipeline, Outcome

Command = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def _grey_thumbnails(monkeypatch: pytest.MonkeyPatch) -> None:
    def read_thumbnails(_media: object, times: list[object], height: int) -> list[np.ndarray]:
        return [np.full((height, 2 * height, 3), 99, np.uint8) for _ in times]

    monkeypatch.setattr(thumbnails, "read_thumbnails", read_thumbnails)


def test_prints_a_table_with_a_row_for_every_clip(command: Command, fake_pipeline: FakePipeline, video: Path) -> None:
    outcome = command("score", video)
    assert (outcome.code, outcome.err) == (0, "")
    rows = [line.split() for line in outcome.out.splitlines()]
    assert rows[0] == ["start", "end", "score", "movement"]
    assert rows[3][:3] == ["0:02.0", "0:04.0", "0.900"]
    assert len(rows) == 2 + 6 + 1
    assert "6 clips, scored by fusion on test" in outcome.out
    assert list(video.parent.iterdir()) == [video]


@pytest.mark.parametrize("words", [["--format", "json"], ["-o", "{}/x.json"]])
def test_json_is_the_published_schema(
    command: Command, fake_pipeline: FakePipeline, video: Path, words: list[str]
) -> None:
    outcome = command("score", video, *(word.format(video.parent) for word in words))
    text = outcome.out or (video.parent / "x.json").read_text()
    document = json.loads(text)
    jsonschema.validate(document, json.loads(schema_text()))
    assert document["output"] is None
    assert [clip["score"] for clip in document["clips"]] == [0.1, 0.9, 0.2, 0.3, 0.8, 0.0]


@pytest.mark.parametrize("words", [["--format", "csv"], ["-o", "{}/x.CSV"], ["-o", "{}/x.dat", "--format", "csv"]])
def test_csv_has_a_line_for_every_clip(
    command: Command, fake_pipeline: FakePipeline, video: Path, words: list[str]
) -> None:
    outcome = command("score", video, *(word.format(video.parent) for word in words))
    written = [path for path in video.parent.iterdir() if path.stem == "x"]
    rows = list(csv.DictReader(io.StringIO(written[0].read_text() if written else outcome.out)))
    assert len(rows) == 6
    assert rows[1] == {
        "start": "2.0", "end": "4.0", "score": "0.9", "movement": "0.5", "scorer": "fusion", "backbone": "test"
    }  # fmt: skip


def test_table_into_a_file(command: Command, fake_pipeline: FakePipeline, video: Path, tmp_path: Path) -> None:
    assert command("score", video, "--format", "table", "-o", tmp_path / "x.txt").out == ""
    assert (tmp_path / "x.txt").read_text().count("0:02.0") == 2  # the end of one clip, the start of the next


@pytest.mark.parametrize(
    ("words", "has_table"),
    [(["-o", "{}/x.png"], False), (["--plot", "{}/x.png"], True), (["--plot", "{}/x.png", "-q"], False)],
)
def test_png_is_a_picture(
    command: Command, fake_pipeline: FakePipeline, video: Path, words: list[str], has_table: bool
) -> None:
    outcome = command("score", video, *(word.format(video.parent) for word in words))
    assert outcome.code == 0
    assert ("movement" in outcome.out) is has_table
    with Image.open(video.parent / "x.png") as image:
        assert image.size == (1600, 640)
        assert image.format == "PNG"
    assert sorted(path.name for path in video.parent.iterdir()) == ["video.mp4", "x.png"]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--format", "png"], "a picture cannot be printed"),
        (["-o", "x.txt"], "the suffix of x.txt does not say what to write"),
        (["-o", "x"], "the suffix of x does not say what to write"),
        (["--plot", "x.jpg"], "a picture cannot be written as x.jpg"),
        (["-o", "x.png", "--plot", "x.png"], "-o and --plot name the same file"),
    ],
)
def test_what_cannot_be_written_is_said_before_any_work(
    command: Command, fake_pipeline: FakePipeline, video: Path, words: list[str], problem: str
) -> None:
    outcome = command("score", video, *words)
    assert outcome.code == 2
    assert problem in outcome.err
    assert not fake_pipeline.options


def test_an_output_that_is_there_is_kept(
    command: Command, fake_pipeline: FakePipeline, video: Path, tmp_path: Path
) -> None:
    (tmp_path / "x.json").write_text("mine")
    assert command("score", video, "-o", tmp_path / "x.json").code == 3
    assert (tmp_path / "x.json").read_text() == "mine"
    assert command("score", video, "-o", tmp_path / "x.json", "--overwrite").code == 0
    assert json.loads((tmp_path / "x.json").read_text())


@pytest.mark.parametrize("words", [["-o", "{}/x.png"], ["--plot", "{}/x.png"]])
def test_labels_are_marked_in_green(
    command: Command, fake_pipeline: FakePipeline, video: Path, tmp_path: Path, words: list[str]
) -> None:
    fake_pipeline.start = 5  # labels count from the first frame shown
    labels = tmp_path / "labels.jsonl"
    labels.write_text(json.dumps({"video": "video.mp4", "duration": 12, "highlights": [[6, 9]]}))
    outcome = command("score", video, *(word.format(tmp_path) for word in words), "--labels", labels)
    assert outcome.code == 0, outcome.err
    with Image.open(tmp_path / "x.png") as image:
        row = np.asarray(image)[BOTTOM + 8, LEFT:RIGHT]
    green = np.flatnonzero((row == (0x1A, 0x8A, 0x44)).all(axis=1)) / (RIGHT - LEFT)
    assert (green.min(), green.max()) == pytest.approx((6 / 12, 9 / 12), abs=0.01)


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        ([], 2, "--labels is for a picture"),
        (["-o", "x.json"], 2, "--labels is for a picture"),
        (["--plot", "x.png"], 3, "has no line of video.mp4"),
    ],
)
def test_labels_that_cannot_be_drawn_are_said_before_any_work(
    command: Command,
    fake_pipeline: FakePipeline,
    video: Path,
    tmp_path: Path,
    words: list[str],
    code: int,
    problem: str,
) -> None:
    labels = tmp_path / "labels.jsonl"
    labels.write_text(json.dumps({"video": "other.mp4", "duration": 12, "highlights": []}))
    outcome = command("score", video, *words, "--labels", labels)
    assert (outcome.code, outcome.out) == (code, "")
    assert problem in outcome.err
    assert not fake_pipeline.options
