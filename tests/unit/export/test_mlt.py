from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from lxml import etree
from numpy.typing import NDArray

from autohighlight.config import ExportOptions
from autohighlight.errors import OutputError, OutputExistsError
from autohighlight.export.mlt import first_position, write_mlt
from autohighlight.timeline.events import events
from autohighlight.timeline.model import Marker, Part, Source, Timeline
from tests.factories import make_audio, make_media
from tests.media_factory import decode
from tests.melt import melt_picture, melt_sound
from tests.timeline_files import CASES, CUTS, assert_golden, case_names, case_timeline, timeline_of
from tests.timeline_matrix import MATRIX, Matrix, MatrixSource, read_shown_number
from tests.xml_reading import Shape, check_shape, read_xml

SHAPES = {
    "mlt": Shape("profile producer* playlist* producer playlist* tractor", "LC_NUMERIC version title producer"),
    "profile": Shape(
        "",
        "description width height progressive sample_aspect_num sample_aspect_den display_aspect_num"
        " display_aspect_den frame_rate_num frame_rate_den colorspace",
    ),
    "producer": Shape("property*", "id in out"),
    "playlist": Shape("property* entry* blank* entry* blank* entry*", "id"),
    "entry": Shape("", "producer in out"),
    "blank": Shape("", "length"),
    "tractor": Shape("property* properties? track* transition*", "id in out"),
    "properties": Shape("property* properties*", "name"),
    "property": Shape("", "name"),
    "track": Shape("", "producer", "hide"),
    "transition": Shape("property*", "id"),
}
"""Of the document type definition that comes with MLT, what is used."""


def write(timeline: Timeline, path: Path, **options: object) -> Path:
    (written,) = write_mlt(timeline, path, ExportOptions(**options), lambda _: None)  # type: ignore[arg-type]
    return written


def properties(element: etree._Element) -> dict[str, str]:
    return {child.get("name"): child.text for child in element.findall("property")}


def shown_numbers(document: Path, timeline: Timeline, folder: Path) -> list[list[int]]:
    """The numbers on the frames of each part, as melt renders them."""
    output = folder / "melt.mkv"
    assert melt_picture(document, output) == []
    frames = iter(decode(output).lumas)
    numbers = [
        [read_shown_number(next(frames), part.media.display_size) for _ in range(part.num_frames)]
        for part in timeline.parts
    ]
    assert next(frames, None) is None
    return numbers


def instants(first: int, made: MatrixSource, rate: Fraction, num_frames: int) -> list[Fraction]:
    """The instants that MLT shows from frame `first` on, in frames of the source."""
    position = math.ceil((first - Fraction(1, 2)) * rate / made.rate)
    return [(position + n) * made.rate / rate for n in range(num_frames)]


def nearby(made: MatrixSource, time: Fraction) -> range:
    """From the frame on the screen one frame before `time` to the first one due later.

    Where a file of variable rate has no frame for an instant, MLT shows the next one early.
    """
    latest = min((n for n, due in made.frame_times.items() if due > time), default=max(made.frame_times))
    return range(made.number_at(max(Fraction(0), time - 1 / made.rate)), latest + 1)


@pytest.mark.parametrize("case", CASES)
def test_melt_shows_the_frames_of_the_highlights(case: str, matrix: Matrix, tmp_path: Path) -> None:
    timeline = case_timeline(case, matrix)
    document = write(timeline, tmp_path / "x.mlt", markers=True)
    assert_golden(document, f"mlt/{case}.mlt", matrix)
    check_shape(read_xml(document, "mlt"), SHAPES)
    expected = [(MATRIX[name], cut) for name in case_names(case) for cut in CUTS]
    for numbers, (made, cut) in zip(shown_numbers(document, timeline, tmp_path), expected, strict=True):
        shown = instants(cut[0], made, timeline.frame_rate, len(numbers))
        nearest = [math.floor(instant + Fraction(1, 2)) for instant in shown]
        assert set(nearest) <= set(range(*cut))
        if made.rate == timeline.frame_rate:
            assert nearest == list(range(*cut))
        if made.is_variable_rate:
            assert all(n in nearby(made, instant / made.rate) for n, instant in zip(numbers, shown, strict=True))
        else:
            assert numbers == nearest


@pytest.mark.parametrize("handles", ["4f", "100%"])
def test_melt_shows_handles_too(handles: str, matrix: Matrix, tmp_path: Path) -> None:
    timeline = timeline_of([matrix.path("29.97 DF")], handles=handles)
    document = write(timeline, tmp_path / "x.mlt")
    spans = [event.source for event in events(timeline)]
    assert shown_numbers(document, timeline, tmp_path) == [list(range(span.first, span.end)) for span in spans]
    assert spans[0].num_frames > CUTS[0][1] - CUTS[0][0]


