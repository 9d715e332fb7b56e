from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import aaf2
import olefile
import opentimelineio as otio
import pytest

import autohighlight
from autohighlight.config import ExportOptions
from autohighlight.errors import DependencyError, OptionError, OutputError, OutputExistsError
from autohighlight.export.aaf import write_aaf
from autohighlight.timecode import Timecode
from autohighlight.timeline.model import Part, Source, Timeline
from autohighlight.times import nearest_standard_rate
from tests.factories import make_audio, make_media
from tests.timeline_files import CASES, ReadClip, assert_golden, assert_shows_the_highlights, case_names, case_timeline
from tests.timeline_matrix import MATRIX, NUM_FRAMES, Matrix

IN_EVERY_AAF_FILE = {"incorrect CLSID in OLE header", "incorrect OLE header (transaction_signature_number>0)"}
"""What olefile has to say of any: by the container's specification the header holds the signature of AAF."""


def write(timeline: Timeline, path: Path, **options: object) -> Path:
    (written,) = write_aaf(timeline, path, ExportOptions(**options), lambda _: None)  # type: ignore[arg-type]
    return written


def described(file: Any) -> Iterator[str]:
    """All that is in a file but for the names of its mobs, which are new each time."""
    for mob in file.content.mobs:
        yield f"{type(mob).__name__} {mob.name!r} {mob.usage or ''}"
        if isinstance(mob, aaf2.mobs.SourceMob):
            yield from _described_file(mob.descriptor, "  ")
        for slot in mob.slots:
            number = slot["PhysicalTrackNumber"].value
            yield f"  slot {slot.slot_id} {slot.name!r} track {number} at {slot.edit_rate}"
            for item in getattr(slot.segment, "components", [slot.segment]):
                yield f"    {_described_item(item)}"


def _described_file(description: Any, indent: str) -> Iterator[str]:
    words = {p.name: p.value for p in description.properties() if p.name not in ("Locator", "FileDescriptors")}
    yield f"{indent}{type(description).__name__} {words}"
    for locator in description["Locator"].value if "Locator" in description else ():
        yield f"{indent}  {locator['URLString'].value}"
    for inner in description["FileDescriptors"].value if "FileDescriptors" in description else ():
        yield from _described_file(inner, indent + "  ")


def _described_item(item: Any) -> str:
    match item:
        case aaf2.components.Timecode():
            return f"timecode from {item.start} at {item.fps}, drop {item.drop}, length {item.length}"
        case aaf2.components.SourceClip():
            return f"{item.mob.name if item.mob else None!r} slot {item.slot_id} from {item.start} length {item.length}"
        case aaf2.components.DescriptiveMarker():
            slots = sorted(item["DescribedSlots"].value)
            colour = "".join(f"{part:04x}" for part in item["CommentMarkerColor"].value.values())
            words = {value.name: value.value for value in item["CommentMarkerAttributeList"].value}
            return f"marker {item['Position'].value} length {item.length} on {slots}, {colour} {words}"
    return f"{type(item).__name__} length {item.length}"


def assert_is_a_whole_compound_file(path: Path) -> None:
    """Every stream is as long as it is said to be, and the last sector is whole, or LibAAF refuses the file."""
    with olefile.OleFileIO(str(path)) as file:
        for stream in file.listdir():
            file.openstream(stream).read()
        assert {str(issue) for _, issue in file.parsing_issues} == IN_EVERY_AAF_FILE
        assert path.stat().st_size % file.sector_size == 0


def composition(file: Any) -> Any:
    (found,) = [mob for mob in file.content.mobs if isinstance(mob, aaf2.mobs.CompositionMob)]
    return found


def read_clips(slot: Any) -> list[ReadClip]:
    """The clips of a track, each followed to the file that it comes from."""
    clips, record_start = [], 0
    for item in slot.segment.components:
        if isinstance(item, aaf2.components.SourceClip):
            stored = item.mob.slot_at(item.slot_id).segment.mob
            url = urlsplit(stored.descriptor["Locator"].value[0]["URLString"].value)
            assert (url.scheme, url.netloc) == ("file", "")
            clips.append(
                ReadClip(Path(unquote(url.path)), record_start, item.length, item.start / Fraction(slot.edit_rate))
            )
        record_start += item.length
    assert record_start == slot.segment.length
    return clips


