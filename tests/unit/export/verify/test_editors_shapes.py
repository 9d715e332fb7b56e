"""FCP7 XML, EDL and OpenTimelineIO as editors write them: what can be read is checked, what cannot is said.

All show one video of 48 frames at 23.976 frames/s, from 01:00:00:00 on, without sound.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autohighlight.export.verify import Finding, verify_file
from tests.timeline_matrix import Matrix
from tests.unit.export.verify.breaking import words

RATE = "<rate><timebase>24</timebase><ntsc>TRUE</ntsc></rate>"

Verified = Callable[..., list[Finding]]


def graver_than_notes(findings: list[Finding]) -> str:
    return words([finding for finding in findings if finding.severity != "note"])


class TestFcp7Xml:
    @pytest.fixture
    def verified(self, matrix: Matrix, tmp_path: Path) -> Verified:
        url = matrix.path("silent").as_uri().replace("file://", "file://localhost")

        def verify(tracks: str, length: int) -> list[Finding]:
            described = f"""<file id="f"><pathurl>{url}</pathurl>{RATE}<duration>48</duration><timecode>{RATE}
            <string>01:00:00:00</string><displayformat>NDF</displayformat></timecode></file>"""
            described_once = tracks.replace('<file id="f"/>', described, 1)
            path = tmp_path / "x.xml"
            path.write_text(
                '<?xml version="1.0"?><!DOCTYPE xmeml><xmeml version="5">'
                f"<sequence>{RATE}<duration>{length}</duration>"
                f"<media><video>{described_once}</video></media></sequence></xmeml>"
            )
            return verify_file(path)

        return verify

    @staticmethod
    def item(start: int, end: int, first: int, last: int, inner: str = '<file id="f"/>') -> str:
        words_ = f"<start>{start}</start><end>{end}</end><in>{first}</in><out>{last}</out>"
        return f"<clipitem>{RATE}<duration>48</duration>{words_}{inner}</clipitem>"

    def test_items_beside_a_transition_begin_and_end_with_it(self, verified: Verified) -> None:
        transition = "<transitionitem><start>10</start><end>14</end><alignment>center</alignment></transitionitem>"
        first, second = self.item(0, -1, 3, 17), self.item(-1, 20, 20, 30)
        found = verified(f"<track>{first}{transition}{second}</track>", 20)
        assert graver_than_notes(found) == ""
        assert "a transition: it was not checked" in words(found)
        late = self.item(-1, 20, 40, 50)
        assert "which has 2.002 s" in graver_than_notes(verified(f"<track>{first}{transition}{late}</track>", 20))

    def test_without_the_transition_the_place_is_not_known(self, verified: Verified) -> None:
        found = verified(f"<track>{self.item(0, 12, 3, 15)}{self.item(-1, 20, 20, 30)}</track>", 12)
        assert graver_than_notes(found) == ""
        assert "it begins or ends in a transition" in words(found)

    @pytest.mark.parametrize(
        "other",
        [
            "<generatoritem><start>12</start><end>20</end></generatoritem>",
            "<clipitem><start>12</start><end>20</end><in>0</in><out>8</out><sequence/></clipitem>",
            "<clipitem><start>12</start><end>20</end><in>0</in><out>16</out><file id='f'/><filter><effect>"
            "<effectid>timeremap</effectid></effect></filter></clipitem>",
        ],
        ids=["generator", "nested", "speed"],
    )
    def test_what_is_not_read_fills_its_frames(self, other: str, verified: Verified) -> None:
        found = verified(f"<track>{self.item(0, 12, 3, 15)}{other}{self.item(20, 25, 30, 35)}</track>", 25)
        assert graver_than_notes(found) == ""
        assert "was not checked" in words(found)

    def test_pictures_on_a_track_above_fill_a_gap(self, verified: Verified) -> None:
        below = f"<track>{self.item(0, 12, 3, 15)}{self.item(20, 25, 30, 35)}</track>"
        above = f"<track>{self.item(10, 22, 1, 13)}</track>"
        assert verified(below + above, 25) == []
        assert "the 8 frames before it are empty" in graver_than_notes(verified(below, 25))

    def test_an_item_at_a_rate_of_its_own_is_not_judged(self, verified: Verified) -> None:
        own = self.item(12, 20, 90, 100).replace(
            "<timebase>24</timebase><ntsc>TRUE", "<timebase>30</timebase><ntsc>FALSE"
        )
        found = graver_than_notes(verified(f"<track>{self.item(0, 12, 3, 15)}{own}</track>", 20))
        assert found.count("\n") == 0
        assert "its in and out are counted at 30 frames/s" in found


class TestEdl:
    @pytest.fixture
    def verified(self, matrix: Matrix, tmp_path: Path) -> Verified:
        def verify(*lines: str) -> list[Finding]:
            source = f"* SOURCE FILE: {matrix.path('silent')}"
            path = tmp_path / "x.edl"
            text = "\n".join(["TITLE: x", "FCM: NON-DROP FRAME", *lines]).replace("* SOURCE", source)
            path.write_text(text + "\n")
            return verify_file(path)

        return verify

    FIRST = "001  A001  V  C  01:00:00:03 01:00:00:15 01:00:00:00 01:00:00:12\n* SOURCE"

    def test_a_dissolve_is_two_lines_of_one_number(self, verified: Verified) -> None:
        lines = (
            "002  A001  V  C      01:00:00:15 01:00:00:15 01:00:00:12 01:00:00:12",
            "002  A001  V  D 004  01:00:00:20 01:00:01:04 01:00:00:12 01:00:00:20\n* SOURCE",
            "* FROM CLIP NAME: a\n* TO CLIP NAME: b",
            "003  A001  V  C      01:00:01:06 01:00:01:10 01:00:00:20 01:00:01:00\n* SOURCE",
        )
        found = verified(self.FIRST, *lines)
        assert graver_than_notes(found) == ""
        assert "is no plain cut" in words(found)
        late = lines[1].replace("01:00:00:20 01:00:01:04", "01:00:01:20 01:00:02:04")
        assert "which has 2.002 s" in graver_than_notes(verified(self.FIRST, lines[0], late))

    @pytest.mark.parametrize(
        "event",
        [
            "002  A001  V  C  01:00:00:20 01:00:01:12 01:00:00:12 01:00:00:20\nM2  A001  048.0  01:00:00:20\n* SOURCE",
            "002  A001  V  K B 004  01:00:00:20 01:00:01:04 01:00:00:12 01:00:00:20\n* SOURCE",
            "002  AX    V  C  00:00:00:00 00:00:00:08 01:00:00:12 01:00:00:20\n* FROM CLIP NAME: title",
            "002  BL    V  C  00:00:00:00 00:00:00:08 01:00:00:12 01:00:00:20",
        ],
        ids=["speed", "key", "auxiliary", "black"],
    )
    def test_what_is_not_read_fills_its_frames(self, event: str, verified: Verified) -> None:
        last = "003  A001  V  C  01:00:01:06 01:00:01:10 01:00:00:20 01:00:01:00\n* SOURCE"
        assert graver_than_notes(verified(self.FIRST, event, last)) == ""

    def test_an_auxiliary_reel_with_a_file_is_checked(self, verified: Verified) -> None:
        event = "002  AX  V  C  01:00:02:00 01:00:02:08 01:00:00:12 01:00:00:20\n* SOURCE"
        assert "outside the file" in graver_than_notes(verified(self.FIRST, event))

    def test_tracks_of_pictures_lie_above_one_another(self, verified: Verified) -> None:
        above = "002  A001  V2  C  01:00:00:20 01:00:01:00 01:00:00:06 01:00:00:10\n* SOURCE"
        assert verified(self.FIRST, above) == []

    def test_a_name_is_no_path(self, verified: Verified) -> None:
        event = "002  A002  V  C  01:00:00:20 01:00:01:04 01:00:00:12 01:00:00:20\n* SOURCE FILE: C0001.MP4"
        text = graver_than_notes(verified(self.FIRST, event.replace("* SOURCE FILE", "*SOURCE FILE")))
        assert "is no absolute path" in text
        assert "there is no such file" not in text


class TestOpenTimelineIO:
    @staticmethod
    def time(value: int) -> dict[str, Any]:
        return {"OTIO_SCHEMA": "RationalTime.1", "rate": 24000 / 1001, "value": value}

    def span(self, start: int, length: int) -> dict[str, Any]:
        return {"OTIO_SCHEMA": "TimeRange.1", "start_time": self.time(start), "duration": self.time(length)}

    def clip(self, matrix: Matrix, first: int, length: int, **others: Any) -> dict[str, Any]:
        media = {"OTIO_SCHEMA": "ExternalReference.1", "target_url": matrix.path("silent").as_uri(),
                 "available_range": self.span(86400, 48)}  # fmt: skip
        clip = {"OTIO_SCHEMA": "Clip.1", "source_range": self.span(86400 + first, length), "media_reference": media}
        return clip | others

    def verified(self, folder: Path, *children: dict[str, Any]) -> list[Finding]:
        track = {"OTIO_SCHEMA": "Track.1", "kind": "Video", "children": list(children)}
        timeline = {"OTIO_SCHEMA": "Timeline.1", "tracks": {"OTIO_SCHEMA": "Stack.1", "children": [track]}}
        (folder / "x.otio").write_text(json.dumps(timeline))
        return verify_file(folder / "x.otio")

    def test_a_clip_without_a_range_shows_all_that_is_there(self, matrix: Matrix, tmp_path: Path) -> None:
        whole = self.clip(matrix, 0, 1, source_range=None)
        assert self.verified(tmp_path, whole, self.clip(matrix, 3, 12)) == []

    @pytest.mark.parametrize(
        "others", [{"OTIO_SCHEMA": "Stack.1"}, {"effects": [{"OTIO_SCHEMA": "LinearTimeWarp.1", "time_scalar": 2}]}]
    )
    def test_what_is_not_read_fills_its_frames(self, others: dict[str, Any], matrix: Matrix, tmp_path: Path) -> None:
        odd = self.clip(matrix, 40, 12, **others)
        found = self.verified(tmp_path, self.clip(matrix, 3, 12), odd, self.clip(matrix, 20, 12))
        assert graver_than_notes(found) == ""
        assert "was not checked" in words(found)
