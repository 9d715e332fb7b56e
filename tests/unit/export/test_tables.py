from __future__ import annotations

import csv
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import autohighlight
from autohighlight.config import ExportOptions
from autohighlight.errors import OutputExistsError
from autohighlight.export.tables import COLUMNS, schema_text, write_csv, write_json
from autohighlight.timecode import Timecode
from autohighlight.timeline.model import Part, Source, Timeline
from tests.factories import make_audio, make_media, make_scores
from tests.timeline_files import CASES, REASON, ReadClip, assert_golden, assert_shows_the_highlights, case_timeline
from tests.timeline_matrix import Matrix

SCHEMA = json.loads(schema_text())


def rows_of(timeline: Timeline, path: Path, **options: object) -> list[dict[str, str]]:
    write_csv(timeline, path, ExportOptions(**options), lambda _: None)  # type: ignore[arg-type]
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        return list(csv.DictReader(file))


def document_of(timeline: Timeline, path: Path, **options: object) -> dict[str, Any]:
    write_json(timeline, path, ExportOptions(**options), lambda _: None)  # type: ignore[arg-type]
    document: dict[str, Any] = json.loads(path.read_text("ascii"))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    return document


def clips_of(rows: list[dict[str, Any]], rate_of: dict[str, Fraction]) -> list[ReadClip]:
    """The parts by their frames; `rate_of` is the rate of each path."""
    return [
        ReadClip(
            Path(row["source_path"]),
            int(row["record_first_frame"]),
            int(row["record_end_frame"]) - int(row["record_first_frame"]),
            int(row["source_first_frame"]) / rate_of[row["source_path"]],
        )
        for row in rows
    ]


def assert_fields_agree(row: dict[str, Any], clock: str, rate: Fraction) -> None:
    """Frames, seconds and labels of one clock say the same."""
    first, end = (int(row[f"{clock}_{side}_frame"]) for side in ("first", "end"))
    labels = [Timecode.parse(row[f"{clock}_timecode_{side}"], rate) for side in ("in", "out")]
    assert (labels[1].frame - labels[0].frame) % labels[0].format.frames_per_day == end - first
    assert (float(row[f"{clock}_start"]), float(row[f"{clock}_end"])) == (float(first / rate), float(end / rate))


@pytest.mark.parametrize("case", CASES)
def test_csv_of_every_source_of_the_matrix(case: str, matrix: Matrix, tmp_path: Path) -> None:
    timeline = case_timeline(case, matrix)
    rows = rows_of(timeline, tmp_path / "x.csv")
    assert_golden(tmp_path / "x.csv", f"csv/{case}.csv", matrix)
    assert tuple(rows[0]) == COLUMNS
    rates = {row["source_path"]: Fraction(row["source_rate"]) for row in rows}
    assert_shows_the_highlights(clips_of(rows, rates), timeline, case, matrix)
    for row in rows:
        assert_fields_agree(row, "source", Fraction(row["source_rate"]))
        assert_fields_agree(row, "record", Fraction(row["record_rate"]))
        assert (float(row["score"]), row["reason"]) == (0.875, REASON)


@pytest.mark.parametrize("case", CASES)
def test_json_of_every_source_of_the_matrix(case: str, matrix: Matrix, tmp_path: Path) -> None:
    timeline = case_timeline(case, matrix)
    path = tmp_path / "x.json"
    document = document_of(timeline, path)
    path.write_text(path.read_text().replace(f'"{autohighlight.__version__}"', '"X"'))
    assert_golden(path, f"json/{case}.json", matrix)
    sources = {source["id"]: source for source in document["sources"]}
    rates = {source["path"]: Fraction(source["frame_rate"]) for source in sources.values()}
    parts = [{"source_path": sources[part["source"]]["path"], **part} for part in document["parts"]]
    assert_shows_the_highlights(clips_of(parts, rates), timeline, case, matrix)
    for part in parts:
        assert_fields_agree(part, "source", rates[part["source_path"]])
        assert_fields_agree(part, "record", Fraction(document["sequence"]["frame_rate"]))