def loudest(samples: NDArray[np.float32], rate: int) -> set[int]:
    """The tones in a sound, in Hz to the nearest hundred."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    peaks = np.flatnonzero(spectrum > spectrum.max() / 4)
    return {round(float(peak) * rate / len(samples) / 100) * 100 for peak in peaks}


@pytest.mark.parametrize(
    ("case", "left", "right"),
    [
        ("25", {300}, {400}),
        ("mono", {300}, {300}),
        ("four mono tracks", {300, 400, 500, 600}, {300, 400, 500, 600}),
        ("stereo and mono", {300, 500}, {400, 500}),
        ("no timecode", {300}, {400}),
    ],
)
def test_every_sound_track_is_heard_on_its_side(
    case: str, left: set[int], right: set[int], matrix: Matrix, tmp_path: Path
) -> None:
    timeline = timeline_of([matrix.path(case)], [(10, 40)])
    assert melt_sound(write(timeline, tmp_path / "x.mlt"), tmp_path / "x.wav") == []
    with av.open(str(tmp_path / "x.wav")) as container:
        rate = container.streams.audio[0].rate
        samples = np.concatenate([frame.to_ndarray().reshape(-1, 2).T for frame in container.decode(audio=0)], axis=1)
    assert abs(samples.shape[1] / rate - timeline.duration) < 0.001
    middle = samples[:, samples.shape[1] // 4 : -samples.shape[1] // 4].astype(np.float32)
    assert [loudest(middle[0], rate), loudest(middle[1], rate)] == [left, right]


def test_melt_tells_of_a_lost_file_by_words_alone(matrix: Matrix, tmp_path: Path) -> None:
    document = write(timeline_of([matrix.path("25")]), tmp_path / "x.mlt")
    document.write_bytes(document.read_bytes().replace(b"source.mov</", b"lost.mov</"))
    assert any("failed to load" in line for line in melt_picture(document, tmp_path / "x.mkv"))


def test_the_profile_is_the_sequence(tmp_path: Path) -> None:
    source = Source(make_media(60, "30000/1001"))
    timeline = Timeline("x", source.rate, (1080, 1920), (Part(source, 0, 30, 0.5, ""),))
    profile = read_xml(write(timeline, tmp_path / "x.mlt"), "mlt").find("profile")
    assert profile is not None
    assert [profile.get(name) for name in ("width", "height", "frame_rate_num", "frame_rate_den", "colorspace")] == [
        "1080", "1920", "30000", "1001", "709"
    ]  # fmt: skip
    assert [profile.get(f"{kind}_aspect_{side}") for kind in ("sample", "display") for side in ("num", "den")] == [
        "1", "1", "9", "16"
    ]  # fmt: skip


def test_shotcut_finds_its_files_tracks_and_markers(tmp_path: Path) -> None:
    sound = [make_audio(1, layout="mono", num_channels=1), make_audio(2, is_default=True), make_audio(4)]
    talk = Source(make_media(60, 25, audio=sound, path="talk.mov"), "source-1")
    silent = Source(make_media(60, 50, path="silent.mov"), "source-2")
    parts = (Part(talk, 50, 25, 0.5, "", markers=(Marker("m", "why", 5, 10),)), Part(silent, 11, 5, 0.5, ""))
    root = read_xml(write(Timeline("x", Fraction(25), (2, 2), parts), tmp_path / "x.mlt", markers=True), "mlt")
    producers = {p.get("id"): properties(p) for p in root.findall("producer")}
    indices = {name: (p["video_index"], p["audio_index"]) for name, p in producers.items() if "source" in name}
    assert indices == {
        "source-1": ("0", "2"),
        "source-1-sound-1": ("-1", "1"),
        "source-1-sound-2": ("-1", "4"),
        "source-2": ("0", "-1"),
    }
    assert producers["source-2"]["length"] == "1500"
    assert producers["source-1"]["resource"] == str(Path.cwd() / "talk.mov")
    playlists = {p.get("id"): [dict(e.attrib) for e in p if e.tag != "property"] for p in root.findall("playlist")}
    assert [entry["producer"] for entry in playlists["main_bin"]] == ["source-1", "source-2"]
    assert playlists["playlist0"] == [
        {"producer": "source-1", "in": "50", "out": "74"},
        {"producer": "source-2", "in": "6", "out": "10"},
    ]
    assert playlists["playlist2"] == [
        {"producer": "source-1-sound-2", "in": "50", "out": "74"},
        {"length": "5"},
    ]
    (tractor,) = root.findall("tractor")
    assert properties(tractor)["shotcut"] == "1"
    assert [(t.get("producer"), t.get("hide")) for t in tractor.findall("track")] == [
        ("background", None), ("playlist0", None), ("playlist1", "video"), ("playlist2", "video")
    ]  # fmt: skip
    assert [properties(t)["b_track"] for t in tractor.findall("transition")] == ["1", "2", "3"]
    (marker,) = tractor.findall("properties/properties")
    assert properties(marker) == {
        "text": "m, why", "start": "00:00:00.200", "end": "00:00:00.560", "color": "#008000"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("frame", "rate", "profile_rate", "position"),
    [(0, 25, 25, 0), (31, 25, 25, 31), (31, 50, 25, 16), (30, 50, 25, 15), (31, 25, 50, 61), (31, 24, 25, 32)],
)
def test_a_position_shows_its_frame_or_a_later_one(frame: int, rate: int, profile_rate: int, position: int) -> None:
    assert first_position(frame, Fraction(rate), Fraction(profile_rate)) == position


def test_no_markers_unless_asked_for(matrix: Matrix, tmp_path: Path) -> None:
    assert b"shotcut:markers" not in write(case_timeline("25", matrix), tmp_path / "x.mlt").read_bytes()


def test_a_file_is_replaced_only_when_told_to_and_a_source_never(matrix: Matrix, tmp_path: Path) -> None:
    timeline = case_timeline("25", matrix)
    path = write(timeline, tmp_path / "x.mlt")
    with pytest.raises(OutputExistsError):
        write(timeline, path)
    write(timeline, path, overwrite=True)
    with pytest.raises(OutputError, match="is the video itself"):
        write(timeline, matrix.path("25"), overwrite=True)