@pytest.mark.parametrize("case", CASES)
def test_every_source_of_the_matrix(case: str, matrix: Matrix, tmp_path: Path) -> None:
    timeline = case_timeline(case, matrix)
    path = write(timeline, tmp_path / "x.aaf", markers=True)
    assert_is_a_whole_compound_file(path)
    with aaf2.open(str(path)) as file:
        (tmp_path / "x.txt").write_text("\n".join(described(file)) + "\n")
        assert_golden(tmp_path / "x.txt", f"aaf/{case}.txt", matrix)
        slots = {slot.name: slot for slot in composition(file).slots if slot.name}
        pictures = read_clips(slots["V1"])
        assert_shows_the_highlights(pictures, timeline, case, matrix)
        channels = {matrix.path(name): sum(MATRIX[name].channels) for name in case_names(case)}
        assert [name for name in slots if name.startswith("A")] == [f"A{n + 1}" for n in range(max(channels.values()))]
        for number in range(max(channels.values())):
            heard = [clip for clip in pictures if channels[clip.path] > number]
            assert read_clips(slots[f"A{number + 1}"]) == heard
        assert {Fraction(slot.edit_rate) for slot in slots.values()} == {timeline.frame_rate}


@pytest.mark.parametrize("case", MATRIX)
def test_the_file_has_its_timecode_and_is_as_long_as_it_is(case: str, matrix: Matrix, tmp_path: Path) -> None:
    made = MATRIX[case]
    start = Timecode.parse(made.timecode or "00:00:00:00", made.rate)
    with aaf2.open(str(write(case_timeline(case, matrix), tmp_path / "x.aaf"))) as file:
        slots = [slot for mob in file.content.sourcemobs() for slot in mob.slots if slot.name == "TC1"]
        (found,) = [slot.segment for slot in slots]
        assert found.length == NUM_FRAMES
        assert (found.start, found.fps, found.drop) == (start.frame, start.format.nominal_rate, made.is_drop_frame)
        for master in file.content.mastermobs():
            assert {slot.length for slot in master.slots} == {NUM_FRAMES}
            assert {Fraction(slot.edit_rate) for slot in master.slots} == {made.rate}
            assert [slot.slot_id for slot in master.slots] == list(range(1, sum(made.channels) + 2))


@pytest.mark.parametrize("case", MATRIX)
def test_opentimelineio_reads_the_same(case: str, matrix: Matrix, tmp_path: Path) -> None:
    timeline = case_timeline(case, matrix)
    again = otio.adapters.read_from_file(str(write(timeline, tmp_path / "x.aaf")))
    start = Timecode.parse(MATRIX[case].timecode or "00:00:00:00", MATRIX[case].rate)
    (picture,) = again.video_tracks()
    for track in [picture, *again.audio_tracks()]:
        shown = [
            (int(clip.source_range.start_time.value) - start.frame, int(clip.source_range.duration.value))
            for clip in track.find_clips()
        ]
        assert shown == [(part.first_frame, part.num_frames) for part in timeline.parts]
        urls = {clip.media_reference.target_url for clip in track.find_clips()}
        assert urls == {timeline.sources[0].url}
        assert {nearest_standard_rate(Fraction(c.source_range.duration.rate)) for c in track.find_clips()} == {
            timeline.frame_rate
        }
    assert len(again.audio_tracks()) == sum(MATRIX[case].channels)


def test_the_sequence_begins_at_one_hour_drop_frame_as_its_source(matrix: Matrix, tmp_path: Path) -> None:
    for case, drop in (("29.97 DF", True), ("29.97 NDF", False), ("50", False)):
        with aaf2.open(str(write(case_timeline(case, matrix), tmp_path / f"{case}.aaf"))) as file:
            timecode = next(slot.segment for slot in composition(file).slots if slot.name == "TC1")
            format_ = case_timeline(case, matrix).start_timecode.format
            assert (timecode.start, timecode.drop) == (format_.frame(1, 0, 0, 0), drop)
            assert timecode.fps == {"50": 50}.get(case, 30)


def test_a_file_without_a_channel_leaves_a_gap(tmp_path: Path) -> None:
    talk = Source(make_media(60, 25, audio=[make_audio(1)], path="/a/talk.mov", reel_name="A001"), "source-1")
    silent = Source(make_media(60, 25, path="/a/silent.mov"), "source-2")
    parts = (Part(silent, 10, 5, 0.5, ""), Part(talk, 50, 25, 0.5, ""))
    with aaf2.open(str(write(Timeline("x", Fraction(25), (2, 2), parts), tmp_path / "x.aaf"))) as file:
        slots = {slot.name: slot for slot in composition(file).slots}
        assert [type(item).__name__ for item in slots["A2"].segment.components] == ["Filler", "SourceClip"]
        assert read_clips(slots["A2"]) == [ReadClip(Path("/a/talk.mov"), 5, 25, Fraction(2))]
        assert "A001" in {mob.name for mob in file.content.sourcemobs()}