def test_the_whole_curve_counts_from_the_first_frame(tmp_path: Path) -> None:
    media = make_media(6, 25, start="0.5", path="/a/b.mov", audio=[make_audio(2, language="pol")])
    source = Source(media, scores=make_scores([0.25, 1], 3, start="0.5", scorer="fusion", parts={"movement": [0, 1]}))
    timeline = Timeline("x", Fraction(25), (640, 360), (Part(source, 50, 5, 0.5, "why", 1, 2),))
    document = document_of(timeline, tmp_path / "x.json")
    (written,) = document["sources"]
    assert (written["path"], written["url"], written["start"]) == ("/a/b.mov", "file:///a/b.mov", 0.5)
    assert written["scorer"] == "fusion"
    assert written["clips"] == [
        {"start": 0, "end": 3, "score": 0.25, "parts": {"movement": 0}},
        {"start": 3, "end": 6, "score": 1, "parts": {"movement": 1}},
    ]
    assert [(track["stream"], track["language"]) for track in written["sound_tracks"]] == [(2, "pol")]
    (part,) = document["parts"]
    assert (part["source_start"], part["source_end"], part["head_handle"], part["tail_handle"]) == (2, 2.2, 1, 2)
    assert document["sequence"]["start_timecode"] == "01:00:00:00"


def test_a_source_whose_scores_are_not_known_has_no_curve(tmp_path: Path) -> None:
    timeline = Timeline("x", Fraction(25), (2, 2), (Part(Source(make_media()), 0, 5, 0.5, ""),))
    (written,) = document_of(timeline, tmp_path / "x.json")["sources"]
    assert (written["scorer"], written["clips"], written["sound_tracks"]) == (None, [], [])


def test_words_of_any_kind_come_back_as_they_were(tmp_path: Path) -> None:
    path = Path('/a/\udcff, "b"\n.mov')
    timeline = Timeline("x", Fraction(25), (2, 2), (Part(Source(make_media(path=path)), 0, 5, 0.5, 'a,"b"\nc'),))
    (row,) = rows_of(timeline, tmp_path / "x.csv")
    assert (row["source_path"], row["reason"]) == (str(path), 'a,"b"\nc')
    document = document_of(timeline, tmp_path / "x.json")
    assert (document["sources"][0]["path"], document["parts"][0]["reason"]) == (str(path), 'a,"b"\nc')


def test_the_schema_refuses_what_is_no_timeline(matrix: Matrix, tmp_path: Path) -> None:
    document = document_of(case_timeline("25", matrix), tmp_path / "x.json")
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for broken in (
        {**document, "schema_version": 2},
        {**document, "parts": []},
        {**document, "sequence": {**document["sequence"], "frame_rate": 29.97}},
        {name: value for name, value in document.items() if name != "sources"},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(SCHEMA).validate(broken)


def test_the_schema_describes_every_field(matrix: Matrix, tmp_path: Path) -> None:
    document = document_of(case_timeline("stereo and mono", matrix), tmp_path / "x.json")

    def described(value: object, schema: dict[str, Any]) -> None:
        if isinstance(value, dict) and "properties" in schema:
            assert set(value) == set(schema["properties"]) == set(schema["required"])
            for name, inner in value.items():
                assert {"description", "$ref"} & set(schema["properties"][name])
                described(inner, schema["properties"][name])
        if isinstance(value, list):
            for inner in value:
                described(inner, schema["items"])

    described(document, SCHEMA)


def test_files_are_replaced_only_when_told_to(matrix: Matrix, tmp_path: Path) -> None:
    timeline = case_timeline("25", matrix)
    for make, path in ((rows_of, tmp_path / "x.csv"), (document_of, tmp_path / "x.json")):
        make(timeline, path)
        with pytest.raises(OutputExistsError):
            make(timeline, path)
        make(timeline, path, overwrite=True)
