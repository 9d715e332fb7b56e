"""AAF files as other programs write them: what can be read is checked, what cannot is said, and nothing is made up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import aaf2
import pytest
from aaf2.auid import AUID
from hypothesis import given, settings
from hypothesis import strategies as st

from autohighlight.export.verify import Finding, verify_file
from tests.timeline_matrix import NUM_FRAMES, Matrix
from tests.unit.export.verify.breaking import words

FIRST_LABEL = ((9 * 60 + 59) * 60 + 59) * 25 + 10
"""Number of the label that the file begins at: 09:59:59:10."""


@dataclass
class Project:
    """An AAF file in the making: a video of 48 frames, with stereo sound in two mono files mobs, as Avid writes it.

    Args:
        file: of pyaaf2.
        path: of the video.
    """

    file: Any
    path: Path

    def __post_init__(self) -> None:
        self._operations = dict[str, Any]()
        tape = self.source_mob(self.file.create.TapeDescriptor())
        slot = tape.create_timeline_slot("25")
        slot.segment = self.file.create.Timecode(25, length=100_000_000)
        self.master = self.file.create.MasterMob("video")
        self.file.content.mobs.extend([tape, self.master])
        for number, kind in enumerate(("picture", "sound", "sound")):
            from_tape = tape.create_timeline_slot("25")
            from_tape.segment = self.file.create.SourceClip(media_kind=kind, length=100_000_000)
            stored = self.source_mob(self.descriptor(kind))
            self.file.content.mobs.append(stored)
            for mob, source, slot_id, first in (
                (stored, tape, from_tape.slot_id, FIRST_LABEL),
                (self.master, stored, 1, 0),
            ):
                track = mob.create_timeline_slot("25")
                track.segment = source.create_source_clip(slot_id, first, NUM_FRAMES, media_kind=kind)
                track["PhysicalTrackNumber"].value = max(1, number)
        self.composition = self.file.create.CompositionMob("a sequence")
        self.composition.usage = "Usage_TopLevel"
        self.file.content.mobs.append(self.composition)

    def source_mob(self, descriptor: Any) -> Any:
        mob = self.file.create.SourceMob()
        mob.name, mob.descriptor = "video", descriptor
        return mob

    def descriptor(self, kind: str) -> Any:
        locator = self.file.create.NetworkLocator()
        locator["URLString"].value = self.path.as_uri()
        if kind == "picture":
            descriptor = self.file.create.CDCIDescriptor()
            sizes = {"StoredWidth": 96, "StoredHeight": 64, "ComponentWidth": 8, "HorizontalSubsampling": 2}
            for name, value in (sizes | {"SampleRate": 25, "Length": NUM_FRAMES}).items():
                descriptor[name].value = value
            descriptor["ImageAspectRatio"].value = "3/2"
            descriptor["FrameLayout"].value, descriptor["VideoLineMap"].value = "FullFrame", [0, 0]
        else:
            descriptor = self.file.create.PCMDescriptor()
            sizes = {"Channels": 1, "QuantizationBits": 16, "BlockAlign": 2, "AverageBPS": 96000, "Length": 92160}
            for name, value in (sizes | {"SampleRate": 48000, "AudioSamplingRate": 48000}).items():
                descriptor[name].value = value
        descriptor["Locator"].append(locator)
        return descriptor

    def clip(self, first: int, length: int, slot_id: int = 1) -> Any:
        """A clip of the video: slot 1 is the picture, 2 and 3 are its sound."""
        kind = "picture" if slot_id == 1 else "sound"
        return self.file.create.SourceClip(first, length, self.master.mob_id, slot_id, kind)

    def filler(self, length: int, kind: str = "picture") -> Any:
        return self.file.create.Filler(kind, length)

    def sequence(self, *parts: Any, length: int | None, kind: str = "picture") -> Any:
        sequence = self.file.create.Sequence(kind, length or 0)
        sequence.components.extend(parts)
        return sequence if length is not None else without(sequence, "Length")

    def transition(self, length: int, kind: str = "picture") -> Any:
        transition = self.file.create.Transition(kind, length)
        transition["OperationGroup"].value = self.effect("dissolve", length=length, kind=kind)
        transition.cutpoint = length // 2
        return transition

    def effect(self, name: str, *inputs: Any, length: int, kind: str = "picture", is_time_warp: bool = False) -> Any:
        if name not in self._operations:
            definition = self.file.create.OperationDef(AUID(str(uuid4())), name, name)
            definition.media_kind = kind
            definition.number_inputs = len(inputs)
            definition["IsTimeWarp"].value = is_time_warp
            self.file.dictionary.register_def(definition)
            self._operations[name] = definition
        group = self.file.create.OperationGroup(self._operations[name], length, kind)
        if inputs:
            group["InputSegments"].value = list(inputs)
        return group

    def selector(self, selected: Any, *others: Any, length: int) -> Any:
        selector = self.file.create.Selector("picture", length)
        selector["Selected"].value = selected
        if others:
            selector["Alternates"].value = list(others)
        return selector

    def holder(self, kind: str, name: str, *inner: Any, length: int) -> Any:
        """A nested scope or a group of essences."""
        holder = self.file.create.from_name(kind, "picture", length)
        holder[name].value = list(inner)
        return holder

    def track(self, segment: Any, rate: int | str = 25, number: int = 1, name: str = "") -> Any:
        slot = self.composition.create_timeline_slot(str(rate))
        slot.segment, slot.name = segment, name
        slot["PhysicalTrackNumber"].value = number
        return slot

    def timecode(self, fps: int, start: int, rate: int | str = 25, length: int = 100) -> None:
        timecode = self.file.create.Timecode(fps, length=length)
        timecode.start = start
        self.track(timecode, rate)

    def marker(self, position: int, length: int | None) -> Any:
        marker = self.file.create.DescriptiveMarker()
        marker["Position"].value, marker["Comment"].value = position, "look"
        marker["DescribedSlots"].value = {1}
        if length is None:
            return without(marker, "Length")
        marker.length = length
        return marker

    def markers(self, *markers: Any, length: int | None = None) -> None:
        slot = self.file.create.EventMobSlot(1000)
        slot.edit_rate = 25
        slot.segment = self.sequence(*markers, length=length, kind="DescriptiveMetadata")
        self.composition.slots.append(slot)


def without(thing: Any, name: str) -> Any:
    """An object that lacks a property."""
    entry = thing.get(name)
    if entry is not None:
        thing.property_entries.pop(entry.pid, None)
    return thing


@pytest.fixture
def made(matrix: Matrix, tmp_path: Path) -> Callable[[Callable[[Project], None]], list[Finding]]:
    """What is found in a file that a function makes."""

    def make(fill: Callable[[Project], None]) -> list[Finding]:
        with writing(tmp_path / "x.aaf", matrix.path("25")) as project:
            fill(project)
        return verify_file(tmp_path / "x.aaf")

    return make


@contextmanager
def writing(path: Path, media: Path) -> Iterator[Project]:
    """A file to fill, which may lack what the format requires: pyaaf2 would refuse to write it."""
    file = aaf2.open(mode="w")
    yield Project(file, media)
    with patch("aaf2.core.AAFObject.validate"):
        file.save()
    file.manager.remove_temp()
    file.cfb.close()
    path.write_bytes(file.f.getvalue())


Made = Callable[[Callable[[Project], None]], list[Finding]]


def graver_than_notes(findings: Sequence[Finding]) -> list[str]:
    return [str(finding) for finding in findings if finding.severity != "note"]


def add_sound(project: Project, length: int) -> None:
    for number in (1, 2):
        sound = project.sequence(project.clip(3, length, number + 1), length=length, kind="sound")
        project.track(sound, number=number)


def test_a_plain_sequence_is_right(made: Made) -> None:
    def fill(project: Project) -> None:
        project.timecode(25, 90000)
        project.track(project.sequence(project.clip(3, 12), length=12))
        add_sound(project, 12)

    assert made(fill) == []


def test_markers_and_sequences_need_no_length(made: Made) -> None:
    def fill(project: Project) -> None:
        project.track(project.sequence(project.clip(3, 12), project.filler(5), length=None))
        add_sound(project, 12)
        project.markers(project.marker(3, None), project.marker(5, 4), project.marker(0, 0))

    assert made(fill) == []


def test_a_marker_after_the_end_is_found(made: Made) -> None:
    def fill(project: Project) -> None:
        project.track(project.sequence(project.clip(3, 12), length=12))
        add_sound(project, 12)
        project.markers(project.marker(13, None))

    assert [finding.problem for finding in made(fill)] == ["the marker lies at 0.520 s, outside the sequence"]


def test_a_clip_without_length_ends_what_can_be_read(made: Made) -> None:
    def fill(project: Project) -> None:
        project.track(project.sequence(without(project.clip(3, 12), "Length"), project.clip(100, 5), length=17))

    (finding,) = made(fill)
    assert (finding.severity, finding.element) == ("error", "Picture 1")
    assert finding.problem == "the SourceClip at frame 0 has no length: what follows it was not checked"


class TestTransitions:
    @staticmethod
    def fill(project: Project, length: int, second: int = 20) -> None:
        parts = [project.clip(0, 12), project.transition(4), project.clip(second, 10), project.filler(3)]
        project.track(project.sequence(*parts, length=length))
        for number in (1, 2):
            parts = [
                project.clip(0, 12, number + 1),
                project.transition(4, "sound"),
                project.clip(second, 10, number + 1),
            ]
            project.track(
                project.sequence(*parts, project.filler(3, "sound"), length=length, kind="sound"), number=number
            )

    def test_clips_share_the_frames_of_a_transition(self, made: Made) -> None:
        assert words(made(lambda project: self.fill(project, 12 - 4 + 10 + 3))).splitlines() == [
            "note: Picture 1: transitions were not checked",
            "note: Sound 1: transitions were not checked",
            "note: Sound 2: transitions were not checked",
        ]

    def test_their_frames_are_not_counted_twice(self, made: Made) -> None:
        found = [
            finding
            for finding in made(lambda project: self.fill(project, 12 + 4 + 10 + 3))
            if finding.severity == "error"
        ]
        assert [finding.problem for finding in found] == ["it is said to be 29 frames long; its parts are 21"] * 3

    def test_the_clips_beside_them_are_checked(self, made: Made) -> None:
        found = graver_than_notes(made(lambda project: self.fill(project, 21, second=40)))
        assert len(found) == 3
        assert all("it ends 2.000 s after" in line or "which has 1.920 s" in line for line in found)


class TestOtherRates:
    def test_sound_may_be_cut_by_the_sample(self, made: Made) -> None:
        def fill(project: Project) -> None:
            project.track(project.sequence(project.clip(3, 12), project.clip(20, 12), length=24))
            for number in (1, 2):
                cut = [project.clip(first * 1920, 12 * 1920, number + 1) for first in (3, 20)]
                project.track(project.sequence(*cut, length=24 * 1920, kind="sound"), 48000, number)

        assert made(fill) == []

    def test_and_end_outside_its_file(self, made: Made) -> None:
        def fill(project: Project) -> None:
            project.track(project.sequence(project.clip(30, 12), length=12))
            for number in (1, 2):
                sound = project.sequence(project.clip(30 * 1920, 30 * 1920, number + 1), length=57600, kind="sound")
                project.track(sound, 48000, number)

        found = graver_than_notes(made(fill))
        assert len(found) == 2
        assert all("which has 1.920 s" in line for line in found)

    def test_a_session_of_sound_counts_the_frames_of_its_timecode(self, made: Made) -> None:
        def fill(project: Project) -> None:
            project.timecode(25, 90000, rate=48000, length=48000)
            sound = project.sequence(project.clip(0, 48000, 2), length=48000, kind="sound")
            project.track(sound, 48000)
            project.markers(project.marker(24, None))

        assert made(fill) == []

    def test_a_timecode_of_another_rate_is_not_judged(self, made: Made) -> None:
        def fill(project: Project) -> None:
            project.timecode(30, 0, rate=48000)
            project.track(project.sequence(project.clip(3, 12), length=12))
            add_sound(project, 12)

        (note,) = made(fill)
        assert note.problem == "its timecode counts 30 frames a second at 25 frames/s: it was not checked"

    def test_of_several_timecodes_the_fitting_one_is_taken(self, made: Made) -> None:
        def fill(project: Project) -> None:
            project.timecode(24, 86400)
            project.timecode(25, 90000)
            project.track(project.sequence(project.clip(3, 12), length=12))
            add_sound(project, 12)

        assert made(fill) == []

    def test_tracks_of_one_name_are_several(self, made: Made) -> None:
        def fill(project: Project) -> None:
            project.track(project.sequence(project.clip(3, 12), length=12))
            for number in (1, 2):
                sound = project.sequence(project.clip(3, 12, number + 1), length=12, kind="sound")
                project.track(sound, number=number, name="Audio 1")

        assert made(fill) == []


def nest_sequence(project: Project, clip: Any) -> Any:
    return project.sequence(project.filler(0), clip, length=12)


def nest_scope(project: Project, clip: Any) -> Any:
    above = project.sequence(project.file.create.ScopeReference("picture", 5), length=5)
    return project.holder("NestedScope", "Slots", project.sequence(clip, length=12), above, length=12)


def nest_effect(project: Project, clip: Any) -> Any:
    return project.effect("Color Correction", clip, length=12)


def nest_selector(project: Project, clip: Any) -> Any:
    return project.selector(clip, project.filler(12), length=12)


def nest_essence_group(project: Project, clip: Any) -> Any:
    return project.holder("EssenceGroup", "Choices", clip, length=12)


@pytest.mark.parametrize("nest", [nest_sequence, nest_scope, nest_effect, nest_selector, nest_essence_group])
def test_clips_in_other_segments_are_checked(nest: Callable[[Project, Any], Any], made: Made) -> None:
    def fill(project: Project, first: int) -> None:
        project.track(project.sequence(nest(project, project.clip(first, 12)), project.clip(30, 5), length=17))
        for number in (1, 2):
            parts = [project.clip(first, 12, number + 1), project.clip(30, 5, number + 1)]
            project.track(project.sequence(*parts, length=17, kind="sound"), number=number)

    assert graver_than_notes(made(lambda project: fill(project, 3))) == []
    found = [line for line in graver_than_notes(made(lambda project: fill(project, 44))) if "Picture" in line]
    assert len(found) == 1
    assert "it ends 2.240 s after the first frame of source.mov, which has 1.920 s" in found[0]


@pytest.mark.parametrize(
    "retime",
    [
        lambda project: project.effect("Custom", project.clip(3, 24), length=12),
        lambda project: project.effect("Custom", project.clip(3, 12), length=12, is_time_warp=True),
        lambda project: project.effect("Freeze Frame", project.clip(3, 12), length=12),
        lambda project: project.effect("Picture in picture", project.clip(3, 12), project.clip(9, 12), length=12),
        lambda project: project.effect("Title", length=12),
        lambda project: without(project.effect("Custom", project.clip(3, 12), length=12), "Operation"),
        lambda project: project.file.create.Pulldown("picture", 12),
    ],
    ids=["faster", "marked", "named", "two inputs", "none", "unknown", "pulldown"],
)
def test_what_cannot_be_judged_is_said_and_held_against_nothing(retime: Callable[[Project], Any], made: Made) -> None:
    def fill(project: Project) -> None:
        project.track(project.sequence(retime(project), project.clip(30, 5), length=17))
        sound = project.sequence(project.filler(12, "sound"), project.clip(30, 5, 2), length=17, kind="sound")
        project.track(sound)
        sound = project.sequence(project.filler(12, "sound"), project.clip(30, 5, 3), length=17, kind="sound")
        project.track(sound, number=2)

    (note,) = made(fill)
    assert note.severity == "note"
    assert "at frame 0 was not checked" in note.problem


def test_channels_that_are_combined_to_one_clip_are_each_heard(made: Made) -> None:
    def fill(project: Project) -> None:
        project.track(project.sequence(project.clip(3, 12), length=12))
        channels = [project.clip(3, 12, 2), project.clip(3, 12, 2)]  # as Resolve has it: twice the same slot
        combined = project.effect("Audio Channel Combiner", *channels, length=12, kind="sound")
        project.track(project.sequence(combined, length=12, kind="sound"))

    assert made(fill) == []


def test_a_clip_of_a_subclip_leads_to_the_file(made: Made) -> None:
    def fill(project: Project, first: int) -> None:
        subclip = project.file.create.CompositionMob("a part")
        subclip.usage = "Usage_SubClip"
        project.file.content.mobs.append(subclip)
        slot = subclip.create_timeline_slot("25")
        slot.segment = project.sequence(project.filler(5), project.clip(20, 28), length=33)
        clip = subclip.create_source_clip(slot.slot_id, first, 6, media_kind="picture")
        project.track(project.sequence(clip, project.filler(6), length=12))
        for number in (1, 2):
            sound = project.sequence(project.clip(0, 6, number + 1), length=6, kind="sound")
            project.track(sound, number=number)

    assert made(lambda project: fill(project, 7)) == []
    (note,) = made(lambda project: fill(project, 2))  # it begins in what is empty
    assert note.problem == "it leads to no file, or to several: it was not checked"


def test_brackets_in_urls_are_read(matrix: Matrix, tmp_path: Path) -> None:
    media = tmp_path / "take [1].mov"
    media.write_bytes(matrix.path("25").read_bytes())
    with writing(tmp_path / "x.aaf", media) as project:
        project.track(project.sequence(project.clip(3, 12), length=12))
        add_sound(project, 12)
        for mob in project.file.content.sourcemobs():
            for locator in mob.descriptor["Locator"].value or ():
                locator["URLString"].value = media.as_uri().replace("%5B", "[").replace("%5D", "]")
    assert verify_file(tmp_path / "x.aaf") == []


def test_a_picture_in_two_fields_is_as_high_as_both(made: Made) -> None:
    def fill(project: Project) -> None:
        for mob in project.file.content.sourcemobs():
            if "StoredHeight" in mob.descriptor:
                mob.descriptor["StoredHeight"].value, mob.descriptor["FrameLayout"].value = 32, "SeparateFields"
                mob.descriptor["FieldDominance"].value = "FieldOne"
        project.track(project.sequence(project.clip(3, 12), length=12))
        add_sound(project, 12)

    (finding,) = made(fill)
    problem = "source.mov is said to be interlaced, top field first; it is progressive"
    assert (finding.severity, finding.problem) == ("warning", problem)


Make = Callable[[Project], Any]


FRAMES = st.integers(-3, 60)
CLIPS: st.SearchStrategy[Make] = st.builds(lambda *place: lambda p: p.clip(*place), FRAMES, FRAMES, st.integers(0, 5))
LEAVES: st.SearchStrategy[Make] = st.one_of(
    CLIPS,
    st.builds(lambda length: lambda p: p.filler(length), FRAMES),
    st.builds(lambda length: lambda p: p.file.create.ScopeReference("picture", length), FRAMES),
    st.just(lambda p: p.file.create.SourceClip()),
    st.just(lambda p: p.marker(3, None)),
)
TRANSITIONS: st.SearchStrategy[Make] = st.builds(lambda length: lambda p: p.transition(length), FRAMES)
PROPERTIES = (
    *("Length", "StartTime", "SourceID", "SourceMobSlotID", "DataDefinition"),
    *("Components", "Selected", "InputSegments", "Operation", "Slots", "Choices"),
)


def _with_parts(make: Callable[..., Any], parts: Sequence[Make], *others: Any) -> Make:
    return lambda p: make(p, [part(p) for part in parts], *others)


def _holders(inner: st.SearchStrategy[Make]) -> st.SearchStrategy[Make]:
    """Segments that hold others; a sequence may have no length of its own."""

    def holding(make: Callable[..., Any], parts: st.SearchStrategy[Make], *others: st.SearchStrategy[Any]) -> Any:
        return st.builds(lambda *drawn: _with_parts(make, *drawn), st.lists(parts, max_size=3), *others)

    effects = st.sampled_from(["gain", "time warp", "audio channel combiner"])
    return st.one_of(
        holding(lambda p, parts, n: p.sequence(*parts, length=n), inner | TRANSITIONS, st.none() | FRAMES),
        holding(lambda p, parts, n, name: p.effect(name, *parts, length=n), inner, FRAMES, effects),
        holding(lambda p, parts, n: p.holder("NestedScope", "Slots", *parts, length=n), inner, FRAMES),
        holding(lambda p, parts, n: p.holder("EssenceGroup", "Choices", *parts, length=n), CLIPS, FRAMES),
        st.builds(lambda one, n: lambda p: p.selector(one(p), length=n), inner, FRAMES),
    )


def _incomplete(make: Make, missing: str) -> Make:
    return lambda p: without(make(p), missing) if missing else make(p)


def segments() -> st.SearchStrategy[Make]:
    """Trees of segments, of which any property may be missing."""
    missing = st.just("") | st.sampled_from(PROPERTIES)
    holders = lambda inner: st.builds(_incomplete, _holders(inner), missing)  # noqa: E731
    return st.recursive(st.builds(_incomplete, LEAVES, missing), holders, max_leaves=8)


@settings(max_examples=20)
@given(
    tracks=st.lists(st.tuples(segments(), st.sampled_from(["25", "30000/1001", "48000", "0/0"])), max_size=3),
    fps=st.integers(0, 120),
)
def test_no_shape_ends_the_check(
    tracks: list[tuple[Make, str]], fps: int, matrix: Matrix, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("shape") / "x.aaf"
    with writing(path, matrix.path("25")) as project:
        project.timecode(fps, 3)
        for make, rate in tracks:
            project.track(make(project), rate)
    assert all(finding.problem for finding in verify_file(path))