def file_mobs(path: Path) -> list[tuple[str, dict[str, Any], list[int]]]:
    """Of each file mob the kind and the words of its descriptor, and the numbers of its tracks."""
    with aaf2.open(str(path)) as file:
        return [
            (
                type(mob.descriptor).__name__,
                {p.name: p.value for p in mob.descriptor.properties() if p.name != "Locator"},
                [slot["PhysicalTrackNumber"].value for slot in mob.slots],
            )
            for mob in file.content.sourcemobs()
            if not isinstance(mob.descriptor, aaf2.essence.ImportDescriptor)
        ]


def test_the_picture_and_each_sound_track_have_a_file_mob_of_their_own(matrix: Matrix, tmp_path: Path) -> None:
    mobs = file_mobs(write(case_timeline("stereo and mono", matrix), tmp_path / "x.aaf"))
    sound = [(words["Channels"], words["Length"], numbers) for name, words, numbers in mobs if name == "PCMDescriptor"]
    assert sorted(sound) == [(1, NUM_FRAMES * 48000 // 25, [3]), (2, NUM_FRAMES * 48000 // 25, [1, 2])]
    (picture,) = [numbers for name, _, numbers in mobs if name == "CDCIDescriptor"]
    assert picture == [1]
    assert len(mobs) == 3


def timeline_of_media(rate: Fraction | int, **others: Any) -> Timeline:
    source = Source(make_media(60, rate, path="/a/source.mov", **others))
    return Timeline("x", Fraction(rate), (720, 576), (Part(source, 5, 10, 0.5, ""),))


@pytest.mark.parametrize(
    ("size", "lines"), [((1920, 1080), [21, 584]), ((720, 576), [23, 336]), ((720, 480), [20, 283]), ((96, 64), [0, 0])]
)
@pytest.mark.parametrize(("order", "dominance"), [("top", "FieldOne"), ("bottom", "FieldTwo")])
def test_interlaced_pictures_are_two_fields_of_half_the_height(
    order: str, dominance: str, size: tuple[int, int], lines: list[int], tmp_path: Path
) -> None:
    timeline = timeline_of_media(25, width=size[0], height=size[1], field_order=order)
    ((_, words, _),) = file_mobs(write(timeline, tmp_path / "x.aaf"))
    assert (words["FrameLayout"], words["FieldDominance"], words["VideoLineMap"]) == (
        "SeparateFields",
        dominance,
        lines,
    )
    assert (words["StoredWidth"], words["StoredHeight"]) == (size[0], size[1] // 2)
    assert Fraction(words["ImageAspectRatio"]) == Fraction(*size)


@pytest.mark.parametrize("others", [{}, {"field_order": "top", "rotation": 90}], ids=["progressive", "on its side"])
def test_all_other_pictures_are_whole(others: dict[str, Any], tmp_path: Path) -> None:
    ((_, words, _),) = file_mobs(write(timeline_of_media(25, **others), tmp_path / "x.aaf"))
    assert (words["FrameLayout"], words["VideoLineMap"]) == ("FullFrame", [0, 0])
    assert "FieldDominance" not in words


@pytest.mark.parametrize("rate", [Fraction(25, 2), Fraction(59, 2)])
def test_a_rate_that_timecode_cannot_count_is_refused(rate: Fraction, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="AAF has no timecode at"):
        write(timeline_of_media(rate), tmp_path / "x.aaf")
    assert not list(tmp_path.iterdir())


def test_the_file_says_what_wrote_it(matrix: Matrix, tmp_path: Path) -> None:
    with aaf2.open(str(write(case_timeline("25", matrix), tmp_path / "x.aaf"))) as file:
        (who,) = file.header["IdentificationList"].value
        assert (who["CompanyName"].value, who["ProductName"].value) == ("autohighlight", "autohighlight")
        assert who["ProductVersionString"].value == autohighlight.__version__


def test_no_markers_unless_asked_for(matrix: Matrix, tmp_path: Path) -> None:
    with aaf2.open(str(write(case_timeline("25", matrix), tmp_path / "x.aaf"))) as file:
        assert not [slot for slot in composition(file).slots if isinstance(slot, aaf2.mobslots.EventMobSlot)]


def test_without_the_library_it_is_said_how_to_have_it(
    matrix: Matrix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "aaf2", None)
    with pytest.raises(DependencyError, match=r'pip install "autohighlight\[aaf\]"'):
        write(case_timeline("25", matrix), tmp_path / "x.aaf")
    assert not list(tmp_path.iterdir())


def test_a_file_is_replaced_only_when_told_to_and_a_source_never(matrix: Matrix, tmp_path: Path) -> None:
    timeline = case_timeline("25", matrix)
    path = write(timeline, tmp_path / "x.aaf")
    with pytest.raises(OutputExistsError):
        write(timeline, path)
    write(timeline, path, overwrite=True)
    with pytest.raises(OutputError, match="is the video itself"):
        write(timeline, matrix.path("25"), overwrite=True)
